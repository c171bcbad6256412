"""What each project is and where it stands, from its facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import orjson
import pytest

from projections.table import NOW_US
from service.domain.gates import ContractForm, ContractSigned, ProjectStarted, StartBasis
from service.domain.identity import Changes
from service.domain.project import ProjectAmended
from service.domain.values import Name, ProjectCode, Reason, Reference, Region
from tests.examples import (
    COMPLETED,
    FACTS,
    FRAMEWORK_SIGNED,
    IDENTITY,
    IN_TRIAL_PRODUCTION,
    PLACE_OPENED,
    PLACE_RECODED,
    PROJECT_ID,
    QIYANG,
    REGISTERED,
    RESERVED,
    STARTED,
    VOIDED,
)
from tests.examples.adoption import ADOPTED, ENDED, HUNAN, YONGZHOU
from tests.examples.configuration import DEFINITION_SET, STAGES_SET
from tests.examples.gates import PAUSE_NOTED, RESUMED, SECOND_CODE, SUSPENDED
from tests.examples.merging import MERGED
from tests.projections.feeding import Ledger


async def project(ready: Ledger) -> dict[str, Any]:
    """Return the project's row that holds now."""
    row = await ready.owner.fetchrow(
        "SELECT * FROM project_status WHERE project_id = $1 AND recorded_to = $2", PROJECT_ID, NOW_US
    )
    assert row is not None
    return dict(row)


async def keys(ready: Ledger) -> list[tuple[str, str]]:
    """Return what projects are found by now."""
    rows = await ready.owner.fetch(
        "SELECT kind, value FROM project_key WHERE recorded_to = $1 ORDER BY kind, value LIMIT 99", NOW_US
    )
    return [(row["kind"], row["value"]) for row in rows]


async def test_a_project_is_as_it_was_registered(ready: Ledger) -> None:
    facts = await ready.feed(PLACE_OPENED, REGISTERED)
    row = await project(ready)
    assert (row["name"], row["location"], row["category"], row["track"]) == (
        IDENTITY.name,
        "431181",
        "PRODUCTIVE",
        "PROMOTED",
    )
    assert (row["planned_start"], row["industry"], row["nature"]) == (date(2021, 3, 1), "C2032", "NEW")
    assert orjson.loads(row["owner"]) == {"name": "演示竹木有限公司", "credit_code": "91431181MA0000000R"}
    assert orjson.loads(row["codes"]) == ["2103-431181-89-01-100019"]
    assert orjson.loads(row["refs"]) == [{"system": "演示台账", "id": "QY-001"}]
    assert (row["stage"], row["phase"], row["voided"]) == ("PLANNING", "CONCEPT", False)
    assert (row["version"], row["position"], row["registered_us"]) == (1, 2, facts[1].stored.recorded_us)


async def test_what_was_not_sent_stays_and_what_was_emptied_is_empty(ready: Ledger) -> None:
    await ready.feed(*list(FACTS.values())[:-1])
    row = await project(ready)
    assert (row["planned_completion"], row["park"], orjson.loads(row["aliases"])) == (date(2022, 4, 30), None, [])
    assert (row["planned_start"], row["township"]) == (date(2021, 3, 1), "演示镇")


async def test_total_investments_stand_beside_each_other_and_can_be_withdrawn(ready: Ledger) -> None:
    await ready.feed(*list(FACTS.values())[:9])
    row = await project(ready)
    assert (row["contracted_fen"], row["approved_fen"], row["statistical_fen"]) == (
        1_250_000_000_00,
        1_180_000_000_00,
        None,
    )
    await ready.feed(FACTS["CONTRACTED_TOTAL_WITHDRAWN"])
    row = await project(ready)
    assert (row["contracted_fen"], row["approved_fen"]) == (None, 1_180_000_000_00)


async def test_the_stage_follows_the_gates(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED)
    stages = []
    for gate in (RESERVED, FRAMEWORK_SIGNED, STARTED, COMPLETED, IN_TRIAL_PRODUCTION):
        await ready.feed(gate)
        row = await project(ready)
        stages.append((row["stage"], row["phase"]))
    assert stages == [
        ("RESERVED", "CONCEPT"),
        ("SIGNED", "PREPARATION"),
        ("CONSTRUCTION", "CONSTRUCTION"),
        ("COMPLETED", "COMPLETED"),
        ("PRODUCTION", "OPERATING"),
    ]


@pytest.mark.parametrize("counts", StartBasis)
async def test_a_start_counts_on_the_basis_of_the_place(ready: Ledger, counts: StartBasis) -> None:
    await ready.feed(replace(PLACE_OPENED, start_basis=counts), REGISTERED)
    for basis in StartBasis:
        await ready.feed(ProjectStarted(occurred_on=date(2021, 3, 18), definition=1, basis=basis))
        if basis is counts:
            break
        assert (await project(ready))["stage"] == "PLANNING"
    assert (await project(ready))["stage"] == "CONSTRUCTION"


