"""项目操作: every command on a project, what it answers, and following a project live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import orjson
import strawberry

from schema.command_batches import with_batches
from schema.commands import Payload, mutation
from schema.context import Info
from schema.live import news
from schema.project import Project
from schema.project_queries import ProjectId, project_by_id
from schema.read import Binds, build, holds, select_list
from schema.selection import Selection
from schema.values import NodeId, Position
from service.access import Sight
from service.domain import (
    activity,
    baseline,
    funds,
    gate_commands,
    investment,
    progress,
    project,
    publication,
    roster,
    schedule,
    total_investment,
)
from service.domain.errors import NotFoundError


@strawberry.type(description="项目操作结果 What became of a command on a project.")
class ProjectPayload(Payload):
    """Outcome of a command on a project."""

    kind = "Project"

    @strawberry.field(description="项目 As it stands after the command; null if it was refused or is not settled.")
    async def project(self, info: Info) -> Project | None:
        """Return the project, in one statement."""
        if self.subject is None or not self.settled:
            return None
        region, project_id = self.subject
        return await project_by_id(info.context, Selection.of(info), NodeId("Project", region, project_id))


@strawberry.type
@with_batches()
class ProjectMutation:
    """Commands on projects and their money."""

    project_register = mutation(project.RegisterProject, ProjectPayload)
    project_amend = mutation(project.AmendProject, ProjectPayload)
    project_void = mutation(project.VoidProject, ProjectPayload)
    project_merge = mutation(project.MergeProject, ProjectPayload)
    project_suspend = mutation(activity.SuspendProject, ProjectPayload)
    project_defer = mutation(activity.DeferProject, ProjectPayload)
    pause_note = mutation(activity.NotePause, ProjectPayload)
    project_resume = mutation(activity.ResumeProject, ProjectPayload)
    project_terminate = mutation(activity.TerminateProject, ProjectPayload)
    total_investment_set = mutation(total_investment.SetTotalInvestment, ProjectPayload)
    total_investment_withdraw = mutation(total_investment.WithdrawTotalInvestment, ProjectPayload)
    gate_record_planned = mutation(gate_commands.RecordPlanned, ProjectPayload)
    gate_record_reserved = mutation(gate_commands.RecordReserved, ProjectPayload)
    gate_record_negotiation_opened = mutation(gate_commands.RecordNegotiationOpened, ProjectPayload)
    gate_record_contract_signed = mutation(gate_commands.RecordContractSigned, ProjectPayload)
    gate_record_approved = mutation(gate_commands.RecordApproved, ProjectPayload)
    gate_record_code_assigned = mutation(gate_commands.RecordCodeAssigned, ProjectPayload)
    gate_record_landed = mutation(gate_commands.RecordLanded, ProjectPayload)
    gate_record_fulfilled = mutation(gate_commands.RecordFulfilled, ProjectPayload)
    gate_record_started = mutation(gate_commands.RecordStarted, ProjectPayload)
    gate_record_statistics_entered = mutation(gate_commands.RecordStatisticsEntered, ProjectPayload)
    gate_record_completed = mutation(gate_commands.RecordCompleted, ProjectPayload)
    gate_record_put_into_production = mutation(gate_commands.RecordPutIntoProduction, ProjectPayload)
    gate_record_design_capacity_reached = mutation(gate_commands.RecordDesignCapacityReached, ProjectPayload)
    gate_record_benefits_reached = mutation(gate_commands.RecordBenefitsReached, ProjectPayload)
    gate_record_evaluated = mutation(gate_commands.RecordEvaluated, ProjectPayload)
    opening_balance_state = mutation(investment.StateOpeningBalance, ProjectPayload)
    completion_report = mutation(investment.ReportCompletion, ProjectPayload)
    funds_plan = mutation(funds.PlanFunds, ProjectPayload)
    funds_allot = mutation(funds.AllotFunds, ProjectPayload)
    funds_report = mutation(funds.ReportFunds, ProjectPayload)
    physical_progress_report = mutation(progress.ReportPhysicalProgress, ProjectPayload)
    post_assign = mutation(roster.AssignPost, ProjectPayload)
    post_end = mutation(roster.EndPost, ProjectPayload)
    work_plan_file = mutation(roster.FileWorkPlan, ProjectPayload)
    schedule_plan = mutation(baseline.PlanSchedule, ProjectPayload)
    baseline_reset = mutation(baseline.ResetBaseline, ProjectPayload)
    milestone_forecast = mutation(schedule.ForecastMilestone, ProjectPayload)
    milestone_reach = mutation(schedule.ReachMilestone, ProjectPayload)
    start_condition_state = mutation(schedule.StateStartCondition, ProjectPayload)
    progress_note = mutation(schedule.NoteProgress, ProjectPayload)
    item_publish = mutation(publication.PublishItems, ProjectPayload)
    item_withdraw = mutation(publication.WithdrawItem, ProjectPayload)
    item_exempt = mutation(publication.ExemptItem, ProjectPayload)
    exemption_end = mutation(publication.EndExemption, ProjectPayload)


@strawberry.type
class ProjectSubscription:
    """Live projects."""

    @strawberry.subscription(
        description="项目动态 A project now, and again after every fact about it, also of key lists and ceremonies that"
        " name it; those that come together are shown as one."
    )
    async def project_changed(
        self,
        info: Info,
        id: ProjectId,  # noqa: A002 - GraphQL's name.
        after: Annotated[
            Position | None,
            strawberry.argument(
                description="日志位置 Show it only once a fact about it lies behind this position of its ledger's log,"
                " such as that of a mutation; at once unless said."
            ),
        ] = None,
    ) -> AsyncGenerator[Project, None]:
        """Yield the project at once and after changes, each time in one statement."""
        node = NodeId.parse(id, "Project", "id")
        selection = Selection.of(info)
        runner, is_first = info.context.services.runner, True
        seen = -1 if after is None else after
        while True:
            info.context.renew()
            # Taken before the project is read, so that what comes meanwhile is news.
            since = runner.positions
            binds = Binds()
            sql = f"""
                SELECT json_build_array(l.position,
                  CASE WHEN l.position > {binds(seen, "bigint")} THEN {select_list(Project, selection, binds)} END)
                FROM project_status p
                CROSS JOIN LATERAL (
                  SELECT max(s.position) AS position FROM audit_subject s
                  WHERE s.region = p.region AND s.project_id = p.project_id AND {holds("s")}) l
                WHERE p.region = {binds(node.region, "text")} AND p.project_id = {binds(node.id, "uuid")}
                  AND {holds("p")}
                LIMIT 1"""  # noqa: S608 - declared SQL only.
            # Whoever has lost their rights meanwhile is not told as the public, either.
            rows = await info.context.fetch(sql, binds.values, regions=(node.region,), need=Sight.INTERNAL)
            if not rows:
                raise NotFoundError("id")
            latest, found = orjson.loads(rows[0])
            if found is not None:
                if not is_first:
                    info.context.read_personal()  # The first time it was noted before.
                is_first = False
                seen = latest
                yield build(Project, found)
            await news(info.context, since, lambda: {node.region})
