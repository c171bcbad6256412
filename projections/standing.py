"""项目所处: what a place's configuration makes of a project's gates: stage, phase, handling class and first days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import orjson

from service.domain.gates import Gate, GateKey, StartBasis
from service.domain.identity import Track
from service.domain.stages import Activity, StageRule, default_stages, handling_of, phase_of, stage_of

GATE_DATES: Final = {
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


class Standing:
    """Derives where projects stand.

    Args:
        start_bases: [from which day or null, basis] in the order set, as JSON; none is PHYSICAL.
        stages: by track, those that the place has set, as JSON; the default ones stand for the others.
    """

    def __init__(self, start_bases: str, stages: str) -> None:
        self._bases = [
            (None if day is None else date.fromisoformat(day), StartBasis(basis))
            for day, basis in orjson.loads(start_bases)
        ] or [(None, StartBasis.PHYSICAL)]
        own = {Track(track): [_stage(rule) for rule in rules] for track, rules in orjson.loads(stages).items()}
        self._stages = {**default_stages(), **own}

    def derived(self, gates: Mapping[GateKey, date], track: Track, activity: Activity) -> dict[str, Any]:
        """Return the columns that follow from a project's gates."""
        days: dict[Gate, date] = {}
        for key, day in gates.items():
            if key.gate is Gate.STARTED and key.variant != self._basis_on(day):
                continue
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

    def _basis_on(self, day: date) -> StartBasis:
        holding = (basis for holds_from, basis in reversed(self._bases) if holds_from is None or holds_from <= day)
        return next(holding, StartBasis.PHYSICAL)


def _stage(plain: dict[str, Any]) -> StageRule:
    """Return a stage from its plain form, which was judged when it was set."""
    rule = object.__new__(StageRule)
    gates = tuple(Gate(gate) for gate in plain.get("gates", ()))
    for name, value in {**plain, "gates": gates}.items():
        object.__setattr__(rule, name, value)
    return rule
