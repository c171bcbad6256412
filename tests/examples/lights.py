"""Examples of the rules by which a project's lights are yellow and red."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from service.domain import lights
from service.domain.lights import DEFAULT_LIGHTS
from tests.examples.common import PLAN_PAPER, QIYANG

SET_LIGHT_RULES: Final = lights.SetLightRules(
    region=QIYANG, start_yellow_days=7, progress_red_points=15, documents=(PLAN_PAPER,)
)
LIGHT_RULES_SET: Final = replace(DEFAULT_LIGHTS, start_yellow_days=7, progress_red_points=15, documents=(PLAN_PAPER,))
ASIDE: Final[dict[str, tuple[object, object]]] = {"SET_LIGHT_RULES": (SET_LIGHT_RULES, LIGHT_RULES_SET)}
