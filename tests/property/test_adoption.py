"""What is taken over, whatever the place and its superior have set or adopted before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from service.domain.adoption import ConfigurationAdoptionEnded, taken_over
from service.domain.configuration import (
    Configuration,
    DefinitionSet,
    DictionarySet,
    ScheduleRulesSet,
    ScheduleTemplateSet,
    StagesSet,
    TemplateStep,
    configured,
)
from service.domain.dictionaries import Dictionary
from service.domain.gates import Gate, StartBasis
from service.domain.identity import Track
from service.domain.lights import DEFAULT_LIGHTS
from service.domain.place import DECIDER
from service.domain.priority import PriorityLimit, PriorityLimitsSet
from service.domain.stages import StageRule
from service.domain.values import Code, LongText, Name, Term
from service.domain.warnings import DEFAULT_RULES
from tests.effort import examples
from tests.examples import PLACE_OPENED
from tests.examples.adoption import HUNAN, YONGZHOU

many = examples(60)

_CODES: Final = st.sampled_from(["LAND", "STARTED", "COMPLETED"]).map(Code)
_TERMS: Final = st.lists(_CODES, min_size=1, max_size=3, unique=True).map(
    lambda codes: tuple(Term(code=code, zh=Name("演示"), en=Name("example")) for code in codes)
)
_WHOSE: Final = st.sampled_from([None, HUNAN, YONGZHOU])
_DAYS: Final = [date(2021, 1, 1), date(2022, 1, 1), date(2023, 1, 1)]
_SETTINGS: Final[st.SearchStrategy[Any]] = st.one_of(
    st.builds(
        DictionarySet,
        name=st.sampled_from([Dictionary.MILESTONE, Dictionary.CATEGORY]),
        terms=_TERMS,
        adopted_from=_WHOSE,
    ),
    st.builds(
        ScheduleTemplateSet,
        track=st.sampled_from(Track),
        steps=_CODES.map(lambda code: (TemplateStep(milestone=code, days_before=3),)),
        adopted_from=_WHOSE,
    ),
    st.builds(
        PriorityLimitsSet,
        limits=_CODES.map(lambda code: (PriorityLimit(milestone=code, days=30),)),
        adopted_from=_WHOSE,
    ),
    st.builds(
        lambda days, whose: replace(DEFAULT_RULES, progress_days=days, adopted_from=whose), st.integers(5, 7), _WHOSE
    ),
    st.builds(
        lambda days, whose: replace(DEFAULT_LIGHTS, start_red_days=days, adopted_from=whose),
        st.integers(14, 16),
        _WHOSE,
    ),
    st.builds(ScheduleRulesSet, freeze_days=st.sampled_from([None, 7, 30]), adopted_from=_WHOSE),
    st.builds(
        StagesSet,
        track=st.sampled_from(Track),
        stages=_CODES.map(lambda code: (StageRule(code=code, zh=Name("演示"), en=Name("example")),)),
        adopted_from=_WHOSE,
    ),
    st.builds(
        DefinitionSet,
        gate=st.sampled_from([Gate.STARTED, Gate.COMPLETED]),
        text=st.sampled_from(["以许可证为准。", "以仪式为准。"]).map(LongText),
        start_basis=st.sampled_from(StartBasis),
        holds_from=st.sampled_from([None, *_DAYS[1:]]),
        adopted_from=_WHOSE,
    ),
    st.just(ConfigurationAdoptionEnded()),
)
_OPENINGS: Final = st.one_of(st.just(PLACE_OPENED), _TERMS.map(lambda terms: replace(PLACE_OPENED, categories=terms)))


def configurations() -> st.SearchStrategy[Configuration]:
    """Return what a place may have come to."""
    histories = st.tuples(_OPENINGS, st.lists(_SETTINGS, max_size=8))
    return histories.map(lambda told: DECIDER.fold([told[0], *told[1]]).configuration)


def in_force(of: Configuration, gate: Gate, day: date) -> tuple[object, ...] | None:
    """Return what counts as a gate on a day; None where nothing but the default says so."""
    holding = [one for one in of.definitions.get(gate, ()) if one.holds_on(day)]
    return (holding[-1].text, holding[-1].start_basis) if holding else None


def is_own(setting: Any) -> bool:
    return setting is not None and setting.adopted_from is None


@many
@given(configurations(), configurations())
def test_what_is_not_the_places_own_is_as_the_superior_has_it(own: Configuration, superior: Configuration) -> None:
    after = own
    for fact in taken_over(own, superior, YONGZHOU):
        assert fact.adopted_from is not None
        after = configured(after, fact)
    assert taken_over(after, superior, YONGZHOU) == []
    for name in Dictionary:
        kept = own if is_own(own.dictionary(name)) else superior
        assert after.terms(name) == kept.terms(name)
    milestones = {term.code for term in after.terms(Dictionary.MILESTONE)}
    for track in Track:
        assert after.stages(track) == (own if is_own(own.stage_lists.get(track)) else superior).stages(track)
        wanted = (own if is_own(own.templates.get(track)) else superior).template(track)
        assert after.template(track) in (wanted, own.template(track))
        if {step.milestone for step in wanted} <= milestones:
            assert after.template(track) == wanted
    rules = (own if is_own(own.rules_set) else superior).rules
    assert after.rules.freeze_days == rules.freeze_days
    kept = own if is_own(own.warnings_set) else superior
    assert after.warnings.progress_days == kept.warnings.progress_days
    kept = own if is_own(own.lights_set) else superior
    assert after.lights.start_red_days == kept.lights.start_red_days
    limits = (own if is_own(own.limits_set) else superior).limits_set
    if limits is not None and {one.milestone for one in limits.limits} <= milestones:
        assert after.limits_set is not None
        assert after.limits_set.limits == limits.limits
    for gate in Gate:
        versions = own.definitions.get(gate, ())
        assert after.definitions.get(gate, ())[: len(versions)] == versions
        for day in _DAYS:
            if versions and is_own(versions[-1]):
                assert in_force(after, gate, day) == in_force(own, gate, day)
            elif (there := in_force(superior, gate, day)) is not None:
                assert in_force(after, gate, day) == there
