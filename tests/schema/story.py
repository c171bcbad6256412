"""What the API is asked about: the story of tests/examples.py, a second place beside it, and a sandbox in pounds.

All of it is recorded in May 2022, which a demo may claim, so that answers are the same on every run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from service.access import LOADER
from service.domain import annual_plan, funds, identity, investment, place, plan, project
from service.domain.annual_plan import PlanClass
from service.domain.decider import NAMESPACE
from service.domain.values import (
    Code,
    Currency,
    Figure,
    Name,
    Period,
    ProjectCode,
    Reason,
    Reference,
    Region,
    Stated,
    Unit,
)
from tests.examples import COMMAND_IDS, COMMANDS, PLAN_PAPER, PROJECT_ID, QIYANG, yi

if TYPE_CHECKING:
    from service.handle import Handler

LENGSHUITAN: Final = Region("431103")
SANDBOX: Final = Region("990001")
_BEGIN_US: Final = int(datetime(2022, 5, 10, 1, tzinfo=UTC).timestamp()) * 1_000_000


def _id_of(number: int) -> UUID:
    return UUID(int=0x4000_8000_0000_0001_0000 + number)


def _project_of(number: int) -> UUID:
    return uuid5(NAMESPACE, f"project:{_id_of(number)}")


ROAD: Final = _project_of(101)
WRONG: Final = _project_of(103)
SCHOOL: Final = _project_of(202)
RAIL: Final = _project_of(302)


def register(name: str, region: str, category: str = "PRODUCTIVE", **rest: Any) -> project.RegisterProject:
    """Return a registration with little in it."""
    made = identity.Identity(
        name=Name(name), region=Region(region), category=Code(category), track=identity.Track.GOVERNMENT, **rest
    )
    return project.RegisterProject(identity=made)


def report(
    project_id: UUID,
    through: str,
    stated: Stated,
    basis: investment.Basis = investment.Basis.DISPATCH,
    **rest: Any,
) -> investment.ReportCompletion:
    """Return a report of a year-to-date figure."""
    return investment.ReportCompletion(
        project_id=project_id,
        through=Period(through),
        measure=rest.pop("measure", investment.Measure.YEAR_TO_DATE),
        basis=basis,
        status=investment.Status.FINAL,
        stated=stated,
        **rest,
    )


def target(figure: str, year: int = 2022, category: str | None = None) -> plan.SetAnnualTarget:
    """Return a target for investment."""
    return plan.SetAnnualTarget(
        year=year,
        measure=plan.TargetMeasure.INVESTMENT,
        operator=plan.Operator.AT_LEAST,
        stated=yi(figure),
        category=None if category is None else Code(category),
    )


def planned(project_id: UUID, source: str, figure: str) -> funds.PlanFunds:
    """Return a plan of funds for 2022."""
    return funds.PlanFunds(project_id=project_id, source=Code(source), year=2022, stated=yi(figure))


def arrived(
    project_id: UUID,
    source: str,
    through: str,
    figure: str,
    measure: investment.Measure = investment.Measure.YEAR_TO_DATE,
) -> funds.ReportFunds:
    """Return a report of funds that arrived."""
    return funds.ReportFunds(
        project_id=project_id,
        kind=funds.FundKind.ARRIVED,
        source=Code(source),
        through=Period(through),
        measure=measure,
        stated=yi(figure),
    )


def entry(
    project_id: UUID, planned: str | None, plan_class: PlanClass = PlanClass.CONTINUING, **rest: Any
) -> annual_plan.EntryToInclude:
    """Return what a list says of a project."""
    return annual_plan.EntryToInclude(
        project_id=project_id,
        plan_class=plan_class,
        completes_this_year=rest.pop("completes_this_year", False),
        planned_investment=None if planned is None else yi(planned),
        **rest,
    )


def include(
    owner: str, *entries: annual_plan.EntryToInclude, year: int = 2022, reason: str | None = None
) -> annual_plan.IncludeInAnnualPlan:
    """Return the putting of projects on a key list."""
    return annual_plan.IncludeInAnnualPlan(
        list_owner=Region(owner),
        year=year,
        entries=entries,
        source=PLAN_PAPER,
        reason=None if reason is None else Reason(reason),
    )


_KEPT: Final = [command for command in COMMANDS.values() if not isinstance(command, project.VoidProject)]
_EXAMPLE_IDS: Final = {id(COMMANDS[name]): command_id for name, command_id in COMMAND_IDS.items()}
"""Examples that others name have the ids that those know them by."""
STORY: Final[dict[Region, dict[int, object]]] = {
    QIYANG: dict(enumerate(_KEPT, 1))
    | {
        # Under the code that the county had until 2021.
        101: register(
            "演示连接线", "431121", "INFRASTRUCTURE", references=(Reference(system=Name("S"), id=Name("7")),)
        ),
        102: report(ROAD, "2021-12", yi("3.00")),
        103: register("演示重复项目", "431181"),
        104: report(WRONG, "2022-04", yi("9.99")),
        105: project.VoidProject(project_id=WRONG, reason=Reason("重复登记")),
        106: report(ROAD, "2022-03", yi("0.80")),
        107: report(ROAD, "2022-04", yi("0.40"), measure=investment.Measure.MONTH),
        108: report(PROJECT_ID, "2022-03", yi("2.00"), investment.Basis.PAID),
        109: target("100", category="PRODUCTIVE"),
        110: target("150", year=2021),
        141: planned(ROAD, "SPECIAL_BOND", "1.20"),
        142: arrived(ROAD, "SPECIAL_BOND", "2021-12", "0.50"),
        143: arrived(ROAD, "SPECIAL_BOND", "2022-03", "0.70"),
        # On the county's list with the examples' project; on the province's alone.
        111: include("431121", entry(ROAD, "2.4", PlanClass.NEW_START)),
        112: include("430000", entry(ROAD, None, PlanClass.NEW_START), entry(PROJECT_ID, "8")),
    },
    LENGSHUITAN: {
        201: place.OpenPlace(region=LENGSHUITAN, name=Name("冷水滩区"), purpose=place.Purpose.DEMO),
        202: register("演示中学", LENGSHUITAN, "SOCIAL", codes=(ProjectCode("2103-431181-89-01-100019"),)),
        203: report(SCHOOL, "2022-04", yi("1.10")),
        204: target("25"),
        241: arrived(SCHOOL, "LOCAL_BUDGET", "2022-04", "0.30", investment.Measure.SINCE_START),
        205: include("431103", entry(SCHOOL, "1", completes_this_year=True)),
        206: include("431100", entry(SCHOOL, "1.2", completes_this_year=True)),
    },
    SANDBOX: {
        301: place.OpenPlace(
            region=SANDBOX, name=Name("Sandbox"), purpose=place.Purpose.SANDBOX, currency=Currency.GBP
        ),
        302: register("Rail works", SANDBOX),
        303: report(RAIL, "2022-03", Stated(Figure("12.5"), Unit.MILLION_POUND), investment.Basis.PAID),
    },
}


async def tell(handler: Handler) -> dict[Region, int]:
    """Send the story; return the position that each region's log came to."""
    positions = {}
    for region, commands in STORY.items():
        for number, command in commands.items():
            command_id = _EXAMPLE_IDS.get(id(command)) or _id_of(number)
            recorded_us = _BEGIN_US + number * 60_000_000
            outcome = await handler.handle(
                LOADER, region, command, command_id=command_id, recorded_us=recorded_us, cause="story"
            )
            assert outcome.refused is None, (number, outcome.refused)
            positions[region] = outcome.position
    return positions
