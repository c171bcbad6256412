"""A read model that stands still for one region answers an error there, and there alone."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from service.database import owner
from service.embedded import EmbeddedPostgres
from tests.schema.conftest import Api, shared

OPEN = "mutation ($input: OpenPlaceInput!) { placeOpen(input: $input) { position } }"
TOTALS = """query ($region: String) {
  investmentTotals(basis: DISPATCH, filter: { region: $region }) { rows { projects } } }"""
FIGURES = """query ($region: String) {
  projects(filter: { region: $region }) { nodes { completions { period } } } }"""
NAMES = "{ projects { nodes { name } } places { name } }"
TARGETS = "{ places { region { code } targets { year } } }"


async def _set_aside(api: Api) -> None:
    for region in ("430424", "431181"):
        opening = {"commandId": str(uuid4()), "region": region, "name": "演示", "purpose": "DEMO"}
        assert (await api.query(OPEN, input=opening))["placeOpen"]["position"] == 1
    async with owner(api.dsn) as connection:
        await connection.execute("INSERT INTO aside VALUES ('430424', 'investment_totals', 1, 'a fault', now())")
    await api.services.runner.look()


@pytest.fixture(scope="module")
async def stuck(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give an API on two ledgers, the totals of one of which were set aside, for questions alone."""
    async with shared(cluster, tables, _set_aside) as ready:
        yield ready


@pytest.mark.parametrize("text", [TOTALS, FIGURES])
@pytest.mark.parametrize(
    ("region", "answers"), [("431181", True), ("431121", True), ("430424", False), ("430000", False), (None, False)]
)
async def test_only_what_may_lie_in_its_ledger_is_an_error(
    stuck: Api,
    text: str,
    region: str | None,
    answers: bool,  # noqa: FBT001 - what is expected.
) -> None:
    answer = await stuck.ask(text, region=region)
    codes = [(error.extensions or {})["code"] for error in answer.errors or []]
    assert codes == ([] if answers else ["SET_ASIDE"])


async def test_what_does_not_read_it_is_answered(stuck: Api) -> None:
    answer = await stuck.query(NAMES)
    assert [place["name"] for place in answer["places"]] == ["演示", "演示"]


async def test_of_a_list_of_places_the_others_are_answered(stuck: Api) -> None:
    answer = await stuck.ask(TARGETS)
    assert answer.data == {"places": [None, {"region": {"code": "431181"}, "targets": []}]}
    (error,) = answer.errors
    assert (error.path, error.extensions["code"]) == (["places", 0], "SET_ASIDE")
