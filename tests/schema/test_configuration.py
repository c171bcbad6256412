"""What a place has set is answered, and until then the default."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tests.examples import OPEN_PLACE, QIYANG
from tests.examples.adoption import ADOPT, END, OPEN_CITY, YONGZHOU
from tests.examples.configuration import SET_DEFINITION, SET_PAUSE_REASONS, SET_RULES, SET_STAGES, SET_TEMPLATE
from tests.schema.conftest import written
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schema.conftest import Api

ASK = """query ($region: String!) {
  dictionary(name: PAUSE_REASON, region: $region) { own adoptedFrom { code } terms { code zh en } }
  stages(track: ENTERPRISE, region: $region) { track own adoptedFrom { code name } stages { code zh gates } }
  scheduleTemplate(track: PROMOTED, region: $region) {
    track own adoptedFrom { code } steps { milestone daysBefore }
  }
}"""


async def test_the_default_stands_until_a_place_sets_its_own(api: Api) -> None:
    await tell(api, QIYANG, OPEN_PLACE)
    answer = await api.query(ASK, region="431181")
    assert len(api.took) == 3
    assert not answer["dictionary"]["own"]
    assert answer["dictionary"]["terms"][0] == {"code": "FUNDS", "zh": "资金问题", "en": "funds"}
    assert {answer[name]["adoptedFrom"] for name in answer} == {None}
    assert answer["stages"]["stages"][1] == {"code": "RESERVED", "zh": "储备", "gates": ["RESERVED"]}
    assert answer["scheduleTemplate"]["steps"][-1] == {"milestone": "COMPLETED", "daysBefore": 0}


@pytest.mark.parametrize("code", ["431181", "431121"])
async def test_what_a_place_sets_is_answered_under_both_of_its_codes(api: Api, code: str) -> None:
    await tell(api, QIYANG, OPEN_PLACE, SET_PAUSE_REASONS, SET_STAGES, SET_TEMPLATE)
    answer = await api.query(ASK, region=code)
    assert answer["dictionary"] == {
        "own": True,
        "adoptedFrom": None,
        "terms": [
            {"code": "FUNDS", "zh": "资金断链", "en": "out of funds"},
            {"code": "FLOOD", "zh": "防汛停工", "en": "stopped for floods"},
        ],
    }
    assert [stage["gates"] for stage in answer["stages"]["stages"]] == [[], ["RESERVED"], ["STARTED", "COMPLETED"]]
    assert [step["daysBefore"] for step in answer["scheduleTemplate"]["steps"]] == [300, 240, 0]
    assert (await api.query(ASK, region="430424"))["dictionary"]["own"] is False


async def test_definitions_and_change_rules_are_answered_in_words(api: Api) -> None:
    text = """{
      definition(gate: STARTED, region: "431181") { gate own text startBasis holdsFrom }
      scheduleRules(region: "431181") { own freezeDays extensionPercent }
    }"""
    await tell(api, QIYANG, OPEN_PLACE)
    assert await api.query(text) == {
        "definition": {"gate": "STARTED", "own": False, "text": None, "startBasis": None, "holdsFrom": None},
        "scheduleRules": {"own": False, "freezeDays": None, "extensionPercent": None},
    }
    await tell(api, QIYANG, SET_DEFINITION, SET_RULES)
    assert await api.query(text) == {
        "definition": {
            "gate": "STARTED",
            "own": True,
            "text": SET_DEFINITION.text,
            "startBasis": "PERMIT",
            "holdsFrom": "2023-01-01",
        },
        "scheduleRules": {"own": True, "freezeDays": 30, "extensionPercent": 50},
    }


async def test_what_a_place_adopted_is_answered_with_whose_it_is(
    api: Api, snapshot: Callable[[str, str], None]
) -> None:
    city = (replace(SET_PAUSE_REASONS, region=YONGZHOU), replace(SET_STAGES, region=YONGZHOU))
    await tell(api, YONGZHOU, OPEN_CITY, *city)
    await tell(api, QIYANG, OPEN_PLACE, ADOPT, SET_TEMPLATE)
    data = await api.query(ASK, region="431181")
    assert len(api.took) == 3
    snapshot("configuration_adopted", written(ASK, data, api.took))
    places = "{ places { region { code } configurationFrom { code name } } }"
    assert [place["configurationFrom"] for place in (await api.query(places))["places"]] == [
        None,
        {"code": "431100", "name": "永州市"},
    ]
    await tell(api, QIYANG, END)
    after = await api.query(ASK, region="431181")
    assert {name: after[name] | {"own": False, "adoptedFrom": None} for name in after} == {
        name: data[name] | {"own": False, "adoptedFrom": None} for name in data
    }
    assert [(after[name]["own"], after[name]["adoptedFrom"]) for name in after] == [(True, None)] * 3
    assert [place["configurationFrom"] for place in (await api.query(places))["places"]] == [None, None]


async def test_the_mutations_adopt_a_configuration_and_end_it(api: Api, snapshot: Callable[[str, str], None]) -> None:
    await tell(api, YONGZHOU, OPEN_CITY, replace(SET_PAUSE_REASONS, region=YONGZHOU))
    await tell(api, QIYANG, OPEN_PLACE)
    shown = "{ userErrors { code path params } version place { name configurationFrom { code } } }"
    told = []
    for number, command in enumerate(
        (
            {"configurationAdopt": {"source": "431102"}},
            {"configurationAdopt": {"source": "430000"}},
            {"configurationAdopt": {"source": "431100"}},
            {"configurationAdoptionEnd": {"reason": "本地另行设定"}},
            {"configurationAdopt": {"source": "431100"}},
            {"configurationAdopt": {"source": "431100", "reason": "恢复沿用"}},
        )
    ):
        ((name, sent),) = command.items()
        kind = {"configurationAdopt": "AdoptConfigurationInput!", "configurationAdoptionEnd": "EndAdoptionInput!"}[name]
        text = f"mutation ($input: {kind}) {{ {name}(input: $input) {shown} }}"
        sent |= {"commandId": str(UUID(int=number + 1)), "region": "431181"}
        told.append(f"{name} {json.dumps(await api.query(text, input=sent), ensure_ascii=False, indent=2)}\n")
    snapshot("configuration_adopt", "\n".join(told))


async def test_a_region_that_is_none_is_refused(api: Api) -> None:
    answer = await api.ask(ASK, region="000000")
    assert {(error.extensions or {})["code"] for error in answer.errors or []} == {"UNKNOWN_REGION"}
