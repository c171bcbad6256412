"""Examples of following a superior: 永州市 (431100), whose ledger 祁阳's takes over from. They are of two regions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from service.domain import adoption
from service.domain.values import Name, Reason, Region
from tests.examples.common import PLAN_PAPER, QIYANG
from tests.examples.configuration import DEFINITION_SET, PAUSE_REASONS_SET, RULES_SET, STAGES_SET, TEMPLATE_SET
from tests.examples.priority import LIMITS_SET
from tests.examples.story import OPEN_PLACE, PLACE_OPENED
from tests.examples.warnings import WARNING_RULES_SET

YONGZHOU: Final = Region("431100")
HUNAN: Final = Region("430000")
OPEN_CITY: Final = replace(OPEN_PLACE, region=YONGZHOU, name=Name("永州市"))
CITY_OPENED: Final = replace(PLACE_OPENED, region=YONGZHOU, name=Name("永州市"))
PROVINCE_OPENED: Final = replace(PLACE_OPENED, region=HUNAN, name=Name("湖南省"))
CITY_FACTS: Final[tuple[object, ...]] = (
    CITY_OPENED,
    PAUSE_REASONS_SET,
    TEMPLATE_SET,
    RULES_SET,
    LIMITS_SET,
    WARNING_RULES_SET,
    STAGES_SET,
    replace(DEFINITION_SET, holds_from=date(2021, 1, 1)),
)
"""What the city has set, in the order in which the county takes it over."""

ADOPT: Final = adoption.AdoptConfiguration(region=QIYANG, source=YONGZHOU, documents=(PLAN_PAPER,))
ADOPTED: Final = adoption.ConfigurationAdopted(source=YONGZHOU, source_version=len(CITY_FACTS), documents=(PLAN_PAPER,))
END: Final = adoption.EndAdoption(region=QIYANG, reason=Reason("本地另行设定"))
ENDED: Final = adoption.ConfigurationAdoptionEnded(reason=Reason("本地另行设定"))
SETTINGS: Final[tuple[object, ...]] = tuple(
    replace(fact, adopted_from=YONGZHOU)  # type: ignore[type-var]  # Each is a setting.
    for fact in CITY_FACTS[1:]
)
"""The city's settings as the county adopts them."""

ASIDE: Final[dict[str, tuple[object, object]]] = {"ADOPT": (ADOPT, ADOPTED), "END_ADOPTION": (END, ENDED)}
