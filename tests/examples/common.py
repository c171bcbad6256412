"""What all examples share: the place, the day, the project, papers."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID, uuid5

from service.domain.decider import NAMESPACE
from service.domain.values import (
    Document,
    Figure,
    Name,
    Region,
    Sha256,
    Stated,
    Unit,
)

QIYANG: Final = Region("431181")
TODAY: Final = date(2022, 5, 10)
REGISTER_ID: Final = UUID("00000000-0000-4000-8000-000000000001")
PROJECT_ID: Final = uuid5(NAMESPACE, f"project:{REGISTER_ID}")


def yi(figure: str) -> Stated:
    """Return an amount in 亿元."""
    return Stated(Figure(figure), Unit.YI_YUAN)


PLAN_PAPER: Final = Document(
    title=Name("2022年重点建设项目计划(演示)"),
    number=Name("演示〔2022〕1号"),
    issuer=Name("演示市重点办"),
    issued_on=date(2022, 1, 20),
)
RECODING: Final = Document(title=Name("关于撤销祁阳县设立祁阳市的通知(演示)"))
CONTRACT: Final = Document(title=Name("投资框架协议(演示)"), sha256=Sha256("0" * 63 + "1"))
REPORT: Final = Document(title=Name("重点项目月报表(演示)"), issued_on=date(2022, 4, 2))
