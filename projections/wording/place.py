"""地区用语: opening a ledger, a change of code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import day, listed, plain, region, series, stated, zh
from service.domain.labels import Label, field_label
from service.domain.place import PlaceOpened, PlaceRecoded
from service.domain.shape import Plain


def _recoding(fact: PlaceRecoded) -> dict[str, Plain]:
    now = {"region": fact.successor, "name": fact.name, "occurred_on": plain(fact.occurred_on)}
    return {f"recoded.{fact.former}": now}


def _opened(fact: PlaceOpened, _told: Told) -> Label:
    parts = {
        "purpose": fact.purpose.label,
        "currency": fact.currency.label,
        "start_basis": fact.start_basis.label,
        "categories": series([Label(term.zh, term.en) for term in fact.categories]),
    }
    return listed(
        Label(f"建立“{fact.name}”台账：", f"Opened the ledger of “{fact.name}” — "),
        [stated(Label("行政区划", "region"), region(fact.region))]
        + [stated(field_label(name), value) for name, value in parts.items()],
    )


def _recoded(fact: PlaceRecoded, told: Told) -> Label:
    was, now, on = region(fact.former), region(fact.successor), day(fact.occurred_on)
    verb = Label("登记", "Recorded") if told.old is None else Label("更正登记", "Corrected")
    return Label(
        zh(f"{verb.zh}行政区划变更：", on.zh, "由", was.zh, "改为", now.zh, f"，台账称“{fact.name}”"),
        f"{verb.en} that the region changed from {was.en} to {now.en} on {on.en}, the ledger being named “{fact.name}”",
    )


WORDS: Final[Mapping[type, Words]] = {
    PlaceOpened: Words(plain, _opened),
    PlaceRecoded: Words(_recoding, _recoded),
}
