"""How an attempt is made in both worlds, and what of an answer is held against them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from schema import schema
from schema.context import Context
from service.database import owner
from tests.access import world
from tests.access.callers import Sees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.access import Caller
    from tests.access.attempts import Attempt
    from tests.access.callers import Walker
    from tests.schema.conftest import Api

_NOW: Final = re.compile(r"20(?!22)\d\d-\d\d-\d\dT[0-9:.]+(?:\+00:00|Z)")
"""An instant of this run, and not of the story."""
_BASE64: Final = re.compile(r"[A-Za-z0-9_-]{16,}={0,2}")


@dataclass(frozen=True)
class Told:
    """What came of an attempt.

    Attributes:
        text: the answer as JSON.
        errors: codes of its errors.
        asked: statements of the read models, as they were written.
        sent: the same, as they were sent.
    """

    text: str
    errors: tuple[str, ...]
    asked: tuple[str, ...]
    sent: tuple[str, ...]

    @property
    def data(self) -> Any:
        """The data of the answer."""
        return json.loads(self.text)["data"]


async def ask(api: Api, caller: Caller, text: str, variables: Any) -> Told:
    """Ask as a caller; of a subscription the first answer."""
    context = Context(caller, api.services)
    if text.startswith("subscription"):
        found = await schema.subscribe(text, variable_values=variables, context_value=context)
        async with aclosing(found) as answers:
            answer = await anext(answers)
            statements = tuple(context.statements), tuple(context.sent)
    else:
        answer = await schema.execute(text, variable_values=variables, context_value=context)
        statements = tuple(context.statements), tuple(context.sent)
    errors = [{"message": one.message, **(one.extensions or {})} for one in answer.errors or ()]
    told = json.dumps({"data": answer.data, "errors": errors}, ensure_ascii=False, default=str)
    return Told(told, tuple(str(one.get("code")) for one in errors), *statements)


def leaks(told: str, asked: str, walker: Walker) -> set[str]:
    """Return marks of the victim in an answer that the caller may not be shown and has not named themselves."""
    allowed = walker.allowed()
    seen, said = _readable(told), _readable(asked)
    return {one for one in FORBIDDEN if one in seen and one not in said and one not in allowed}


def _readable(text: str) -> str:
    """Return a text with what is in the global ids and cursors in it."""
    return "\n".join([text, *_decoded(text)])


def _decoded(text: str) -> Iterator[str]:
    for one in _BASE64.findall(text):
        try:
            yield base64.urlsafe_b64decode(one + "=" * (-len(one) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue


def _forbidden() -> tuple[str, ...]:
    known = (world.SHARED, world.OPEN, world.SETTINGS, world.AIMS, world.RIGHTS)
    marks = (world.FIRST.secret, world.SECOND.secret, *known)
    texts = [one for each in marks for one in each.all()]
    secrets = (*world.FIRST.secrets, *world.SECOND.secrets, world.SHARED_ID, world.OPEN_ID)
    ids = [*secrets, world.CEREMONY_IDS[world.VICTIM], *(world.post_of(one) for one in secrets)]
    # A code of its region stands in project codes of others too, so by itself or in a global id.
    codes = [form.format(one) for one in (world.VICTIM, world.VICTIM_NOW) for form in ('"{}"', ":{}:")]
    return (*texts, *map(str, ids), world.WATCHER, *codes, str(world.KEY))


FORBIDDEN: Final = _forbidden()
"""What nobody is shown who has no right to the victim."""


_LENGTHS: Final = {
    "Place": frozenset({"position"}),
    "RegionPosition": frozenset({"position"}),
    "ReadModelStanding": frozenset({"position", "projected", "lag", "lagSeconds"}),
    # Where a reader is in the logs that they see.
    "ChangePage": frozenset({"cursor"}),
    "ProjectChanges": frozenset({"cursor"}),
}
"""Type -> its fields that tell how long a log is, which whoever sees some of it may know."""


def comparable(told: Told, walker: Walker) -> str:
    """Return an answer without what differs between two worlds for a reason."""
    text = _NOW.sub("<now>", told.text)
    if walker.sees is Sees.NOTHING:
        return text
    return json.dumps(_without(json.loads(text)), ensure_ascii=False)


def _without(plain: Any) -> Any:
    """Return an answer without the lengths of logs."""
    if isinstance(plain, dict):
        lengths = _LENGTHS.get(plain.get("__typename", ""), frozenset())
        return {name: _without(value) for name, value in plain.items() if name not in lengths}
    return [_without(one) for one in plain] if isinstance(plain, list) else plain


async def state(api: Api) -> dict[str, str]:
    """Return the heads of the victim's and the installation's logs, and a hash of all rows of theirs in each table."""
    regions = [str(world.VICTIM), str(world.VICTIM_NOW), "000000"]
    async with owner(api.dsn) as connection:
        tables = await connection.fetch("""
            SELECT n.nspname || '.' || c.relname AS name FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'region' AND NOT a.attisdropped
            WHERE n.nspname IN ('taizhang', 'projections') AND c.relkind = 'r' AND c.relname <> 'lease'
            ORDER BY 1""")
        found = {}
        for row in tables:
            found[row["name"]] = await connection.fetchval(
                f"SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"  # noqa: S608 - names of tables.
                f" FROM {row['name']} t WHERE t.region = ANY($1)",
                regions,
            )
    return found


async def make(attempt: Attempt, api: Api) -> Told:
    """Make an attempt in one world."""
    return await ask(api, attempt.walker.caller, attempt.text, attempt.sent)
