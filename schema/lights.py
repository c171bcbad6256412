"""红黄绿灯: four lights of a project with what they were judged by, their counts, and the place's rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final

import orjson
import strawberry

from schema.context import Info
from schema.filters import InvestmentTotalsFilter
from schema.light_rows import LIGHTS, TOLD, light_rules
from schema.read import Binds, holds
from schema.regions import region_of, same_county
from schema.selection import Selection
from schema.values import Money, RegionRef, instant, money_sql
from schema.warning_rules import day_asked
from service.domain.errors import InvalidValueError
from service.domain.lights import DEFAULT_LIGHTS, LIGHT_RULES, Light, LightKind

MOST_DAYS_ASKED: Final = 5
"""Most days for which one selection asks for a project's lights by aliases."""
_MOST_PLACES: Final = 5_000
_COLOURS: Final = (Light.RED, Light.YELLOW, Light.GREEN, Light.GREY)
"""The worst one first."""
_TODAY: Final = "today"

_On = Annotated[date | None, strawberry.argument(description="日期 Of which day; today in China unless said.")]


@strawberry.type(description="亮灯规则 From when each light is yellow and from when red, as a place has it.")
class LightRules:
    """Rules in force."""

    own: bool = strawberry.field(description="本地设定 Whether the place has set it itself.")
    adopted_from: RegionRef | None = strawberry.field(description="沿用自 The superior whose setting it is.")
    since: datetime | None = strawberry.field(
        description="设定时间 When the ledger took them; null for the default ones, and to the public for all."
    )
    start_yellow_days: int = strawberry.field(description="开工黄灯天数 Days after the planned start.")
    start_red_days: int = strawberry.field(description="开工红灯天数 Days after the planned start.")
    progress_yellow_points: int = strawberry.field(description="进度黄灯百分点 Points behind time progress.")
    progress_red_points: int = strawberry.field(description="进度红灯百分点 Points behind time progress.")
    payment_yellow_points: int = strawberry.field(description="支付黄灯百分点 Points behind time progress of the year.")
    payment_red_points: int = strawberry.field(description="支付红灯百分点 Points behind time progress of the year.")
    statistics_yellow_months: int = strawberry.field(description="纳统黄灯月数 Months after the start.")
    statistics_red_months: int = strawberry.field(description="纳统红灯月数 Months after the start.")

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> LightRules:
        """Return rules from their row."""
        source, since = plain["adopted_from"], plain["since"]
        return cls(
            own=plain["own"],
            adopted_from=None if source is None else RegionRef(code=source),
            since=None if since is None else instant(since),
            **{name: plain[name] for name in LIGHT_RULES},
        )


@strawberry.type(description="灯 One light of a project, and what it was judged by; what it does not speak of is null.")
class ProjectLight:
    """A light."""

    kind: LightKind = strawberry.field(description="灯类 What it is about.")
    light: Light = strawberry.field(description="灯色 What it shows.")
    counted_from: date | None = strawberry.field(description="起算日期 From which time is counted: the start.")
    due_on: date | None = strawberry.field(
        description="应完成日期 Planned start; of statistics, the day from which it is yellow."
    )
    reached_on: date | None = strawberry.field(description="完成日期 When it was done, if it was by that day.")
    through_on: date | None = strawberry.field(description="数据截止 Day of the figure that was compared.")
    time_progress: str | None = strawberry.field(description="时序进度 Elapsed share of the time, in percent.")
    done_share: str | None = strawberry.field(
        description="完成比例 What is done of the works or of the money, or paid of what was allotted; in percent."
    )
    behind: str | None = strawberry.field(description="落后百分点 Points behind time progress; negative if ahead.")
    whole: Money | None = strawberry.field(
        description="应完成金额 Planned investment, or what was allotted in the year, if money was compared."
    )
    done: Money | None = strawberry.field(description="已完成金额 Completed of it, or paid.")

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> ProjectLight:
        """Return a light from its row."""
        told: dict[str, Any] = {name: plain[name] for name, of in TOLD.items() if of != "bigint"}
        for name, of in TOLD.items():
            if of == "date" and told[name] is not None:
                told[name] = date.fromisoformat(told[name])
        for name in ("whole", "done"):
            told[name] = None if plain[name] is None else Money.of_plain(plain[name])
        return cls(kind=LightKind(plain["kind"]), light=Light(plain["light"]), **told)


@strawberry.type(description="红黄绿灯 A project's lights on a day, and the rules that they follow.")
class ProjectLights:
    """Lights of a project."""

    on: date = strawberry.field(description="日期 Of which day.")
    worst: Light = strawberry.field(description="最差灯色 Red before yellow before green; grey if all are.")
    lights: list[ProjectLight] = strawberry.field(description="灯 One of each kind.")
    rules: LightRules = strawberry.field(description="亮灯规则 By which the place judges.")


_RULES: Final = f"""JSON_OBJECT({", ".join(f"'{name}': r.{name}" for name in LIGHT_RULES)},
        'own': r.own, 'adopted_from': r.adopted_from, 'since': r.recorded_from RETURNING json)"""
_SHOWN: Final = f"""JSON_OBJECT('kind': l.kind, 'light': l.light,
        {", ".join(f"'{name}': l.{name}{'::text' * (of == 'numeric')}" for name, of in TOLD.items() if of != "bigint")},
        'whole': {money_sql("l.whole_fen", "p.region")}, 'done': {money_sql("l.done_fen", "p.region")}
        RETURNING json)"""


