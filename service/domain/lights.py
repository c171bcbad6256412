"""红黄绿灯: how a project does at its start, its progress, its payments and its entry in statistics, as four lights.

What a light shows on a day is worked out by who asks (schema/light_rows.py) and never stored; only the place's rules
are. A place that has set none has DEFAULT_LIGHTS. Source: mission.md 2.3 (5 and 10 points behind, half a month overdue)
and S1 (时序进度); domain.md, Investment (a start not in statistics after one month, and after two).
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, replace
from typing import Final

from service.domain.errors import InvalidValueError
from service.domain.labels import Labelled
from service.domain.values import Document, Reason, Region

MOST_DAYS: Final = 3_650
MOST_MONTHS: Final = 120
MOST_POINTS: Final = 100


class LightKind(Labelled):
    """灯类 What a light is about."""

    START = "START", "开工", "start of construction"
    PROGRESS = "PROGRESS", "进度", "progress of works"
    PAYMENT = "PAYMENT", "支付", "payment of funds"
    STATISTICS = "STATISTICS", "纳统", "entry in statistics"


class Light(Labelled):
    """灯色 What a light shows: GREEN 绿灯, YELLOW 黄灯, RED 红灯; GREY 灰灯 where nothing is due or known."""

    GREEN = "GREEN", "绿灯", "green: as it should be"
    YELLOW = "YELLOW", "黄灯", "yellow: to be watched"
    RED = "RED", "红灯", "red: to be dealt with"
    GREY = "GREY", "灰灯", "grey: not due yet, paused, or nothing known"


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class LightRulesSet:
    """亮灯规则设定: from when each light is yellow, and from when red; all of it.

    Days are those after a planned start, months those after the start, points those behind time progress in percent.
    """

    start_yellow_days: int
    start_red_days: int
    progress_yellow_points: int
    progress_red_points: int
    payment_yellow_points: int
    payment_red_points: int
    statistics_yellow_months: int
    statistics_red_months: int
    adopted_from: Region | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


DEFAULT_LIGHTS: Final = LightRulesSet(
    start_yellow_days=1,
    start_red_days=15,  # mission.md 2.3: 逾期半个月 of S3.
    progress_yellow_points=5,  # mission.md 2.3: at 5 points a hint, at 10 a letter (督办函).
    progress_red_points=10,
    payment_yellow_points=10,  # No source says how late payments may be: practice, twice what progress is given.
    payment_red_points=20,
    statistics_yellow_months=1,  # domain.md, Investment: a warning 1 month after start, an alarm at 2 (practice).
    statistics_red_months=2,
)
"""What holds where a place has set no rules of its own."""

LIGHT_RULES: Final = tuple(one.name for one in fields(LightRulesSet) if one.default is MISSING)
"""Names of the rules, in their order."""

# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLightRules:
    """设定亮灯规则 Set from when lights are yellow and red; a rule that is not sent stays as it is."""

    region: Region
    start_yellow_days: int | None = None
    start_red_days: int | None = None
    progress_yellow_points: int | None = None
    progress_red_points: int | None = None
    payment_yellow_points: int | None = None
    payment_red_points: int | None = None
    statistics_yellow_months: int | None = None
    statistics_red_months: int | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


_MOST: Final = {"days": MOST_DAYS, "points": MOST_POINTS, "months": MOST_MONTHS}
"""The last word of a rule's name is its unit."""
_PAIRS: Final = tuple(zip(LIGHT_RULES[::2], LIGHT_RULES[1::2], strict=True))
"""From when a light is yellow, and from when red."""


def decide_light_rules(command: SetLightRules, state: LightRulesSet) -> list[LightRulesSet]:
    """Judge a setting; one that is so already gives no fact, unless it was adopted and now becomes the place's own.

    Args:
        command: the rules that are to change.
        state: those in force.
    """
    sent = {name: value for name in LIGHT_RULES if (value := getattr(command, name)) is not None}
    for name, value in sent.items():
        most = _MOST[name.rpartition("_")[2]]
        if not 1 <= value <= most:
            raise InvalidValueError(name, rule=f"1 to {most}", value=value)
    fact = replace(state, **sent, adopted_from=None, reason=command.reason, documents=command.documents)
    for yellow, red in _PAIRS:
        if getattr(fact, red) < getattr(fact, yellow):
            raise InvalidValueError(
                red, rule="not before yellow", value=getattr(fact, red), yellow=getattr(fact, yellow)
            )
    if replace(fact, reason=state.reason, documents=state.documents) == state:
        return []  # Already so.
    return [fact]
