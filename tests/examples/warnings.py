"""Examples of the rules by which a place is warned."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from service.domain import warnings
from service.domain.gates import Gate
from service.domain.warnings import DEFAULT_RULES, OrderRule
from tests.examples.common import PLAN_PAPER, QIYANG

SET_WARNING_RULES: Final = warnings.SetWarningRules(
    region=QIYANG,
    statistics_alarm_months=3,
    slow_points=8,
    needed_documents=(Gate.CONTRACT_SIGNED, Gate.STARTED),
    documents=(PLAN_PAPER,),
)
WARNING_RULES_SET: Final = replace(
    DEFAULT_RULES,
    statistics_alarm_months=3,
    slow_points=8,
    needed_documents=(Gate.CONTRACT_SIGNED, Gate.STARTED),
    documents=(PLAN_PAPER,),
)
ASK_FOR_REASONS: Final = warnings.SetWarningRules(region=QIYANG, progress_days=10, gates_out_of_order=OrderRule.REASON)
REASONS_ASKED_FOR: Final = replace(
    WARNING_RULES_SET, progress_days=10, gates_out_of_order=OrderRule.REASON, documents=()
)

COMMANDS: Final[dict[str, object]] = {"SET_WARNING_RULES": SET_WARNING_RULES, "ASK_FOR_REASONS": ASK_FOR_REASONS}
FACTS: Final[dict[str, object]] = {"WARNING_RULES_SET": WARNING_RULES_SET, "REASONS_ASKED_FOR": REASONS_ASKED_FOR}
