"""预警条件: the rules of a place on the day asked about, and what `warning_rows` finds by them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import orjson

from schema.read import Binds, holds
from schema.warning_rows import ARMS
from service.clock import today_in_china
from service.domain.dictionaries import Dictionary, defaults
from service.domain.errors import InvalidValueError
from service.domain.shape import dump
from service.domain.stages import default_stages, ranks
from service.domain.values import FIRST_YEAR
from service.domain.warnings import DEFAULT_RULES, RULES, StartRule, WarningKind

_LAST_YEAR: Final = 2199


def day_asked(on: date | None, *path: str) -> date:
    """Return the day that was asked about, or today in China.

    Raises:
        InvalidValueError: it lies in no year that anything may be of.
    """
    if on is None:
        return today_in_china()
    if not FIRST_YEAR <= on.year <= _LAST_YEAR:
        raise InvalidValueError(*path, value=on)
    return on


def arms(kinds: Iterable[WarningKind], *path: str) -> str:
    """Return the select of warnings of these kinds, over a project `p` and rules `r`.

    Raises:
        InvalidValueError: no kind at all.
    """
    asked = [ARMS[kind].sql(kind) for kind in dict.fromkeys(kinds)]
    if not asked:
        raise InvalidValueError(*path, rule="at least one")
    return "\nUNION ALL\n".join(asked)


def rules(region: str, day: date, binds: Binds) -> str:
    """Return the select of the rules `r` of a place on a day: its own, and where it has set none, the default ones.

    Args:
        region: SQL of the region whose ledger it is.
        day: the day asked about.
        binds: takes the day and the defaults.
    """
    default = {name: dump(getattr(DEFAULT_RULES, name), lambda _path, _value: None) for name in RULES}
    order = {
        track.value: {gate.value: number for gate, number in ranks(stages).items()}
        for track, stages in default_stages().items()
    }
    conditions = [{"code": term.code} for term in defaults()[Dictionary.START_CONDITION]]
    numbers = ", ".join(
        f"(v.rules ->> '{name}')::integer AS {name}" for name, value in default.items() if value.__class__ is int
    )
    setting = (
        "SELECT s.value FROM place_setting s WHERE s.region = {0} AND s.kind = '{1}' AND s.name = '{2}' AND {3} LIMIT 1"
    )
    own = setting.format(region, "WARNINGS", "RULES", holds("s"))
    listed = setting.format(region, "DICTIONARY", Dictionary.START_CONDITION, holds("s"))
    return f"""
      SELECT {binds(day, "date")} AS day, {binds(day.year, "integer")} AS year, {numbers},
        v.rules ->> 'start_conditions' = '{StartRule.REFUSE}' AS demanded, v.ranks,
        ARRAY(SELECT jsonb_array_elements_text(v.rules -> 'needed_documents')) AS needed_documents,
        ARRAY(SELECT c.term ->> 'code' FROM jsonb_array_elements(v.conditions) WITH ORDINALITY c (term, number)
          ORDER BY c.number) AS conditions
      FROM (
        SELECT {binds(_json(default), "jsonb")} || coalesce(({own}), '{{}}') AS rules,
          coalesce(({listed}), {binds(_json(conditions), "jsonb")}) AS conditions,
          {binds(_json(order), "jsonb")} || coalesce((
            SELECT jsonb_object_agg(t.track, (
              SELECT jsonb_object_agg(x.gate, l.number ORDER BY l.number)
              FROM jsonb_array_elements(t.stages) WITH ORDINALITY l (stage, number)
              CROSS JOIN jsonb_array_elements_text(l.stage -> 'gates') x (gate)))
            FROM place_status pl CROSS JOIN jsonb_each(pl.stages) t (track, stages)
            WHERE pl.region = {region} AND pl.place = {region} AND {holds("pl")}), '{{}}') AS ranks) v"""  # noqa: S608 - declared SQL only.


def _setting(region: str, kind: str, name: str) -> str:
    return (
        f"SELECT s.value FROM place_setting s WHERE s.region = {region} AND s.kind = '{kind}' AND s.name = '{name}'"  # noqa: S608 - declared SQL only.
        f" AND {holds('s')} LIMIT 1"
    )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def warned(kinds: Iterable[WarningKind], on: date | None, binds: Binds, field: str) -> str:
    """Return the predicate that a project `p` is warned of any of these kinds on a day; today unless said.

    Args:
        field: of the filter, that asks for it; its day is in another, `<field>On`.

    Raises:
        InvalidValueError: no kind, or no such day.
    """
    found = arms(kinds, "filter", field)
    day = day_asked(on, "filter", f"{field}On")
    return f"EXISTS (SELECT FROM ({rules('p.region', day, binds)}) r CROSS JOIN LATERAL ({found}) w)"
