"""地区配置: dictionaries, templates, rules, stages and definitions: facts, state, commands of the place stream.

What a place has not set for itself it may adopt from its superior (adoption.py); until then the default that is shipped
as data holds. Every fact states its whole list anew. `adopted_from` is the superior (上级) whose setting it is, None if
the place made it itself.
Source: domain.md, *data*; mission.md 2.2 (change rules), B4 (stage sets differ by county).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Final, NamedTuple, TypeAlias, assert_never, get_args

from service.domain.codes import read_rows
from service.domain.dictionaries import Dictionary, defaults
from service.domain.errors import InvalidValueError, UnknownTermError
from service.domain.gates import Gate, StartBasis
from service.domain.identity import Track
from service.domain.lights import DEFAULT_LIGHTS, LightRulesSet, SetLightRules, decide_light_rules
from service.domain.priority import PriorityLimitsSet, SetPriorityLimits, decide_limits
from service.domain.stages import StageRule, default_stages
from service.domain.values import MOST_LISTED, Code, Document, LongText, Reason, Region, Term
from service.domain.warnings import DEFAULT_RULES, SetWarningRules, WarningRulesSet, decide_warning_rules

MOST_STEPS: Final = 50
"""Most milestones of a template, and of a schedule."""
MOST_DAYS: Final = 3_650
_MOST_PERCENT: Final = 1_000


class Step(NamedTuple):
    """模板节点: a milestone of the dictionary MILESTONE, due so many days before completion."""

    milestone: Code
    days_before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateStep:
    """模板节点 A milestone, and how many days before completion it is due."""

    milestone: Code
    days_before: int


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionarySet:
    """字典设定: the whole list of a dictionary, in its order; a code that it loses stays where it was used."""

    name: Dictionary
    terms: tuple[Term, ...]
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()
    adopted_from: Region | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTemplateSet:
    """倒排工期模板设定: the milestones of a track, each so many days before completion."""

    track: Track
    steps: tuple[TemplateStep, ...]
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()
    adopted_from: Region | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRulesSet:
    """工期变更规则设定: how a schedule may be changed; a rule without a figure does not apply.

    `freeze_days`: from so many days before a milestone's date on, that date may not be moved. `extension_percent`: all
    extensions of the completion date together are at most this share of the original length. Source: mission.md 2.2.
    """

    freeze_days: int | None = None
    extension_percent: int | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()
    adopted_from: Region | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StagesSet:
    """阶段划分设定: the stages of a track in their order; every project's stage follows from it at once (B4)."""

    track: Track
    stages: tuple[StageRule, ...]
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()
    adopted_from: Region | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionSet:
    """认定口径设定: what counts as having reached a gate; for 开工 also which of its three dates counts.

    It holds for the past too, unless it says from which day on gates are judged by it (`holds_from`). The default
    definition is version 1, and each that is set is the next one.
    """

    gate: Gate
    text: LongText
    start_basis: StartBasis | None = None
    holds_from: date | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()
    adopted_from: Region | None = None

    def holds_on(self, day: date) -> bool:
        """Return whether a gate of that day is judged by it."""
        return self.holds_from is None or self.holds_from <= day


ConfigurationFact: TypeAlias = (
    DictionarySet
    | ScheduleTemplateSet
    | ScheduleRulesSet
    | StagesSet
    | DefinitionSet
    | PriorityLimitsSet
    | WarningRulesSet
    | LightRulesSet
)

