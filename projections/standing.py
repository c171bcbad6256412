"""项目所处: what a place's configuration makes of a project's gates: stage, phase, handling class and first days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import orjson

from projections.columns import json_text
from service.domain.gates import Gate, GateKey, StartBasis
from service.domain.identity import Track
from service.domain.stages import Activity, StageRule, default_stages, handling_of, phase_of, stage_of

GATE_DATES: Final = {
    Gate.APPROVED: "approved_on",
    Gate.CONTRACT_SIGNED: "signed_on",
    Gate.LANDED: "landed_on",
    Gate.FULFILLED: "fulfilled_on",
    Gate.STARTED: "started_on",
    Gate.STATISTICS_ENTERED: "statistics_entered_on",
    Gate.COMPLETED: "completed_on",
    Gate.PUT_INTO_PRODUCTION: "production_on",
    Gate.BENEFITS_REACHED: "benefits_on",
}
"""Columns for the first day on which a gate was reached; a start counts on the basis that the place names."""


class StartBases:
    """Which date counts as the start: [from which day or null, basis] in the order set, as JSON; none is PHYSICAL."""

    def __init__(self, stored: str = "[]") -> None:
        self._plain: list[list[str | None]] = orjson.loads(stored)

    def __str__(self) -> str:
        return json_text(self._plain)

    def add(self, basis: StartBasis, holds_from: date | None = None) -> None:
        """Add a definition: for the past as well, or for starts from a day on."""
        self._plain.append([None if holds_from is None else holds_from.isoformat(), basis.value])

    def count(self, key: GateKey, day: date) -> bool:
        """Return whether a gate of that day counts: a start does only on the basis in force then."""
        if key.gate is not Gate.STARTED:
            return True
        holding = (basis for since, basis in reversed(self._plain) if since is None or since <= day.isoformat())
        return key.variant == next(holding, StartBasis.PHYSICAL.value)


class Standing:
    """Derives where projects stand.

    Args:
        start_bases: as StartBases has them.
        stages: by track, those that the place has set, as JSON; the default ones stand for the others.
    """

    def __init__(self, start_bases: str, stages: str) -> None:
        self._bases = StartBases(start_bases)
        own = {Track(track): [_stage(rule) for rule in rules] for track, rules in orjson.loads(stages).items()}
        self._stages = {**default_stages(), **own}

    def derived(self, gates: Mapping[GateKey, date], track: Track, activity: Activity) -> dict[str, Any]:
        """Return the columns that follow from a project's gates."""
        days: dict[Gate, date] = {}
        for key, day in gates.items():
            if self._bases.count(key, day):
                days[key.gate] = min(day, days.get(key.gate, day))
        stage = stage_of(self._stages[track], days)
        return {
            "stage": stage.code,
            "stage_zh": stage.zh,
            "stage_en": stage.en,
            "phase": phase_of(days),
            "handling": handling_of(days, activity),
            **{column: days.get(gate) for gate, column in GATE_DATES.items()},
        }


def _stage(plain: dict[str, Any]) -> StageRule:
    """Return a stage from its plain form, which was judged when it was set."""
    rule = object.__new__(StageRule)
    gates = tuple(Gate(gate) for gate in plain.get("gates", ()))
    for name, value in {**plain, "gates": gates}.items():
        object.__setattr__(rule, name, value)
    return rule
