"""责任体系: who answers for each project and who did, work plans, and the units' liaisons.

Names and contacts stand in these tables as long as nobody has erased them. An erasure takes a value out of every
version of its row, also of those that tell of the past, so that it is nowhere in the table; the rows that a rebuild
makes from then on never had it, and are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

from projections.columns import KEYWORD, json_of
from projections.table import NOW_US, Table, Writes
from service.domain.liaison import UnitLiaisonAssigned, UnitLiaisonEnded
from service.domain.privacy import PersonalDataErased
from service.domain.roster import PostAssigned, PostEnded, RosterFact, WorkPlanFiled
from service.domain.values import Erased, Personal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from projections.table import Key
    from service.database import Connection
    from service.log.codec import Recorded

POST: Final = Table(
    name="roster_post",
    key=("project_id", "post_id"),
    columns={
        "project_id": "uuid NOT NULL",
        "post_id": "uuid NOT NULL",
        "role": KEYWORD,
        "rank": "integer",
        "holder": KEYWORD,
        "names_holder": "boolean NOT NULL",
        "holder_public": "boolean NOT NULL",
        "unit": KEYWORD,
        "title": "text",
        "contact": "text",
        "names_contact": "boolean NOT NULL",
        "contact_public": "boolean NOT NULL",
        "since": "date NOT NULL",
        "until": "date",
        "documents": "jsonb NOT NULL",
        "end_reason": "text",
        "end_documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
    indexes=("position", "holder, unit"),
)
"""`holder` and `unit` are empty for nobody, since people are paged by them; `position` is that of the assignment."""
PLAN: Final = Table(
    name="work_plan",
    key=("project_id", "title"),
    columns={
        "project_id": "uuid NOT NULL",
        "title": KEYWORD,
        "occurred_on": "date NOT NULL",
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
LIAISON: Final = Table(
    name="unit_liaison",
    key=("position",),
    columns={
        "position": "bigint NOT NULL",
        "unit": KEYWORD,
        "unit_kind": KEYWORD,
        "holder": KEYWORD,
        "holder_public": "boolean NOT NULL",
        "contact": "text",
        "names_contact": "boolean NOT NULL",
        "contact_public": "boolean NOT NULL",
        "since": "date NOT NULL",
        "until": "date",
        "latest": "boolean NOT NULL",
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "end_reason": "text",
    },
    indexes=("unit",),
)
"""A row for each liaison that a unit ever had; of one unit one is the `latest`."""

# Posts are found by the row that holds now, which each of them has for ever; then all versions by their key.
_ERASE_POSTS: Final = f"""
    UPDATE {POST.name} t SET
      holder = CASE WHEN e.holder THEN '' ELSE t.holder END,
      contact = CASE WHEN e.contact THEN NULL ELSE t.contact END
    FROM unnest($2::bigint[], $3::boolean[], $4::boolean[]) e (position, holder, contact)
    CROSS JOIN LATERAL (
      SELECT n.project_id, n.post_id FROM {POST.name} n
      WHERE n.region = $1 AND n.position = e.position AND n.recorded_to = {NOW_US}
      LIMIT 1
    ) n
    WHERE t.region = $1 AND t.project_id = n.project_id AND t.post_id = n.post_id"""  # noqa: S608 - own names.
_ERASE_LIAISONS: Final = f"""
    UPDATE {LIAISON.name} t SET
      holder = CASE WHEN e.holder THEN '' ELSE t.holder END,
      contact = CASE WHEN e.contact THEN NULL ELSE t.contact END
    FROM unnest($2::bigint[], $3::boolean[], $4::boolean[]) e (position, holder, contact)
    WHERE t.region = $1 AND t.position = e.position"""  # noqa: S608 - own names.


class RosterPosts:
    """责任体系."""

    name = "roster"
    version = 1
    tables = (POST, PLAN, LIAISON)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into posts, work plans and liaisons; of other streams only erasures matter."""
        ours = [one for one in batch if one.stored.stream_kind == "roster"]
        if ours:
            await _fold(connection, ours)
        erased = [one.fact for one in batch if isinstance(one.fact, PersonalDataErased)]
        if erased:
            # Last, so that rows that the batch itself has made are among them.
            await _erase(connection, batch[0].region, erased)