# State


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a place has set or adopted; `categories` are those that its ledger was opened with."""

    categories: tuple[Term, ...] = ()
    dictionaries: Mapping[Dictionary, DictionarySet] = field(default_factory=dict)
    templates: Mapping[Track, ScheduleTemplateSet] = field(default_factory=dict)
    rules_set: ScheduleRulesSet | None = None
    stage_lists: Mapping[Track, StagesSet] = field(default_factory=dict)
    definitions: Mapping[Gate, tuple[DefinitionSet, ...]] = field(default_factory=dict)
    limits_set: PriorityLimitsSet | None = None
    warnings_set: WarningRulesSet | None = None
    lights_set: LightRulesSet | None = None

    @property
    def warnings(self) -> WarningRulesSet:
        """The rules for warnings in force."""
        return self.warnings_set or DEFAULT_RULES

    @property
    def lights(self) -> LightRulesSet:
        """The rules for lights in force."""
        return self.lights_set or DEFAULT_LIGHTS

    @property
    def rules(self) -> ScheduleRulesSet:
        """The rules in force; none of them holds until it is set."""
        return self.rules_set or ScheduleRulesSet()

    def stages(self, track: Track) -> tuple[StageRule, ...]:
        """Return the stages of a track, in their order."""
        set_here = self.stage_lists.get(track)
        return default_stages()[track] if set_here is None else set_here.stages

    def definition(self, gate: Gate, on: date) -> int:
        """Return the version of the definition by which a gate of that day is judged."""
        holding = (number for number, one in enumerate(self.definitions.get(gate, ()), 2) if one.holds_on(on))
        return max(holding, default=1)

    def terms(self, name: Dictionary) -> tuple[Term, ...]:
        """Return a list in force, in its order."""
        set_here = self.dictionaries.get(name)
        if set_here is not None:
            return set_here.terms
        return (name is Dictionary.CATEGORY and self.categories) or defaults()[name]

    def dictionary(self, name: Dictionary) -> DictionarySet | None:
        """Return a list as it was set or adopted; None where it is the default.

        A ledger is always opened with a list of categories: one that is not the default counts as set by the place.
        """
        is_own = name is Dictionary.CATEGORY and self.categories not in ((), defaults()[name])
        return self.dictionaries.get(name) or (DictionarySet(name=name, terms=self.categories) if is_own else None)

    def need_term(self, name: Dictionary, code: Code, *path: str) -> None:
        """Refuse a code that a list does not have.

        Args:
            name: which list.
            code: the code.
            path: the command's field that says so.

        Raises:
            UnknownTermError: no such code.
        """
        known = [term.code for term in self.terms(name)]
        if code not in known:
            raise UnknownTermError(*path, value=code, known=", ".join(known))

    def template(self, track: Track) -> tuple[Step, ...]:
        """Return the milestones of a track's schedule, the earliest first."""
        set_here = self.templates.get(track)
        if set_here is None:
            return default_templates()[track]
        return _ordered(Step(one.milestone, one.days_before) for one in set_here.steps)


def _ordered(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: (-step.days_before, step.milestone)))


@cache
def default_templates() -> Mapping[Track, tuple[Step, ...]]:
    """Return the default template of every track."""
    found: dict[Track, list[Step]] = {one: [] for one in Track}
    for track, row in read_rows("templates.tsv"):
        milestone, days = row.split("\t")
        found[Track(track)].append(Step(Code(milestone), int(days)))
    return {track: _ordered(steps) for track, steps in found.items()}


def configured(state: Configuration, fact: ConfigurationFact) -> Configuration:
    """Fold one fact; no rule, never raises."""
    match fact:
        case DictionarySet():
            return replace(state, dictionaries={**state.dictionaries, fact.name: fact})
        case ScheduleTemplateSet():
            return replace(state, templates={**state.templates, fact.track: fact})
        case ScheduleRulesSet():
            return replace(state, rules_set=fact)
        case StagesSet():
            return replace(state, stage_lists={**state.stage_lists, fact.track: fact})
        case DefinitionSet():
            versions = (*state.definitions.get(fact.gate, ()), fact)
            return replace(state, definitions={**state.definitions, fact.gate: versions})
        case PriorityLimitsSet():
            return replace(state, limits_set=fact)
        case WarningRulesSet():
            return replace(state, warnings_set=fact)
        case LightRulesSet():
            return replace(state, lights_set=fact)
    assert_never(fact)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDictionary:
    """设定字典 Set the whole list of one of a place's dictionaries."""

    region: Region
    name: Dictionary
    terms: tuple[Term, ...]
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetScheduleTemplate:
    """设定倒排工期模板 Set the milestones of a track, each so many days before completion."""

    region: Region
    track: Track
    steps: tuple[TemplateStep, ...]
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetScheduleRules:
    """设定工期变更规则 Set how schedules may be changed; a rule that is not sent does not hold."""

    region: Region
    freeze_days: int | None = None
    extension_percent: int | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStages:
    """设定阶段划分 Set the stages of a track, in their order, each with the gates that lead to it."""

    region: Region
    track: Track
    stages: tuple[StageRule, ...]
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefinition:
    """设定认定口径 Say what counts as a gate, for the past as well or from a day on."""

    region: Region
    gate: Gate
    text: LongText
    start_basis: StartBasis | None = None
    holds_from: date | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


ConfigurationCommand: TypeAlias = (
    SetDictionary
    | SetScheduleTemplate
    | SetScheduleRules
    | SetStages
    | SetDefinition
    | SetPriorityLimits
    | SetWarningRules
    | SetLightRules
)
CONFIGURATION_COMMANDS: Final = get_args(ConfigurationCommand)
CONFIGURATION_FACTS: Final = get_args(ConfigurationFact)


