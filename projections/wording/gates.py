"""节点用语: dated gates and their corrections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import day, day_of, plain, quoted, verbatim, zh
from service.domain.gates import GATE_FACTS, GateReached, ProjectReserved, gate_of
from service.domain.labels import Label, Labelled
from service.domain.shape import Plain


def _date(fact: GateReached) -> dict[str, Plain]:
    gate, variant = gate_of(fact)
    return {f"gate.{gate}.{variant}" if variant else f"gate.{gate}": plain(fact.occurred_on)}


def _reserved(fact: ProjectReserved) -> dict[str, Plain]:
    return {**_date(fact), "gate.RESERVED.library": fact.library}


def _gate(fact: GateReached, at: Told) -> Label:
    old = at.old
    gate, variant, on = gate_of(fact).gate.label, _variant(fact), day(fact.occurred_on)
    what = gate if variant is None else Label(f"{gate.zh}（{variant.zh}）", f"{gate.en} ({variant.en})")
    if old is None:
        return Label(zh(f"登记{what.zh}：", on.zh), f"Recorded {what.en} on {on.en}")
    was = day_of(old)
    if was != on:
        return Label(
            zh(f"更正{what.zh}日期：由", was.zh, "改为", on.zh),
            f"Corrected the date of {what.en} from {was.en} to {on.en}",
        )
    return Label(zh(f"更正{what.zh}的登记，日期仍为", on.zh), f"Corrected the entry of {what.en}, still on {on.en}")


def _variant(fact: GateReached) -> Label | None:
    """Return what tells this one from others of its gate; a reserve library is told too, though it tells none."""
    if isinstance(fact, ProjectReserved):
        return None if fact.library is None else quoted(fact.library)
    variant = gate_of(fact).variant
    if isinstance(variant, Labelled):
        return variant.label
    return verbatim(variant) if variant else None


WORDS: Final[Mapping[type, Words]] = {
    **{of: Words(_date, _gate) for of in GATE_FACTS},
    ProjectReserved: Words(_reserved, _gate),
}
