"""年度计划用语: projects put on a key list, said otherwise, and taken off it.

A sentence names the first projects and tells how many there are, and of which class; the changes beside it have each.
What one project alone is planned to do is told in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from projections.wording.base import Told, Words
from projections.wording.phrases import (
    MOST_QUOTED,
    amount,
    day_of,
    one_line,
    plain,
    projects,
    quoted,
    region,
    series,
    with_all,
    zh,
)
from service.domain.annual_plan import AnnualPlanFact, AnnualPlanIncluded, AnnualPlanRemoved, PlanClass, PlanEntry
from service.domain.labels import Label
from service.domain.shape import Plain
from service.domain.values import Region

_NOTHING: Final = Label("未列明", "not stated")
_SILENT: Final = Label("", "")


def _path(owner: Region, project_id: UUID) -> str:
    return f"plan_entry.{owner}.{project_id}"


def _put(fact: AnnualPlanIncluded) -> dict[str, Plain]:
    return {_path(fact.list_owner, entry.project_id): plain(entry) for entry in fact.entries}


def _taken(fact: AnnualPlanRemoved) -> dict[str, Plain]:
    return {_path(fact.list_owner, project_id): None for project_id in fact.projects}


def _list(fact: AnnualPlanFact) -> Label:
    owner = region(fact.list_owner)
    return Label(f"{owner.zh}{fact.year} 年度重点项目名单", f"the {fact.year} key project list of {owner.en}")


def _ids(entries: Sequence[PlanEntry]) -> list[UUID]:
    return [entry.project_id for entry in entries]


def _included(fact: AnnualPlanIncluded, at: Told) -> Label:
    old = {entry.project_id: at.before.get(_path(fact.list_owner, entry.project_id)) for entry in fact.entries}
    fresh = [entry for entry in fact.entries if old[entry.project_id] is None]
    changed = [entry for entry in fact.entries if old[entry.project_id] is not None]
    named, new, known = _list(fact), projects(_ids(fresh), at.terms), projects(_ids(changed), at.terms)
    if not changed:
        put = Label(zh("将", new.zh, "列入", named.zh), f"Put {new.en} on {named.en}")
        return with_all(put, _classes(fresh), _alone(fresh))
    told = Label(
        zh("调整", named.zh, "中", known.zh, "的年度计划"), f"Changed the year's plan for {known.en} on {named.en}"
    )
    if not fresh:
        return with_all(told, _difference(old[changed[0].project_id], changed[0]) if len(changed) == 1 else _SILENT)
    more = Label(zh("，并列入", new.zh), f", and put {new.en} on it as well")
    return with_all(told, more, _classes(fresh))


def _classes(entries: Sequence[PlanEntry]) -> Label:
    """Return how many there are of each class, and to be completed: （新开工 2 个、续建 1 个；其中计划竣工 1 个）."""
    if len(entries) == 1:
        (one,) = entries
        within = Label("，计划年内竣工", ", to be completed within the year") if one.completes_this_year else _SILENT
        return Label(f"（{one.plan_class.label.zh}{within.zh}）", f": {one.plan_class.label.en}{within.en}")
    counts = [(one.label, sum(entry.plan_class is one for entry in entries)) for one in PlanClass]
    parts = series([Label(f"{of.zh} {count} 个", f"{count} {of.en}") for of, count in counts if count])
    completing = sum(entry.completes_this_year for entry in entries)
    if not completing:
        return Label(f"（{parts.zh}）", f": {parts.en}")
    return Label(
        f"（{parts.zh}；其中计划竣工 {completing} 个）",
        f": {parts.en}; {completing} of them to be completed within the year",
    )


def _alone(entries: Sequence[PlanEntry]) -> Label:
    """Return what is planned of a project that was put on a list by itself."""
    if len(entries) > 1:
        return _SILENT
    value = plain(entries[0])
    parts = [_field(name, tell(value[name])) for name, tell in _TELL.items() if name in value and name not in _CLASS]
    if not parts:
        return _SILENT
    return Label("".join(f"；{one.zh}" for one in parts), "".join(f"; {one.en}" for one in parts))


def _field(name: str, value: Label) -> Label:
    term = _TERMS[name]
    return Label(zh(f"{term.zh}为", value.zh), f"{term.en}: {value.en}")


def _difference(old: Plain, entry: PlanEntry) -> Label:
    """Return from what to what the plan of one project was changed."""
    now = plain(entry)
    parts = []
    for name, tell in _TELL.items():
        was, new = old.get(name), now.get(name)
        if was != new:
            before = _NOTHING if was is None else tell(was)
            after = _NOTHING if new is None else tell(new)
            term = _TERMS[name]
            parts.append(
                Label(zh(f"{term.zh}由", before.zh, "调整为", after.zh), f"{term.en} from {before.en} to {after.en}")
            )
    if not parts:
        return _SILENT
    return Label(f"：{'，'.join(one.zh for one in parts)}", f": {', '.join(one.en for one in parts)}")


def _removed(fact: AnnualPlanRemoved, at: Told) -> Label:
    gone, named = projects(fact.projects, at.terms), _list(fact)
    return Label(zh("将", gone.zh, "调出", named.zh), f"Took {gone.en} off {named.en}")


def _excerpt(text: str) -> Label:
    line = one_line(text)
    return quoted(line if len(line) <= MOST_QUOTED else f"{line[:MOST_QUOTED]}…")


def _whether(value: Plain) -> Label:
    return Label("“是”", "yes") if value else Label("“否”", "no")


_CLASS: Final = frozenset({"plan_class", "completes_this_year"})
"""Told as counts where projects are put on a list."""
_TERMS: Final[Mapping[str, Label]] = {
    "plan_class": Label("年度计划类别", "class"),
    "completes_this_year": Label("年内计划竣工", "to be completed within the year"),
    "planned_investment": Label("年度计划投资", "planned investment"),
    "image_target": Label("年度形象目标", "image target"),
    "planned_start": Label("计划开工日期", "planned start"),
    "planned_completion": Label("计划竣工日期", "planned completion"),
}
_TELL: Final[Mapping[str, Callable[[Plain], Label]]] = {
    "plan_class": lambda value: PlanClass(value).label,
    "completes_this_year": _whether,
    "planned_investment": amount,
    "image_target": _excerpt,
    "planned_start": day_of,
    "planned_completion": day_of,
}

WORDS: Final[Mapping[type, Words]] = {
    AnnualPlanIncluded: Words(_put, _included, about=lambda fact, _before: _ids(fact.entries)),
    AnnualPlanRemoved: Words(_taken, _removed, about=lambda fact, _before: fact.projects),
}
