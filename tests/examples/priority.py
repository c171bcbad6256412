"""Example of the time limits of projects on key lists."""

from __future__ import annotations

from typing import Final

from service.domain.priority import PriorityLimit, PriorityLimitsSet, SetPriorityLimits
from service.domain.values import Code
from tests.examples.common import PLAN_PAPER, QIYANG

_LIMITS: Final = (
    PriorityLimit(milestone=Code("APPROVAL"), days=10),
    PriorityLimit(milestone=Code("ENVIRONMENT"), days=20),
    PriorityLimit(milestone=Code("LAND"), days=60),
    PriorityLimit(milestone=Code("FUNDS"), days=90),
)

SET_LIMITS: Final = SetPriorityLimits(region=QIYANG, limits=_LIMITS, documents=(PLAN_PAPER,))
LIMITS_SET: Final = PriorityLimitsSet(limits=_LIMITS, documents=(PLAN_PAPER,))

COMMANDS: Final[dict[str, object]] = {"SET_LIMITS": SET_LIMITS}
FACTS: Final[dict[str, object]] = {"LIMITS_SET": LIMITS_SET}
