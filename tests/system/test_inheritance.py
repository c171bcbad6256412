"""Services on one database: a county follows its city while they run, whichever of them is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from schema import schema
from schema.context import Context
from service.access import LOCAL
from service.app import services
from service.config import Settings
from tests.log.build import until

if TYPE_CHECKING:
    from schema.context import Services

COUNTY, CITY = "431181", "431100"
OPEN: Final = "mutation ($input: OpenPlaceInput!) { answer: placeOpen(input: $input) { userErrors { code } } }"
SET: Final = "mutation ($input: SetDictionaryInput!) { answer: dictionarySet(input: $input) { userErrors { code } } }"
ASK: Final = """query ($region: String!) {
  reasons: dictionary(name: PAUSE_REASON, region: $region) { own adoptedFrom { code } terms { code } }
  delays: dictionary(name: DELAY_REASON, region: $region) { own adoptedFrom { code } terms { code } }
  places { region { code } configurationFrom { code } position }
}"""


async def ask(ready: Services, text: str, **variables: Any) -> Any:
    answer: Any = await schema.execute(text, variable_values=variables, context_value=Context(LOCAL, ready))
    assert answer.errors is None, answer.errors
    return answer.data


async def send(ready: Services, text: str, **sent: Any) -> None:
    answer = await ask(ready, text, input={"commandId": str(uuid4()), **sent})
    assert answer["answer"]["userErrors"] == []


async def set_terms(ready: Services, region: str, name: str, *codes: str) -> None:
    terms = [{"code": code, "zh": f"原因{code}", "en": code.lower()} for code in codes]
    await send(ready, SET, region=region, name=name, terms=terms)


async def until_county_has(ready: Services, *codes: str) -> Any:
    """Wait until the county's reasons for a pause are these; return what is asked after that."""

    async def has() -> bool:
        found = await ask(ready, ASK, region=COUNTY)
        return [term["code"] for term in found["reasons"]["terms"]] == [*codes]

    await until(has)
    return await ask(ready, ASK, region=COUNTY)  # One answer's fields may be read at different moments.


async def test_a_county_follows_its_city_and_keeps_what_it_set_itself(database: str) -> None:
    async with services(database, Settings(database_url=database)) as ready:
        for region, name in ((COUNTY, "祁阳市"), (CITY, "永州市")):
            await send(ready, OPEN, region=region, name=name, purpose="LIVE")
        await set_terms(ready, COUNTY, "DELAY_REASON", "FLOOD")
        await set_terms(ready, CITY, "DELAY_REASON", "FUNDS")
        await set_terms(ready, CITY, "PAUSE_REASON", "RAIN")
        found = await until_county_has(ready, "RAIN")
        assert (found["reasons"]["own"], found["reasons"]["adoptedFrom"]) == (False, {"code": CITY})
        assert found["delays"] == {"own": True, "adoptedFrom": None, "terms": [{"code": "FLOOD"}]}
        async with services(database, Settings(database_url=database)) as other:
            await set_terms(other, CITY, "PAUSE_REASON", "RAIN", "SNOW")
            found = await until_county_has(ready, "RAIN", "SNOW")
    positions = {place["region"]["code"]: place["position"] for place in found["places"]}
    assert {place["region"]["code"]: place["configurationFrom"] for place in found["places"]} == {
        CITY: None,
        COUNTY: {"code": CITY},
    }
    async with services(database, Settings(database_url=database)) as again:
        await set_terms(again, CITY, "PAUSE_REASON", "SNOW")
        found = await until_county_has(again, "SNOW")
    # A head and one setting, from whichever service: neither a second one nor a new start has added anything.
    assert {place["region"]["code"]: place["position"] for place in found["places"]} == {
        CITY: positions[CITY] + 1,
        COUNTY: positions[COUNTY] + 2,
    }
