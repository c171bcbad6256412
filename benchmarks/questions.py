"""What is asked of each API that reads are measured by, and what its answers come to in the form of all.

That form is rows: dictionaries with the same keys, in the order of the answer. What differs is how an API names a
project (an opaque global id, or ledger and id), whether a list is within a page, and whether money is an object.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

PAGE: Final = "page of 50 projects x 8 fields"
ONE: Final = "one project by id, 8 fields"
NESTED: Final = "50 projects with roster, milestones, completed"
TOTALS: Final = "totals by region and month"
FIRST: Final = 50
LEDGER: Final = "430424"
"""Whose projects are asked for with what hangs on them: each has about five posts."""
BASIS: Final = "DISPATCH"
YEAR: Final = 2023
"""In which most projects of the demo have figures on that basis."""

Key: TypeAlias = tuple[str, UUID]
"""Ledger and id of a project."""
_FIELDS: Final = "name phase startedOn responsibleUnit category track handling"
_ROSTER: Final = "role holder unit since"
_MILESTONE: Final = "milestone plannedOn"


class Question(NamedTuple):
    """What is sent, whole requests of HTTP, and what makes rows of the JSON that comes back."""

    requests: Sequence[bytes]
    rows: Callable[[Any], list[dict[str, Any]]]


def raw(keys: Sequence[Key]) -> dict[str, Question]:
    """Return what is asked of peers/raw.py, by figure."""
    return {
        PAGE: Question([_get(f"/projects?first={FIRST}")], lambda got: got),
        ONE: Question([_get(f"/projects/{region}/{id_}") for region, id_ in keys], lambda got: [got]),
        NESTED: Question([_get(f"/ledgers/{LEDGER}/projects?first={FIRST}")], lambda got: got),
        TOTALS: Question([_get(f"/totals/{BASIS}/{YEAR}")], lambda got: got),
    }


def postgraphile(keys: Sequence[Key]) -> dict[str, Question]:
    """Return what is asked of peers/postgraphile.mjs, by figure; totals would need a function of their own."""
    of_all = f"first: {FIRST}, orderBy: [NAME_ASC, REGION_ASC, ROW_ID_ASC]"
    one = f"""query ($region: String!, $id: UUID!) {{
      row: projectByRegionAndRowId(region: $region, rowId: $id) {{ id: rowId {_FIELDS} }} }}"""
    nested = f"""{{ rows: allProjectsList({of_all}, condition: {{ region: "{LEDGER}" }}) {{ id: rowId name
      roster: postsByRegionAndProjectIdList(orderBy: [PLACE_ASC, RANK_ASC, SINCE_ASC, POSITION_ASC]) {{ {_ROSTER} }}
      nextMilestones: nextMilestonesByRegionAndProjectIdList(first: 3, orderBy: [DUE_ON_ASC, MILESTONE_ASC]) {{
        {_MILESTONE} }}
      completed: completedsByRegionAndProjectIdList(orderBy: [BASIS_ASC]) {{ basis yearToDate }} }} }}"""
    return {
        PAGE: Question([_post(f"{{ rows: allProjectsList({of_all}) {{ id: rowId {_FIELDS} }} }}")], _data("rows")),
        ONE: Question([_post(one, region=region, id=str(id_)) for region, id_ in keys], _data("row")),
        NESTED: Question([_post(nested)], _data("rows")),
    }


def stock(keys: Sequence[Key]) -> dict[str, Question]:
    """Return what is asked of peers/stock.py, by figure."""
    one = f"query ($region: String!, $id: UUID!) {{ project(region: $region, id: $id) {{ id {_FIELDS} }} }}"
    nested = f"""{{ projects(first: {FIRST}, region: "{LEDGER}") {{ id name roster {{ {_ROSTER} }}
      nextMilestones(first: 3) {{ {_MILESTONE} }} completed {{ basis yearToDate {{ amount }} }} }} }}"""
    totals = f"""{{ totals(basis: "{BASIS}", year: {YEAR}) {{ region month projects yearToDate {{ amount }} }} }}"""
    return {
        PAGE: Question([_post(f"{{ projects(first: {FIRST}) {{ id {_FIELDS} }} }}")], _data("projects")),
        ONE: Question([_post(one, region=region, id=str(id_)) for region, id_ in keys], _data("project")),
        NESTED: Question([_post(nested)], _data("projects")),
        TOTALS: Question([_post(totals)], _data("totals")),
    }


def taizhang(keys: Sequence[Key], token: str) -> dict[str, Question]:
    """Return what is asked of the service itself, by figure.

    Args:
        token: of an account that sees everything.
    """
    page = f"{{ projects(first: {FIRST}) {{ nodes {{ id {_FIELDS} }} }} }}"
    one = f"query ($id: ID!) {{ project(id: $id) {{ id {_FIELDS} }} }}"
    ids = [urlsafe_b64encode(f"Project:{region}:{id_}".encode()).decode() for region, id_ in keys]
    nested = f"""{{ projects(first: {FIRST}, filter: {{ region: "{LEDGER}" }}) {{ nodes {{
      id name roster {{ {_ROSTER} }}
      nextMilestones(first: 3) {{ {_MILESTONE} }} completed {{ basis yearToDate {{ amount }} }} }} }} }}"""
    totals = f"""{{ investmentTotals(basis: {BASIS}, on: "{YEAR}-12-31", groupBy: [REGION, MONTH]) {{ rows {{
      region {{ code }} month projects yearToDate {{ amount }} }} }} }}"""
    return {
        PAGE: Question([_post(page, token)], _data("projects", "nodes")),
        ONE: Question([_post(one, token, id=id_) for id_ in ids], _data("project")),
        NESTED: Question([_post(nested, token)], _data("projects", "nodes")),
        TOTALS: Question([_post(totals, token)], _data("investmentTotals", "rows")),
    }


def leaves(rows: Any) -> int:
    """Return how many values rows have, with what hangs on them."""
    if isinstance(rows, dict | list):
        return sum(map(leaves, rows.values() if isinstance(rows, dict) else rows))
    return 1


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode()


def _post(query: str, token: str = "", **variables: str) -> bytes:
    body = json.dumps({"query": " ".join(query.split()), "variables": variables}).encode()
    lines = [
        "POST /graphql HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept: application/json",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *([f"Authorization: Bearer {token}"] if token else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _data(*path: str) -> Callable[[Any], list[dict[str, Any]]]:
    """Return what takes rows out of an answer of GraphQL."""

    def rows(got: Any) -> list[dict[str, Any]]:
        found = got["data"]
        for name in path:
            found = found[name]
        return [_plain(one) for one in (found if isinstance(found, list) else [found])]

    return rows


def _plain(one: Any) -> Any:
    """Return an object in the form of all."""
    match one:
        case {"amount": amount}:
            return amount
        case {"code": code}:
            return code
        case dict():
            plain = {name: _plain(value) for name, value in one.items()}
            return plain | {"id": _own_id(plain["id"])} if "id" in plain else plain
        case list():
            return list(map(_plain, one))
        case _:
            return one


def _own_id(told: str) -> str:
    """Return the UUID that an id is, or stands for."""
    return told if "-" in told else urlsafe_b64decode(told).decode().rpartition(":")[2]
