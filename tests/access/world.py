"""The ledgers that the walk goes through, in two worlds that differ in nothing but what is the victim's own affair.

The victim is 祁阳, kept under the code that it had until 2021. In both worlds it has a project that is published, one
that some callers are granted a part of the ledger for (the shared one), and the same settings, at the same positions.
All else of it is told otherwise in the other world: other ids, texts, codes and amounts, and more of everything. So an
answer that is not the same in both worlds tells something of it, be it a sum, a count, a cursor or an error.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from service.access import Caller
from service.clock import today_in_china
from service.domain import account, adoption, annual_plan, ceremony, place, project, publication, roster
from service.domain.account import INSTALLATION
from service.domain.decider import NAMESPACE
from service.domain.privacy import ErasePersonalData
from service.domain.roles import Account, Area, Role
from service.domain.values import Figure, LongText, Name, Personal, Reason, Reference, Region, Sha256, Stated, Unit
from tests.access.retelling import CEREMONY, Marks, Retelling, regions_of
from tests.examples import (
    COMMANDS,
    IDENTITY,
    OPEN_PLACE,
    PROJECT_ID,
    QIYANG,
    RECODE_PLACE,
    REGISTER,
    VOID,
    lights,
    sites,
)
from tests.examples.ceremony import HOLD
from tests.examples.publication import PUBLISH, PUBLISH_MORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.handle import Handler

VICTIM: Final = Region("431121")
"""The key of the victim's log."""
VICTIM_NOW: Final = QIYANG
SIBLING: Final = Region("431103")
PREFECTURE: Final = Region("431100")
PROVINCE: Final = Region("430000")
FAR: Final = Region("411100")
NO_LEDGER: Final = Region("431102")
_BEGIN_US: Final = int(datetime(2022, 5, 10, 1, tzinfo=UTC).timestamp()) * 1_000_000

SETTINGS: Final = Marks.of("Settings", "1111")
"""What the victim has set, which is published."""
AIMS: Final = Marks.of("Aims", "1211")
"""Its targets and indicators, which whoever sees a part of the ledger sees."""
SHARED: Final = Marks.of("Shared", "1311")
OPEN: Final = Marks.of("Open", "1411")
OWN: Final = Marks.of("Own", "1511")
CITY: Final = Marks.of("City", "1611")
RIGHTS: Final = Marks.of("Rights", "1711")
WATCHER: Final = "oidc:Hswatcherq"
"""Who told the victim's ledger: an account that the audit trail alone shows, as it does the cause."""

_LEDGERS: Final = (
    place.OpenPlace, place.RecodePlace, annual_plan.IncludeInAnnualPlan, annual_plan.RemoveFromAnnualPlan,
    ceremony.HoldCeremony, ceremony.CorrectCeremony, ceremony.WithdrawCeremony, project.RegisterProject,
    ErasePersonalData, adoption.AdoptConfiguration,
)  # fmt: skip
"""Commands of the examples that are told one by one."""
_PUBLISHING: Final = (publication.PublishItems, publication.WithdrawItem, publication.EndExemption)


def command_id(number: int) -> UUID:
    """Return the id of a command by its number."""
    return UUID(int=0x7000_8000_0000_0001_0000 + number)


def project_of(number: int) -> UUID:
    """Return the project that a command registers."""
    return uuid5(NAMESPACE, f"project:{command_id(number)}")


def ceremony_of(number: int) -> UUID:
    """Return the ceremony that a command records."""
    return ceremony.ceremony_id_of(command_id(number))


@dataclass(frozen=True)
class World:
    """One of the two.

    Attributes:
        secret: marks of what is the victim's own affair here.
        base: above it are the numbers of the commands that differ.
        more: whether there is more of everything.
    """

    secret: Marks
    base: int
    more: bool

    @property
    def secrets(self) -> tuple[UUID, ...]:
        """The victim's projects of which nobody else knows; all is told of the first."""
        return tuple(project_of(self.base + number) for number in (11, 12, 13, 14, 15))


