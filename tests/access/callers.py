"""Who walks: every role over other regions, over parts of them, and over a part of the victim's own ledger."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from service.access import ANONYMOUS, Caller, Sight
from service.access.table import SIGHTS
from service.clock import today_in_china
from service.domain.roles import Account, Area, Grant, Role, Scope
from tests.access import world
from tests.access.world import (
    AGENT,
    ENDED,
    FAR,
    OWN_IDS,
    OWN_PARK,
    OWN_UNIT,
    PARK,
    SHARED_ID,
    SIBLING,
    UNIT,
    VICTIM_NOW,
)

if TYPE_CHECKING:
    from service.directory import Directory
    from service.domain.values import Region


class Sees(Enum):
    """What a caller has of the victim."""

    NOTHING = "nothing"
    PUBLISHED = "what is published"
    PART = "a part of the ledger"


@dataclass(frozen=True)
class Walker:
    """A caller of the walk.

    Attributes:
        name: of the role, and over what.
        role: None without one.
        own: the ledger that is theirs.
        sees: what they have of the victim.
    """

    name: str
    caller: Caller
    role: Role | None
    own: Region
    sees: Sees

    def allowed(self) -> frozenset[str]:
        """Return the marks of the victim that they may be shown."""
        if self.sees is Sees.NOTHING:
            return frozenset()
        if self.sees is Sees.PUBLISHED:
            # Of the published project a post in public has its name and its contact.
            return frozenset({*world.OPEN.all(), world.SETTINGS.text, *map(str, _PUBLISHED), *_CODES})
        sights = self.caller.sights
        found = {world.SHARED.text, world.SETTINGS.text, world.AIMS.text, str(SHARED_ID), *_CODES}
        # A name and a contact that are public are shown to all who see the post.
        found |= {world.SHARED.person, world.SHARED.contact}
        found |= {str(world.post_of(SHARED_ID)), str(world.CEREMONY_IDS[world.VICTIM])}
        return frozenset(found | ({world.WATCHER} if Sight.HISTORY in sights else set()))


_PUBLISHED: Final = (world.OPEN_ID, world.post_of(world.OPEN_ID))
_CODES: Final = tuple(form.format(one) for one in (world.VICTIM, VICTIM_NOW) for form in ('"{}"', ":{}:"))


def walkers(directory: Directory) -> list[Walker]:
    """Return everybody."""
    found = [
        Walker("anonymous", ANONYMOUS, None, SIBLING, Sees.PUBLISHED),
        Walker("without a grant", Caller("oidc:nobody"), None, SIBLING, Sees.PUBLISHED),
        Walker("with a grant that ended", _of(directory, ENDED), None, SIBLING, Sees.PUBLISHED),
        Walker("an agent for a principal", _of(directory, AGENT, world.PRINCIPAL), Role.AGENT, SIBLING, Sees.NOTHING),
    ]
    for role in Role:
        inside = Sight.INTERNAL in SIGHTS[role]
        for name, region, scope in _OWN_SCOPES:
            caller = Caller(f"oidc:{role.lower()}", grants=(Grant(role=role, scope=scope),))
            sees = Sees.NOTHING if inside else Sees.PUBLISHED
            found.append(Walker(f"{role} {name}", caller, role, region, sees))
        if not inside:
            continue
        for name, scope in _PARTS:
            caller = Caller(f"oidc:{role.lower()}", grants=(Grant(role=role, scope=scope),))
            found.append(Walker(f"{role} {name}", caller, role, world.VICTIM, Sees.PART))
            # Whoever has two grants has what each of them gives, and no more.
            whole = Grant.over(Role.COUNTY_APPROVER, SIBLING)
            both = Caller(f"oidc:{role.lower()}", grants=(whole, Grant(role=role, scope=scope)))
            found.append(Walker(f"{role} {name} beside an approver elsewhere", both, role, SIBLING, Sees.PART))
    return found


def insiders() -> list[Walker]:
    """Return every role over the victim's ledger, which the walk has to show what is theirs."""
    return [
        Walker(f"{role} of the victim", Caller("oidc:inside", grants=(Grant.over(role, VICTIM_NOW),)), role,
               world.VICTIM, Sees.PART)
        for role in Role
    ]  # fmt: skip


def _of(directory: Directory, account: Account, principal: Account | None = None) -> Caller:
    """Return an account as the service would know it."""
    held = directory.grants_of(account, today_in_china())
    return Caller(account, principal, tuple(one for one in held if one.principal == principal))


def _scope(area: str, **part: object) -> Scope:
    return Scope(area=Area(area), **part)  # type: ignore[arg-type]  # One of its parts.


_OWN_SCOPES: Final = (
    ("over a county of the same prefecture", SIBLING, _scope(SIBLING)),
    ("over another prefecture", FAR, _scope(FAR)),
    ("for a unit of their own", SIBLING, _scope(SIBLING, unit=OWN_UNIT)),
    ("for a park of their own", SIBLING, _scope(SIBLING, park=OWN_PARK)),
    ("for a project of their own", SIBLING, _scope(SIBLING, project=OWN_IDS[SIBLING])),
    # Units and parks of one name there are in many places.
    ("elsewhere for a unit of the victim's name", SIBLING, _scope(SIBLING, unit=UNIT)),
    ("elsewhere for the victim's project", SIBLING, _scope(SIBLING, project=SHARED_ID)),
    # 长沙县 borders on 望城, which had another code: neither is the victim's, by whichever code.
    ("by a former code of another county", SIBLING, _scope("430122")),
)
_PARTS: Final = (
    ("for a unit of the victim's", _scope(VICTIM_NOW, unit=UNIT)),
    ("for a park of the victim's", _scope(world.VICTIM, park=PARK)),
    ("for a project of the victim's", _scope(VICTIM_NOW, project=SHARED_ID)),
)
