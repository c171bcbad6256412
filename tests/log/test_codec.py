"""Stored names, canonical bytes, upcasts, personal values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from service.access import LOCAL
from service.domain.deciders import DECIDERS
from service.domain.values import ERASED, Personal
from service.handle import Handler
from service.log.codec import NAMES, UPCASTS, Codec, CodecError, Draft, Secret, canonical, fingerprint
from service.log.log import Log
from tests.effort import examples
from tests.examples import (
    COMMANDS,
    FACTS,
    PROJECT_ID,
    QIYANG,
    REGISTER,
    REGISTER_ID,
    REPORT_THROUGH_MARCH,
    STARTED,
    THROUGH_MARCH_REPORTED,
)
from tests.examples.roster import LEAD_ASSIGNED, TASK_FORCE_ASSIGNED
from tests.log.build import new_id, stream

STORED_NAMES: Final = Path(__file__).with_name("stored_names.json")
CODEC: Final = Codec()
SIGNATURES: Final = {"filled_by": "填报人甲", "reviewed_by": "审核人乙", "signed_by": "签发人丙"}


def private(secrets: list[Secret]) -> Mapping[str, tuple[bytes, str]]:
    return {one.path: (one.salt, one.value) for one in secrets}


@pytest.mark.parametrize("name", FACTS)
def test_every_example_survives_the_round_trip(name: str) -> None:
    stored, schema, body, secrets = CODEC.encode(FACTS[name])
    assert CODEC.decode(stored, schema, body, private(secrets)) == FACTS[name]
    assert rfc8785.dumps(json.loads(body)) == body


def test_every_fact_of_every_decider_has_one_stored_name() -> None:
    facts = [of for decider in DECIDERS for of in decider.facts]
    assert sorted(of.__name__ for of, _ in NAMES.values()) == sorted(of.__name__ for of in facts)


def test_stored_names_are_append_only() -> None:
    """A name that stored_names.json lacks is added there; one that is in it never goes or changes its class."""
    now = {name: {"class": of.__qualname__, "schema": schema} for name, (of, schema) in NAMES.items()}
    before = json.loads(STORED_NAMES.read_text("utf-8"))
    assert now == before


def test_every_schema_below_the_present_one_has_an_upcast() -> None:
    assert set(UPCASTS) == {(name, step) for name, (_, schema) in NAMES.items() for step in range(1, schema)}


def test_a_post_that_was_stored_before_names_could_be_public_is_read_as_one_whose_name_is_not() -> None:
    name, schema, body, _ = CODEC.encode(TASK_FORCE_ASSIGNED)
    assert b"holder_public" not in body
    assert CODEC.decode(name, schema, body, {}).holder_public is None
    name, schema, body, secrets = CODEC.encode(LEAD_ASSIGNED)
    assert b'"holder_public":true' in body
    assert CODEC.decode(name, schema, body, private(secrets)).holder_public is True


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcdefghijklmnopqrstuvwxyz_0123456789"), inner),
)


@examples(15)
@given(json_values)
def test_canonical_bytes_are_those_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # Its type of a JSON value is recursive.


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800"])
def test_what_canonical_json_cannot_keep_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(CodecError, match=r"'os\.system'"):
        CODEC.decode("os.system", 1, b"{}", {})


def test_a_newer_schema_is_refused() -> None:
    with pytest.raises(CodecError, match="schema 2 is newer than this service's 1"):
        CODEC.decode("ProjectStarted", 2, b"{}", {})


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A fact that has changed its shape twice."""

    amount_fen: int
    reason: str


def test_upcasts_are_chained_from_the_stored_schema_on() -> None:
    def to_fen(plain: dict[str, Any]) -> dict[str, Any]:
        return {"amount_fen": plain["yuan"] * 100}

    def with_reason(plain: dict[str, Any]) -> dict[str, Any]:
        return plain | {"reason": "none given"}

    codec = Codec({"Counted": (Counted, 3)}, {("Counted", 1): to_fen, ("Counted", 2): with_reason})
    expected = Counted(amount_fen=500, reason="none given")
    assert codec.decode("Counted", 1, b'{"yuan":5}', {}) == expected
    assert codec.decode("Counted", 2, b'{"amount_fen":500}', {}) == expected
    assert codec.decode("Counted", 3, b'{"amount_fen":500,"reason":"none given"}', {}) == expected
    assert codec.encode(expected)[:2] == ("Counted", 3)


