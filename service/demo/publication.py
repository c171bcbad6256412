"""演示信息公开: what of some projects a place publishes, takes down and exempts; approvals and reasons are invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from service.demo.ledger import Sending
from service.demo.plot import Plot
from service.demo.spot import DEMO
from service.domain.publication import EndExemption, ExemptItem, PublishedItem, PublishItems, WithdrawItem
from service.domain.values import Code, Name, Reason

_STAGE, _ROSTER, _TOTALS = PublishedItem.STAGE, PublishedItem.ROSTER, PublishedItem.TOTALS
_OFFICE: Final = "重点项目建设事务中心"
_SECURITY: Final = "STATE_SECRET", "项目涉及安全保密要求"
_FINANCING: Final = "TRADE_SECRET", "投资方融资期间申请不予公开"
"""A ground, and the reason in words."""
_AFTER: Final = timedelta(days=45)
"""From the registration to the first approval."""


def publications(plots: Sequence[Plot]) -> Iterator[Sending]:
    """Yield what becomes of each: most are shown with their money, every second one with its roster a month later.

    One of ten is exempt from the beginning, and the money of another for a year, here and there less; of one a roster
    is taken down and shown again, and now and then a project is taken down as a whole.
    """
    for turn, plot in enumerate(plots):
        since = plot.registered_on + _AFTER
        if turn % 10 == 7:  # noqa: PLR2004 - any.
            yield _exempt(plot, since, _STAGE, _SECURITY)
            continue
        yield _publish(plot, since, "publish", *((_STAGE,) if turn % 4 == 3 else (_STAGE, _TOTALS)))  # noqa: PLR2004
        if turn % 2 == 0:
            yield _publish(plot, since + timedelta(days=30), "publish-roster", _ROSTER)
        if turn % 10 == 4:  # noqa: PLR2004
            yield from _secret(plot, since + timedelta(days=60), is_over=turn % 20 == 4)  # noqa: PLR2004
        if turn % 10 == 6:  # noqa: PLR2004
            yield from _corrected(plot, since + timedelta(days=80))
        if turn % 20 == 18:  # noqa: PLR2004
            yield _withdraw(plot, since + timedelta(days=150), _STAGE, "项目方案调整,暂停公开")


def _publish(plot: Plot, day: date, what: str, *items: PublishedItem, reason: str | None = None) -> Sending:
    command = PublishItems(
        project_id=plot.id,
        items=items,
        approved_on=day,
        approver=Name(plot.spot.office(_OFFICE)),
        reason=None if reason is None else Reason(reason + DEMO),
        documents=(plot.spot.paper("项目信息公开审批表", day, plot.serial, _OFFICE),),
    )
    return plot.reporting(day, what, command)


def _withdraw(plot: Plot, day: date, item: PublishedItem, reason: str) -> Sending:
    command = WithdrawItem(project_id=plot.id, item=item, reason=Reason(reason + DEMO))
    return plot.reporting(day, f"withdraw-{item.lower()}", command)


def _exempt(plot: Plot, day: date, item: PublishedItem, why: tuple[str, str], until: date | None = None) -> Sending:
    ground, reason = why
    command = ExemptItem(
        project_id=plot.id,
        item=item,
        ground=Code(ground),
        reason=Reason(reason + DEMO),
        until=until,
        documents=(plot.spot.paper("项目信息豁免公开审批表", day, plot.serial, _OFFICE),),
    )
    return plot.reporting(day, f"exempt-{item.lower()}", command)


def _secret(plot: Plot, day: date, *, is_over: bool) -> Iterator[Sending]:
    """Yield that a project's money is exempt for a year, and where that is over sooner, that it is shown again."""
    yield _exempt(plot, day, _TOTALS, _FINANCING, day + timedelta(days=365))
    if is_over:
        ended = day + timedelta(days=120)
        command = EndExemption(project_id=plot.id, item=_TOTALS, reason=Reason(f"融资完成,投资方同意公开{DEMO}"))
        yield plot.reporting(ended, "exemption-end", command)
        yield _publish(plot, ended + timedelta(days=15), "publish-totals", _TOTALS)


def _corrected(plot: Plot, day: date) -> Iterator[Sending]:
    """Yield that a roster is taken down, checked, and shown again."""
    yield _withdraw(plot, day, _ROSTER, "责任人员调整,信息待核实")
    yield _publish(plot, day + timedelta(days=30), "publish-again", _ROSTER, reason="人员信息已核实")
