"""演示台账的形式: a synthetic ledger is a list of dated commands, the same on every machine.

Ids are made from the region and a key, and recorded times from the day of sending: no clock, no chance. So a second
load adds nothing, and a place that grew by some commands gets only those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from service.attempt import Order, stream_of
from service.clock import CHINA
from service.domain.decider import NAMESPACE, Stream
from service.domain.identity import Identity, Track
from service.domain.project import DECIDER, RegisterProject
from service.domain.values import Code, Figure, Name, ProjectCode, Region, Stated, Unit
from service.handle import independent

CAUSE: Final = "demo"
"""What the log names as the cause of every fact of a demo."""

_OPENS_AT: Final = time(9, tzinfo=CHINA)
_APART: Final = timedelta(seconds=40)
"""From one run of a day to the next."""
_WAN: Final = 10_000
"""万元 in an 亿元."""
_WEEKEND: Final = (5, 6)
_ANY: Final = RegisterProject(
    identity=Identity(name=Name("-"), region=Region("431181"), category=Code("PRODUCTIVE"), track=Track.PROMOTED)
)
"""Some registration: a project's id is made of the command's id alone."""


class Sending(NamedTuple):
    """A command with the day on which it is sent, and a key that it has alone in its ledger."""

    day: date
    key: str
    command: object


class Run(NamedTuple):
    """Commands that go to the handler together; `recorded_us` in microseconds since 1970."""

    recorded_us: int
    orders: list[Order]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One place's commands, in the order in which they are sent; the first opens it."""

    region: Region
    runs: tuple[Run, ...]

    @classmethod
    def of(cls, region: Region, sendings: Iterable[Sending], until: date) -> Ledger:
        """Put commands in the order of their days, and those of a day together as far as they don't touch each other.

        Of the commands that fall on one day, those of no project go first, then what a project itself is told, then its
        investment, schedule and roster; on each of these the order stays. Each run has a time of its own. What would be
        sent after `until` has not happened yet.

        Raises:
            ValueError: two commands have one key.
        """
        ordered = sorted((one for one in sendings if one.day <= until), key=lambda one: one.day)
        if len({one.key for one in ordered}) < len(ordered):
            raise ValueError(f"{region}: keys must be unique")
        runs = []
        for day, of_day in groupby(ordered, key=lambda one: one.day):
            orders = _in_turns(of_day, region)
            runs += [Run(_recorded_us(day, index), run) for index, run in enumerate(independent(orders, region))]
        return cls(region, tuple(runs))

    def __len__(self) -> int:
        """Return how many commands there are."""
        return sum(len(run.orders) for run in self.runs)


def _in_turns(sendings: Iterable[Sending], region: Region) -> list[Order]:
    """Return a day's orders: the first on each stream, then the second on each, so that few runs take them all.

    Projects' own streams come before the others, which read them.
    """
    turns: Counter[Stream] = Counter()
    taken = []
    for one in sendings:
        order = Order(one.command, command_id(region, one.key))
        stream = stream_of(order, region)
        turns[stream] += 1
        is_of_project = ":" in one.key
        taken.append(((is_of_project, stream.kind != DECIDER.kind, is_of_project and turns[stream]), order))
    return [order for _, order in sorted(taken, key=itemgetter(0))]


def _recorded_us(day: date, index: int) -> int:
    return int((datetime.combine(day, _OPENS_AT) + index * _APART).timestamp()) * 1_000_000


def command_id(region: Region, key: str) -> UUID:
    """Return a command's id."""
    return uuid5(NAMESPACE, f"{CAUSE}:{region}:{key}")


def registering(number: str) -> str:
    """Return the key of the command that registers a project."""
    return f"{number}:register"


def project_id(region: Region, number: str) -> UUID:
    """Return the id that a project gets when it is registered."""
    return DECIDER.stream(_ANY, region, command_id(region, registering(number)))


def workday(day: date) -> date:
    """Return the day, or the Monday after it if it falls on a weekend."""
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() in _WEEKEND else 0)


def monday(day: date) -> date:
    """Return the day, or the Monday after it: most offices register once a week."""
    return day + timedelta(days=-day.weekday() % 7)


def allot(total: int, weights: Sequence[int]) -> list[int]:
    """Share out a whole number by weights, so that the shares add up to it exactly (largest remainder)."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda one: (-(total * weights[one] % whole), one))
    for index in by_remainder[: total - sum(shares)]:
        shares[index] += 1
    return shares


def money(wan: int, *, in_yi: bool = False) -> Stated:
    """Return an amount as a paper states it, in 万元 or in 亿元; the same value exactly."""
    if not in_yi:
        return Stated(Figure(str(wan)), Unit.WAN_YUAN)
    figure = f"{wan // _WAN}.{wan % _WAN:04}".rstrip("0").rstrip(".")
    return Stated(Figure(figure), Unit.YI_YUAN)


def project_code(day: date, region: Region, serial: int) -> ProjectCode:
    """Return a valid project code that no authority gives: department 99, type 99 (GB/T 40058, mission 3.1)."""
    body = f"{day:%y%m}-{region}-99-99-{serial:05}"
    check = 5
    for digit in body.replace("-", ""):
        check = ((check or 10) * 2 % 11 + int(digit)) % 10
    return ProjectCode(f"{body}{(1 - (check or 10) * 2 % 11) % 10}")
