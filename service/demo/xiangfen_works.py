"""襄汾县(演示)工程: schedules laid back from completion, weekly notes, and what stands on the sites (B6, J5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from service.demo import works, xiangfen_rules
from service.demo.dispatch import HOLIDAYS
from service.demo.ledger import Sending
from service.demo.plot import Plot
from service.demo.spot import DEMO
from service.demo.xiangfen_table import MEASURED, NOTES, work_of
from service.domain.schedule import ForecastMilestone, NoteProgress
from service.domain.values import Code, LongText

_NOTED_SINCE: Final = date(2024, 8, 8)
_WEEKLY_SINCE: Final = date(2024, 10, 24)
"""From which Thursday on every project under construction has a note a week (周周有进展); before it, one in four."""
_NOTED_UNTIL: Final = date(2025, 1, 2)


def scheduled(one: Plot) -> Iterator[Sending]:
    """Yield a project's schedule with what came of it, and whether what its start needs was there."""
    # Of what is complete by now few were scheduled when works began.
    if one.works_done_on is None or one.every(6, 0):
        yield from works.schedule(one, xiangfen_rules.TEMPLATES.get(one.kind.track, ()))
    if one.starts_on.year == _NOTED_SINCE.year and (one.every(4, 0) or not one.starts):
        yield from works.conditions(one)


def built(one: Plot) -> Iterator[Sending]:
    """Yield what is told of a project's works: progress in percent and quantities, and in words."""
    year = _NOTED_SINCE.year
    months = (6, 12) if one.works_done_on is not None else range(9, 13)
    measured = MEASURED[work_of(one.kind.title, one.kind.industry)]
    yield from works.progress(one, [(year, month) for month in months], measured)
    yield from _notes(one)
    if works.is_reset(one):
        yield _forecast(one)


def _forecast(one: Plot) -> Sending:
    """Return a forecast after the new baseline: completion slips once more (P5)."""
    forecast = ForecastMilestone(
        project_id=one.id,
        milestone=Code("COMPLETED"),
        forecast_on=one.ends_on + timedelta(days=90),
        reason_code=Code("UTILITIES"),
        note=LongText(f"外部供电线路未接通,预计再顺延一个月{DEMO}"),
    )
    return one.reporting(works.reset_on(one) + timedelta(days=49), "forecast-completed", forecast)


def _notes(one: Plot) -> Iterator[Sending]:
    """Yield notes on what moved, first once in four weeks and then each week; some write one in three weeks (B6)."""
    steps = NOTES[work_of(one.kind.title, one.kind.industry)]
    number, day, end = 0, _NOTED_SINCE, one.works_done_on or _NOTED_UNTIL
    while day < min(end, _NOTED_UNTIL):
        if day > one.starts_on + timedelta(days=6) and not one.stands_on(day):
            percent = works.percent_on(one, day)
            choice = next(notes for since, notes in reversed(steps) if since <= percent)
            words, each = choice[(number + one.index) % len(choice)]
            text = LongText(f"{words.format(percent * each)};总体形象进度{percent}%{DEMO}")
            note = NoteProgress(project_id=one.id, occurred_on=day, text=text)
            number += 1
            if day + timedelta(days=1) not in HOLIDAYS:
                yield one.reporting(day, f"note-{day:%Y%m%d}", note)
        weekly = 21 if one.every(9, 4) else 7
        day += timedelta(days=28 if day + timedelta(days=7) < _WEEKLY_SINCE else weekly)
