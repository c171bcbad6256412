"""演示重复登记: projects that were registered twice; the second one is voided, or merged into the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from service.demo.figures import period
from service.demo.ledger import Sending, money, project_id, registering
from service.demo.plot import Plot, identity
from service.demo.spot import DEMO
from service.domain.identity import Changes
from service.domain.investment import Basis, Measure, ReportCompletion, Status
from service.domain.project import AmendProject, MergeProject, RegisterProject, VoidProject
from service.domain.values import LongText, Name, Reason

_FIRST_REPORTED: Final = 2, 3


class Duplicate(NamedTuple):
    """A project that was registered twice.

    With `gives_code` the project code stands with the wrong one until that is voided, and then goes to the right one.
    """

    of: str
    name: str
    registered_on: date
    voided_on: date
    reported_wan: int | None = None
    gives_code: bool = False
    merges: bool = False


def duplicates(plots: Sequence[Plot], given: Sequence[Duplicate]) -> Iterator[Sending]:
    """Yield what was done with the projects that were registered twice."""
    by_number = {plot.number: plot for plot in plots}
    for duplicate in given:
        yield from _duplicate(by_number[duplicate.of], duplicate)


def _duplicate(right: Plot, duplicate: Duplicate) -> Iterator[Sending]:
    number = f"{duplicate.of}-again"
    wrong_id = project_id(right.spot.region, number)
    wrong = replace(
        identity(right),
        name=Name(duplicate.name),
        region=right.spot.county(right.site, duplicate.registered_on),
        content=LongText("演示数据:本项目为虚构,系重复登记。"),
        codes=(right.code,) if duplicate.gives_code else (),
        references=(),
    )
    yield Sending(duplicate.registered_on, registering(number), RegisterProject(identity=wrong))
    if duplicate.reported_wan is not None:
        for times, month in enumerate(_FIRST_REPORTED, 1):
            through = period(duplicate.registered_on.year, month)
            report = ReportCompletion(
                project_id=wrong_id,
                through=through,
                measure=Measure.YEAR_TO_DATE,
                basis=Basis.DISPATCH,
                status=Status.FINAL,
                stated=money(duplicate.reported_wan * times),
            )
            yield Sending(through.last_day + timedelta(days=6), f"{number}:dispatch-{month:02}", report)
    reason = Reason(f"重复登记,与第{duplicate.of}号项目为同一项目{DEMO}")
    undo = (
        MergeProject(project_id=wrong_id, into=right.id, reason=reason)
        if duplicate.merges
        else VoidProject(project_id=wrong_id, reason=reason)
    )
    yield Sending(duplicate.voided_on, f"{number}:void", undo)
    if duplicate.gives_code:
        changes = Changes(codes=(right.code,))
        amend = AmendProject(project_id=right.id, changes=changes, reason=Reason("重复登记作废后补录代码(演示)"))
        yield right.sending(duplicate.voided_on + timedelta(days=1), "code-again", amend)