FIRST: Final = World(Marks.of("Alpha", "7391"), 10_000, more=False)
SECOND: Final = World(Marks.of("Bravo", "2846"), 20_000, more=True)
SHARED_ID: Final = project_of(21)
OPEN_ID: Final = project_of(22)
OWN_IDS: Final = {SIBLING: project_of(31), FAR: project_of(41)}
CEREMONY_IDS: Final = {VICTIM: ceremony_of(23), SIBLING: ceremony_of(33), FAR: ceremony_of(43)}
UNIT: Final = Name("演示市商务局" + SHARED.text)
PARK: Final = Name("演示工业园" + SHARED.text)
OWN_UNIT: Final = Name("演示市商务局" + OWN.text)
OWN_PARK: Final = Name("演示工业园" + OWN.text)

AGENT: Final = Account("oidc:agent-1")
PRINCIPAL: Final = Account("oidc:principal-1")
ENDED: Final = Account("oidc:ended-1")
OFFICER: Final = Account(f"oidc:officer-{RIGHTS.text}")
MACHINE: Final = Account(f"machine:office-{RIGHTS.text}")
KEY: Final = account.KeyId("00112233445566bb")


_NAMED: Final = Name("单位" + RIGHTS.text)


@dataclass
class _Teller:
    """Sends commands one after the other, each in the minute after the last."""

    handler: Handler
    world: World
    told: int = 0
    positions: dict[Region, int] = field(default_factory=dict)

    async def tell(self, ledger: Region, command: Any, number: int | None = None) -> int:
        """Send a command to a ledger; return its position."""
        self.told += 1
        caller = Caller(WATCHER if ledger == VICTIM else f"oidc:{ledger}", trusted=True)
        outcome = await self.handler.handle(
            caller,
            ledger,
            command,
            command_id=command_id(100_000 + self.told if number is None else number),
            recorded_us=None if ledger == INSTALLATION else _BEGIN_US + self.told * 60_000_000,
            cause=WATCHER if ledger == VICTIM else None,
        )
        assert outcome.refused is None, (ledger, command, outcome.refused)
        assert outcome.position, (ledger, command)
        self.positions[ledger] = outcome.position
        return outcome.position

    async def all(self, ledger: Region, commands: Iterator[Any]) -> None:
        """Send commands, and have a signature erased once there is one."""
        for one in commands:
            position = await self.tell(ledger, one)
            if getattr(one, "signed_by", None) is not None:
                erase = ErasePersonalData(position=position, path=Name("signed_by"), reason=Reason("本人申请"))
                await self.tell(ledger, erase)


def _of_projects(retelling: Retelling) -> Iterator[Any]:
    """Yield the examples that are about the project, without those that publish."""
    for one in COMMANDS.values():
        if hasattr(one, "project_id") and type(one) is not project.VoidProject and not isinstance(one, _PUBLISHING):
            told = retelling.of(one)
            if isinstance(told, project.AmendProject):
                # It stays in its park, by which some callers see it.
                where = tuple(retelling.of(one) for one in (sites.GATE, sites.ROAD, sites.PARK))
                told = replace(told, changes=replace(told.changes, park=retelling.of(IDENTITY).park, sites=where))
            yield told


def _of_place(retelling: Retelling, *, aims: bool) -> Iterator[Any]:
    """Yield the examples that are about the place: what it has set, or what it aims at with its liaisons."""
    for one in (*COMMANDS.values(), lights.SET_LIGHT_RULES):
        if not hasattr(one, "project_id") and not isinstance(one, _LEDGERS) and hasattr(one, "region") is not aims:
            yield retelling.of(one)


def _registered(retelling: Retelling, **changes: Any) -> project.RegisterProject:
    told: project.RegisterProject = retelling.of(REGISTER)
    return replace(told, identity=replace(told.identity, **changes))


def _amount(figure: str, marks: Marks) -> Stated:
    whole, _, places = figure.partition(".")
    return Stated(Figure(f"{whole}.{places.ljust(4, '0')}{marks.digits}"), Unit.YI_YUAN)


