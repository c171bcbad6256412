"""襄汾县(演示)口径: what the place sets for itself: its stages, a definition, a dictionary, a template and rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from service.demo.ledger import Sending
from service.demo.spot import DEMO, Spot
from service.domain.configuration import (
    SetDefinition,
    SetDictionary,
    SetScheduleRules,
    SetScheduleTemplate,
    SetStages,
    Step,
    TemplateStep,
)
from service.domain.dictionaries import Dictionary, defaults
from service.domain.gates import Gate, StartBasis
from service.domain.identity import Track
from service.domain.lights import SetLightRules
from service.domain.priority import PriorityLimit, SetPriorityLimits
from service.domain.stages import StageRule
from service.domain.values import Code, LongText, Name, Reason, Term
from service.domain.warnings import SetWarningRules

RURAL: Final = Term(
    code=Code("RURAL_REVITALISATION"), zh=Name("乡村振兴衔接资金"), en=Name("rural revitalisation funds")
)
TEMPLATES: Final = {
    Track.ENTERPRISE: tuple(
        Step(Code(milestone), days)
        for milestone, days in (
            ("APPROVAL", 420),
            ("LAND", 400),
            ("ENVIRONMENT", 390),
            ("ENERGY", 380),
            ("PLANNING_PERMIT", 370),
            ("DRAWINGS", 350),
            ("CONSTRUCTION_PERMIT", 330),
            ("STARTED", 315),
            ("FOUNDATION", 240),
            ("TOPPED_OUT", 130),
            ("EQUIPMENT", 45),
            ("COMPLETED", 0),
        )
    )
}
"""Its own template of the track 企业投资, the earliest first; with the energy review, as its industry needs it."""
_SHARED: Final = (
    ("LANDED", "落地", "landed", (Gate.LANDED,)),
    ("STARTED", "开工", "started", (Gate.STARTED,)),
    ("CONSTRUCTION", "建设", "under construction", (Gate.STATISTICS_ENTERED, Gate.COMPLETED)),
    (
        "PRODUCTION",
        "投产",
        "in production",
        (Gate.PUT_INTO_PRODUCTION, Gate.DESIGN_CAPACITY_REACHED, Gate.BENEFITS_REACHED, Gate.EVALUATED),
    ),
)
_SIGNED: Final = {
    Track.PROMOTED: (Gate.CONTRACT_SIGNED,),
    Track.GOVERNMENT: (Gate.CONTRACT_SIGNED, Gate.APPROVED),
    Track.ENTERPRISE: (Gate.CONTRACT_SIGNED, Gate.APPROVED),
}
"""What leads to the second link: who does not sign with an investor is there once approved or filed."""


def stages(track: Track) -> tuple[StageRule, ...]:
    """Return the six links 储备、签约、落地、开工、建设、投产 of a track (B2); 开工 is a day, 建设 begins with 纳统."""
    rows = (("RESERVED", "储备", "in reserve", ()), ("SIGNED", "签约", "signed", _SIGNED[track]), *_SHARED)
    return tuple(StageRule(code=Code(code), zh=Name(zh), en=Name(en), gates=leading) for code, zh, en, leading in rows)


def rules(spot: Spot) -> Iterator[Sending]:
    """Yield what the place sets, within its first week; and a year later what counts as 开工."""
    set_on, region = date(2023, 1, 5), spot.region
    paper = (spot.paper("重点工程“六位一体”推进办法", set_on, 1, "人民政府办公室"),)
    for track in Track:
        command = SetStages(region=region, track=track, stages=stages(track), documents=paper)
        yield Sending(set_on, f"stages-{track.value.lower()}", command)
    for track, steps in TEMPLATES.items():
        template = SetScheduleTemplate(
            region=region,
            track=track,
            steps=tuple(TemplateStep(milestone=one.milestone, days_before=one.days_before) for one in steps),
            documents=paper,
        )
        yield Sending(set_on, f"template-{track.value.lower()}", template)
    changes = SetScheduleRules(
        region=region,
        freeze_days=7,
        extension_percent=30,
        reason=Reason(f"节点前7日内不得调整;累计顺延不超过原工期的30%{DEMO}"),
        documents=paper,
    )
    yield Sending(set_on, "schedule-rules", changes)
    sources = SetDictionary(
        region=region,
        name=Dictionary.FUND_SOURCE,
        terms=(*defaults()[Dictionary.FUND_SOURCE], RURAL),
        reason=Reason(f"增列乡村振兴衔接资金{DEMO}"),
    )
    yield Sending(set_on, "fund-sources", sources)
    defined_on = date(2023, 12, 20)
    definition = SetDefinition(
        region=region,
        gate=Gate.STARTED,
        text=LongText(f"以永久性工程首次破土为开工;集中开工仪式和施工许可另行登记,不作为开工日期{DEMO}"),
        start_basis=StartBasis.PHYSICAL,
        holds_from=date(2024, 1, 1),
        documents=(spot.paper("重点工程开工认定口径", defined_on, 2, "统计局"),),
    )
    yield Sending(defined_on, "definition-started", definition)
    limits = SetPriorityLimits(
        region=region,
        limits=tuple(
            PriorityLimit(milestone=Code(milestone), days=days)
            for milestone, days in (("APPROVAL", 20), ("ENVIRONMENT", 45), ("LAND", 90), ("FUNDS", 120))
        ),
        documents=(spot.paper("重点项目优先保障、限时办结办法", defined_on, 3, "重点项目建设事务中心"),),
    )
    yield Sending(defined_on, "priority-limits", limits)
    warnings = SetWarningRules(
        region=region,
        slow_points=15,
        slow_alarm_points=25,
        needed_documents=(Gate.CONTRACT_SIGNED, Gate.STARTED),
        reason=Reason(f"按月调度例会意见放宽预警线{DEMO}"),
    )
    yield Sending(defined_on, "warning-rules", warnings)
    lights = SetLightRules(
        region=region, progress_yellow_points=8, progress_red_points=15, reason=Reason(f"按月调度例会意见{DEMO}")
    )
    yield Sending(defined_on, "light-rules", lights)