def decide_configuration(command: ConfigurationCommand, state: Configuration) -> Sequence[ConfigurationFact]:
    """Judge a setting; one that is so already gives no fact, unless it was adopted and now becomes the place's own."""
    match command:
        case SetDictionary():
            return _set_dictionary(command, state)
        case SetScheduleTemplate():
            return _set_template(command, state)
        case SetScheduleRules():
            return _set_rules(command, state)
        case SetStages():
            return _set_stages(command, state)
        case SetDefinition():
            return _set_definition(command, state)
        case SetPriorityLimits():
            milestones = [term.code for term in state.terms(Dictionary.MILESTONE)]
            return decide_limits(command, state.limits_set, milestones)
        case SetWarningRules():
            return decide_warning_rules(command, state.warnings)
        case SetLightRules():
            return decide_light_rules(command, state.lights)
    assert_never(command)


def _is_adopted(setting: ConfigurationFact | None) -> bool:
    """Return whether what holds is a superior's: said by the place too, it is its own and no longer moves with it."""
    return setting is not None and setting.adopted_from is not None


def _set_dictionary(command: SetDictionary, state: Configuration) -> list[ConfigurationFact]:
    codes = [term.code for term in command.terms]
    if not 1 <= len(codes) <= MOST_LISTED or len(set(codes)) < len(codes):
        raise InvalidValueError("terms", rule=f"1 to {MOST_LISTED}, each code once")
    if command.terms == state.terms(command.name) and not _is_adopted(state.dictionaries.get(command.name)):
        return []  # Already so.
    return [DictionarySet(name=command.name, terms=command.terms, reason=command.reason, documents=command.documents)]


def _set_template(command: SetScheduleTemplate, state: Configuration) -> list[ConfigurationFact]:
    milestones = [step.milestone for step in command.steps]
    if not 1 <= len(milestones) <= MOST_STEPS or len(set(milestones)) < len(milestones):
        raise InvalidValueError("steps", rule=f"1 to {MOST_STEPS}, each milestone once")
    for number, step in enumerate(command.steps):
        state.need_term(Dictionary.MILESTONE, step.milestone, "steps", f"[{number}]", "milestone")
        if not 0 <= step.days_before <= MOST_DAYS:
            raise InvalidValueError("steps", f"[{number}]", "days_before", rule=f"0 to {MOST_DAYS}")
    is_so = _ordered(Step(one.milestone, one.days_before) for one in command.steps) == state.template(command.track)
    if is_so and not _is_adopted(state.templates.get(command.track)):
        return []  # Already so.
    return [
        ScheduleTemplateSet(
            track=command.track, steps=command.steps, reason=command.reason, documents=command.documents
        )
    ]


def _set_rules(command: SetScheduleRules, state: Configuration) -> list[ConfigurationFact]:
    for name, most in (("freeze_days", MOST_DAYS), ("extension_percent", _MOST_PERCENT)):
        value = getattr(command, name)
        if value is not None and not 0 <= value <= most:
            raise InvalidValueError(name, rule=f"0 to {most}", value=value)
    is_so = (command.freeze_days, command.extension_percent) == (state.rules.freeze_days, state.rules.extension_percent)
    if is_so and not _is_adopted(state.rules_set):
        return []  # Already so.
    return [
        ScheduleRulesSet(
            freeze_days=command.freeze_days,
            extension_percent=command.extension_percent,
            reason=command.reason,
            documents=command.documents,
        )
    ]


def _set_stages(command: SetStages, state: Configuration) -> list[ConfigurationFact]:
    codes = [stage.code for stage in command.stages]
    if not 1 <= len(codes) <= MOST_LISTED or len(set(codes)) < len(codes):
        raise InvalidValueError("stages", rule=f"1 to {MOST_LISTED}, each code once")
    for number, stage in enumerate(command.stages):
        if bool(number) != bool(stage.gates):
            raise InvalidValueError("stages", f"[{number}]", "gates", rule="the first stage alone needs no gate")
    if command.stages == state.stages(command.track) and not _is_adopted(state.stage_lists.get(command.track)):
        return []  # Already so.
    return [StagesSet(track=command.track, stages=command.stages, reason=command.reason, documents=command.documents)]


def _set_definition(command: SetDefinition, state: Configuration) -> list[ConfigurationFact]:
    if (command.start_basis is not None) != (command.gate is Gate.STARTED):
        raise InvalidValueError("start_basis", rule="for STARTED, and for no other gate")
    fact = DefinitionSet(
        gate=command.gate,
        text=command.text,
        start_basis=command.start_basis,
        holds_from=command.holds_from,
        reason=command.reason,
        documents=command.documents,
    )
    last = next(reversed(state.definitions.get(command.gate, ())), None)
    if last is not None and replace(last, reason=fact.reason, documents=fact.documents) == fact:
        return []  # Already so.
    return [fact]