def lights_sql(asked: Selection, binds: Binds) -> str:
    """Return the SQL of a project's lights on the days that are asked for.

    Raises:
        InvalidValueError: a day of no year that anything may be of, or too many of them.
    """
    days = dict.fromkeys(_day(on) for on in asked.arguments("lights", "on"))
    if len(days) > MOST_DAYS_ASKED:
        raise InvalidValueError("on", rule=f"at most {MOST_DAYS_ASKED} days of one project at once")
    pairs = [
        f"""{binds(_key(on), "text")}, (
      SELECT json_build_array(r.day, {_RULES}, (SELECT json_agg({_SHOWN}) FROM ({LIGHTS}) l))
      FROM ({light_rules("p.region", day_asked(on, "on"), binds)} OFFSET 0) r)"""  # noqa: S608 - binds and declared SQL only.
        for on in days
    ]
    return f"json_build_object({', '.join(pairs)})"


def _day(on: Any) -> date | None:
    return date.fromisoformat(on) if isinstance(on, str) else on


def _key(on: date | None) -> str:
    """Return by what the lights of a day are known; today's by no day, since it may end before the answer does."""
    return _TODAY if on is None else str(on)


def lights(fed: dict[str, Any], on: date | None) -> ProjectLights:
    """Return the lights of one of the days that were fetched."""
    day, rules, rows = fed[_key(on)]
    found = [ProjectLight.of_plain(row) for row in rows]
    shown = {one.light for one in found}
    order = list(LightKind)
    return ProjectLights(
        on=date.fromisoformat(day),
        worst=next(one for one in _COLOURS if one in shown),
        lights=sorted(found, key=lambda one: order.index(one.kind)),
        rules=LightRules.of_plain(rules),
    )


@strawberry.type(description="亮灯计数 How many projects show a colour in one kind of light.")
class LightCount:
    """A count."""

    place: RegionRef | None = strawberry.field(description="台账地区 Whose ledger; null unless counted by place.")
    kind: LightKind = strawberry.field(description="灯类 Which kind.")
    light: Light = strawberry.field(description="灯色 Which colour.")
    projects: int = strawberry.field(description="项目数 Projects, each counted once in each kind.")


@strawberry.type
class LightQuery:
    """Queries on lights."""

    @strawberry.field(
        description="亮灯计数 How many projects show which colour on a day, in each kind of light: red first; colours"
        " without any are left out. START: green once started; else by days after the earliest planned start. PROGRESS:"
        " under construction, by points behind time progress of the worst measure (works, a list's plan of the year, or"
        " the total investment); green when built. PAYMENT: paid of what was allotted in the year, against time"
        " progress of the year. STATISTICS: green once entered; else by months after the start. Grey is what is not"
        " due, paused, or unknown."
    )
    async def light_counts(
        self,
        info: Info,
        *,
        on: _On = None,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            InvestmentTotalsFilter | None, strawberry.argument(description="筛选 Which projects; all unless said.")
        ] = None,
        by_place: Annotated[
            bool, strawberry.argument(description="按台账地区 Whether each ledger is counted by itself.")
        ] = False,
    ) -> list[LightCount] | None:
        """Return the counts, in one statement."""
        asked = filter or InvestmentTotalsFilter()
        binds = Binds()
        where = " AND ".join(["p.region = m.region", holds("p"), *asked.where(binds)])
        place = "w.region" if by_place else "NULL::text"
        ledgers = asked.ledgers("m.region", binds)
        sql = f"""
            SELECT json_build_array({place}, w.kind, w.light, count(*)) FROM projected m
            CROSS JOIN LATERAL ({light_rules("m.region", day_asked(on, "on"), binds)} OFFSET 0) r
            CROSS JOIN LATERAL (
              SELECT p.region, l.kind, l.light FROM project_status p CROSS JOIN LATERAL ({LIGHTS}) l
              WHERE {where} OFFSET 0) w
            WHERE {ledgers}
            GROUP BY {place}, w.kind, w.light LIMIT {_MOST_PLACES * len(LightKind) * len(_COLOURS)}"""  # noqa: S608 - days and declared SQL only.
        rows = [orjson.loads(row) for row in await info.context.fetch(sql, binds.values, area=asked.area())]
        order = list(LightKind)
        counts = [
            LightCount(
                place=None if of is None else RegionRef(code=of),
                kind=LightKind(kind),
                light=Light(light),
                projects=projects,
            )
            for of, kind, light, projects in sorted(rows, key=lambda row: row[0] or "")
        ]
        return sorted(counts, key=lambda one: (order.index(one.kind), _COLOURS.index(one.light)))

    @strawberry.field(description="亮灯规则 From when each light is yellow and from when red, as a place has it.")
    async def light_rules(
        self,
        info: Info,
        region: Annotated[str, strawberry.argument(description="地区 Whose; by its former or its later code.")],
    ) -> LightRules | None:
        """Return the rules, in one statement."""
        area = region_of(region, "region")
        binds = Binds()
        sql = f"""
            SELECT {_RULES} FROM projected m
            CROSS JOIN LATERAL ({light_rules("m.region", day_asked(None), binds)}) r
            WHERE {same_county("m.region", area, binds)} LIMIT 1"""  # noqa: S608 - declared SQL only.
        rows = await info.context.fetch(sql, binds.values, area=area)
        default = {name: getattr(DEFAULT_LIGHTS, name) for name in LIGHT_RULES}
        default |= {"own": False, "adopted_from": None, "since": None}
        return LightRules.of_plain(orjson.loads(rows[0]) if rows else default)