async def _fold(connection: Connection, ours: Sequence[Recorded]) -> None:
    region = ours[0].region
    projects = [one.stream_id for one in ours if isinstance(one.fact, PostEnded)]
    units = [one.fact.unit for one in ours if isinstance(one.fact, UnitLiaisonAssigned | UnitLiaisonEnded)]
    posts = await POST.current(connection, region, "project_id", projects)
    liaisons = await LIAISON.current(connection, region, "unit", units)
    fold = _Fold(posts, {row["unit"]: row for row in liaisons.values() if row["latest"]})
    for one in ours:
        fold.take(one)
    await fold.writes.write(connection, region)


async def _erase(connection: Connection, region: str, erased: Iterable[PersonalDataErased]) -> None:
    paths: dict[int, set[str]] = {}
    for one in erased:
        paths.setdefault(one.position, set()).add(one.path)
    # A position is that of any fact, and a path any field: what is not of a roster finds no row, or changes nothing.
    positions = [*paths]
    holders = ["holder" in paths[position] for position in positions]
    contacts = ["contact" in paths[position] for position in positions]
    for statement in (_ERASE_POSTS, _ERASE_LIAISONS):
        await connection.execute(statement, region, positions, holders, contacts)


class _Fold:
    """The rows that a batch touches, and how they change."""

    def __init__(self, posts: dict[Key, dict[str, Any]], latest: dict[str, dict[str, Any]]) -> None:
        self.posts = posts
        self.latest = latest
        self.writes = Writes(*RosterPosts.tables)

    def take(self, one: Recorded) -> None:
        """Fold one fact."""
        told: RosterFact = one.fact
        match told:
            case PostAssigned() as fact:
                self._post(one, _assigned(one, fact))
            case PostEnded() as fact:
                post = self.posts.get((one.stream_id, fact.post_id))
                if post is not None:  # The end of what never began has nothing to show.
                    ended = {"until": fact.until, "end_reason": fact.reason, "end_documents": json_of(fact.documents)}
                    self._post(one, post | ended)
            case WorkPlanFiled() as fact:
                self.writes.set(PLAN, one, {
                    "project_id": one.stream_id,
                    "title": fact.documents[0].title,
                    "occurred_on": fact.occurred_on,
                    "reason": fact.reason,
                    "documents": json_of(fact.documents),
                    "position": one.position,
                })  # fmt: skip
            case UnitLiaisonAssigned() as fact:
                self._replace(one, fact)
            case UnitLiaisonEnded() as fact:
                latest = self.latest.get(fact.unit)
                if latest is not None:
                    self._liaison(one, latest | {"until": fact.until, "end_reason": fact.reason})
            case other:
                assert_never(other)

    def _post(self, one: Recorded, row: dict[str, Any]) -> None:
        self.posts[one.stream_id, row["post_id"]] = row
        self.writes.set(POST, one, row)

    def _replace(self, one: Recorded, fact: UnitLiaisonAssigned) -> None:
        """End whom the unit had, if nobody has yet, and begin the next."""
        former = self.latest.get(fact.unit)
        if former is not None:
            # One that begins no later corrects it: then the former never had a day.
            until = former["until"] or max(former["since"], fact.since)
            self.writes.set(LIAISON, one, former | {"until": until, "latest": False})
        self._liaison(one, {
            "position": one.position,
            "unit": fact.unit,
            "unit_kind": fact.unit_kind,
            "holder": _name(fact.holder) or "",
            "holder_public": bool(fact.holder_public),
            "contact": _name(fact.contact),
            "names_contact": fact.contact is not None,
            "contact_public": fact.contact_public,
            "since": fact.since,
            "until": None,
            "latest": True,
            "reason": fact.reason,
            "documents": json_of(fact.documents),
            "end_reason": None,
        })  # fmt: skip

    def _liaison(self, one: Recorded, row: dict[str, Any]) -> None:
        self.latest[row["unit"]] = row
        self.writes.set(LIAISON, one, row)


def _assigned(one: Recorded, fact: PostAssigned) -> dict[str, Any]:
    return {
        "project_id": one.stream_id,
        "post_id": fact.post_id,
        "role": fact.role,
        "rank": fact.rank,
        "holder": _name(fact.holder) or "",
        "names_holder": fact.holder is not None,
        "holder_public": bool(fact.holder_public),
        "unit": fact.unit or "",
        "title": fact.title,
        "contact": _name(fact.contact),
        "names_contact": fact.contact is not None,
        "contact_public": fact.contact_public,
        "since": fact.since,
        "until": None,
        "documents": json_of(fact.documents),
        "end_reason": None,
        "end_documents": "[]",
        "position": one.position,
    }


def _name(value: Personal | Erased | None) -> str | None:
    """Return a personal value; nothing where none was given, and where it was erased."""
    return None if isinstance(value, Erased) else value
