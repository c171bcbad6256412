"""地区: a place's ledger and its configuration: facts, state, evolve, commands, decide.

Position 1 of every log opens it, so that an auditor sees from the log itself whether it is a real ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, TypeAlias, cast
from uuid import UUID, uuid5

from service.domain.adoption import (
    ADOPTION_COMMANDS,
    ADOPTION_FACTS,
    AdoptConfiguration,
    AdoptionCommand,
    AdoptionFact,
    ConfigurationAdopted,
    ConfigurationAdoptionEnded,
    EndAdoption,
    as_own,
    taken_over,
)
from service.domain.codes import regions
from service.domain.configuration import (
    CONFIGURATION_COMMANDS,
    CONFIGURATION_FACTS,
    Configuration,
    ConfigurationCommand,
    ConfigurationFact,
    configured,
    decide_configuration,
)
from service.domain.decider import NAMESPACE, Borrowed, Decider, Lent, Stream, not_later
from service.domain.dictionaries import Dictionary, defaults
from service.domain.errors import (
    AlreadyOpenError,
    AlreadyStatedError,
    BelowZeroError,
    InvalidValueError,
    NotSuccessorError,
    NotSuperiorError,
    OutsidePlaceError,
    PlaceNotOpenError,
    WrongCurrencyError,
    WrongUnitError,
)
from service.domain.gates import StartBasis
from service.domain.identity import Identity
from service.domain.labels import Labelled
from service.domain.values import MOST_LISTED, Code, Currency, Document, Name, Reason, Region, Stated, Term


class Purpose(Labelled):
    """台账性质 What a ledger is for: LIVE 正式, DEMO 演示 (synthetic facts), SANDBOX 试验 (foreign data, trials)."""

    LIVE = "LIVE", "正式", "live"
    DEMO = "DEMO", "演示", "demonstration"
    SANDBOX = "SANDBOX", "试验", "sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOpened:
    """台账建立: a region begins its ledger, with its currency, list of categories and basis of 开工."""

    region: Region
    name: Name
    purpose: Purpose
    currency: Currency
    categories: tuple[Term, ...]
    start_basis: StartBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRecoded:
    """行政区划变更: the region got another code on a day, usually with another name; the log keeps its key.

    A ledger that was opened under the later code may state this too, where it tells of the time before.
    """

    former: Region
    successor: Region
    name: Name
    occurred_on: date
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


PlaceFact: TypeAlias = PlaceOpened | PlaceRecoded | ConfigurationFact | AdoptionFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Configuration in force; `opened` is None before the ledger begins, `adoption` the last said of following."""

    opened: PlaceOpened | None = None
    recodings: Mapping[Region, PlaceRecoded] = field(default_factory=dict)
    configuration: Configuration = field(default_factory=Configuration)
    adoption: AdoptionFact | None = None

    @property
    def follows(self) -> Region | None:
        """The superior whose configuration the place follows."""
        return self.adoption.source if isinstance(self.adoption, ConfigurationAdopted) else None

    def need_open(self) -> PlaceOpened:
        """Return the configuration.

        Raises:
            PlaceNotOpenError: the region keeps no ledger.
        """
        if self.opened is None:
            raise PlaceNotOpenError
        return self.opened

    def need_within(self, location: Region, *path: str) -> None:
        """Refuse a location outside the place; a former or later code of the same county counts as inside.

        Args:
            location: where something is.
            path: the command's field that says so.

        Raises:
            OutsidePlaceError: the location belongs to another region.
        """
        own = self.need_open().region
        roots = regions.codes_from(own)
        if not any(regions.is_within(code, root) for code in regions.codes_from(location) for root in roots):
            raise OutsidePlaceError(*path, value=location, place=own)

    def need_term(self, name: Dictionary, code: Code, *path: str) -> None:
        """Refuse a code that one of the place's lists does not have.

        Args:
            name: which list.
            code: the code.
            path: the command's field that says so.

        Raises:
            PlaceNotOpenError: the region keeps no ledger.
            UnknownTermError: no such code.
        """
        self.need_open()
        self.configuration.need_term(name, code, *path)

    def need_money(self, stated: Stated, *path: str) -> None:
        """Refuse an amount that is not in the place's currency.

        Args:
            stated: the amount.
            path: the command's field that says so; `stated` unless given.

        Raises:
            WrongUnitError: not money at all.
            WrongCurrencyError: another currency.
        """
        currency = self.need_open().currency
        if stated.unit.currency is None:
            raise WrongUnitError(*(path or ("stated",)), "unit", unit=stated.unit)
        if stated.unit.currency is not currency:
            raise WrongCurrencyError(*(path or ("stated",)), "unit", unit=stated.unit, currency=currency)

    def need_identity(self, identity: Identity, sent: Collection[str], *path: str) -> None:
        """Refuse what of a project's identity does not go with the place: location, codes of its lists, currency.

        Args:
            identity: the whole of it.
            sent: the fields to judge.
            path: the command's field that holds it.

        Raises:
            OutsidePlaceError, UnknownTermError, WrongCurrencyError, BelowZeroError: with the field.
        """
        if "region" in sent:
            self.need_within(identity.region, *path, "region")
        if "category" in sent:
            self.need_term(Dictionary.CATEGORY, identity.category, *path, "category")
        if "investment_mode" in sent and identity.investment_mode is not None:
            self.need_term(Dictionary.INVESTMENT_MODE, identity.investment_mode, *path, "investment_mode")
        if "investors" in sent:
            for number, investor in enumerate(identity.investors):
                for index, code in enumerate(investor.classes):
                    here = (*path, "investors", f"[{number}]", "classes", f"[{index}]")
                    self.need_term(Dictionary.INVESTOR_CLASS, code, *here)
        stated = {name: getattr(identity, name) for name in ("expected_output", "expected_tax") if name in sent}
        parts = identity.parts if "parts" in sent else ()
        money: list[tuple[tuple[str, ...], Stated | None]] = [((name,), amount) for name, amount in stated.items()]
        money += [(("parts", f"[{number}]", "stated"), part.stated) for number, part in enumerate(parts)]
        for where, amount in money:
            if amount is not None:
                self.need_money(amount, *path, *where)
                if amount.fen < 0:
                    raise BelowZeroError(*path, *where, "figure", amount=amount)


