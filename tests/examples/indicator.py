"""Example of a macro indicator."""

from __future__ import annotations

from typing import Final

from service.domain import indicator
from service.domain.investment import Measure, Status
from service.domain.values import Code, Document, Figure, Name, Period, Stated, Unit
from tests.examples.common import yi

BULLETIN: Final = Document(title=Name("一季度经济运行情况(演示)"), issuer=Name("演示市统计局"))

STATE: Final = indicator.StateIndicator(
    code=Code("FAI"),
    through=Period("2022-03"),
    measure=Measure.YEAR_TO_DATE,
    stated=yi("38.60"),
    growth=Stated(Figure("12.1"), Unit.PERCENT),
    status=Status.FLASH,
    source=BULLETIN,
)
STATED: Final = indicator.IndicatorStated(
    code=Code("FAI"),
    through=Period("2022-03"),
    measure=Measure.YEAR_TO_DATE,
    stated=yi("38.60"),
    growth=Stated(Figure("12.1"), Unit.PERCENT),
    status=Status.FLASH,
    source=BULLETIN,
)

COMMANDS: Final[dict[str, object]] = {"STATE_INDICATOR": STATE}
FACTS: Final[dict[str, object]] = {"INDICATOR_STATED": STATED}
