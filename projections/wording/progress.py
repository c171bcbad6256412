"""形象进度用语: percent, words and quantities of what stands on the site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import excerpt, plain, quoted, series, until, verbatim, zh
from service.domain.labels import Label
from service.domain.progress import PhysicalProgressReported
from service.domain.shape import Plain


def _state(fact: PhysicalProgressReported) -> dict[str, Plain]:
    return {
        f"physical_progress.{fact.through}": {
            "percent": plain(fact.percent),
            "description": plain(fact.description),
            "quantities": plain(fact.quantities),
        }
    }


def _reported(fact: PhysicalProgressReported, at: Told) -> Label:
    (now,) = at.touched.values()
    time, said = until(fact.through), _said(now)
    if at.old is None:
        return Label(zh("报送", time.zh, "形象进度：", said.zh), f"Reported physical progress {time.en}: {said.en}")
    if at.old == now:
        return Label(
            zh("重新报送", time.zh, "形象进度：", said.zh, "，内容不变"),
            f"Reported physical progress {time.en} again: {said.en}, unchanged",
        )
    was = _said(at.old)
    return Label(
        zh("更正", time.zh, "形象进度：由", was.zh, "改为", said.zh),
        f"Corrected physical progress {time.en} from {was.en} to {said.en}",
    )


def _said(state: Plain) -> Label:
    """Return 55%，“主体封顶”，实物工程量“灌注桩” 120 根."""
    parts = []
    if state["percent"] is not None:
        parts.append(verbatim(f"{state['percent']}%"))
    if state["description"] is not None:
        parts.append(excerpt(state["description"]))
    if state["quantities"]:
        told = series([_quantity(one) for one in state["quantities"]])
        parts.append(Label(zh("实物工程量", told.zh), f"quantities of {told.en}"))
    return Label("，".join(one.zh for one in parts), ", ".join(one.en for one in parts))


def _quantity(one: Plain) -> Label:
    return verbatim(f"{quoted(one['item']).zh} {one['figure']} {one['unit']}")


WORDS: Final[Mapping[type, Words]] = {
    PhysicalProgressReported: Words(_state, _reported),
}
