"""停缓建用语: suspending, deferring, terminating and resuming."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from projections.wording.base import Told, Words
from projections.wording.phrases import day, excerpt, plain, with_all, zh
from service.domain.activity import (
    PauseNoted,
    ProjectDeferred,
    ProjectResumed,
    ProjectSuspended,
    ProjectTerminated,
)
from service.domain.dictionaries import Dictionary
from service.domain.labels import Label
from service.domain.shape import Plain
from service.domain.stages import Activity

_VERBS: Final = {
    ProjectSuspended: Label("停工", "Suspended the project"),
    ProjectDeferred: Label("缓建", "Deferred the project"),
    ProjectTerminated: Label("终止", "Terminated the project"),
}
_AFTER: Final = {
    ProjectSuspended: Activity.SUSPENDED,
    ProjectDeferred: Activity.DEFERRED,
    ProjectTerminated: Activity.TERMINATED,
    ProjectResumed: Activity.ACTIVE,
}


def _state(fact: Any) -> dict[str, Plain]:
    return {
        "activity": {
            "state": _AFTER[type(fact)].value,
            "occurred_on": plain(fact.occurred_on),
            "reason_code": getattr(fact, "reason_code", None),
        }
    }


def _note(fact: PauseNoted) -> dict[str, Plain]:
    return {"pause_note": {"occurred_on": plain(fact.occurred_on), "text": fact.text}}


def _paused(fact: Any, at: Told) -> Label:
    verb, on = _VERBS[type(fact)], day(fact.occurred_on)
    why = at.terms.label(Dictionary.PAUSE_REASON, fact.reason_code)
    told = Label(zh(f"登记项目{verb.zh}：", on.zh, f"，原因为{why.zh}"), f"{verb.en} on {on.en}, because of {why.en}")
    return with_all(told, _plan(fact), _expected(fact))


def _plan(fact: Any) -> Label:
    plan = getattr(fact, "recovery_plan", None)
    if plan is None:
        return Label("", "")
    return Label(f"，恢复计划{excerpt(plan).zh}", f", recovery plan {excerpt(plan).en}")


def _expected(fact: Any) -> Label:
    expected = getattr(fact, "expected_resumption", None)
    if expected is None:
        return Label("", "")
    on = day(expected)
    return Label(zh("，预计", on.zh, "恢复"), f", expected to go on from {on.en}")


def _noted(fact: PauseNoted, _at: Told) -> Label:
    on, text = day(fact.occurred_on), excerpt(fact.text)
    told = Label(zh("填报停缓建情况：", on.zh, f"，{text.zh}"), f"Noted how the pause stands on {on.en}: {text.en}")
    return with_all(told, _expected(fact))


def _resumed(fact: ProjectResumed, _at: Told) -> Label:
    on = day(fact.occurred_on)
    return Label(zh("登记项目复工：", on.zh), f"Resumed the project on {on.en}")


WORDS: Final[Mapping[type, Words]] = {
    **{of: Words(_state, _paused) for of in _VERBS},
    ProjectResumed: Words(_state, _resumed),
    PauseNoted: Words(_note, _noted),
}
