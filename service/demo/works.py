"""演示工期与形象进度: schedules laid back from completion, what came of them, and what stands on the site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from service.demo.ledger import Sending
from service.demo.plot import Day, Plot
from service.demo.spot import DEMO
from service.domain.activity import DeferProject, NotePause, ResumeProject, SuspendProject, TerminateProject
from service.domain.baseline import PlannedMilestone, PlanSchedule, ResetBaseline
from service.domain.configuration import Step, default_templates
from service.domain.progress import Quantity, ReportPhysicalProgress
from service.domain.schedule import ForecastMilestone, NoteProgress, ReachMilestone, StateStartCondition
from service.domain.values import Code, Figure, LongText, Name, Period, Reason

_APPROVAL: Final = "APPROVAL"
_GATES: Final = frozenset({"STARTED", "COMPLETED", "PUT_INTO_PRODUCTION"})
"""Milestones that a gate reaches."""
_CONDITIONS: Final = ("LAND", "ENVIRONMENT", "DRAWINGS", "CONSTRUCTION_PERMIT", "FUNDS")
_UNMET: Final = {"CONSTRUCTION_PERMIT": "规划许可未办结,施工许可暂缺要件", "FUNDS": "资金拼盘尚缺配套部分"}
_MOVED: Final = timedelta(days=60)
"""By how much a new baseline puts off what is to come."""
_FROZEN: Final = timedelta(days=14)
_STEPS: Final = (
    (0, "场地平整及临建", "施工围挡完成,场地平整{}平方米"),
    (15, "基础施工", "基础开挖及浇筑,完成土方{}立方米"),
    (50, "主体施工", "主体结构施工,累计完成混凝土{}立方米"),
    (72, "安装及配套", "设备安装及室外管网施工,完成管线{}米"),
    (94, "收尾及验收准备", "收尾清场,准备验收,完成绿化{}平方米"),
)
"""From which percent on works are at which step, and what a note says of it."""


def percent_on(plot: Plot, day: date) -> int:
    """Return how far works stand on a day, in percent; some lag."""
    whole = max(1, (plot.ends_on - plot.starts_on).days)
    done = ((day - plot.starts_on).days - plot.idle_days(day)) * 100 // whole
    if plot.every(8, 3):
        done = done * 2 // 3
    finished = plot.works_done_on is not None and day >= plot.works_done_on
    return 100 if finished else max(1, min(96, done))


def _step(percent: int) -> tuple[int, str, str]:
    return next(step for step in reversed(_STEPS) if step[0] <= percent)


def schedule(plot: Plot, steps: Sequence[Step] = ()) -> Iterator[Sending]:
    """Yield a schedule and what came of it: milestones reached, forecast or late, and a new baseline in some time.

    `steps` are the place's own template of the project's track, if it has set one.
    """
    laid_on = plot.registered_on + timedelta(days=9)
    yield plot.reporting(laid_on, "plan", PlanSchedule(project_id=plot.id, completion_on=plot.ends_on, set_on=laid_on))
    planned = {
        one.milestone: plot.ends_on - timedelta(days=one.days_before)
        for one in steps or default_templates()[plot.kind.track]
    }
    if is_reset(plot):
        planned = _moved(plot, planned)
        yield _reset(plot, planned)
    begins = [*planned].index(Code("STARTED"))
    for turn, (milestone, due) in enumerate(planned.items()):
        if milestone in _GATES or (due > plot.starts_on and not plot.starts):
            continue
        late = (plot.index * 5 + turn * 3) % 23 - 8
        on = max(due + timedelta(days=late), date(2019, 6, 1))
        on += timedelta(days=plot.idle_days(on))
        key = f"reached-{milestone.lower()}"
        if plot.every(8, 3) and turn > begins:
            forecast = ForecastMilestone(
                project_id=plot.id,
                milestone=Code(milestone),
                forecast_on=due + timedelta(days=60),
                reason_code=Code(("LAND", "FUNDS", "APPROVALS", "WEATHER", "UTILITIES")[plot.index % 5]),
                note=LongText(f"施工组织滞后,预计顺延{DEMO}"),
            )
            yield plot.reporting(due - timedelta(days=20), f"forecast-{milestone.lower()}", forecast)
            on = due + timedelta(days=66)
            on += timedelta(days=plot.idle_days(on))
        if milestone == _APPROVAL and Day.APPROVED in plot.days:
            on = plot.days[Day.APPROVED]
        elif turn < begins and plot.starts:
            # What is needed before works begin was there, whatever the template says of works that take longer.
            on = min(on, plot.starts_on - timedelta(days=14 + 9 * (begins - turn)))
        yield plot.reporting(
            max(on, laid_on) + timedelta(days=1),
            key,
            ReachMilestone(project_id=plot.id, milestone=Code(milestone), occurred_on=on),
        )


def is_reset(plot: Plot) -> bool:
    """Return whether a project gets a new baseline: some that are under construction do."""
    return plot.every(7, 5) and plot.starts and plot.works_done_on is None


def reset_on(plot: Plot) -> date:
    """Return when a new baseline of a project is approved, never before there is a plan."""
    return max(plot.starts_on + timedelta(days=150), plot.registered_on + timedelta(days=40))


def _moved(plot: Plot, planned: dict[Code, date]) -> dict[Code, date]:
    """Return a new plan: what is to come moves, but for what is so near that it may be frozen."""
    moving = [*planned][[*planned].index(Code("STARTED")) + 1 :]
    frozen_until = reset_on(plot) + _FROZEN
    return {one: due + _MOVED if one in moving and due > frozen_until else due for one, due in planned.items()}


def _reset(plot: Plot, planned: dict[Code, date]) -> Sending:
    """Return a re-baseline to a new plan."""
    approved_on = reset_on(plot)
    reset = ResetBaseline(
        project_id=plot.id,
        completion_on=plot.ends_on + _MOVED,
        milestones=tuple(PlannedMilestone(milestone=one, planned_on=due) for one, due in planned.items()),
        reason=Reason(f"设计优化,经专题会研究调整工期{DEMO}"),
        approver=Name(f"重点项目建设领导小组{DEMO}"),
        reason_code=Code("DESIGN_CHANGE"),
        set_on=approved_on,
        documents=(plot.spot.paper("工期调整会议纪要", approved_on, plot.serial, "重点项目建设事务中心"),),
    )
    return plot.reporting(approved_on, "reset", reset)


def conditions(plot: Plot) -> Iterator[Sending]:
    """Yield whether the conditions for starting works were met before they were; one in some time was not (J6).

    Of works that have not begun as planned the last two are not.
    """
    met = len(_CONDITIONS) - (plot.every(11, 2) if plot.starts else len(_UNMET))
    for turn, condition in enumerate(_CONDITIONS):
        day = plot.starts_on - timedelta(days=50 - 9 * turn)
        state = StateStartCondition(
            project_id=plot.id,
            condition=Code(condition),
            met=turn < met,
            occurred_on=day,
            note=None if turn < met else LongText(_UNMET[condition] + DEMO),
        )
        yield plot.reporting(day, f"condition-{condition.lower()}", state)


def notes(plot: Plot, since: date, until: date, every_days: int) -> Iterator[Sending]:
    """Yield notes on what moved, every so many days while works go on."""
    end = min(until, plot.works_done_on or until)
    day = max(since, plot.starts_on + timedelta(days=10))
    number = 0
    while day < end:
        number += 1
        words = _step(percent_on(plot, day))[2].format(200 + (plot.index * 31 + number * 17) % 900)
        note = NoteProgress(project_id=plot.id, occurred_on=day, text=LongText(f"{words}{DEMO}"))
        yield plot.reporting(day, f"note-{day:%Y%m%d}", note)
        day += timedelta(days=every_days)


def progress(
    plot: Plot, months: list[tuple[int, int]], measured: tuple[str, str, int] = ("混凝土", "立方米", 37)
) -> Iterator[Sending]:
    """Yield physical progress through months, given as (year, month), in percent, words and quantities.

    `measured` is an item of work with its unit, and how much of it a percent is.
    """
    item, unit, each = measured
    last = 0
    for year, month in months:
        through = Period.month(year, month)
        if through.last_day < plot.starts_on + timedelta(days=20) or last == 100:  # noqa: PLR2004 - percent.
            continue
        percent = max(last, percent_on(plot, through.last_day))
        _, step, _ = _step(percent)
        report = ReportPhysicalProgress(
            project_id=plot.id,
            through=through,
            percent=Figure(str(percent)),
            description=LongText(f"{step}{DEMO}"),
            quantities=(Quantity(item=Name(item), figure=Figure(str(percent * each)), unit=Name(unit)),),
        )
        yield plot.sending(through.last_day + timedelta(days=4), f"physical-{year}{month:02}", report)
        last = percent


def pause(plot: Plot, stopped_on: date, days: int) -> Iterator[Sending]:
    """Yield a suspension with its recovery plan, a note a month, and the resumption after so many days."""
    suspend = SuspendProject(
        project_id=plot.id,
        occurred_on=stopped_on,
        reason_code=Code(("FUNDS", "LAND", "DISPUTE", "SAFETY")[plot.index % 4]),
        recovery_plan=LongText(f"落实资金及用地后分步复工{DEMO}"),
        expected_resumption=stopped_on + timedelta(days=days),
    )
    yield plot.reporting(stopped_on, "suspended", suspend)
    yield from _pause_notes(plot, stopped_on, days, "正在协调复工")
    resumed = stopped_on + timedelta(days=days)
    yield plot.reporting(resumed, "resumed", ResumeProject(project_id=plot.id, occurred_on=resumed))


def _pause_notes(plot: Plot, since: date, days: int, words: str) -> Iterator[Sending]:
    for number in range(1, days // 30):
        day = since + timedelta(days=30 * number)
        note = NotePause(project_id=plot.id, occurred_on=day, text=LongText(f"第{number}次调度:{words}{DEMO}"))
        yield plot.reporting(day, f"paused-{number}", note)


def defer(plot: Plot, deferred_on: date, days: int) -> Iterator[Sending]:
    """Yield a deferral for so many days, with a note a month."""
    command = DeferProject(
        project_id=plot.id,
        occurred_on=deferred_on,
        reason_code=Code(("LAND", "FUNDS")[plot.index % 2]),
        expected_resumption=deferred_on + timedelta(days=days),
        reason=Reason(f"经专题会研究,条件成熟后再开工{DEMO}"),
        documents=(plot.spot.paper("项目缓建会议纪要", deferred_on, plot.serial, "重点项目建设事务中心"),),
    )
    yield plot.reporting(deferred_on, "deferred", command)
    yield from _pause_notes(plot, deferred_on, days, "正在落实开工条件")


def terminate(plot: Plot, on: date, reason_code: str, words: str) -> Sending:
    """Return the end of a project that is given up."""
    command = TerminateProject(
        project_id=plot.id,
        occurred_on=on,
        reason_code=Code(reason_code),
        reason=Reason(words + DEMO),
        documents=(plot.spot.paper("项目终止意见", on, plot.serial, "重点项目建设事务中心"),),
    )
    return plot.reporting(on, "terminated", command)
