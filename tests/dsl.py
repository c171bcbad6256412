"""given(facts).when(command).then(facts): a rule's test as one sentence.

Facts of several streams are given together, each goes to the decider that it belongs to. A stream here is a kind of
stream: a scenario is about one project in one place, and what happened in another region is given as `elsewhere`. What
was decided is decided a second time: a command that is already true must give nothing, and every test of a rule shows
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import pytest

from service.domain.decider import Borrowed, Decider, Lent
from service.domain.deciders import DECIDERS, decider_of
from service.domain.errors import RejectedError, dotted
from service.domain.values import Region

QIYANG: Final = Region("431181")
TODAY: Final = date(2022, 5, 10)


@dataclass(frozen=True)
class Elsewhere:
    """A fact of another region's ledger."""

    region: Region
    fact: object


def elsewhere(region: Region, *facts: object) -> tuple[Elsewhere, ...]:
    """Return what happened in another region."""
    return tuple(Elsewhere(region, fact) for fact in facts)


def decider_of_fact(fact: object) -> Decider[Any]:
    """Return the decider whose stream holds the fact."""
    return next(one for one in DECIDERS if type(fact) in one.facts)


def decider_of_command(command: object) -> Decider[Any]:
    """Return the decider that takes the command."""
    return next(one for one in DECIDERS if type(command) in one.commands)


def decide(command: object, facts: Sequence[object], today: date, region: Region = QIYANG) -> list[Any]:
    """Decide a command on what the facts of all streams come to."""

    def state(kind: str) -> object:
        decider = next(one for one in DECIDERS if one.kind == kind)
        return decider.fold(fact for fact in facts if type(fact) in decider.facts)

    def lent(one: Borrowed) -> Lent[object]:
        decider = decider_of(one.stream_of(one.region))
        there = [told.fact for told in facts if isinstance(told, Elsewhere) and told.region == one.region]
        told = [fact for fact in there if type(fact) in decider.facts]
        return Lent(decider.fold(told), len(told))

    decider = decider_of_command(command)
    states = [state(stream.kind) for stream in decider.reads(command, region)]
    borrowed = [lent(one) for one in decider.borrows(command, region)]
    return list(decider.decide(command, state(decider.kind), *states, *borrowed, today))


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What happened, what is wanted, and on which day."""

    facts: tuple[object, ...]
    command: object = None
    today: date = TODAY

    def on(self, today: date) -> Scenario:
        """Let the command come on another day."""
        return replace(self, today=today)

    def when(self, command: object) -> Scenario:
        """Want something."""
        return replace(self, command=command)

    def then(self, *expected: object) -> None:
        """Expect exactly these facts, and none when the command comes again."""
        assert decide(self.command, self.facts, self.today) == [*expected]
        assert decide(self.command, (*self.facts, *expected), self.today) == []

    def then_nothing(self) -> None:
        """Expect no facts: it is already so."""
        assert decide(self.command, self.facts, self.today) == []

    def then_refused(self, error: type[RejectedError], *, at: str = "", **params: object) -> None:
        """Expect a refusal of this very class.

        Args:
            error: the class.
            at: the command's fields that it is about, as one text.
            params: some of what the rule compared.
        """
        with pytest.raises(RejectedError) as refused:
            decide(self.command, self.facts, self.today)
        assert type(refused.value) is error
        assert dotted(refused.value.path) == at
        assert {name: refused.value.params.get(name) for name in params} == {name: str(params[name]) for name in params}


def given(*facts: object) -> Scenario:
    """Begin with what happened before."""
    return Scenario(facts=facts)
