"""What auditors read: the sentence of every fact, in both languages, as committed in sentences.txt.

With TAIZHANG_WRITE_SNAPSHOTS=1 the file is written anew, to be read before it is committed.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest

from projections.wording import WORDS, sentence, touches
from projections.wording.base import Terms
from service.domain import investment, place
from service.domain.identity import Changes, Identity
from service.domain.labels import Label, field_label
from service.domain.values import ERASED, Period, Personal
from service.log.codec import NAMES
from tests import dsl
from tests.examples import ASIDE, FACTS, PROJECT_ID, THROUGH_MARCH_REPORTED, TODAY
from tests.examples.adoption import ADOPTED, ENDED, HUNAN, SETTINGS
from tests.projections.story import STORY

SNAPSHOT: Final = Path(__file__).with_name("snapshots") / "sentences.txt"

_NAMED: Final = Terms(names={PROJECT_ID: "演示竹木新材料产业园一期"})


def _told(facts: Mapping[str, Any]) -> Iterator[tuple[str, str, Label]]:
    streams: dict[str, dict[str, Any]] = {}
    for name, fact in facts.items():
        before = streams.setdefault(dsl.decider_of_fact(fact).kind, {})
        yield name, type(fact).__name__, sentence(fact, before, _NAMED)
        before |= touches(fact)


def _story() -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, command in STORY.items():
        (facts[name],) = dsl.decide(command, [*facts.values()], TODAY)
    return facts | {name: fact for name, (_, fact) in ASIDE.items()}


def test_every_fact_is_told_as_committed() -> None:
    found = "".join(f"{name} ({of})\n  {told.zh}\n  {told.en}\n\n" for name, of, told in _told(_story()))
    if os.environ.get("TAIZHANG_WRITE_SNAPSHOTS") == "1":
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(found, "utf-8")
    assert found == SNAPSHOT.read_text("utf-8")


def test_every_class_of_fact_has_a_sentence_and_touches_something() -> None:
    told = {of for _, of, _ in _told(_story())}
    assert told == set(NAMES)
    assert set(WORDS) == {of for of, _ in NAMES.values()}
    assert all(touches(fact) for fact in _story().values())


def test_a_sentence_is_one_line_and_well_punctuated() -> None:
    for _, _, told in _told(_story()):
        assert told.zh.endswith("。")
        assert told.en.endswith(".")
        assert not re.search(r"[。，；：、.,;:!]{2}|（）|\(\)|\s\s|\n|None|UNSET", told.zh + told.en)
        assert not re.search(r"[。，；：]\s|\s[。，；：（）]", re.sub("“[^”]*”", "", told.zh))


def test_any_fact_can_be_told_without_what_was_before() -> None:
    for fact in _story().values():
        assert sentence(fact, {}).zh


def test_a_code_is_told_by_the_places_own_list() -> None:
    fact = _story()["share set"]
    own = Terms({"categories": [{"code": "PRODUCTIVE", "zh": "实体产业", "en": "Real economy"}]})
    assert "（产业）" in sentence(fact, {}).zh
    assert "（实体产业）" in sentence(fact, {}, own).zh
    assert "（PRODUCTIVE）" in sentence(fact, {}, Terms({"categories": []})).zh


def test_what_was_adopted_is_told_with_whose_it_is() -> None:
    told = [sentence(fact, {}) for fact in SETTINGS]
    assert told[4].zh.startswith("沿用永州市（431100）的预警规则：")
    assert told[4].en.startswith("Adopted from 永州市 (431100) the rules for warnings: ")
    assert [one.zh for one in told] == [
        "沿用永州市（431100）的字典“停缓建原因”：资金断链、防汛停工；依据：《2022年重点建设项目计划(演示)》（演示〔2022〕1号）。",
        "沿用永州市（431100）的招商引资项目倒排工期模板：用地手续（提前 300 天）、开工（提前 240 天）、竣工（当日）。",
        "沿用永州市（431100）的工期变更规则：节点到期前 30 天内不得调整、累计延期不超过原工期的 50%。",
        (
            "沿用永州市（431100）的重点项目优先保障时限（自列入名单之日起）：立项 10 天内、环境影响评价 20 天内、"
            "用地手续 60 天内、资金落实 90 天内；依据：《2022年重点建设项目计划(演示)》（演示〔2022〕1号）。"
        ),
        told[4].zh,
        "沿用永州市（431100）的企业投资项目阶段：谋划包装、要素保障、建设推进。",
        (
            "沿用永州市（431100）的开工认定口径：“以施工许可证或开工报告载明日期为准。”，"
            "以施工许可/开工报告为准，自 2021 年 1 月 1 日起适用。"
        ),
    ]
    assert all(one.en.startswith("Adopted from 永州市 (431100) ") for one in told)


def test_following_is_told_by_whom_was_followed_before() -> None:
    again, other = sentence(ADOPTED, touches(ADOPTED)), sentence(ADOPTED, {"configuration_from": HUNAN})
    assert again.zh.startswith("更新沿用永州市（431100）的配置（第 8 版）")
    assert again.en.startswith("Followed a change of the configuration of 永州市 (431100), as of its version 8")
    assert other.zh.startswith("改为沿用永州市（431100）的配置（第 8 版）")
    assert other.en.startswith("Followed from now on the configuration of 永州市 (431100), as of its version 8")
    assert sentence(ENDED, {}).zh == "声明不沿用上级配置；理由：本地另行设定。"


def test_no_personal_value_is_told_before_or_after_it_was_erased() -> None:
    fact = THROUGH_MARCH_REPORTED
    erased = object.__new__(type(fact))
    for one in fields(fact):
        value = getattr(fact, one.name)
        object.__setattr__(erased, one.name, ERASED if isinstance(value, Personal) else value)
    assert sentence(fact, {}) == sentence(erased, {})
    assert "填报人甲" not in sentence(fact, {}).zh


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("2024-02-T3", "2024 年 2 月下旬", "21–29 February 2024"),
        ("2022-04-T1", "2022 年 4 月上旬", "1–10 April 2022"),
        ("2022-04-T2", "2022 年 4 月中旬", "11–20 April 2022"),
        ("2022-02", "2022 年 2 月", "February 2022"),
        ("2022-01/2022-02", "2022 年 1—2 月", "January–February 2022"),
    ],
)
def test_a_period_is_told_in_words(period: str, zh: str, en: str) -> None:
    fact = object.__new__(investment.CompletionReported)
    for one in fields(THROUGH_MARCH_REPORTED):
        object.__setattr__(fact, one.name, getattr(THROUGH_MARCH_REPORTED, one.name))
    object.__setattr__(fact, "measure", investment.Measure.MONTH)
    object.__setattr__(fact, "through", Period(period))
    told = sentence(fact, {})
    assert f"报送 {zh}（本期数）完成投资" in told.zh
    assert f"for {en}, period alone" in told.en


def test_the_examples_alone_are_told_too() -> None:
    assert len(list(_told(FACTS))) == len(FACTS)


@pytest.mark.parametrize("name", [one.name for of in (Identity, Changes, place.PlaceOpened) for one in fields(of)])
def test_every_field_of_an_identity_and_of_a_place_has_a_term(name: str) -> None:
    assert all(field_label(name))


@pytest.mark.parametrize(
    "name", [one.name for of, _ in NAMES.values() for one in fields(of) if "Personal" in str(one.type)]
)
def test_every_field_for_a_personal_value_has_a_term(name: str) -> None:
    assert all(field_label(name))
