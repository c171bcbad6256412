"""节点规则: what a place refuses of a gate, if it says so: one out of order, and a start with conditions unmet.

Both are warnings on a list unless the place's rules say otherwise. Source: mission.md B2, J6; domain.md, Gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from service.domain.dictionaries import Dictionary
from service.domain.errors import NotReadyError, OutOfOrderError
from service.domain.gates import Gate, GateKey, GateReached, StartBasis, gate_of
from service.domain.identity import Track
from service.domain.place import Place
from service.domain.stages import ranks
from service.domain.warnings import OrderRule, StartRule

if TYPE_CHECKING:
    from service.domain.schedule import Schedule  # It reads projects, so it is known here by its form alone.


def need_order(fact: GateReached, reached: Mapping[GateKey, GateReached], place: Place, track: Track) -> None:
    """Refuse a gate that is out of order by the place's stages, if the place asks for a reason and none is given.

    A gate counts on its first day, a start on the basis that the place names. Gates of one stage, and those that lead
    to none, are in no order.

    Raises:
        OutOfOrderError: a gate of an earlier stage lies behind it, or one of a later stage before it.
    """
    if place.configuration.warnings.gates_out_of_order is not OrderRule.REASON or fact.reason is not None:
        return
    days: dict[Gate, date] = {}
    for key, one in {**reached, gate_of(fact): fact}.items():
        if key.gate is not Gate.STARTED or key.variant == _basis(place, one.occurred_on):
            days[key.gate] = min(one.occurred_on, days.get(key.gate, one.occurred_on))
    order = ranks(place.configuration.stages(track))
    own, day = order.get(fact.gate), days.get(fact.gate)
    if own is None or day is None:
        return
    for gate, other in days.items():
        rank = order.get(gate, own)
        if (rank < own and other > day) or (rank > own and other < day):
            raise OutOfOrderError("reason", gate=fact.gate, date=day, other=gate, other_date=other)


def _basis(place: Place, day: date) -> StartBasis:
    """Return the basis on which a start of that day counts."""
    for one in reversed(place.configuration.definitions.get(Gate.STARTED, ())):
        if one.start_basis is not None and one.holds_on(day):
            return one.start_basis
    return place.need_open().start_basis


def need_ready(fact: GateReached, schedule: Schedule, place: Place) -> None:
    """Refuse a start while a condition of the place's list is not met, if the place refuses it.

    The last statement of a condition stands; it must say that the condition was met by the day of the start.

    Raises:
        NotReadyError: with the codes of the conditions.
    """
    if place.configuration.warnings.start_conditions is not StartRule.REFUSE:
        return
    stated = schedule.conditions
    met = {code for code, one in stated.items() if one.met and one.occurred_on <= fact.occurred_on}
    unmet = [term.code for term in place.configuration.terms(Dictionary.START_CONDITION) if term.code not in met]
    if unmet:
        raise NotReadyError("occurred_on", date=fact.occurred_on, conditions=", ".join(unmet))