def _listed(owner: Region, *told: tuple[Retelling, UUID]) -> annual_plan.IncludeInAnnualPlan:
    """Return a list of projects, each entry told as its project is, and the list as the first of them."""
    example = COMMANDS["INCLUDE_IN_OWN_LIST"]
    entries = tuple(
        # So little is planned that more was done.
        replace(retelling.of(example).entries[0], project_id=each, planned_investment=_amount("0.1", retelling.marks))
        for retelling, each in told
    )
    whole: annual_plan.IncludeInAnnualPlan = told[0][0].of(example)
    return replace(whole, list_owner=owner, entries=entries)


def _held(retelling: Retelling, *ids: UUID) -> ceremony.HoldCeremony:
    one: ceremony.HoldCeremony = retelling.of(HOLD)
    return replace(one, entries=tuple(replace(one.entries[0], project_id=each) for each in ids))


def published() -> tuple[Any, ...]:
    """Return what is told of the published project, with nothing unpublished in it that has the same mark."""
    told = Retelling(OPEN, regions_of(VICTIM_NOW, PREFECTURE), {PROJECT_ID: OPEN_ID}, 22)
    identity = {"references": (Reference(system=Name(f"S{SHARED.text}"), id=Name("1")),), "codes": ()}
    shown = ("SET_APPROVED_TOTAL", "RECORD_STARTED", "REPORT_THROUGH_FEBRUARY", "ASSIGN_LEAD")
    steward = told.of(COMMANDS["ASSIGN_STEWARD"])
    hidden = replace(steward, holder=Personal(f"管家{SHARED.person}"), contact=Personal(SHARED.contact))
    note = replace(told.of(COMMANDS["NOTE_PROGRESS"]), text=LongText(f"未公开{SHARED.text}"))
    return (
        _registered(told, **identity),
        *(told.of(COMMANDS[name]) for name in shown),
        hidden,
        note,
        told.of(PUBLISH),
        told.of(PUBLISH_MORE),
    )


async def tell(handler: Handler, world: World) -> dict[Region, int]:
    """Tell a world; return the position that each region's log came to."""
    teller = _Teller(handler, world)
    await _tell_own(teller, SIBLING, PREFECTURE, 30)
    await _tell_own(teller, FAR, PROVINCE, 40)
    city = Retelling(CITY, regions_of(PREFECTURE, PREFECTURE))
    await teller.tell(PREFECTURE, city.of(OPEN_PLACE))
    await teller.tell(PREFECTURE, city.of(COMMANDS["SET_RULES"]))
    await _tell_victim(teller)
    await _tell_rights(teller)
    return teller.positions


async def _tell_own(teller: _Teller, ledger: Region, superior: Region, base: int) -> None:
    """Tell a ledger that callers have of their own, the same in both worlds."""
    told = Retelling(
        OWN, regions_of(ledger, superior), {PROJECT_ID: project_of(base + 1), CEREMONY: ceremony_of(base + 3)}, base
    )
    await teller.tell(ledger, told.of(OPEN_PLACE))
    await teller.all(ledger, _of_place(told, aims=False))
    await teller.tell(ledger, told.of(REGISTER), base + 1)
    await teller.all(ledger, _of_place(told, aims=True))
    await teller.all(ledger, _of_projects(told))
    await teller.tell(ledger, _listed(ledger, (told, project_of(base + 1))))
    await teller.tell(ledger, _held(told, project_of(base + 1)), base + 3)