def evolve(state: Place, fact: PlaceFact) -> Place:
    """Fold one fact; no rule, never raises."""
    match fact:
        case PlaceOpened():
            return replace(state, opened=fact, configuration=replace(state.configuration, categories=fact.categories))
        case PlaceRecoded():
            return replace(state, recodings={**state.recodings, fact.successor: fact})
        case ConfigurationAdopted():
            return replace(state, adoption=fact)
        case ConfigurationAdoptionEnded():
            return replace(state, adoption=fact, configuration=as_own(state.configuration))
        case _:
            return replace(state, configuration=configured(state.configuration, fact))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPlace:
    """建立台账 Open a region's ledger; by default 产业/基础设施/民生/生态, CNY and PHYSICAL."""

    region: Region
    name: Name
    purpose: Purpose
    currency: Currency | None = None
    categories: tuple[Term, ...] = ()
    start_basis: StartBasis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecodePlace:
    """变更行政区划 Record that the region got another code, which by GB/T 2260 followed the former one."""

    region: Region
    former: Region
    successor: Region
    name: Name
    occurred_on: date
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


PlaceCommand: TypeAlias = OpenPlace | RecodePlace | ConfigurationCommand | AdoptionCommand


def decide(command: PlaceCommand, state: Place, *read: Lent[Place] | date) -> Sequence[PlaceFact]:
    """Judge a command on a place.

    Args:
        command: what is wanted.
        state: the place.
        read: for AdoptConfiguration the superior's place; and the day.
    """
    *lent, today = read
    match command:
        case OpenPlace():
            return _open(command, state)
        case RecodePlace():
            return _recode(command, state, cast("date", today))
        case AdoptConfiguration():
            (superior,) = cast("list[Lent[Place]]", lent)
            return _adopt(command, state, superior)
        case EndAdoption():
            return _end_adoption(command, state)
        case _:
            state.need_open()
            return decide_configuration(command, state.configuration)


