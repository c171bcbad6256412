"""审计用语: every fact as one sentence in Chinese and one in English, for an auditor to read.

Figures stand as stated, in their own unit and precision; texts stand as they were given, in quotation marks, and long
ones are cut short with an ellipsis (the changes beside the sentence have them whole). No personal value is ever told.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, assert_never

from projections.touches import AnyFact, documents_of, plain, reason_of, touches
from projections.wording import (
    Terms,
    aim,
    amount,
    day,
    day_of,
    document,
    one_line,
    quoted,
    region,
    series,
    through,
    told,
    with_all,
    zh,
)
from service.domain.gates import (
    ContractSigned,
    GateFact,
    ProjectCompleted,
    ProjectPutIntoProduction,
    ProjectReserved,
    ProjectStarted,
    gate_of,
)
from service.domain.investment import CompletionReported, OpeningBalanceStated, Status
from service.domain.labels import Label, field_label, label
from service.domain.place import PlaceOpened, PlaceRecoded
from service.domain.plan import AnnualTargetRevised, AnnualTargetSet
from service.domain.privacy import PersonalDataErased
from service.domain.project import (
    ProjectAmended,
    ProjectRegistered,
    ProjectVoided,
    TotalInvestmentSet,
    TotalInvestmentWithdrawn,
)

if TYPE_CHECKING:
    from service.domain.shape import Plain

_PERSONS: Final = ("filled_by", "reviewed_by", "signed_by")
_NO_TERMS: Final[Terms] = MappingProxyType({})
_STOPS: Final = "。．.！!？?；;，,、：: "


def sentence(fact: AnyFact, before: Mapping[str, Plain], terms: Terms = _NO_TERMS) -> Label:
    """Return a fact as a sentence in both languages.

    Args:
        fact: what happened.
        before: what the paths that it touches held before it; nothing for those that are missing or None.
        terms: labels of the place's categories, by code; a code that is missing is told itself.
    """
    chinese, english = _clause(fact, before, terms)
    if reason := reason_of(fact):
        why = one_line(reason).rstrip(_STOPS) or reason
        chinese, english = f"{chinese}；理由：{why}", f"{english}; reason: {why}"
    if papers := [document(one) for one in documents_of(fact)]:
        basis = series(papers)
        chinese, english = f"{chinese}；依据：{basis.zh}", f"{english}; on the basis of {basis.en}"
    return Label(f"{chinese}。", f"{english}.")


def _clause(fact: AnyFact, before: Mapping[str, Plain], terms: Terms) -> Label:  # noqa: C901, PLR0911 - an arm a fact.
    touched = touches(fact)
    old = before.get(next(iter(touched)))
    match fact:
        case PlaceOpened():
            return _opened(fact)
        case PlaceRecoded():
            return _recoded(fact, old)
        case ProjectRegistered():
            return _registered(touched, terms)
        case ProjectAmended():
            return _listed(
                Label("变更项目信息：", "Amended the project: "),
                [_amended(name, before.get(name), value, terms) for name, value in touched.items()],
            )
        case TotalInvestmentSet():
            return _total_set(fact, old)
        case TotalInvestmentWithdrawn():
            return _total_withdrawn(fact, old)
        case ProjectVoided():
            return Label("项目登记有误，予以作废", "Voided the project as registered in error")
        case ProjectReserved() | ContractSigned() | ProjectStarted() | ProjectCompleted() | ProjectPutIntoProduction():
            return _gate(fact, old)
        case OpeningBalanceStated():
            return _opening(fact, old)
        case CompletionReported():
            return with_all(_completion(fact, old), _persons(fact))
        case AnnualTargetSet() | AnnualTargetRevised():
            return _target(fact, old, terms)
        case PersonalDataErased():
            field = field_label(fact.path) if fact.path in _PERSONS else quoted(fact.path)
            return Label(
                f"删除第 {fact.position} 条事实中的个人信息（{field.zh}）",
                f"Erased personal data of fact {fact.position} ({field.en})",
            )
    assert_never(fact)


def _listed(head: Label, parts: list[Label]) -> Label:
    chinese, english = "；".join(one.zh for one in parts), "; ".join(one.en for one in parts)
    return Label(f"{head.zh}{chinese}", f"{head.en}{english}")


# The place and the project.


def _opened(fact: PlaceOpened) -> Label:
    parts = {
        "purpose": label(fact.purpose),
        "currency": label(fact.currency),
        "start_basis": label(fact.start_basis),
        "categories": series([Label(term.zh, term.en) for term in fact.categories]),
    }
    return _listed(
        Label(f"建立“{fact.name}”台账：", f"Opened the ledger of “{fact.name}” — "),
        [_stated(Label("行政区划", "region"), region(fact.region))]
        + [_stated(field_label(name), value) for name, value in parts.items()],
    )


def _recoded(fact: PlaceRecoded, old: Plain) -> Label:
    was, now, on = region(fact.former), region(fact.successor), day(fact.occurred_on)
    verb = Label("登记", "Recorded") if old is None else Label("更正登记", "Corrected")
    return Label(
        zh(f"{verb.zh}行政区划变更：", on.zh, "由", was.zh, "改为", now.zh, f"，台账称“{fact.name}”"),
        f"{verb.en} that the region changed from {was.en} to {now.en} on {on.en}, the ledger being named “{fact.name}”",
    )


def _stated(field: Label, value: Label) -> Label:
    return Label(zh(f"{field.zh}为", value.zh), f"{field.en}: {value.en}")


def _registered(identity: Mapping[str, Plain], terms: Terms) -> Label:
    return _listed(
        Label(f"登记项目“{identity['name']}”：", f"Registered the project “{identity['name']}” — "),
        [_stated(field_label(name), told(name, value, terms)) for name, value in identity.items() if name != "name"],
    )


def _amended(name: str, old: Plain, new: Plain, terms: Terms) -> Label:
    field, was, now = field_label(name), told(name, old, terms), told(name, new, terms)
    if new is None:
        former = Label("", "") if old is None else Label(zh("（原为", was.zh, "）"), f" (was {was.en})")
        return Label(f"清空{field.zh}{former.zh}", f"{field.en} emptied{former.en}")
    if old is None:
        return Label(zh(f"{field.zh}填为", now.zh), f"{field.en} set to {now.en}")
    return Label(zh(f"{field.zh}由", was.zh, "改为", now.zh), f"{field.en} changed from {was.en} to {now.en}")


def _total_set(fact: TotalInvestmentSet, old: Plain) -> Label:
    kind, now, on = label(fact.kind), amount(plain(fact.stated)), day(fact.occurred_on)
    if old is None:
        return Label(zh(f"核定{kind.zh}", now.zh, "，日期", on.zh), f"Set the {kind.en} at {now.en}, dated {on.en}")
    was, was_on = amount(old), day_of(old["occurred_on"])
    if was != now:
        return Label(
            zh(f"调整{kind.zh}：由", was.zh, "调整为", now.zh, "，日期", on.zh),
            f"Adjusted the {kind.en} from {was.en} to {now.en}, dated {on.en}",
        )
    if was_on != on:
        return Label(
            zh(f"更正{kind.zh}的日期：由", was_on.zh, "改为", on.zh, "，金额仍为", now.zh),
            f"Corrected the date of the {kind.en} from {was_on.en} to {on.en}, the amount still being {now.en}",
        )
    return Label(
        zh(f"重新核定{kind.zh}", now.zh, "，金额和日期不变"),
        f"Set the {kind.en} at {now.en} again, amount and date unchanged",
    )


def _total_withdrawn(fact: TotalInvestmentWithdrawn, old: Plain) -> Label:
    kind, on = label(fact.kind), day(fact.occurred_on)
    was = Label("", "") if old is None else amount(old)
    former = Label(f"（原为 {was.zh}）", f" (was {was.en})") if old is not None else was
    return Label(zh(f"撤回{kind.zh}{former.zh}，日期", on.zh), f"Withdrew the {kind.en}{former.en}, dated {on.en}")


def _gate(fact: GateFact, old: Plain) -> Label:
    gate, variant, on = label(gate_of(fact).gate), _variant(fact), day(fact.occurred_on)
    what = gate if variant is None else Label(f"{gate.zh}（{variant.zh}）", f"{gate.en} ({variant.en})")
    if old is None:
        return Label(zh(f"登记{what.zh}：", on.zh), f"Recorded {what.en} on {on.en}")
    was = day_of(old)
    if was != on:
        return Label(
            zh(f"更正{what.zh}日期：由", was.zh, "改为", on.zh),
            f"Corrected the date of {what.en} from {was.en} to {on.en}",
        )
    return Label(zh(f"更正{what.zh}的登记，日期仍为", on.zh), f"Corrected the entry of {what.en}, still on {on.en}")


def _variant(fact: GateFact) -> Label | None:
    match fact:
        case ProjectReserved():
            return None if fact.library is None else quoted(fact.library)
        case ContractSigned():
            return label(fact.form)
        case ProjectStarted():
            return label(fact.basis)
        case ProjectCompleted():
            return label(fact.kind)
        case ProjectPutIntoProduction():
            return label(fact.extent)
    assert_never(fact)


# Money and targets.


def _opening(fact: OpeningBalanceStated, old: Plain) -> Label:
    basis, now = label(fact.basis), amount(plain(fact.stated))
    if old is None:
        return Label(
            f"登记截至 {fact.year} 年底累计完成投资 {now.zh}（{basis.zh}）",
            f"Stated investment completed by the end of {fact.year} as {now.en} ({basis.en})",
        )
    was, was_year = amount(old), old["year"]
    if was_year != fact.year:
        return Label(
            f"更正期初累计完成投资（{basis.zh}）：由截至 {was_year} 年底 {was.zh}改为截至 {fact.year} 年底 {now.zh}",
            f"Corrected the opening balance ({basis.en}) from {was.en} completed by the end of {was_year}"
            f" to {now.en} completed by the end of {fact.year}",
        )
    if was != now:
        return Label(
            f"更正截至 {fact.year} 年底累计完成投资（{basis.zh}）：由 {was.zh}改为 {now.zh}",
            f"Corrected investment completed by the end of {fact.year} ({basis.en}) from {was.en} to {now.en}",
        )
    return Label(
        f"重新登记截至 {fact.year} 年底累计完成投资 {now.zh}（{basis.zh}），金额不变",
        f"Stated investment completed by the end of {fact.year} as {now.en} ({basis.en}) again, amount unchanged",
    )


def _completion(fact: CompletionReported, old: Plain) -> Label:
    basis, status, time = label(fact.basis), label(fact.status), through(fact.measure, fact.through)
    now = amount(plain(fact.stated))
    report = Label(
        zh("报送", time.zh, "完成投资", now.zh, f"（{basis.zh}，{status.zh}）"),
        f"Reported completed investment of {now.en} {time.en} ({basis.en}, {status.en})",
    )
    if old is None:
        return report
    was, was_status = amount(old), label(Status(old["status"]))
    if was_status != status:
        # The report proper after a flash one is no correction.
        return with_all(report, _compared(was, was_status, now))
    if was == now:
        return Label(f"重新{report.zh}，数额不变", f"{report.en} again, amount unchanged")
    return Label(
        zh("更正", time.zh, f"完成投资（{basis.zh}，{status.zh}）：由", was.zh, "改为", now.zh),
        f"Corrected completed investment {time.en} ({basis.en}, {status.en}) from {was.en} to {now.en}",
    )


def _compared(was: Label, status: Label, now: Label) -> Label:
    if was == now:
        return Label(f"，与{status.zh}数一致", f", the same as the {status.en} figure")
    return Label(f"，{status.zh}数为 {was.zh}", f", the {status.en} figure having been {was.en}")


def _persons(fact: CompletionReported) -> Label:
    """Return which persons the report names, without their names: true before and after an erasure."""
    if not (given := [field_label(name) for name in _PERSONS if getattr(fact, name) is not None]):
        return Label("", "")
    named = series(given)
    return Label(f"，列明{named.zh}", f", naming its {named.en}")


def _target(fact: AnnualTargetSet | AnnualTargetRevised, old: Plain, terms: Terms) -> Label:
    measure, now = label(fact.measure), aim({**plain(fact.stated), "operator": fact.operator})
    if fact.category is not None:
        category = told("category", fact.category, terms)
        measure = Label(f"{measure.zh}（{category.zh}）", f"{measure.en} ({category.en})")
    what = Label(f"{fact.year} 年度目标：{measure.zh}", f"the {fact.year} target: {measure.en}")
    if old is None:
        return Label(zh(f"下达 {what.zh}", now.zh), f"Set {what.en} {now.en}")
    was = aim(old)
    if was == now:
        return Label(zh(f"重新下达 {what.zh}", now.zh, "，数值不变"), f"Set again {what.en} {now.en}, unchanged")
    return Label(zh(f"调整 {what.zh}由", was.zh, "调整为", now.zh), f"Revised {what.en} from {was.en} to {now.en}")