def test_a_body_holds_only_salted_hashes_of_personal_values() -> None:
    _, _, body, secrets = CODEC.encode(THROUGH_MARCH_REPORTED)
    plain = json.loads(body)
    assert {one.path: one.value for one in secrets} == SIGNATURES
    for path, salt, value in secrets:
        assert value not in body.decode()
        assert plain[path] == {"sha256": hashlib.sha256(salt + value.encode()).hexdigest()}
    assert CODEC.encode(THROUGH_MARCH_REPORTED)[2] != body  # Another salt, or the hash could be guessed.


def test_a_personal_value_that_is_gone_reads_as_erased() -> None:
    name, schema, body, secrets = CODEC.encode(THROUGH_MARCH_REPORTED)
    left = [one for one in secrets if one.path != "signed_by"]
    assert CODEC.decode(name, schema, body, private(left)) == replace(THROUGH_MARCH_REPORTED, signed_by=ERASED)


def test_a_personal_value_that_was_exchanged_is_refused() -> None:
    name, schema, body, secrets = CODEC.encode(THROUGH_MARCH_REPORTED)
    other = {**private(secrets), "signed_by": (secrets[2].salt, "别人")}
    with pytest.raises(CodecError, match="signed_by"):
        CODEC.decode(name, schema, body, other)


def test_a_personal_value_that_a_rule_would_now_refuse_is_still_read() -> None:
    salt, value = b"salt", "x" * 1_000
    name, schema, body, _ = CODEC.encode(THROUGH_MARCH_REPORTED)
    plain = json.loads(body) | {"signed_by": {"sha256": hashlib.sha256(salt + value.encode()).hexdigest()}}
    fact = CODEC.decode(name, schema, canonical(plain), {"signed_by": (salt, value)})
    assert fact.signed_by == value
    assert isinstance(fact.signed_by, Personal)


def test_the_codec_knows_which_facts_have_personal_values() -> None:
    assert CODEC.personal == {"CompletionReported", "PostAssigned", "UnitLiaisonAssigned"}


def test_a_fingerprint_tells_contents_and_kinds_apart() -> None:
    prints = {fingerprint(command) for command in COMMANDS.values()}
    assert len(prints) == len(COMMANDS)
    assert fingerprint(REPORT_THROUGH_MARCH) == fingerprint(replace(REPORT_THROUGH_MARCH))


def test_a_fingerprint_holds_nothing_of_a_personal_value() -> None:
    assert fingerprint(replace(REPORT_THROUGH_MARCH, signed_by=Personal("别人"))) == fingerprint(REPORT_THROUGH_MARCH)


def test_it_is_a_mapper_of_the_librarys_kind() -> None:
    project = stream()
    stored = CODEC.to_stored_event(Draft(project.id, 3, STARTED))
    assert (stored.originator_id, stored.originator_version) == (project.id, 3)
    assert (stored.topic, stored.state) == CODEC.encode(STARTED)[::2]


async def test_a_row_is_mapped_with_its_personal_values_erased(handler: Handler, log: Log) -> None:
    for command, command_id in ((REGISTER, REGISTER_ID), (REPORT_THROUGH_MARCH, new_id())):
        await handler.handle(LOCAL, QIYANG, command, command_id=command_id)
    reported = (await log.read(QIYANG))[-1]
    assert reported.fact == THROUGH_MARCH_REPORTED
    assert (reported.region, reported.position, reported.version) == (QIYANG, 3, 1)
    assert reported.stream_id == PROJECT_ID
    mapped = log.codec.to_domain_event(reported.stored)
    assert mapped.fact == replace(reported.fact, filled_by=ERASED, reviewed_by=ERASED, signed_by=ERASED)
