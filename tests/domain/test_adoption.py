"""A place follows its superior: it takes over what that has set, by facts of its own, and keeps what it set itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from service.domain.adoption import ConfigurationAdopted, as_own
from service.domain.codes import regions
from service.domain.configuration import Configuration, DictionarySet, ScheduleTemplateSet, StagesSet, TemplateStep
from service.domain.dictionaries import Dictionary, defaults
from service.domain.errors import AlreadyStatedError, InvalidValueError, NotSuperiorError, PlaceNotOpenError
from service.domain.gates import Gate, StartBasis
from service.domain.identity import Track
from service.domain.place import DECIDER, Place, Purpose
from service.domain.priority import PriorityLimitsSet
from service.domain.stages import default_stages
from service.domain.values import Code, LongText, Name, Reason, Region, Term
from tests.dsl import elsewhere, given
from tests.examples import PLACE_OPENED, QIYANG
from tests.examples.adoption import (
    ADOPT,
    ADOPTED,
    CITY_FACTS,
    CITY_OPENED,
    END,
    ENDED,
    HUNAN,
    PROVINCE_OPENED,
    SETTINGS,
    YONGZHOU,
)
from tests.examples.configuration import (
    COMMANDS,
    DEFINITION_SET,
    FACTS,
    PAUSE_REASONS_SET,
    RULES_SET,
    SET_DEFINITION,
    STAGES_SET,
    TEMPLATE_SET,
)

CITY: Final = elsewhere(YONGZHOU, *CITY_FACTS)
FARMING: Final = Term(code=Code("FARMING"), zh=Name("农业"), en=Name("Farming"))
OWN_REASONS: Final = replace(PAUSE_REASONS_SET, terms=PAUSE_REASONS_SET.terms[:1])
CEREMONY: Final = replace(DEFINITION_SET, text=LongText("以集中开工仪式为准。"), start_basis=StartBasis.CEREMONY)


def adopted(version: int, source: Region = YONGZHOU) -> ConfigurationAdopted:
    return replace(ADOPTED, source=source, source_version=version)


def of(source: Region, *facts: Any) -> list[Any]:
    return [replace(fact, adopted_from=source) for fact in facts]


def configured(*facts: object) -> Configuration:
    return DECIDER.fold([PLACE_OPENED, *facts]).configuration


def follows(*facts: object) -> Region | None:
    return DECIDER.fold([PLACE_OPENED, *facts]).follows


def test_a_county_takes_over_all_that_its_city_has_set() -> None:
    given(PLACE_OPENED, *CITY).when(ADOPT).then(ADOPTED, *SETTINGS)
    own = configured(ADOPTED, *SETTINGS)
    assert follows(ADOPTED, *SETTINGS) == YONGZHOU
    assert own.terms(Dictionary.PAUSE_REASON) == PAUSE_REASONS_SET.terms
    assert own.stages(Track.ENTERPRISE) == STAGES_SET.stages
    assert [step.milestone for step in own.template(Track.PROMOTED)] == ["LAND", "STARTED", "COMPLETED"]
    assert (own.rules.freeze_days, own.rules.extension_percent) == (30, 50)
    assert own.definition(Gate.STARTED, date(2022, 1, 1)) == 2


def test_of_a_city_that_has_set_nothing_only_the_following_is_recorded() -> None:
    given(PLACE_OPENED, *elsewhere(YONGZHOU, CITY_OPENED)).when(ADOPT).then(adopted(1))


def test_only_what_changed_is_taken_over_again() -> None:
    city = (*CITY, *elsewhere(YONGZHOU, OWN_REASONS))
    given(PLACE_OPENED, ADOPTED, *SETTINGS, *city).when(ADOPT).then(
        adopted(len(CITY_FACTS) + 1), *of(YONGZHOU, OWN_REASONS)
    )


def test_a_city_that_changed_nothing_for_the_county_adds_nothing() -> None:
    otherwise = replace(PAUSE_REASONS_SET, reason=Reason("补充依据"), documents=())
    city = (*CITY, *elsewhere(YONGZHOU, FACTS["PAUSE_REASONS_SET"], otherwise))
    given(PLACE_OPENED, ADOPTED, *SETTINGS, *city).when(ADOPT).then_nothing()


@pytest.mark.parametrize("own", [*FACTS.values()], ids=FACTS)
def test_what_a_place_has_set_itself_stays(own: Any) -> None:
    rest = [one for one in SETTINGS if type(one) is not type(own)]
    given(PLACE_OPENED, own, *CITY).when(ADOPT).then(ADOPTED, *rest)


def test_what_a_place_has_set_over_what_it_adopted_stays() -> None:
    city = elsewhere(YONGZHOU, *CITY_FACTS, replace(PAUSE_REASONS_SET, terms=(FARMING,)))
    given(PLACE_OPENED, ADOPTED, *SETTINGS, OWN_REASONS, *city).when(ADOPT).then_nothing()


@pytest.mark.parametrize(("command", "fact"), [*zip(COMMANDS.values(), FACTS.values(), strict=True)], ids=COMMANDS)
def test_a_place_makes_what_it_adopted_its_own_by_setting_the_same(command: object, fact: Any) -> None:
    given(PLACE_OPENED, replace(fact, adopted_from=YONGZHOU)).when(command).then(fact)


def test_a_place_sets_otherwise_what_it_adopted_without_a_reason() -> None:
    command: Any = COMMANDS["SET_PAUSE_REASONS"]
    given(PLACE_OPENED, ADOPTED, *SETTINGS).when(replace(command, terms=OWN_REASONS.terms)).then(OWN_REASONS)


def test_a_setting_that_the_city_adopted_itself_is_the_provinces() -> None:
    city = elsewhere(YONGZHOU, CITY_OPENED, *of(HUNAN, PAUSE_REASONS_SET), RULES_SET)
    given(PLACE_OPENED, *city).when(ADOPT).then(adopted(3), *of(HUNAN, PAUSE_REASONS_SET), *of(YONGZHOU, RULES_SET))


def test_what_another_superior_has_not_set_becomes_the_default_again() -> None:
    stages = StagesSet(track=Track.ENTERPRISE, stages=default_stages()[Track.ENTERPRISE])
    given(PLACE_OPENED, adopted(2, HUNAN), *of(HUNAN, STAGES_SET), *elsewhere(YONGZHOU, CITY_OPENED, RULES_SET)).when(
        ADOPT
    ).then(adopted(2), *of(YONGZHOU, RULES_SET, stages))


def test_another_superior_with_the_same_settings_is_only_followed() -> None:
    city = elsewhere(YONGZHOU, CITY_OPENED, *of(HUNAN, STAGES_SET))
    given(PLACE_OPENED, adopted(2, HUNAN), *of(HUNAN, STAGES_SET), *city).when(ADOPT).then(adopted(2))


# Categories: a ledger is always opened with a list of them.


def test_the_categories_of_a_city_are_taken_over_by_a_place_that_was_opened_with_the_default_ones() -> None:
    city = elsewhere(YONGZHOU, replace(CITY_OPENED, categories=(FARMING,)))
    farming = DictionarySet(name=Dictionary.CATEGORY, terms=(FARMING,), adopted_from=YONGZHOU)
    given(PLACE_OPENED, *city).when(ADOPT).then(adopted(1), farming)
    assert configured(farming).terms(Dictionary.CATEGORY) == (FARMING,)


def test_the_categories_that_a_place_was_opened_with_are_its_own() -> None:
    other = replace(PLACE_OPENED, categories=(replace(FARMING, code=Code("FISHING")),))
    city = elsewhere(YONGZHOU, replace(CITY_OPENED, categories=(FARMING,)))
    given(other, *city).when(ADOPT).then(adopted(1))
    assert DECIDER.fold([other]).configuration.terms(Dictionary.CATEGORY) == other.categories


def test_the_default_categories_of_a_city_are_no_setting() -> None:
    assert configured().dictionary(Dictionary.CATEGORY) is None
    assert configured().terms(Dictionary.CATEGORY) == defaults()[Dictionary.CATEGORY]
    assert Configuration().terms(Dictionary.CATEGORY) == defaults()[Dictionary.CATEGORY]


# Templates


def test_what_names_a_milestone_that_the_places_own_list_lacks_is_left_out() -> None:
    milestones = DictionarySet(name=Dictionary.MILESTONE, terms=(replace(FARMING, code=Code("LAND")),))
    rest = [one for one in SETTINGS if not isinstance(one, ScheduleTemplateSet | PriorityLimitsSet)]
    given(PLACE_OPENED, milestones, *CITY).when(ADOPT).then(ADOPTED, *rest)


def test_a_template_may_use_the_milestones_that_come_with_it() -> None:
    milestones = DictionarySet(name=Dictionary.MILESTONE, terms=(FARMING,))
    template = replace(TEMPLATE_SET, steps=(TemplateStep(milestone=FARMING.code, days_before=9),))
    city = elsewhere(YONGZHOU, CITY_OPENED, template, milestones)
    given(PLACE_OPENED, *city).when(ADOPT).then(adopted(3), *of(YONGZHOU, milestones, template))


# Definitions: each one adopted is another version.


def test_every_version_of_a_definition_is_taken_over_in_its_order() -> None:
    first = replace(CEREMONY, holds_from=None)
    city = elsewhere(YONGZHOU, CITY_OPENED, first, DEFINITION_SET)
    given(PLACE_OPENED, *city).when(ADOPT).then(adopted(3), *of(YONGZHOU, first, DEFINITION_SET))
    own = configured(*of(YONGZHOU, first, DEFINITION_SET))
    assert [own.definition(Gate.STARTED, day) for day in (date(2022, 12, 31), date(2023, 1, 1))] == [2, 3]


def test_a_new_version_follows_those_that_were_taken_over() -> None:
    city = elsewhere(YONGZHOU, CITY_OPENED, DEFINITION_SET, CEREMONY)
    given(PLACE_OPENED, adopted(2), *of(YONGZHOU, DEFINITION_SET), *city).when(ADOPT).then(
        adopted(3), *of(YONGZHOU, CEREMONY)
    )


def test_versions_of_another_superior_follow_those_that_were_taken_over_before() -> None:
    city = elsewhere(YONGZHOU, CITY_OPENED, CEREMONY)
    before = (PLACE_OPENED, adopted(2, HUNAN), *of(HUNAN, DEFINITION_SET))
    given(*before, *city).when(ADOPT).then(adopted(2), *of(YONGZHOU, CEREMONY))
    both = elsewhere(YONGZHOU, CITY_OPENED, *of(HUNAN, DEFINITION_SET), CEREMONY)
    given(*before, *both).when(ADOPT).then(adopted(3), *of(YONGZHOU, CEREMONY))


def test_a_definition_of_ones_own_ends_the_taking_over_of_that_one() -> None:
    own = replace(CEREMONY, holds_from=date(2022, 1, 1))
    command = replace(SET_DEFINITION, text=own.text, start_basis=own.start_basis, holds_from=own.holds_from)
    before = (PLACE_OPENED, adopted(2), *of(YONGZHOU, DEFINITION_SET))
    given(*before).when(command).then(own)
    city = elsewhere(YONGZHOU, CITY_OPENED, DEFINITION_SET, CEREMONY)
    given(*before, own, *city).when(ADOPT).then_nothing()


# Whom


def test_a_county_may_follow_its_province() -> None:
    command = replace(ADOPT, source=HUNAN)
    given(PLACE_OPENED, *elsewhere(HUNAN, PROVINCE_OPENED)).when(command).then(adopted(1, HUNAN))


@pytest.mark.parametrize("source", ["431181", "431121", "431102", "430100", "440000"])
def test_who_is_not_above_is_not_followed(source: str) -> None:
    there = replace(PLACE_OPENED, region=Region(source))
    command = replace(ADOPT, source=Region(source))
    given(PLACE_OPENED, *elsewhere(Region(source), there)).when(command).then_refused(
        NotSuperiorError, at="source", value=source, place=QIYANG
    )


def test_a_city_does_not_follow_its_county() -> None:
    command = replace(ADOPT, region=YONGZHOU, source=QIYANG)
    given(CITY_OPENED, *elsewhere(QIYANG, PLACE_OPENED)).when(command).then_refused(NotSuperiorError, at="source")


@pytest.mark.parametrize(
    ("code", "above"),
    [
        ("431181", ("431100", "430000")),
        ("431121", ("431100", "430000")),
        ("340281", ("340200", "340000", "341400")),
        ("341422", ("340200", "340000", "341400")),
        ("431100", ("430000",)),
        ("110101", ("110000",)),
        ("430000", ()),
    ],
)
def test_superiors_are_those_of_every_code_of_a_region(code: str, above: tuple[str, ...]) -> None:
    assert regions.superiors(code) == above


def test_a_former_superior_may_be_followed() -> None:
    wuwei, chaohu = Region("340281"), Region("341400")
    command = replace(ADOPT, region=wuwei, source=chaohu)
    there = elsewhere(chaohu, replace(PLACE_OPENED, region=chaohu))
    given(replace(PLACE_OPENED, region=wuwei), *there).when(command).then(adopted(1, chaohu))


def test_a_superior_without_a_ledger_can_not_be_followed() -> None:
    given(PLACE_OPENED).when(ADOPT).then_refused(PlaceNotOpenError, at="source", value=YONGZHOU)


@pytest.mark.parametrize("command", [ADOPT, END])
def test_a_place_without_a_ledger_follows_nobody(command: object) -> None:
    given(*CITY).when(command).then_refused(PlaceNotOpenError)


@pytest.mark.parametrize(
    ("own", "above"), [(Purpose.LIVE, Purpose.DEMO), (Purpose.DEMO, Purpose.LIVE), (Purpose.LIVE, Purpose.LIVE)]
)
def test_a_ledger_follows_one_of_its_own_purpose(own: Purpose, above: Purpose) -> None:
    city = elsewhere(YONGZHOU, replace(CITY_OPENED, purpose=above))
    scenario = given(replace(PLACE_OPENED, purpose=own), *city).when(ADOPT)
    if own is above:
        scenario.then(adopted(1))
    else:
        scenario.then_refused(InvalidValueError, at="source", purpose=above, place=own)


# The end of it


def test_who_ends_it_follows_nobody_and_keeps_what_was_adopted_as_its_own() -> None:
    facts = (ADOPTED, *SETTINGS, *of(YONGZHOU, CEREMONY))
    given(PLACE_OPENED, *facts).when(END).then(ENDED)
    assert follows(*facts, ENDED) is None
    before, after = configured(*facts), configured(*facts, ENDED)
    assert after == as_own(before) != before
    assert after == configured(*CITY_FACTS[1:], CEREMONY)
    given(PLACE_OPENED, *facts, ENDED, *elsewhere(YONGZHOU, CITY_OPENED, OWN_REASONS)).when(
        replace(ADOPT, reason=Reason("恢复沿用"))
    ).then(replace(adopted(2), reason=Reason("恢复沿用")))


def test_a_place_may_say_that_it_follows_nobody_before_it_ever_did() -> None:
    given(PLACE_OPENED).when(END).then(ENDED)
    given(PLACE_OPENED, ENDED).when(END).then_nothing()
    assert DECIDER.fold([PLACE_OPENED]).follows is None


def test_to_follow_again_needs_a_reason() -> None:
    given(PLACE_OPENED, ENDED, *CITY).when(ADOPT).then_refused(AlreadyStatedError, at="reason")
    why = Reason("恢复沿用")
    given(PLACE_OPENED, ENDED, *CITY).when(replace(ADOPT, reason=why)).then(replace(ADOPTED, reason=why), *SETTINGS)


def test_nothing_was_said_of_following_where_a_ledger_was_just_opened() -> None:
    assert Place().adoption is None
    assert as_own(Configuration()) == Configuration()
