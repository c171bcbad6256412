"""地区配置: what a place has set or adopted: dictionaries, templates, rules, stages and definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of, json_text, plain_of
from projections.table import Table
from service.domain.adoption import ConfigurationAdoptionEnded
from service.domain.configuration import (
    DefinitionSet,
    DictionarySet,
    ScheduleRulesSet,
    ScheduleTemplateSet,
    StagesSet,
)
from service.domain.dictionaries import Dictionary, defaults
from service.domain.lights import LIGHT_RULES, LightRulesSet
from service.domain.place import PlaceOpened
from service.domain.priority import PriorityLimitsSet
from service.domain.warnings import RULES, WarningRulesSet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projections.table import Key
    from service.database import Connection
    from service.log.codec import Recorded

SETTING: Final = Table(
    name="place_setting",
    key=("kind", "name"),
    columns={
        "kind": KEYWORD,
        "name": KEYWORD,
        "value": "jsonb NOT NULL",
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "own": "boolean NOT NULL",
        "adopted_from": KEYWORD_OR_NULL,
        "position": "bigint NOT NULL",
    },
)
"""`kind`: one of KINDS; `name`: which of them; `value`: what the fact says.

`own`: whether the place made it; else it is that of the superior `adopted_from`, or the default one, as a ledger that
was opened without categories of its own has them.
"""
KINDS: Final = ("DICTIONARY", "TEMPLATE", "RULES", "STAGES", "DEFINITION", "PRIORITY", "WARNINGS", "LIGHTS")


class PlaceSetting:
    """地区配置."""

    name = "place_setting"
    version = 1
    tables = (SETTING,)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into settings; ignores every other fact of the place, and the other streams."""
        ours = [one for one in batch if one.stored.stream_kind == "place"]
        rows = {}
        if any(isinstance(one.fact, ConfigurationAdoptionEnded) for one in ours):
            rows = await SETTING.current(connection, ours[0].region, "kind", KINDS)
        changes = []
        for one in ours:
            for row in _rows(one, rows):
                changed = SETTING.change(row, one.stored.recorded_us)
                rows[changed.key] = row
                changes.append(changed)
        if changes:
            await SETTING.write(connection, ours[0].region, changes)


def _rows(one: Recorded, rows: Mapping[Key, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that a fact changes, given those that hold."""
    if isinstance(one.fact, ConfigurationAdoptionEnded):
        adopted = [row for row in rows.values() if row["adopted_from"] is not None]
        return [{**row, "own": True, "adopted_from": None} for row in adopted]
    row = _row(one)
    return [] if row is None else [row]


def _row(one: Recorded) -> dict[str, Any] | None:
    own = getattr(one.fact, "adopted_from", None) is None
    match one.fact:
        case PlaceOpened() as fact:
            own = fact.categories != defaults()[Dictionary.CATEGORY]
            kind, name, value = "DICTIONARY", Dictionary.CATEGORY.value, json_of(fact.categories)
        case DictionarySet() as fact:
            kind, name, value = "DICTIONARY", fact.name.value, json_of(fact.terms)
        case ScheduleTemplateSet() as fact:
            kind, name, value = "TEMPLATE", fact.track.value, json_of(fact.steps)
        case ScheduleRulesSet() as fact:
            rules = {"freeze_days": fact.freeze_days, "extension_percent": fact.extension_percent}
            kind, name, value = "RULES", "SCHEDULE", json_text(rules)
        case StagesSet() as fact:
            kind, name, value = "STAGES", fact.track.value, json_of(fact.stages)
        case DefinitionSet() as fact:
            holds_from = None if fact.holds_from is None else fact.holds_from.isoformat()
            said = {"text": fact.text, "start_basis": fact.start_basis, "holds_from": holds_from}
            kind, name, value = "DEFINITION", fact.gate.value, json_text(said)
        case PriorityLimitsSet() as fact:
            kind, name, value = "PRIORITY", "LIMITS", json_of(fact.limits)
        case WarningRulesSet() as fact:
            kind, name, value = "WARNINGS", "RULES", json_text({rule: plain_of(getattr(fact, rule)) for rule in RULES})
        case LightRulesSet() as fact:
            kind, name, value = "LIGHTS", "RULES", json_text({rule: getattr(fact, rule) for rule in LIGHT_RULES})
        case _:
            return None
    return {
        "kind": kind,
        "name": name,
        "value": value,
        "reason": getattr(fact, "reason", None),
        "documents": json_of(getattr(fact, "documents", ())),
        "own": own,
        "adopted_from": getattr(fact, "adopted_from", None),
        "position": one.position,
    }