async def test_gates_stand_in_several_variants_and_keep_what_was_known(ready: Ledger) -> None:
    formal = ContractSigned(occurred_on=date(2020, 10, 1), definition=1, form=ContractForm.FORMAL)
    corrected = replace(formal, occurred_on=date(2020, 10, 2), reason=Reason("日期有误"))
    await ready.feed(PLACE_OPENED, REGISTERED, FRAMEWORK_SIGNED, formal, corrected)
    rows = await ready.owner.fetch(
        "SELECT variant, occurred_on, reason, recorded_to = $1 AS now FROM project_gate"
        " ORDER BY variant, recorded_from LIMIT 9",
        NOW_US,
    )
    assert [tuple(row) for row in rows] == [
        ("FORMAL", date(2020, 10, 1), None, False),
        ("FORMAL", date(2020, 10, 2), "日期有误", True),
        ("FRAMEWORK", date(2020, 9, 15), None, True),
    ]


async def test_a_project_is_found_by_what_it_holds_now(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED)
    assert await keys(ready) == [
        ("project_code", "2103-431181-89-01-100019"),
        ("reference", "演示台账\nQY-001"),
    ]
    changed = Changes(
        codes=(ProjectCode("2103-431181-89-01-100019"), ProjectCode("2203-431181-89-01-100012")),
        references=(Reference(system=Name("省台账"), id=Name("7")),),
    )
    await ready.feed(ProjectAmended(changes=changed))
    assert await keys(ready) == [
        ("project_code", "2103-431181-89-01-100019"),
        ("project_code", "2203-431181-89-01-100012"),
        ("reference", "省台账\n7"),
    ]
    await ready.feed(VOIDED)
    assert await keys(ready) == []
    assert (await project(ready))["voided"] is True


async def test_a_code_that_was_given_back_finds_the_next_project(ready: Ledger) -> None:
    other = uuid4()
    await ready.record(PLACE_OPENED, REGISTERED, VOIDED)
    await ready.feed(REGISTERED, project=other)
    rows = await ready.owner.fetch(
        "SELECT project_id FROM project_key WHERE kind = 'project_code' AND recorded_to = $1 LIMIT 9", NOW_US
    )
    assert [row["project_id"] for row in rows] == [other]


async def test_a_pause_is_shown_until_it_ends(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED, STARTED, SUSPENDED)
    row = await project(ready)
    assert (row["activity"], row["handling"], row["phase"]) == ("SUSPENDED", "SUSPENDED", "CONSTRUCTION")
    assert (row["paused_on"], row["pause_reason"]) == (date(2021, 7, 5), "FLOOD")
    assert (row["recovery_plan"], row["expected_resumption"]) == (SUSPENDED.recovery_plan, date(2021, 7, 20))
    await ready.feed(replace(PAUSE_NOTED, expected_resumption=date(2021, 7, 25)), PAUSE_NOTED)
    row = await project(ready)
    assert (row["expected_resumption"], row["pause_noted_on"]) == (date(2021, 7, 25), PAUSE_NOTED.occurred_on)
    await ready.feed(RESUMED)
    row = await project(ready)
    assert (row["activity"], row["handling"]) == ("ACTIVE", "UNDER_CONSTRUCTION")
    ended = ("paused_on", "pause_reason", "recovery_plan", "expected_resumption", "pause_noted_on")
    assert {row[name] for name in ended} == {None}
    assert row["resumed_on"] == RESUMED.occurred_on
    # A note belongs to its own pause.
    await ready.feed(PAUSE_NOTED, SUSPENDED)
    row = await project(ready)
    assert (row["pause_noted_on"], row["resumed_on"]) == (None, RESUMED.occurred_on)


async def test_a_merged_project_gives_up_its_codes_and_names_the_other(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED, MERGED)
    row = await project(ready)
    assert (row["voided"], row["merged_into"]) == (True, MERGED.into)
    assert await keys(ready) == []


async def test_a_code_that_was_assigned_finds_the_project(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED, FACTS["CODE_ASSIGNED"], FACTS["CODE_ASSIGNED"])
    assert orjson.loads((await project(ready))["codes"]) == [*IDENTITY.codes, SECOND_CODE]
    assert ("project_code", SECOND_CODE) in await keys(ready)


async def test_the_first_days_of_gates_are_shown(ready: Ledger) -> None:
    later = replace(FRAMEWORK_SIGNED, form=ContractForm.FORMAL, occurred_on=date(2020, 12, 1))
    await ready.feed(PLACE_OPENED, REGISTERED, later, FRAMEWORK_SIGNED, FACTS["LANDED"], FACTS["BENEFITS_REACHED"])
    row = await project(ready)
    assert (row["signed_on"], row["landed_on"]) == (date(2020, 9, 15), date(2021, 1, 12))
    assert (row["benefits_on"], row["started_on"]) == (date(2022, 5, 8), None)


