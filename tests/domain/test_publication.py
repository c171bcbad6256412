"""What of a project is published: nothing unless approved, nothing that is exempt, and nothing without its stage."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import pytest

from service.domain.activity import ProjectResumed, ProjectTerminated
from service.domain.configuration import DictionarySet
from service.domain.dictionaries import Dictionary, defaults
from service.domain.errors import (
    AlreadyStatedError,
    ExemptedError,
    InvalidValueError,
    MergedError,
    NotExemptedError,
    NotFoundError,
    NotPublishedError,
    NotYetHappenedError,
    PlaceNotOpenError,
    StageUnpublishedError,
    TerminatedError,
    UnknownTermError,
    VoidedError,
)
from service.domain.publication import (
    DECIDER,
    EndExemption,
    ExemptItem,
    ItemExempted,
    ItemsPublished,
    ItemsWithdrawn,
    PublishedItem,
    PublishItems,
    WithdrawItem,
    publication_stream,
)
from service.domain.values import Code, Document, Name, Reason, Term
from tests.dsl import Scenario, given
from tests.examples import PLACE_OPENED, PROJECT_ID, QIYANG, REGISTER_ID, REGISTERED, TODAY, VOIDED
from tests.examples import publication as examples
from tests.examples.merging import MERGED
from tests.examples.publication import (
    END_EXEMPTION,
    EXEMPT_ROSTER,
    EXEMPTION_ENDED,
    PUBLISH,
    PUBLISHED,
    ROSTER_EXEMPTED,
    ROSTER_WITHDRAWN,
    WITHDRAW_ROSTER,
)

STAGE, ROSTER, TOTALS = PublishedItem.STAGE, PublishedItem.ROSTER, PublishedItem.TOTALS
TOMORROW: Final = TODAY + timedelta(days=1)
WHY: Final = Reason("重新核定")
ALL_PUBLISHED: Final = replace(PUBLISHED, items=(STAGE, ROSTER, TOTALS))
STAGE_EXEMPTED: Final = ItemExempted(item=STAGE, ground=Code("STATE_SECRET"), reason=WHY)
ENDS: Final = date(2022, 7, 1)
EXEMPT_TOTALS: Final = replace(examples.EXEMPT_TOTALS, until=ENDS)
TOTALS_EXEMPTED: Final = replace(examples.TOTALS_EXEMPTED, until=ENDS)
NOT_SHOWN_EXEMPTED: Final = replace(TOTALS_EXEMPTED, withdrawn=())
EACH: Final = (PUBLISH, WITHDRAW_ROSTER, EXEMPT_TOTALS, END_EXEMPTION)
TERMINATED: Final = ProjectTerminated(occurred_on=date(2022, 5, 1), reason_code=Code("MARKET"), reason=WHY)


def registered(*facts: object) -> Scenario:
    """Begin with a registered project."""
    return given(PLACE_OPENED, REGISTERED, *facts)


def publish(*items: PublishedItem, **rest: Any) -> PublishItems:
    return replace(PUBLISH, items=items, **rest)


def published(*items: PublishedItem, **rest: Any) -> ItemsPublished:
    return replace(PUBLISHED, items=items, **rest)


def withdraw(item: PublishedItem) -> WithdrawItem:
    return WithdrawItem(project_id=PROJECT_ID, item=item, reason=WHY)


def exempt(item: PublishedItem, ground: str = "STATE_SECRET", **rest: Any) -> ExemptItem:
    return ExemptItem(project_id=PROJECT_ID, item=item, ground=Code(ground), reason=WHY, **rest)


# Publishing


def test_what_one_paper_approves_is_one_fact() -> None:
    registered().when(PUBLISH).then(PUBLISHED)
    registered().when(publish(STAGE, ROSTER, TOTALS)).then(ALL_PUBLISHED)


def test_an_approval_happened_on_its_own_day() -> None:
    assert PUBLISHED.occurred_on == PUBLISHED.approved_on == date(2022, 4, 20)


def test_what_is_published_is_not_published_again_whatever_else_is_said() -> None:
    registered(PUBLISHED).when(PUBLISH).then_nothing()
    other = {"approved_on": date(2022, 5, 1), "approver": Name("演示市人民政府"), "documents": (), "reason": WHY}
    registered(PUBLISHED).when(replace(PUBLISH, **other)).then_nothing()  # type: ignore[arg-type]  # Fields as named.


def test_of_several_items_only_those_are_published_that_were_not() -> None:
    registered(PUBLISHED).when(publish(TOTALS, ROSTER, STAGE)).then(published(ROSTER))


@pytest.mark.parametrize("item", [ROSTER, TOTALS])
def test_an_item_is_published_only_beside_the_stage(item: PublishedItem) -> None:
    registered().when(publish(item)).then_refused(StageUnpublishedError, at="items[0]", item=item)
    registered().when(publish(item, STAGE)).then(published(item, STAGE))
    registered(published(STAGE)).when(publish(item)).then(published(item))


def test_an_item_is_refused_once_the_stage_was_taken_down() -> None:
    taken_down = ItemsWithdrawn(items=(STAGE, TOTALS), reason=WHY)
    registered(PUBLISHED, taken_down).when(publish(ROSTER)).then_refused(StageUnpublishedError, at="items[0]")


@pytest.mark.parametrize("items", [(), (STAGE, STAGE), (STAGE, TOTALS, STAGE)])
def test_an_approval_is_of_at_least_one_item_each_once(items: tuple[PublishedItem, ...]) -> None:
    registered().when(publish(*items)).then_refused(InvalidValueError, at="items")


def test_an_approval_is_not_of_the_future() -> None:
    registered().when(replace(PUBLISH, approved_on=TODAY)).then(replace(PUBLISHED, approved_on=TODAY))
    registered().when(replace(PUBLISH, approved_on=TOMORROW)).then_refused(NotYetHappenedError, at="approved_on")


def test_what_was_taken_down_is_published_again_with_a_reason() -> None:
    before = registered(ALL_PUBLISHED, ROSTER_WITHDRAWN)
    before.when(publish(TOTALS, ROSTER)).then_refused(AlreadyStatedError, at="reason", item=ROSTER)
    before.when(publish(ROSTER, reason=WHY)).then(published(ROSTER, reason=WHY))
    registered(ALL_PUBLISHED, ROSTER_WITHDRAWN, published(ROSTER, reason=WHY)).when(publish(ROSTER)).then_nothing()


# Taking down


def test_an_item_is_taken_down_with_a_reason_and_once() -> None:
    registered(ALL_PUBLISHED).when(WITHDRAW_ROSTER).then(ROSTER_WITHDRAWN)
    registered(ALL_PUBLISHED, ROSTER_WITHDRAWN).when(replace(WITHDRAW_ROSTER, reason=WHY)).then_nothing()


@pytest.mark.parametrize(
    ("shown", "gone"),
    [((STAGE,), (STAGE,)), ((TOTALS, STAGE), (STAGE, TOTALS)), ((STAGE, TOTALS, ROSTER), (STAGE, ROSTER, TOTALS))],
)
def test_with_the_stage_go_all_that_are_published(
    shown: tuple[PublishedItem, ...], gone: tuple[PublishedItem, ...]
) -> None:
    registered(published(*shown)).when(withdraw(STAGE)).then(ItemsWithdrawn(items=gone, reason=WHY))


def test_with_another_item_goes_nothing_else() -> None:
    registered(ALL_PUBLISHED).when(withdraw(TOTALS)).then(ItemsWithdrawn(items=(TOTALS,), reason=WHY))


def test_what_was_never_published_cannot_be_taken_down() -> None:
    registered().when(WITHDRAW_ROSTER).then_refused(NotPublishedError, at="item", item=ROSTER)
    registered(PUBLISHED).when(WITHDRAW_ROSTER).then_refused(NotPublishedError, at="item")


@pytest.mark.parametrize("after", [(ROSTER_EXEMPTED,), (replace(EXEMPTION_ENDED, item=ROSTER),)])
def test_what_is_not_shown_any_more_is_taken_down_already(after: tuple[object, ...]) -> None:
    registered(ALL_PUBLISHED, *after).when(WITHDRAW_ROSTER).then_nothing()


# Exempting


def test_an_item_is_exempt_whether_it_was_published_or_not() -> None:
    registered().when(EXEMPT_TOTALS).then(NOT_SHOWN_EXEMPTED)
    registered(PUBLISHED).when(EXEMPT_TOTALS).then(TOTALS_EXEMPTED)


def test_exempting_the_stage_takes_down_all_that_is_published_in_the_same_fact() -> None:
    registered(ALL_PUBLISHED).when(exempt(STAGE)).then(replace(STAGE_EXEMPTED, withdrawn=(STAGE, ROSTER, TOTALS)))
    registered(PUBLISHED).when(exempt(STAGE)).then(replace(STAGE_EXEMPTED, withdrawn=(STAGE, TOTALS)))


def test_what_is_exempt_is_not_published() -> None:
    before = registered(published(STAGE), NOT_SHOWN_EXEMPTED)
    before.when(publish(ROSTER, TOTALS)).then_refused(
        ExemptedError, at="items[1]", item=TOTALS, ground="TRADE_SECRET", until=ENDS
    )
    before.when(publish(ROSTER)).then(published(ROSTER))
    registered(STAGE_EXEMPTED).when(publish(STAGE)).then_refused(ExemptedError, at="items[0]", ground="STATE_SECRET")


@pytest.mark.parametrize("taken_down", [ROSTER, TOTALS])
def test_what_went_with_an_exempt_stage_is_not_exempt_itself(taken_down: PublishedItem) -> None:
    before = (ALL_PUBLISHED, replace(STAGE_EXEMPTED, withdrawn=(STAGE, ROSTER, TOTALS)))
    ended = replace(EXEMPTION_ENDED, item=STAGE)
    registered(*before).when(publish(taken_down)).then_refused(StageUnpublishedError, at="items[0]")
    registered(*before).when(replace(END_EXEMPTION, item=taken_down)).then_refused(NotExemptedError, at="item")
    registered(*before, ended).when(publish(STAGE, taken_down)).then(published(STAGE, taken_down))


def test_an_exemption_holds_until_its_day_and_no_longer() -> None:
    before = registered(published(STAGE), NOT_SHOWN_EXEMPTED).when(publish(TOTALS))
    before.on(ENDS - timedelta(days=1)).then_refused(ExemptedError, at="items[0]")
    before.on(ENDS).then(published(TOTALS))


def test_an_exemption_without_a_day_holds_for_good() -> None:
    refused = registered(published(STAGE), ROSTER_EXEMPTED).when(publish(ROSTER)).on(date(2099, 12, 31))
    refused.then_refused(ExemptedError, at="items[0]", ground="PERSONAL_PRIVACY")


def test_an_exemption_ends_in_the_future() -> None:
    registered().when(replace(EXEMPT_TOTALS, until=TOMORROW)).then(replace(NOT_SHOWN_EXEMPTED, until=TOMORROW))
    for day in (TODAY, TODAY - timedelta(days=1)):
        registered().when(replace(EXEMPT_TOTALS, until=day)).then_refused(InvalidValueError, at="until", value=day)


def test_an_exemption_that_holds_is_not_stated_again_for_another_reason() -> None:
    registered(PUBLISHED, TOTALS_EXEMPTED).when(replace(EXEMPT_TOTALS, reason=WHY)).then_nothing()


@pytest.mark.parametrize(
    "change",
    [
        {"ground": Code("OTHER")},
        {"until": date(2022, 8, 1)},
        {"until": None},
        {"documents": (Document(title=Name("豁免公开审批表(演示)")),)},
    ],
)
def test_an_exemption_is_changed_by_another_one(change: dict[str, Any]) -> None:
    registered(PUBLISHED, TOTALS_EXEMPTED).when(replace(EXEMPT_TOTALS, reason=WHY, **change)).then(
        replace(NOT_SHOWN_EXEMPTED, reason=WHY, **change)
    )


def test_an_exemption_whose_day_has_come_may_be_stated_anew() -> None:
    later = date(2022, 12, 31)
    before = registered(NOT_SHOWN_EXEMPTED)
    before.when(EXEMPT_TOTALS).on(ENDS).then_refused(InvalidValueError, at="until")
    before.when(replace(EXEMPT_TOTALS, until=later)).on(ENDS).then(replace(NOT_SHOWN_EXEMPTED, until=later))


def test_a_ground_is_of_the_places_own_list() -> None:
    own = (Term(code=Code("SAFETY"), zh=Name("公共安全"), en=Name("public safety")),)
    listed = DictionarySet(name=Dictionary.EXEMPTION_GROUND, terms=own)
    registered().when(exempt(STAGE, "SAFETY")).then_refused(UnknownTermError, at="ground", value="SAFETY")
    registered(listed).when(exempt(STAGE, "SAFETY")).then(replace(STAGE_EXEMPTED, ground=Code("SAFETY")))
    registered(listed).when(exempt(STAGE)).then_refused(UnknownTermError, at="ground", value="STATE_SECRET")
    assert [term.zh for term in defaults()[Dictionary.EXEMPTION_GROUND]] == [
        "国家秘密", "商业秘密", "个人隐私", "其他事由",
    ]  # fmt: skip


# Ending an exemption


def test_an_exemption_is_ended_once_and_publishes_nothing() -> None:
    registered(PUBLISHED, TOTALS_EXEMPTED).when(END_EXEMPTION).then(EXEMPTION_ENDED)
    after = (PUBLISHED, TOTALS_EXEMPTED, EXEMPTION_ENDED)
    registered(*after).when(replace(END_EXEMPTION, reason=WHY)).then_nothing()
    registered(*after).when(publish(TOTALS)).then(published(TOTALS))


def test_an_exemption_whose_day_has_come_has_ended_by_itself() -> None:
    registered(NOT_SHOWN_EXEMPTED).when(END_EXEMPTION).on(ENDS).then_nothing()
    registered(NOT_SHOWN_EXEMPTED).when(END_EXEMPTION).on(ENDS - timedelta(days=1)).then(EXEMPTION_ENDED)


@pytest.mark.parametrize(
    "before", [(), (PUBLISHED,), (PUBLISHED, ItemsWithdrawn(items=(TOTALS,), reason=WHY)), (ROSTER_EXEMPTED,)]
)
def test_what_is_not_exempt_has_no_exemption_to_end(before: tuple[object, ...]) -> None:
    registered(*before).when(END_EXEMPTION).then_refused(NotExemptedError, at="item", item=TOTALS)


# The project


@pytest.mark.parametrize("command", EACH)
def test_only_a_project_that_stands_in_an_open_ledger_has_anything_to_publish(command: object) -> None:
    given().when(command).then_refused(PlaceNotOpenError)
    given(PLACE_OPENED).when(command).then_refused(NotFoundError, at="project_id")
    registered(ALL_PUBLISHED, VOIDED).when(command).then_refused(VoidedError, at="project_id")
    registered(ALL_PUBLISHED, MERGED).when(command).then_refused(MergedError, at="project_id")


def test_of_a_project_that_was_given_up_nothing_more_is_published_but_all_can_be_taken_down() -> None:
    over = registered(ALL_PUBLISHED, TERMINATED)
    over.when(PUBLISH).then_refused(TerminatedError, at="project_id")
    over.when(WITHDRAW_ROSTER).then(ROSTER_WITHDRAWN)
    over.when(EXEMPT_ROSTER).then(replace(ROSTER_EXEMPTED, withdrawn=(ROSTER,)))
    registered(TOTALS_EXEMPTED, TERMINATED).when(END_EXEMPTION).then(EXEMPTION_ENDED)
    resumed = ProjectResumed(occurred_on=date(2022, 5, 2))
    registered(TERMINATED, resumed).when(PUBLISH).then(PUBLISHED)


@pytest.mark.parametrize("command", EACH)
def test_a_project_has_a_publication_of_its_own(command: PublishItems | EndExemption) -> None:
    assert DECIDER.stream(command, QIYANG, REGISTER_ID) == publication_stream(PROJECT_ID).id == PROJECT_ID
