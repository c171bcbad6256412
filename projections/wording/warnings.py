"""预警规则用语: from when a place is warned, and what is refused; of rules set anew only those that changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from projections.wording.base import Told, Words
from projections.wording.phrases import listed, plain, series, set_verb
from service.domain.gates import Gate
from service.domain.labels import Label, Labelled
from service.domain.shape import Plain
from service.domain.warnings import RULES, WarningRulesSet


def _months(number: int) -> Label:
    return Label(f"{number} 个月", f"{number} month{'s' * (number != 1)}")


def _days(number: int) -> Label:
    return Label(f"{number} 天", f"{number} day{'s' * (number != 1)}")


def _points(number: int) -> Label:
    return Label(f"{number} 个百分点", f"{number} percentage point{'s' * (number != 1)}")


def _gates(gates: tuple[Gate, ...]) -> Label:
    return series([gate.label for gate in gates]) if gates else Label("无", "none")


def _term(one: Labelled) -> Label:
    return one.label


_HOW: Final[Mapping[str, tuple[Label, Callable[[Any], Label]]]] = {
    "statistics_months": (Label("开工后未纳统预警", "warning of a start not in statistics after"), _months),
    "statistics_alarm_months": (Label("开工后未纳统报警", "alarm of a start not in statistics after"), _months),
    "overdue_alarm_days": (Label("逾期报警", "alarm of what is overdue after"), _days),
    "progress_days": (Label("无进展预警", "warning of no progress after"), _days),
    "slow_points": (Label("进展缓慢预警，落后", "warning of slow progress at a lag of"), _points),
    "slow_alarm_points": (Label("进展缓慢报警，落后", "alarm of slow progress at a lag of"), _points),
    "slow_days": (Label("进展缓慢，工作节点逾期超过", "slow progress with a milestone overdue by more than"), _days),
    "pause_note_months": (
        Label("停工无说明预警，超过", "warning of a suspension without a note for more than"),
        _months,
    ),
    "needed_documents": (Label("须有文件的节点：", "gates that need a paper: "), _gates),
    "gates_out_of_order": (Label("节点倒序：", "gates out of order: "), _term),
    "start_conditions": (Label("条件未备即开工：", "a start with conditions unmet: "), _term),
}
"""How each rule is told, in the order of the fact's fields."""


def _told(name: str, value: Any) -> Label:
    what, tell = _HOW[name]
    told = tell(value)
    return Label(
        f"{what.zh}{'' if what.zh.endswith('：') else ' '}{told.zh}",
        f"{what.en}{'' if what.en.endswith(' ') else ' '}{told.en}",
    )


def _touches(fact: WarningRulesSet) -> dict[str, Plain]:
    return {f"warning_rules.{name}": plain(getattr(fact, name)) for name in RULES}


def _rules(fact: WarningRulesSet, at: Told) -> Label:
    changed = [name for name in RULES if at.before.get(path := f"warning_rules.{name}") != at.touched[path]]
    verb = Label("调整预警规则：", "Changed the rules for warnings: ")
    if at.old is None or fact.adopted_from is not None:
        how = set_verb(fact)
        verb = Label(f"{how.zh}预警规则：", f"{how.en} the rules for warnings: ")
    # What changes nothing is never stored, but a history may be told without what was before.
    return listed(verb, [_told(name, getattr(fact, name)) for name in changed or RULES])


WORDS: Final[Mapping[type, Words]] = {WarningRulesSet: Words(_touches, _rules)}
