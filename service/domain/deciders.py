"""聚合目录: every aggregate; a new one is added here and nowhere else."""

from typing import Any, Final

from service.domain import (
    account,
    ceremony,
    indicator,
    investment,
    place,
    plan,
    privacy,
    project,
    publication,
    roster,
    schedule,
)
from service.domain.decider import Decider, Stream

DECIDERS: Final[tuple[Decider[Any], ...]] = (
    place.DECIDER,
    project.DECIDER,
    investment.DECIDER,
    schedule.DECIDER,
    plan.DECIDER,
    roster.DECIDER,
    ceremony.DECIDER,
    indicator.DECIDER,
    publication.DECIDER,
    privacy.DECIDER,
    account.DECIDER,
)
DECIDER_OF: Final[dict[type, Decider[Any]]] = {of: decider for decider in DECIDERS for of in decider.commands}
"""Command -> the aggregate that takes it."""


def decider_of(stream: Stream) -> Decider[Any]:
    """Return the aggregate that a stream is of."""
    return next(one for one in DECIDERS if one.kind == stream.kind)
