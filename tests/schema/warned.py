"""Asking for warnings, and commands in few words that warnings are about."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from service.domain import activity, baseline, gate_commands, place, progress, schedule
from service.domain.gates import CompletionKind, ContractForm, StartBasis
from service.domain.values import Code, Document, Figure, LongText, Name, Period, Region
from service.domain.warnings import SetWarningRules, WarningKind
from tests.examples import QIYANG
from tests.examples.schedule import planned
from tests.schema.story import LENGSHUITAN, register
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from tests.schema.conftest import Api


WARNINGS = """
    query (
      $on: Date!, $kinds: [WarningKind!], $severity: WarningSeverity, $filter: InvestmentTotalsFilter, $first: Int
      $after: String
    ) {
      warnings(on: $on, kinds: $kinds, severity: $severity, filter: $filter, first: $first, after: $after) {
        nodes {
          project { name } kind severity since days
          detail {
            gates milestones conditions count dueOn countedFrom behind planned { amount } completed { amount }
            recoveryPlan
          }
        }
        pageInfo { hasNextPage endCursor }
      }
      warningCounts(on: $on, filter: $filter) { kind severity projects }
    }"""
PAPER = (Document(title=Name("开工报告(演示)")),)
OPEN_LENGSHUITAN = place.OpenPlace(region=LENGSHUITAN, name=Name("冷水滩区"), purpose=place.Purpose.DEMO)
NOTHING_MISSING = SetWarningRules(region=QIYANG, needed_documents=())


async def ask(api: Api, on: str, *kinds: WarningKind, **variables: Any) -> dict[str, Any]:
    """Return the answer of both queries; the lists are held against the counts whenever all of them were asked for."""
    answer = await api.query(WARNINGS, on=on, kinds=[one.value for one in kinds] or None, **variables)
    assert len(api.took) == 2
    return answer  # type: ignore[no-any-return]  # Plain JSON.


async def listed(api: Api, on: str, kind: WarningKind, **variables: Any) -> list[tuple[Any, ...]]:
    """Return who is on a list, how urgently, since when, and what is said of it."""
    answer = await ask(api, on, kind, **variables)
    found = answer["warnings"]["nodes"]
    counted: dict[str, int] = {}
    for one in found:
        assert one["kind"] == kind
        assert one["days"] == (date.fromisoformat(on) - date.fromisoformat(one["since"])).days >= 0
        counted[one["severity"]] = counted.get(one["severity"], 0) + 1
    if not variables:
        counts = [one for one in answer["warningCounts"] if one["kind"] == kind]
        assert {one["severity"]: one["projects"] for one in counts} == counted
    return [(one["project"]["name"], one["severity"], one["since"], _said(one["detail"])) for one in found]


def _said(detail: dict[str, Any]) -> dict[str, Any]:
    assert detail["count"] == len(detail["gates"]) + len(detail["milestones"]) + len(detail["conditions"])
    said = {name: value for name, value in detail.items() if name != "count" and value not in (None, [])}
    return {name: value["amount"] if isinstance(value, dict) else value for name, value in said.items()}


def started(project_id: UUID, on: str, basis: StartBasis = StartBasis.PHYSICAL) -> gate_commands.RecordStarted:
    """Return the record of a start, with its paper."""
    return gate_commands.RecordStarted(
        project_id=project_id, occurred_on=date.fromisoformat(on), basis=basis, documents=PAPER
    )


def completed(project_id: UUID, on: str) -> gate_commands.RecordCompleted:
    """Return the record of a completion, with its paper."""
    return gate_commands.RecordCompleted(
        project_id=project_id, occurred_on=date.fromisoformat(on), kind=CompletionKind.WORKS, documents=PAPER
    )


def landed(project_id: UUID, on: str) -> gate_commands.RecordLanded:
    """Return the record of a landing."""
    return gate_commands.RecordLanded(project_id=project_id, occurred_on=date.fromisoformat(on))


def signed(project_id: UUID, on: str, form: ContractForm = ContractForm.FORMAL) -> gate_commands.RecordContractSigned:
    """Return the record of a contract, without its paper."""
    return gate_commands.RecordContractSigned(project_id=project_id, occurred_on=date.fromisoformat(on), form=form)


def noted(project_id: UUID, on: str) -> schedule.NoteProgress:
    """Return a note of progress."""
    return schedule.NoteProgress(project_id=project_id, occurred_on=date.fromisoformat(on), text=LongText("基础施工。"))


def stands(project_id: UUID, through: str, percent: str) -> progress.ReportPhysicalProgress:
    """Return a report of physical progress."""
    return progress.ReportPhysicalProgress(project_id=project_id, through=Period(through), percent=Figure(percent))


def stated(project_id: UUID, condition: str, on: str, *, met: bool = True) -> schedule.StateStartCondition:
    """Return a statement of a start condition."""
    return schedule.StateStartCondition(
        project_id=project_id, condition=Code(condition), met=met, occurred_on=date.fromisoformat(on)
    )


def laid_out(project_id: UUID, completion_on: date, **milestones: date) -> baseline.PlanSchedule:
    """Return a schedule."""
    return baseline.PlanSchedule(
        project_id=project_id, completion_on=completion_on, milestones=planned(**milestones), set_on=date(2021, 1, 4)
    )


def suspended(project_id: UUID, on: str, plan: str | None = None) -> activity.SuspendProject:
    """Return a suspension."""
    return activity.SuspendProject(
        project_id=project_id,
        occurred_on=date.fromisoformat(on),
        reason_code=Code("FUNDS"),
        recovery_plan=None if plan is None else LongText(plan),
    )


def note(project_id: UUID, on: str) -> activity.NotePause:
    """Return a note on a suspension."""
    return activity.NotePause(project_id=project_id, occurred_on=date.fromisoformat(on), text=LongText("资金在途。"))


async def one(api: Api, name: str = "甲", region: Region = QIYANG, **identity: Any) -> UUID:
    """Register a project."""
    return await tell(api, region, register(name, region, **identity))
