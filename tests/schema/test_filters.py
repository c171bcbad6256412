"""What projects are found by: each condition alone, in lists, counts and the ledger alike, now and as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from projections.grams import folded, grams, needed
from schema.search import MOST_CHARACTERS, MOST_GRAMS
from service.access import ANONYMOUS
from service.database import owner
from service.domain import activity, project
from service.domain.identity import Changes, Identity, Track
from service.domain.total_investment import SetTotalInvestment, TotalKind
from service.domain.values import Code, Industry, Name, Reason
from tests.examples import OPEN_PLACE, QIYANG, TODAY, yi
from tests.schema.conftest import shared
from tests.schema.story import entry, include
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

KNOWN: dict[str, dict[str, Any]] = {
    "高新区５Ｇ基站": {
        "aliases": (Name("湘江新区 Base-Station 二期"),), "industry": Industry("C2614"), "park": Name("高新区"),
        "responsible_unit": Name("工信局"), "planned_start": date(2021, 3, 1),
    },
    "站基线路": {"industry": Industry("C26"), "township": Name("浯溪街道"), "sector_authority": Name("水利局")},
    "ﬁne STRASSE": {"industry": Industry("D4411"), "responsible_unit": Name("水利局")},
    "中学": {},
}  # fmt: skip
TOTALS = {"高新区５Ｇ基站": "120", "站基线路": "50", "ﬁne STRASSE": "9.99"}
NAMES = [*KNOWN]
G5, LINE, ROAD, SCHOOL = NAMES
FOUND: list[tuple[dict[str, Any], set[str]]] = [
    # Text: every word, in the name or an alias; the characters stand together in one of them.
    ({"text": "基站"}, {G5}),
    ({"text": "站基"}, {LINE}),
    ({"text": "基"}, {G5, LINE}),
    ({"text": "站 线"}, {LINE}),
    ({"text": "5g"}, {G5}),
    ({"text": "  ５Ｇ　BASE "}, {G5}),
    ({"text": "base-station"}, {G5}),
    ({"text": "basestation"}, set()),
    ({"text": "FINE straße"}, {ROAD}),
    ({"text": "区5g湘"}, set()),
    ({"text": "站湘"}, set()),
    ({"text": "%"}, set()),
    ({"text": "_"}, set()),
    ({"text": "中学 基站"}, set()),
    ({"industry": ["C"]}, {G5, LINE}),
    ({"industry": ["C26"]}, {G5, LINE}),
    ({"industry": ["26"]}, {G5, LINE}),
    ({"industry": ["2614"]}, {G5}),
    ({"industry": ["C261", "D"]}, {G5, ROAD}),
    ({"industry": []}, set()),
    ({"sizeBand": {"of": ["YI_100"]}}, {G5}),
    ({"sizeBand": {"of": ["YI_50", "BELOW"]}}, {LINE, ROAD}),
    ({"sizeBand": {"of": ["YI_10"]}}, set()),
    ({"sizeBand": {"of": ["YI_100"], "kind": "APPROVED"}}, set()),
    ({"responsibleUnit": ["工信局", "没有"]}, {G5}),
    ({"responsibleUnit": [" 水利局 "]}, {ROAD}),
    ({"sectorAuthority": ["水利局"]}, {LINE}),
    ({"township": ["浯溪街道"]}, {LINE}),
    ({"park": ["高新区"]}, {G5}),
    ({"listedIn": 2022}, {G5, LINE}),
    ({"listedIn": 2022, "level": ["PREFECTURE"]}, {G5}),
    ({"listedIn": 2022, "level": ["COUNTY", "PROVINCE"]}, {LINE}),
    ({"listedIn": 2021}, set()),
    ({"paused": True}, {LINE}),
    ({"paused": False}, {G5, ROAD, SCHOOL}),
    ({"overdue": True, "overdueOn": "2022-05-31"}, {G5}),
    ({"overdue": False, "overdueOn": "2022-05-31"}, {LINE, ROAD, SCHOOL}),
    ({"overdue": True, "overdueOn": "2021-03-01"}, set()),
    ({"text": "基", "paused": False}, {G5}),
]


async def _story(api: Api) -> None:
    await tell(api, QIYANG, OPEN_PLACE)
    ids: dict[str, UUID] = {}
    for name, rest in KNOWN.items():
        identity = Identity(name=Name(name), region=QIYANG, category=Code("PRODUCTIVE"), track=Track.GOVERNMENT, **rest)
        ids[name] = await tell(api, QIYANG, project.RegisterProject(identity=identity))
    await tell(
        api,
        QIYANG,
        *(
            SetTotalInvestment(project_id=ids[name], kind=TotalKind.STATISTICAL, stated=yi(total), occurred_on=TODAY)
            for name, total in TOTALS.items()
        ),
        include("431100", entry(ids[G5], "9")),
        include(QIYANG, entry(ids[LINE], "9")),
        activity.SuspendProject(project_id=ids[LINE], occurred_on=TODAY, reason_code=Code("FUNDS")),
    )


@pytest.fixture(scope="module")
async def county(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give a county of four projects that differ in what they are found by."""
    async with shared(cluster, tables, _story) as ready:
        yield ready


