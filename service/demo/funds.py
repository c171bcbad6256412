"""演示资金: what sources are to give, what was allotted, what arrived and what was paid (J4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from service.demo.figures import period
from service.demo.ledger import Sending, money
from service.demo.plot import Plot
from service.domain.funds import AllotFunds, FundKind, PlanFunds, ReportFunds
from service.domain.identity import Track
from service.domain.investment import Measure
from service.domain.values import Code

_SOURCES: Final = {
    Track.GOVERNMENT: (("SPECIAL_BOND", 50), ("CENTRAL_BUDGET", 20), ("LOCAL_BUDGET", 30)),
    Track.PROMOTED: (("SELF_RAISED", 60), ("DOMESTIC_LOAN", 40)),
    Track.ENTERPRISE: (("SELF_RAISED", 70), ("SOCIAL_CAPITAL", 30)),
}
"""Sources of a track with their shares in percent."""
_ALLOTTED: Final = {
    "SPECIAL_BOND": "专项债券资金下达通知",
    "CENTRAL_BUDGET": "中央预算内投资计划下达通知",
    "RURAL_REVITALISATION": "乡村振兴衔接资金下达通知",
}
"""What the document is called that allots from a source."""


def funds(
    plot: Plot, year: int, wan: int, months: tuple[int, ...], sources: Sequence[tuple[str, int]] = ()
) -> Iterator[Sending]:
    """Yield the funds of a project in a year of which so much is to be completed.

    They come from the sources of its track unless others are given, each with its share in percent. What a document
    allots may be short of the plan, and no more than that arrives, after it; of what arrives, all but a tenth is paid.
    """
    for source, percent in sources or _SOURCES[plot.kind.track]:
        planned = wan * percent // 100
        key = f"{source.lower()}-{year}"
        plan = PlanFunds(project_id=plot.id, source=Code(source), stated=money(planned), year=year)
        yield plot.reporting(date(year, 2, 20), f"funds-plan-{key}", plan)
        comes, on = planned, date(year, 1, 1)
        if source in _ALLOTTED:
            comes = planned * (80 if plot.every(4, 1) else 100) // 100
            on = date(year, 4, 1 + plot.index % 25)
            allot = AllotFunds(
                project_id=plot.id,
                source=Code(source),
                occurred_on=on,
                stated=money(comes),
                document=plot.spot.paper(_ALLOTTED[source], on, plot.serial, "财政局"),
            )
            yield plot.reporting(on, f"funds-allot-{key}", allot)
        for month in months:
            if period(year, month).last_day < on:
                continue
            arrived = comes * month * (6 if plot.every(5, 2) else 8) // 100
            for kind, amount in ((FundKind.ARRIVED, arrived), (FundKind.PAID, arrived * 9 // 10)):
                report = ReportFunds(
                    project_id=plot.id,
                    kind=kind,
                    source=Code(source),
                    through=period(year, month),
                    measure=Measure.YEAR_TO_DATE,
                    stated=money(amount),
                )
                yield plot.sending(period(year, month).last_day, f"funds-{kind.value.lower()}-{key}-{month:02}", report)
