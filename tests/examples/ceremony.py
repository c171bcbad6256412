"""Examples of a ceremony: recorded, corrected, withdrawn."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from service.domain import ceremony
from service.domain.ceremony import BatchKind, CeremonyEntry, CeremonySeries, StatedBatch
from service.domain.values import Document, Name, Reason
from tests.examples.common import PROJECT_ID, yi

HOLD_ID: Final = UUID("00000000-0000-4000-8000-000000000002")
CEREMONY_ID: Final = ceremony.ceremony_id_of(HOLD_ID)

_BRIEF: Final = Document(title=Name("第四期“三个一批”活动简报(演示)"))
_SIGNED: Final = CeremonyEntry(project_id=PROJECT_ID, kind=BatchKind.SIGNING)
_STARTED: Final = CeremonyEntry(project_id=PROJECT_ID, kind=BatchKind.START)
_STATED: Final = (
    StatedBatch(kind=BatchKind.SIGNING, count=9),
    StatedBatch(kind=BatchKind.START, count=24, total=yi("103")),
)

HOLD: Final = ceremony.HoldCeremony(
    name=Name("演示市第四期“三个一批”项目建设活动"),
    occurred_on=date(2022, 4, 28),
    series=CeremonySeries.THREE_BATCHES,
    period=4,
    entries=(_SIGNED,),
    stated_batches=_STATED,
    documents=(_BRIEF,),
)
CORRECT: Final = ceremony.CorrectCeremony(
    ceremony_id=CEREMONY_ID, added=(_STARTED,), removed=(_SIGNED,), reason=Reason("该项目属开工一批")
)
WITHDRAW: Final = ceremony.WithdrawCeremony(ceremony_id=CEREMONY_ID, reason=Reason("与上级台账重复登记"))

HELD: Final = ceremony.CeremonyHeld(
    name=Name("演示市第四期“三个一批”项目建设活动"),
    occurred_on=date(2022, 4, 28),
    series=CeremonySeries.THREE_BATCHES,
    period=4,
    entries=(_SIGNED,),
    stated_batches=_STATED,
    documents=(_BRIEF,),
)
CORRECTED: Final = ceremony.CeremonyCorrected(added=(_STARTED,), removed=(_SIGNED,), reason=Reason("该项目属开工一批"))
WITHDRAWN: Final = ceremony.CeremonyWithdrawn(reason=Reason("与上级台账重复登记"))

COMMANDS: Final[dict[str, object]] = {
    "HOLD_CEREMONY": HOLD,
    "CORRECT_CEREMONY": CORRECT,
    "WITHDRAW_CEREMONY": WITHDRAW,
}
FACTS: Final[dict[str, object]] = {
    "CEREMONY_HELD": HELD,
    "CEREMONY_CORRECTED": CORRECTED,
    "CEREMONY_WITHDRAWN": WITHDRAWN,
}