@pytest.mark.parametrize(("asked", "names"), FOUND)
async def test_a_condition_finds_the_same_projects_in_lists_counts_and_the_ledger(
    county: Api, asked: dict[str, Any], names: set[str]
) -> None:
    data = await county.query(
        "query ($f: ProjectFilter) { projects(filter: $f) { nodes { name } totalCount } }", f=asked
    )
    assert len(county.took) == 1
    # A name is kept as it was written, composed.
    assert {one["name"] for one in data["projects"]["nodes"]} == {str(Name(one)) for one in names}
    assert data["projects"]["totalCount"] == len(names)
    text = "query ($f: ProjectFilter) { ledger(basis: DISPATCH, filter: $f) { nodes { project { name } } } }"
    rows = (await county.query(text, f=asked))["ledger"]["nodes"]
    assert {one["project"]["name"] for one in rows} == names
    text = "query ($f: InvestmentTotalsFilter) { projectCounts(filter: $f) { projects } }"
    assert sum(one["projects"] for one in (await county.query(text, f=asked))["projectCounts"]) == len(names)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"text": ""}, ["filter", "text"]),
        ({"text": " 　"}, ["filter", "text"]),
        ({"text": "字" * (MOST_CHARACTERS + 1)}, ["filter", "text"]),
        # Eighteen characters, when they are folded.
        ({"text": "ﷺ" * 4}, ["filter", "text"]),
        ({"text": "a\u0000b"}, ["filter", "text"]),
        ({"industry": ["C", "99"]}, ["filter", "industry", "1"]),
        ({"industry": ["C"] * 51}, ["filter", "industry"]),
        ({"responsibleUnit": [""]}, ["filter", "responsibleUnit", "0"]),
        ({"park": ["园"] * 51}, ["filter", "park"]),
        ({"investorClass": ["TOP500"] * 51}, ["filter", "investorClass"]),
        ({"reached": [{"gate": "STARTED"}] * 51}, ["filter", "reached"]),
        ({"reached": [{"gate": "STARTED"}] * 2}, ["filter", "reached"]),
        ({"listedIn": 0}, ["filter", "listedIn"]),
        ({"level": ["COUNTY"]}, ["filter", "level"]),
        ({"overdueOn": "2022-05-31"}, ["filter", "overdueOn"]),
        ({"overdue": True, "overdueOn": "0001-01-01"}, ["filter", "overdueOn"]),
    ],
)
async def test_what_can_be_no_condition_is_named(county: Api, asked: dict[str, Any], path: list[str]) -> None:
    text = "query ($f: ProjectFilter) { projects(filter: $f) { nodes { name } } }"
    assert (await county.refused(text, f=asked))["path"] == path
    assert county.took == []


async def test_a_long_text_is_looked_up_by_a_few_grams_from_its_first_to_its_last(county: Api) -> None:
    text = "".join(chr(0x4E00 + number) for number in range(MOST_CHARACTERS))
    found = await county.query("query ($t: String) { projects(filter: { text: $t }) { nodes { name } } }", t=text)
    assert found["projects"]["nodes"] == []
    assert county.took[0].count("FROM project_gram") == MOST_GRAMS
    assert {text[:2], text[-2:], text} <= {one for one in county.sent if isinstance(one, str)}


async def test_a_project_is_found_by_the_names_that_it_had_then(api: Api) -> None:
    project_id = await tell(
        api,
        QIYANG,
        OPEN_PLACE,
        project.RegisterProject(
            identity=Identity(
                name=Name("旧厂房"),
                region=QIYANG,
                category=Code("SOCIAL"),
                track=Track.GOVERNMENT,
                aliases=(Name("别名"),),
            )
        ),
    )
    async with owner(api.dsn) as connection:
        before = await connection.fetchval("SELECT to_char(now(), 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || 'Z'")
    amended = project.AmendProject(project_id=project_id, changes=Changes(name=Name("新厂房")), reason=Reason("更名"))
    await tell(api, QIYANG, amended)
    text = "query ($t: String, $at: DateTime) { projectCounts(filter: { text: $t }, recordedAt: $at) { projects } }"

    async def count(said: str, at: str | None = None) -> int:
        return sum(one["projects"] for one in (await api.query(text, t=said, at=at))["projectCounts"])

    assert [await count("新厂房"), await count("旧"), await count("厂房"), await count("别名")] == [1, 0, 1, 1]
    assert [await count("新厂房", before), await count("旧厂", before), await count("厂房", before)] == [0, 1, 1]


async def test_the_public_finds_by_text_what_is_published_alone(told: Api) -> None:
    text = '{ projects(filter: { text: "演示" }) { nodes { name } } }'
    everything = (await told.query(text))["projects"]["nodes"]
    public = replace(told, caller=ANONYMOUS, took=[])
    found = (await public.query(text))["projects"]["nodes"]
    assert [one["name"] for one in found] == ["演示竹木新材料产业园一期"]
    assert len(everything) > 1


def test_grams_are_the_characters_and_pairs_of_folded_words() -> None:
    assert folded("  ５Ｇ　Straße\n二期 ") == "5g strasse 二期"
    assert grams(["ab 中"]) == {"a", "b", "ab", "中"}
    assert needed("中") == ["中"]
    assert needed("aaba") == ["aa", "ab", "ba"]
    for word in ("产业园", "5g"):
        assert set(needed(word)) <= grams([f"x{word}y"])
