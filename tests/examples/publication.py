"""Examples of what of the project is published, taken down and exempt."""

from __future__ import annotations

from datetime import date
from typing import Final

from service.domain import publication
from service.domain.publication import PublishedItem
from service.domain.values import Code, Document, Name, Reason
from tests.examples.common import PROJECT_ID

APPROVAL: Final = Document(title=Name("重点项目信息公开审批表(演示)"), number=Name("演示公开〔2022〕3号"))
_FIRST: Final = {
    "items": (PublishedItem.STAGE, PublishedItem.TOTALS),
    "approved_on": date(2022, 4, 20),
    "approver": Name("演示市重点办"),
    "documents": (APPROVAL,),
}
_SECOND: Final = {
    "items": (PublishedItem.ROSTER, PublishedItem.TOTALS),
    "approved_on": date(2022, 5, 6),
    "approver": Name("演示市重点办"),
}
_SECRET: Final = {
    "item": PublishedItem.TOTALS,
    "ground": Code("TRADE_SECRET"),
    "reason": Reason("投资方正在融资"),
    "until": date(2099, 1, 1),  # After whatever day the examples are sent on.
}
_OVER: Final = {"item": PublishedItem.TOTALS, "reason": Reason("融资已完成")}
_WHY: Final = Reason("人员信息待核实")
_PRIVATE: Final = {
    "item": PublishedItem.ROSTER,
    "ground": Code("PERSONAL_PRIVACY"),
    "reason": Reason("本人不同意公开"),
    "documents": (APPROVAL,),
}

PUBLISH: Final = publication.PublishItems(project_id=PROJECT_ID, **_FIRST)  # type: ignore[arg-type]  # Fields as named above.
EXEMPT_TOTALS: Final = publication.ExemptItem(project_id=PROJECT_ID, **_SECRET)  # type: ignore[arg-type]
END_EXEMPTION: Final = publication.EndExemption(project_id=PROJECT_ID, **_OVER)  # type: ignore[arg-type]
PUBLISH_MORE: Final = publication.PublishItems(project_id=PROJECT_ID, **_SECOND)  # type: ignore[arg-type]
WITHDRAW_ROSTER: Final = publication.WithdrawItem(project_id=PROJECT_ID, item=PublishedItem.ROSTER, reason=_WHY)
EXEMPT_ROSTER: Final = publication.ExemptItem(project_id=PROJECT_ID, **_PRIVATE)  # type: ignore[arg-type]

PUBLISHED: Final = publication.ItemsPublished(**_FIRST)  # type: ignore[arg-type]
TOTALS_EXEMPTED: Final = publication.ItemExempted(withdrawn=(PublishedItem.TOTALS,), **_SECRET)  # type: ignore[arg-type]
EXEMPTION_ENDED: Final = publication.ExemptionEnded(**_OVER)  # type: ignore[arg-type]
MORE_PUBLISHED: Final = publication.ItemsPublished(**_SECOND)  # type: ignore[arg-type]
ROSTER_WITHDRAWN: Final = publication.ItemsWithdrawn(items=(PublishedItem.ROSTER,), reason=_WHY)
ROSTER_EXEMPTED: Final = publication.ItemExempted(**_PRIVATE)  # type: ignore[arg-type]

COMMANDS: Final[dict[str, object]] = {
    "PUBLISH": PUBLISH,
    "EXEMPT_TOTALS": EXEMPT_TOTALS,
    "END_EXEMPTION": END_EXEMPTION,
    "PUBLISH_MORE": PUBLISH_MORE,
    "WITHDRAW_ROSTER": WITHDRAW_ROSTER,
    "EXEMPT_ROSTER": EXEMPT_ROSTER,
}
FACTS: Final[dict[str, object]] = {
    "PUBLISHED": PUBLISHED,
    "TOTALS_EXEMPTED": TOTALS_EXEMPTED,
    "EXEMPTION_ENDED": EXEMPTION_ENDED,
    "MORE_PUBLISHED": MORE_PUBLISHED,
    "ROSTER_WITHDRAWN": ROSTER_WITHDRAWN,
    "ROSTER_EXEMPTED": ROSTER_EXEMPTED,
}
