"""Macro indicators: as their source states them, found by region and code, corrected with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from service.access import LOADER
from service.domain import place
from service.domain.indicator import StateIndicator
from service.domain.investment import Measure, Status
from service.domain.values import Code, Figure, Name, Period, Reason, Region, Stated, Unit
from tests.examples import OPEN_PLACE, QIYANG, yi
from tests.examples.indicator import STATE
from tests.schema.asking import input_of, text_of
from tests.schema.conftest import shared, written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

LENGSHUITAN = Region("431103")


def percent(figure: str) -> Stated:
    """Return a percentage."""
    return Stated(Figure(figure), Unit.PERCENT)


def stated(code: str, through: str, value: Stated, growth: str | None = None, **rest: Any) -> StateIndicator:
    """Return a figure of the year to date."""
    return StateIndicator(
        code=Code(code),
        through=Period(through),
        measure=rest.pop("measure", Measure.YEAR_TO_DATE),
        stated=value,
        growth=None if growth is None else percent(growth),
        status=rest.pop("status", Status.FINAL),
        source=STATE.source,
        **rest,
    )


STORY: dict[Region, list[object]] = {
    QIYANG: [
        OPEN_PLACE,
        stated("FAI", "2022-01/2022-02", yi("21.3"), "14.0"),
        stated("FAI", "2022-03", yi("38.60"), "12.1", status=Status.FLASH),
        stated("FAI", "2022-03", yi("38.52"), "11.9"),
        stated("REVENUE", "2022-04", yi("-0.31"), measure=Measure.MONTH),
        stated("IVA", "2022-03", percent("7.4")),
        stated("IVA", "2022-03", percent("7.2"), reason=Reason("统计局修订")),
    ],
    LENGSHUITAN: [
        place.OpenPlace(region=LENGSHUITAN, name=Name("冷水滩区"), purpose=place.Purpose.DEMO),
        stated("FAI", "2022-03", yi("51.7"), "-3.2"),
    ],
}


async def tell(api: Api, region: Region, *commands: object) -> None:
    """Send commands and wait for them."""
    handler = api.services.handler
    outcomes = [await handler.handle(LOADER, region, command, command_id=uuid4()) for command in commands]
    assert [one.refused for one in outcomes if one.refused] == []
    assert await api.services.runner.wait_for(region, outcomes[-1].position, 10)


@pytest.fixture(scope="module")
async def ledgers(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over two places' indicators, for questions alone."""

    async def story(api: Api) -> None:
        for region, commands in STORY.items():
            await tell(api, region, *commands)

    async with shared(cluster, tables, story) as ready:
        yield ready


QUESTIONS = {
    "indicators": """
        {
          indicators(region: "431121") {
            nodes {
              place { code name } code period firstOn throughOn measure status stated { figure unit }
              amount { amount(unit: YI_YUAN) currency } growth reason source { title issuer } position
            }
          }
        }""",
    "indicators_of_a_code": """
        { indicators(region: "431100", code: "FAI") { edges { cursor node { place { code } period growth } } } }""",
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_each_question_takes_one_statement(ledgers: Api, snapshot: Callable[[str, str], None], name: str) -> None:
    data = await ledgers.query(QUESTIONS[name])
    assert len(ledgers.took) == 1
    snapshot(name, written(QUESTIONS[name], data, ledgers.took))


async def test_pages_hold_every_figure_once_the_latest_first(ledgers: Api) -> None:
    ask = """
        query ($first: Int, $after: String) {
          indicators(first: $first, after: $after) {
            nodes { code period place { code } } pageInfo { hasNextPage endCursor }
          }
        }"""
    whole = (await ledgers.query(ask))["indicators"]["nodes"]
    assert len(whole) == 5
    found, after = [], None
    for _ in range(5):
        page = (await ledgers.query(ask, first=1, after=after))["indicators"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is (len(found) < 5)
    assert found == whole


@pytest.mark.parametrize("code", ["fai", "", "\ud83c", "A" * 41])
async def test_a_code_that_is_none_is_refused(ledgers: Api, code: str) -> None:
    refused = await ledgers.refused("query ($c: String) { indicators(code: $c) { nodes { code } } }", c=code)
    assert (refused["code"], refused["path"]) == ("INVALID_VALUE", ["code"])


async def send(api: Api, command: object) -> Any:
    """Send a command to the county and return the payload."""
    return (await api.query(text_of("StateIndicator"), input=input_of(command, uuid4(), QIYANG)))["answer"]


async def test_a_payload_shows_the_figures_of_its_indicator(api: Api) -> None:
    await tell(api, QIYANG, OPEN_PLACE, stated("GDP", "2022-03", yi("80")))
    february = stated("FAI", "2022-02", yi("21.3"))
    figures = [
        {"code": "FAI", "period": "2022-03", "stated": {"figure": "38.60"}},
        {"code": "FAI", "period": "2022-02", "stated": {"figure": "21.3"}},
    ]
    assert (await send(api, february))["figures"] == figures[1:]
    assert (await send(api, STATE))["figures"] == figures
    again = await send(api, STATE)
    assert (again["figures"], again["position"], again["version"]) == (figures, None, 2)
    refused = await send(api, replace(STATE, stated=yi("1")))
    assert ([one["code"] for one in refused["userErrors"]], refused["figures"]) == (["ALREADY_STATED"], [])


async def test_f25_an_imported_figure_stands_as_it_was_stated(api: Api) -> None:
    # 72.18 亿元 are 64.6 % of fixed-asset investment and grew by 27.3 %: the whole is the statistics' own figure.
    await tell(api, QIYANG, OPEN_PLACE, stated("FAI", "2022-04", yi("111.73"), "27.3"))
    data = await api.query(
        '{ indicators(code: "FAI") { nodes { stated { figure unit } amount { amount } growth source { title } } } }'
    )
    assert data["indicators"]["nodes"] == [
        {
            "stated": {"figure": "111.73", "unit": "YI_YUAN"},
            "amount": {"amount": "11173000000"},
            "growth": "27.3",
            "source": {"title": STATE.source.title},
        }
    ]


async def test_each_places_figures_are_its_own(ledgers: Api) -> None:
    data = await ledgers.query('{ indicators(region: "431103") { nodes { growth } } }')
    assert data["indicators"]["nodes"] == [{"growth": "-3.2"}]