def _open(command: OpenPlace, state: Place) -> list[PlaceFact]:
    if command.region.is_sandbox != (command.purpose is Purpose.SANDBOX):
        # Codes 99xxxx are outside GB/T 2260: no real place may be a sandbox, and no sandbox a real place.
        raise InvalidValueError("purpose", region=command.region, purpose=command.purpose)
    codes = [term.code for term in command.categories]
    if len(codes) > MOST_LISTED or len(set(codes)) < len(codes):
        raise InvalidValueError("categories", rule=f"at most {MOST_LISTED}, each code once")
    opened = PlaceOpened(
        region=command.region,
        name=command.name,
        purpose=command.purpose,
        currency=command.currency or Currency.CNY,
        categories=command.categories or defaults()[Dictionary.CATEGORY],
        start_basis=command.start_basis or StartBasis.PHYSICAL,
    )
    if state.opened is None:
        return [opened]
    if state.opened == opened:
        return []  # Already so.
    raise AlreadyOpenError("region")


def _recode(command: RecodePlace, state: Place, today: date) -> list[PlaceFact]:
    own = state.need_open().region
    not_later(command.occurred_on, today)
    if command.successor not in regions.codes_from(command.former)[1:]:
        raise NotSuccessorError("successor", value=command.successor, former=command.former)
    if not {command.former, command.successor} & {own, *state.recodings}:
        raise OutsidePlaceError("former", value=command.former, place=own)
    fact = PlaceRecoded(
        former=command.former,
        successor=command.successor,
        name=command.name,
        occurred_on=command.occurred_on,
        reason=command.reason,
        documents=command.documents,
    )
    known = state.recodings.get(command.successor)
    if known is not None:
        if replace(known, reason=fact.reason) == fact:
            return []  # Already so.
        if command.reason is None:
            raise AlreadyStatedError("reason", stated=known.occurred_on)
    return [fact]


def _adopt(command: AdoptConfiguration, state: Place, superior: Lent[Place]) -> list[PlaceFact]:
    own, above = state.need_open(), superior.state.opened
    if command.source not in regions.superiors(own.region):
        raise NotSuperiorError("source", value=command.source, place=own.region)
    if above is None:
        raise PlaceNotOpenError("source", value=command.source)
    if above.purpose is not own.purpose:
        # What a demonstration makes up must not become the configuration of a real ledger.
        raise InvalidValueError("source", purpose=above.purpose, place=own.purpose)
    settings = taken_over(state.configuration, superior.state.configuration, above.region)
    if state.follows == above.region and not settings:
        return []  # Already so.
    if isinstance(state.adoption, ConfigurationAdoptionEnded) and command.reason is None:
        raise AlreadyStatedError("reason")
    adopted = ConfigurationAdopted(
        source=above.region,
        source_version=superior.version,
        reason=command.reason,
        documents=command.documents,
    )
    return [adopted, *settings]


def _end_adoption(command: EndAdoption, state: Place) -> list[PlaceFact]:
    state.need_open()
    if isinstance(state.adoption, ConfigurationAdoptionEnded):
        return []  # Already so.
    return [ConfigurationAdoptionEnded(reason=command.reason, documents=command.documents)]


def place_stream(region: Region) -> Stream:
    """Return the stream of a region's configuration."""
    return Stream("place", uuid5(NAMESPACE, f"place:{region}"))


def _stream(_command: PlaceCommand, region: Region, _command_id: UUID) -> UUID:
    return place_stream(region).id


def _borrows(command: PlaceCommand, _region: Region) -> tuple[Borrowed, ...]:
    return (Borrowed(command.source, place_stream),) if isinstance(command, AdoptConfiguration) else ()


DECIDER: Final = Decider[Place](
    kind="place",
    commands=(OpenPlace, RecodePlace, *CONFIGURATION_COMMANDS, *ADOPTION_COMMANDS),
    facts=(PlaceOpened, PlaceRecoded, *CONFIGURATION_FACTS, *ADOPTION_FACTS),
    initial=Place(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    borrows=_borrows,
)
