"""The tables of rights name all that there is and nothing else, and what one hides no other shows."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_type_hints

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, is_introspection_type

import projections
from schema import MUTATIONS, schema
from schema.read import Binds, Children
from schema.values import camel
from service.access import Sight
from service.access.columns import BY_LEDGER, MASKED_COLUMNS, PUBLIC_FLAG, PUBLISHED
from service.access.fields import FIELDS, PERSONAL
from service.access.page import security_page
from service.access.table import COMMANDS, MASKED, SHORT, SIGHTS, May, _read
from service.domain.deciders import DECIDERS
from service.domain.publication import PublishedItem
from service.domain.roles import SEPARATED, Role
from service.domain.values import Personal

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = Path(__file__).parents[2] / "docs" / "security.md"
TABLES: Final = {table.name: table for one in projections.ALL for table in one.tables}
ROWS: Final = {
    "ApiKey": "api_key",
    "AuditEntry": "audit_history",
    "Ceremony": "ceremony",
    "FailedAttempt": "failed_attempt",
    "KeyUse": "key_use",
    "Indicator": "indicator",
    "LedgerProgress": "project_status",
    "LedgerRow": "project_status",
    "MapFeature": "site_cell",
    "PersonalRead": "personal_read",
    "Place": "place_status",
    "Project": "project_status",
    "ProjectPublication": "project_status",
    "RoleGrant": "role_grant",
    "RosterGaps": "project_status",
    "RosterPerson": "roster_post",
    "TimelineItem": "audit_history",
    "UnitLiaison": "unit_liaison",
}
"""Table of the rows of read types that hang on no other."""
WHETHER: Final = {
    ("RosterPost", "holderErased"),
    ("RosterPost", "contactErased"),
    ("UnitLiaison", "contactErased"),
}
"""Fields that read a column only for whether anything stands there, which its mask leaves as it is."""
OF_ALL_KINDS: Final = {("LedgerProgress", "total"), ("LedgerProgress", "rateOfTotal"), ("MapFeature", "feature")}
"""Fields that show the total of the kind that is asked for: where that is masked, nothing."""
OF_ITS_ITEMS: Final = {("Project", "timeline")}
"""Fields that read for a type of their own, whose fields have the levels."""
_NAMED: Final = re.compile(r"\b([a-z]+)\.([a-z_]+)\b")
_FROM: Final = re.compile(r"\b(?:FROM|JOIN) ([a-z_]+) ([a-z]+)\b")
_KEYS: Final = {"region", "recorded_from", "recorded_to"}
_CURRENCY: Final = {("place_status", "place"), ("place_status", "currency")}
"""What every amount reads of the place."""


class Fed(NamedTuple):
    """A field of a read type, and the columns that its SQL names, each with its table ("" if that is not told)."""

    field: tuple[str, str]
    columns: frozenset[tuple[str, str]]


def read_types() -> dict[str, Any]:
    definitions = {name: one.definition for name, one in schema.schema_converter.type_map.items()}
    return {name: of for name, of in definitions.items() if hasattr(getattr(of, "origin", None), "__reads__")}


@cache
def tables_of() -> dict[str, set[str]]:
    """Return the tables that the rows of each read type come from."""
    found: dict[str, set[str]] = {name: {table} for name, table in ROWS.items()}
    names = {of.origin: name for name, of in read_types().items()}
    for of in read_types().values():
        for kids in (one.metadata["children"] for one in of.fields if "children" in one.metadata):
            assert isinstance(kids, Children)
            found.setdefault(names[kids.of], set()).add(kids.table if kids.table in TABLES else "")
    return found


def columns_of(sql: str, alias: str, table: str) -> frozenset[tuple[str, str]]:
    """Return what an expression reads: own aliases first, then those of its subselects."""
    known = {alias: table} | {name: of for of, name in _FROM.findall(sql)}
    return frozenset((known.get(name, ""), column) for name, column in _NAMED.findall(sql))


class _Everything:
    """A selection of all fields, without arguments."""

    def has(self, _name: str) -> bool:
        return True

    def arguments(self, _name: str, _argument: str) -> list[None]:
        return [None]

    is_compiled = False

    def below(self, *_paths: str) -> _Everything:
        return self

    row = below


def fed() -> Iterator[Fed]:
    for name, of in read_types().items():
        for table in sorted(tables_of()[name]):
            for one in of.fields:
                if "sql" in one.metadata:
                    sql = one.metadata["sql"]
                    text = sql(_Everything(), Binds()) if callable(sql) else sql
                    yield Fed((name, camel(one.python_name)), columns_of(text, of.origin.__reads__, table))


def masked_at(table: str, column: str) -> set[Sight]:
    """Return the levels at which a column is masked; of a table that is not told, wherever one has that name."""
    of = [MASKED_COLUMNS.get(table, {})] if table else MASKED_COLUMNS.values()
    return {sight for levels in of for sight, names in levels.items() if column in names}


def test_every_command_is_named_and_nothing_else_is() -> None:
    assert sorted(COMMANDS) == sorted(one.__name__ for decider in DECIDERS for one in decider.commands)


def test_every_field_is_named_and_nothing_else_is() -> None:
    there = {
        (name, field)
        for name, of in schema._schema.type_map.items()
        if isinstance(of, GraphQLObjectType | GraphQLInterfaceType)
        and not is_introspection_type(of)
        and name != "Mutation"
        for field in of.fields
    }
    assert set(FIELDS) == there
    assert there >= PERSONAL.keys()


def test_every_mutation_is_one_command() -> None:
    assert MUTATIONS.keys() == COMMANDS.keys()
    fields = schema._schema.mutation_type.fields
    batches = {name for name, field in fields.items() if field.type.name == "CommandBatchPayload"}
    # Of a batch every item is judged, as the command that it is.
    assert sorted(MUTATIONS.values()) == sorted(fields.keys() - batches)
    assert batches < {f"{name}Batch" for name in MUTATIONS.values()}


def test_no_role_is_without_a_row_or_a_column() -> None:
    assert set(SIGHTS) == set(Role)
    assert list(SHORT.values()) == list(Role)
    assert {role for row in COMMANDS.values() for role in row} == set(Role)
    idle = [role for role in Role if all(row[role] is May.NOT for row in COMMANDS.values())]
    assert idle == [Role.LEADER, Role.AUDITOR, Role.DISCIPLINE, Role.AUDIT_ADMIN]  # They look, and change nothing.


def test_every_command_can_be_sent_by_somebody() -> None:
    assert [name for name, row in COMMANDS.items() if set(row.values()) == {May.NOT}] == []


def test_whoever_sees_history_sees_commercial_for_facts_say_both() -> None:
    assert [role for role, seen in SIGHTS.items() if Sight.HISTORY in seen and Sight.COMMERCIAL not in seen] == []


def test_the_three_administrators_see_no_ledger_and_work_on_none() -> None:
    for role in SEPARATED:
        assert SIGHTS[role] <= {Sight.PUBLIC, Sight.RIGHTS, Sight.JOURNAL}
    sent = {role: [name for name, row in COMMANDS.items() if row[role] is not May.NOT] for role in SEPARATED}
    assert sent == {
        Role.SYSTEM_ADMIN: ["OpenPlace", "RecodePlace", "IssueKey", "RevokeKey"],
        Role.SECURITY_ADMIN: ["GrantRole", "EndRole", "RevokeKey"],
        Role.AUDIT_ADMIN: [],
    }


def test_only_the_three_administrators_see_rights_and_only_they_change_them() -> None:
    for role in set(Role) - SEPARATED:
        assert SIGHTS[role].isdisjoint({Sight.RIGHTS, Sight.JOURNAL})
        assert Sight.INTERNAL in SIGHTS[role]
        assert {COMMANDS[one][role] for one in ("GrantRole", "EndRole", "IssueKey", "RevokeKey")} == {May.NOT}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  A B\nrow n c\nrow n n\n", "twice"),
        ("  B A\nrow n c\n", "head"),
        ("  A B\nrow n\n", "shorter"),
        ("  A B\nrow n c n\n", "longer"),
    ],
)
def test_a_table_with_a_row_too_much_or_a_cell_too_few_is_no_table(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        _read(text, {"A": Role.REPORTER, "B": Role.AGENT})


def test_the_columns_that_are_masked_or_published_are_there() -> None:
    named = [(table, name) for table, levels in MASKED_COLUMNS.items() for names in levels.values() for name in names]
    for table, public in PUBLISHED.items():
        named += [(table, name) for names in (public.columns, *(more for _, more in public.others)) for name in names]
    log = {("projected", "position"), ("projected", "recorded_us")}
    assert [one for one in named if one not in log and one[1] not in TABLES[one[0]].columns] == []
    items = [item for public in PUBLISHED.values() for item in (public.item, *(of for of, _ in public.others)) if item]
    assert set(items) == set(PublishedItem)


def test_a_table_of_projects_is_never_shown_to_whoever_sees_one_of_them() -> None:
    assert [name for name in BY_LEDGER - {"projected"} if "project_id" in TABLES[name].columns] == []


def test_every_column_that_holds_a_personal_value_is_masked() -> None:
    facts = (fact for decider in DECIDERS for fact in decider.facts)
    hints = (get_type_hints(of) for of in facts if dataclasses.is_dataclass(of))
    personal = {name for of in hints for name, hint in of.items() if Personal in {hint, *getattr(hint, "__args__", ())}}
    assert personal == {"holder", "contact", "filled_by", "reviewed_by", "signed_by"}
    held = {(table.name, name) for table in TABLES.values() for name in table.columns if name in personal}
    assert {one for one in held if not masked_at(*one) & {Sight.NAME, Sight.CONTACT}} == set()
    assert {name for _, name in held} == set(PUBLIC_FLAG)


def test_every_read_type_tells_where_its_rows_come_from() -> None:
    assert sorted(tables_of()) == sorted(read_types())
    assert len({one.field for one in fed()}) > 250


def test_a_field_that_is_masked_reads_masked_columns_alone() -> None:
    hidden = {field for field, levels in FIELDS.items() if field[0] != "Query" and levels & MASKED} | PERSONAL.keys()
    read = [one for one in fed() if one.field in hidden]
    assert {one.field for one in read} == hidden
    for one in read:
        assert [of for of in one.columns if of[1] not in _KEYS and of not in _CURRENCY and not masked_at(*of)] == []
        levels = set().union(*(masked_at(*column) for column in one.columns))
        assert len(levels) == 1, one.field
        assert one.field in PERSONAL or levels == FIELDS[one.field], one.field


def test_a_field_that_reads_a_masked_column_is_of_its_level() -> None:
    apart = set()
    for one in fed():
        levels = set().union(*(masked_at(*column) for column in one.columns))
        if levels and not (one.field in PERSONAL or levels <= FIELDS[one.field]):
            apart.add(one.field)
    assert apart == WHETHER | OF_ALL_KINDS | OF_ITS_ITEMS


def test_whatever_reads_a_name_or_a_contact_is_recorded_or_says_only_whether_there_is_one() -> None:
    read = {one.field for one in fed() for column in one.columns if masked_at(*column) & {Sight.NAME, Sight.CONTACT}}
    assert read == {*PERSONAL, *WHETHER}


def test_a_public_field_reads_published_columns_alone() -> None:
    for one in fed():
        if Sight.PUBLIC in FIELDS[one.field]:
            for table, column in one.columns:
                public = PUBLISHED[table]
                shown = public.columns.union(_KEYS, *(more for _, more in public.others))
                assert column in shown, (one.field, table, column)


def test_the_page_of_rights_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert security_page(text, MUTATIONS) == text, "run `taizhang schema`"


def test_a_page_that_lacks_a_table_is_refused() -> None:
    text = PAGE.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="'roles', 'commands'"):
        security_page(text.replace("<!-- generated: fields -->", ""), MUTATIONS)


def test_the_page_shows_a_right_that_was_given_and_keeps_what_was_written_by_hand() -> None:
    text = PAGE.read_text(encoding="utf-8")
    stale = text.replace("| 作废项目 `projectVoid` | · |", "| 作废项目 `projectVoid` | 改 |")
    assert stale != text
    assert security_page(stale, MUTATIONS) == text
    assert security_page(f"{text}\nBy hand.\n", MUTATIONS) == f"{text}\nBy hand.\n"
