"""演示台账的生成: a town's table becomes its ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from service.demo.figures import figures, period
from service.demo.ledger import Ledger, Sending, money, project_id, registering
from service.demo.projects import DEMO, YEAR, Built, build, code, identity, sendings
from service.demo.town import Duplicate, Town
from service.domain.investment import Basis, Measure, ReportCompletion, Status
from service.domain.place import OpenPlace, Purpose
from service.domain.plan import SetAnnualTarget
from service.domain.project import RegisterProject, VoidProject
from service.domain.values import Document, LongText, Name, Reason

_FIRST_REPORTED = 2, 3


def ledger(town: Town) -> Ledger:
    """Return a town's ledger."""
    built = build(town)
    return Ledger.of(town.region, [*_place(town), *_projects(built), *_duplicates(town, built), *figures(town, built)])


def _place(town: Town) -> Iterator[Sending]:
    yield Sending(
        town.opened_on,
        "open",
        OpenPlace(region=town.region, name=Name(town.name), purpose=Purpose.DEMO, start_basis=town.start_basis),
    )
    for number, target in enumerate(town.targets, 1):
        yield Sending(
            target.sent_on,
            f"target-{number}",
            SetAnnualTarget(
                year=YEAR,
                measure=target.measure,
                operator=target.operator,
                stated=target.stated,
                category=target.category,
                source=Document(title=Name(target.source), issued_on=target.sent_on),
                reason=Reason(target.reason) if target.reason else None,
            ),
        )


def _projects(built: Sequence[Built]) -> Iterator[Sending]:
    for one in built:
        yield from sendings(one)


def _duplicates(town: Town, built: Sequence[Built]) -> Iterator[Sending]:
    of = {one.number: one for one in built}
    for duplicate in town.duplicates:
        yield from _duplicate(town, duplicate, of[duplicate.of])


def _duplicate(town: Town, duplicate: Duplicate, right: Built) -> Iterator[Sending]:
    number = f"{duplicate.of}-again"
    wrong = replace(
        identity(right),
        name=Name(duplicate.name),
        content=LongText("演示数据:本项目为虚构,系重复登记。"),
        codes=(code(right),) if duplicate.gives_code else (),
        references=(),
    )
    yield Sending(duplicate.registered_on, registering(number), RegisterProject(identity=wrong))
    if duplicate.reported_wan is not None:
        for times, month in enumerate(_FIRST_REPORTED, 1):
            report = ReportCompletion(
                project_id=project_id(town.region, number),
                through=period(month),
                measure=Measure.YEAR_TO_DATE,
                basis=Basis.DISPATCH,
                status=Status.FINAL,
                stated=money(duplicate.reported_wan * times),
            )
            yield Sending(period(month).last_day + timedelta(days=6), f"{number}:dispatch-{month:02}", report)
    void = VoidProject(
        project_id=project_id(town.region, number),
        reason=Reason(f"重复登记,与第{duplicate.of}号项目为同一项目{DEMO}"),
    )
    yield Sending(duplicate.voided_on, f"{number}:void", void)
