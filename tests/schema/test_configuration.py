"""What a place has set is answered, and until then the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples import OPEN_PLACE, QIYANG
from tests.examples.configuration import SET_PAUSE_REASONS, SET_STAGES, SET_TEMPLATE
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from tests.schema.conftest import Api

ASK = """query ($region: String!) {
  dictionary(name: PAUSE_REASON, region: $region) { own terms { code zh en } }
  stages(track: ENTERPRISE, region: $region) { code zh gates }
  scheduleTemplate(track: PROMOTED, region: $region) { milestone daysBefore }
}"""


async def test_the_default_stands_until_a_place_sets_its_own(api: Api) -> None:
    await tell(api, QIYANG, OPEN_PLACE)
    answer = await api.query(ASK, region="431181")
    assert len(api.took) == 3
    assert not answer["dictionary"]["own"]
    assert answer["dictionary"]["terms"][0] == {"code": "FUNDS", "zh": "资金问题", "en": "funds"}
    assert answer["stages"][1] == {"code": "RESERVED", "zh": "储备", "gates": ["RESERVED"]}
    assert answer["scheduleTemplate"][-1] == {"milestone": "COMPLETED", "daysBefore": 0}


@pytest.mark.parametrize("code", ["431181", "431121"])
async def test_what_a_place_sets_is_answered_under_both_of_its_codes(api: Api, code: str) -> None:
    await tell(api, QIYANG, OPEN_PLACE, SET_PAUSE_REASONS, SET_STAGES, SET_TEMPLATE)
    answer = await api.query(ASK, region=code)
    assert answer["dictionary"] == {
        "own": True,
        "terms": [
            {"code": "FUNDS", "zh": "资金断链", "en": "out of funds"},
            {"code": "FLOOD", "zh": "防汛停工", "en": "stopped for floods"},
        ],
    }
    assert [stage["gates"] for stage in answer["stages"]] == [[], ["RESERVED"], ["STARTED", "COMPLETED"]]
    assert [step["daysBefore"] for step in answer["scheduleTemplate"]] == [300, 240, 0]
    assert (await api.query(ASK, region="430424"))["dictionary"]["own"] is False


async def test_a_region_that_is_none_is_refused(api: Api) -> None:
    answer = await api.ask(ASK, region="000000")
    assert {(error.extensions or {})["code"] for error in answer.errors or []} == {"UNKNOWN_REGION"}
