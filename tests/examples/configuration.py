"""Examples of what a place sets for itself."""

from __future__ import annotations

from datetime import date
from typing import Final

from service.domain import configuration
from service.domain.dictionaries import Dictionary
from service.domain.gates import Gate, StartBasis
from service.domain.identity import Track
from service.domain.stages import StageRule
from service.domain.values import Code, LongText, Name, Term
from tests.examples.common import PLAN_PAPER, QIYANG

_PAUSES: Final = (
    Term(code=Code("FUNDS"), zh=Name("资金断链"), en=Name("out of funds")),
    Term(code=Code("FLOOD"), zh=Name("防汛停工"), en=Name("stopped for floods")),
)
_STEPS: Final = (
    configuration.TemplateStep(milestone=Code("LAND"), days_before=300),
    configuration.TemplateStep(milestone=Code("STARTED"), days_before=240),
    configuration.TemplateStep(milestone=Code("COMPLETED"), days_before=0),
)

SET_PAUSE_REASONS: Final = configuration.SetDictionary(
    region=QIYANG, name=Dictionary.PAUSE_REASON, terms=_PAUSES, documents=(PLAN_PAPER,)
)
SET_TEMPLATE: Final = configuration.SetScheduleTemplate(region=QIYANG, track=Track.PROMOTED, steps=_STEPS)
SET_RULES: Final = configuration.SetScheduleRules(region=QIYANG, freeze_days=30, extension_percent=50)
PAUSE_REASONS_SET: Final = configuration.DictionarySet(
    name=Dictionary.PAUSE_REASON, terms=_PAUSES, documents=(PLAN_PAPER,)
)
TEMPLATE_SET: Final = configuration.ScheduleTemplateSet(track=Track.PROMOTED, steps=_STEPS)
RULES_SET: Final = configuration.ScheduleRulesSet(freeze_days=30, extension_percent=50)

_STAGES: Final = (
    StageRule(code=Code("PACKAGING"), zh=Name("谋划包装"), en=Name("planning and packaging")),
    StageRule(code=Code("GUARANTEE"), zh=Name("要素保障"), en=Name("securing of factors"), gates=(Gate.RESERVED,)),
    StageRule(
        code=Code("BUILDING"), zh=Name("建设推进"), en=Name("construction"), gates=(Gate.STARTED, Gate.COMPLETED)
    ),
)
_BASIS: Final = LongText("以施工许可证或开工报告载明日期为准。")
SET_STAGES: Final = configuration.SetStages(region=QIYANG, track=Track.ENTERPRISE, stages=_STAGES)
STAGES_SET: Final = configuration.StagesSet(track=Track.ENTERPRISE, stages=_STAGES)
SET_DEFINITION: Final = configuration.SetDefinition(
    region=QIYANG,
    gate=Gate.STARTED,
    text=_BASIS,
    start_basis=StartBasis.PERMIT,
    holds_from=date(2023, 1, 1),
)
DEFINITION_SET: Final = configuration.DefinitionSet(
    gate=Gate.STARTED, text=_BASIS, start_basis=StartBasis.PERMIT, holds_from=date(2023, 1, 1)
)

COMMANDS: Final[dict[str, object]] = {
    "SET_PAUSE_REASONS": SET_PAUSE_REASONS,
    "SET_TEMPLATE": SET_TEMPLATE,
    "SET_RULES": SET_RULES,
    "SET_STAGES": SET_STAGES,
    "SET_DEFINITION": SET_DEFINITION,
}
FACTS: Final[dict[str, object]] = {
    "PAUSE_REASONS_SET": PAUSE_REASONS_SET,
    "TEMPLATE_SET": TEMPLATE_SET,
    "RULES_SET": RULES_SET,
    "STAGES_SET": STAGES_SET,
    "DEFINITION_SET": DEFINITION_SET,
}