async def test_a_definition_that_restates_the_past_changes_every_project_that_it_touches(ready: Ledger) -> None:
    other = uuid4()
    await ready.feed(PLACE_OPENED, REGISTERED, STARTED, replace(STARTED, basis=StartBasis.PERMIT))
    await ready.feed(REGISTERED, project=other)
    before = await ready.owner.fetchval("SELECT count(*) FROM project_status")
    assert (await project(ready))["started_on"] == STARTED.occurred_on
    ceremony = replace(DEFINITION_SET, start_basis=StartBasis.CEREMONY, holds_from=None)
    await ready.feed(ceremony)
    row = await project(ready)
    assert (row["started_on"], row["phase"], row["stage"]) == (None, "CONCEPT", "PLANNING")
    assert await ready.owner.fetchval("SELECT count(*) FROM project_status") == before + 1


async def test_a_definition_may_hold_from_a_day_on(ready: Ledger) -> None:
    permit = replace(STARTED, basis=StartBasis.PERMIT, occurred_on=date(2023, 2, 1))
    await ready.feed(PLACE_OPENED, REGISTERED, DEFINITION_SET, permit)
    assert (await project(ready))["started_on"] == date(2023, 2, 1)
    await ready.feed(STARTED)
    assert (await project(ready))["started_on"] == STARTED.occurred_on


async def test_stages_that_a_place_sets_hold_for_every_project_of_the_track(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED, COMPLETED)
    assert (await project(ready))["stage"] == "COMPLETED"
    await ready.feed(replace(STAGES_SET, track=IDENTITY.track))
    row = await project(ready)
    assert (row["stage"], row["stage_zh"], row["stage_en"]) == ("BUILDING", "建设推进", "construction")
    await ready.feed(replace(PLACE_OPENED, name=Name("另一名称")))
    assert (await project(ready))["stage"] == "BUILDING"


async def test_the_stages_of_its_city_hold_for_every_project_once_a_county_adopts_them(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED, COMPLETED)
    await ready.record_together(ADOPTED, replace(STAGES_SET, track=IDENTITY.track, adopted_from=YONGZHOU))
    await ready.feed()
    row = await project(ready)
    assert (row["stage"], row["stage_zh"], row["phase"]) == ("BUILDING", "建设推进", "COMPLETED")
    await ready.feed(ENDED)
    assert (await project(ready))["stage"] == "BUILDING"


async def test_a_start_counts_on_the_basis_that_was_adopted(ready: Ledger) -> None:
    ceremony = replace(DEFINITION_SET, start_basis=StartBasis.CEREMONY, holds_from=None, adopted_from=YONGZHOU)
    await ready.feed(PLACE_OPENED, REGISTERED, STARTED, ADOPTED, ceremony)
    row = await project(ready)
    assert (row["started_on"], row["phase"]) == (None, "CONCEPT")


async def test_a_place_shows_whom_it_follows_and_nothing_new_where_that_stays(ready: Ledger) -> None:
    await ready.feed(
        PLACE_OPENED, ENDED, ADOPTED, replace(ADOPTED, source_version=9), replace(ADOPTED, source=HUNAN), ENDED
    )
    rows = await ready.owner.fetch("SELECT configuration_from FROM place_status ORDER BY recorded_from LIMIT 9")
    assert [row["configuration_from"] for row in rows] == [None, YONGZHOU, HUNAN, None]


async def test_the_place_keeps_its_configuration(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED)
    row = await ready.owner.fetchrow("SELECT * FROM place_status")
    assert row is not None
    assert (row["region"], row["code"], row["name"], row["purpose"], row["currency"], row["start_basis"]) == (
        QIYANG,
        QIYANG,
        "祁阳市",
        "DEMO",
        "CNY",
        "PHYSICAL",
    )
    assert [term["code"] for term in orjson.loads(row["categories"])] == [
        "PRODUCTIVE",
        "INFRASTRUCTURE",
        "SOCIAL",
        "ECOLOGY",
    ]


async def test_a_place_has_the_code_that_it_got(ready: Ledger) -> None:
    old = Region("431121")
    await ready.feed(replace(PLACE_OPENED, region=old, name=Name("祁阳县")), PLACE_RECODED, region=old)
    rows = await ready.owner.fetch("SELECT * FROM place_status ORDER BY recorded_from LIMIT 9")
    assert [(row["region"], row["place"], row["code"], row["name"]) for row in rows] == [
        (old, old, old, "祁阳县"),
        (old, old, QIYANG, "祁阳市"),
    ]


async def test_a_change_of_code_before_the_one_in_force_changes_nothing(ready: Ledger) -> None:
    now = Region("340281")
    earlier = replace(PLACE_RECODED, former=Region("341422"), successor=Region("340225"), name=Name("无为县"))
    await ready.feed(replace(PLACE_OPENED, region=now), earlier, region=now)
    rows = await ready.owner.fetch("SELECT * FROM place_status LIMIT 9")
    assert [(row["code"], row["name"]) for row in rows] == [(now, "祁阳市")]


async def test_what_belongs_to_no_project_is_not_shown(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, RESERVED, VOIDED)
    assert await ready.owner.fetchval("SELECT count(*) FROM project_status") == 0
    assert await ready.owner.fetchval("SELECT count(*) FROM project_gate") == 0