async def _tell_victim(teller: _Teller) -> None:
    world, regions = teller.world, regions_of(VICTIM_NOW, PREFECTURE)
    settings, aims = (Retelling(marks, regions) for marks in (SETTINGS, AIMS))
    shared = Retelling(SHARED, regions, {PROJECT_ID: SHARED_ID, CEREMONY: CEREMONY_IDS[VICTIM]}, 21)
    first, other, voided, merged, fifth = world.secrets
    secret = Retelling(world.secret, regions, {PROJECT_ID: first}, world.base // 10_000 * 100)
    await teller.tell(VICTIM, replace(settings.of(OPEN_PLACE), region=VICTIM))
    told = settings.of(RECODE_PLACE)
    await teller.tell(VICTIM, replace(told, region=VICTIM, former=VICTIM, successor=VICTIM_NOW))
    await teller.all(VICTIM, _of_place(settings, aims=False))
    await teller.all(VICTIM, (one for one in _of_place(aims, aims=True) if not hasattr(one, "unit")))
    await teller.tell(VICTIM, adoption.AdoptConfiguration(region=VICTIM, source=PREFECTURE))
    # What both worlds have at the same positions comes first; of the secret ones no more than that they are there.
    await teller.tell(VICTIM, secret.of(REGISTER), world.base + 11)
    output = _amount("6.6", world.secret)
    await teller.tell(VICTIM, _registered(secret, codes=(), references=(), expected_output=output), world.base + 12)
    await teller.tell(VICTIM, shared.of(REGISTER), 21)
    await teller.all(VICTIM, _of_projects(shared))
    register, *rest = published()
    await teller.tell(VICTIM, register, 22)
    for one in rest:
        await teller.tell(VICTIM, one)
    # Lists and ceremonies name a secret project beside the shared one, and in the other world two.
    hidden = (first, other) if world.more else (first,)
    for owner in (VICTIM_NOW, PREFECTURE):
        await teller.tell(VICTIM, _listed(owner, (shared, SHARED_ID), *((secret, one) for one in hidden)))
    await teller.tell(VICTIM, _held(shared, SHARED_ID, *hidden), 23)
    await teller.all(VICTIM, (one for one in _of_place(secret, aims=True) if hasattr(one, "unit")))
    # One is begun and lacks all that there is to be by then.
    await teller.tell(VICTIM, replace(secret.of(COMMANDS["RECORD_STARTED"]), project_id=other))
    await teller.all(VICTIM, (one for one in _of_projects(secret) if type(one) is not publication.ExemptItem))
    for number, one in ((13, voided), (14, merged), (15, fifth))[: 3 if world.more else 2]:
        await teller.tell(VICTIM, _registered(secret, codes=(), references=()), world.base + number)
        if one == voided:
            await teller.tell(VICTIM, replace(secret.of(VOID), project_id=voided))
    merge = project.MergeProject(project_id=merged, into=first, reason=Reason("同一项目" + world.secret.text))
    await teller.tell(VICTIM, merge)
    if world.more:
        again = replace(secret, projects={PROJECT_ID: fifth}, number=secret.number + 1)
        for one in _of_projects(again):
            if not isinstance(one, publication.ExemptItem):
                await teller.tell(VICTIM, one)


async def _tell_rights(teller: _Teller) -> None:
    """Tell the installation's log, which is the same in both worlds."""
    why = Reason("岗位调整" + RIGHTS.text)
    later = today_in_china() + timedelta(days=30)
    for command in (
        account.GrantRole(
            account=AGENT, role=Role.AGENT, area=Area(SIBLING), principal=PRINCIPAL, unit=OWN_UNIT, reason=why
        ),
        account.GrantRole(account=ENDED, role=Role.COUNTY_APPROVER, area=Area(VICTIM), reason=why),
        account.EndRole(account=ENDED, grant_id=account.grant_id(ENDED, 1), reason=why),
        account.GrantRole(
            account=OFFICER, role=Role.COUNTY_APPROVER, area=Area(FAR), unit=Name("单位" + RIGHTS.text), reason=why
        ),
        account.IssueKey(
            account=MACHINE,
            key_id=KEY,
            sha256=Sha256(hashlib.sha256(RIGHTS.text.encode()).hexdigest()),
            expires_on=later,
            purpose=Name("报送" + RIGHTS.text),
        ),
    ):
        await teller.tell(INSTALLATION, command)


def post_of(one: UUID) -> UUID:
    """Return the first post of a project."""
    return roster.post_id(one, 1)
