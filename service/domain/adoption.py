"""沿用上级配置: a place takes over what its superior has set: facts, commands, and what is taken over.

What is taken over stands whole in facts of the place's own log, so that a decision and a read model depend on nothing
but that log. What a place has set itself always wins. Source: mission.md B4 (sets differ by place), design 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, TypeVar, get_args

from service.domain.configuration import (
    Configuration,
    ConfigurationFact,
    DefinitionSet,
    DictionarySet,
    ScheduleRulesSet,
    ScheduleTemplateSet,
    StagesSet,
    TemplateStep,
    configured,
    default_templates,
)
from service.domain.dictionaries import Dictionary, defaults
from service.domain.gates import Gate
from service.domain.identity import Track
from service.domain.lights import DEFAULT_LIGHTS, LightRulesSet
from service.domain.priority import PriorityLimitsSet
from service.domain.stages import default_stages
from service.domain.values import Document, Reason, Region
from service.domain.warnings import DEFAULT_RULES, WarningRulesSet

_Setting = TypeVar(
    "_Setting",
    DictionarySet,
    ScheduleTemplateSet,
    ScheduleRulesSet,
    StagesSet,
    DefinitionSet,
    PriorityLimitsSet,
    WarningRulesSet,
    LightRulesSet,
)

# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationAdopted:
    """沿用上级配置: the place follows a superior's configuration; the settings that it takes over stand behind this.

    They are of version `source_version` of the superior's place stream: the superior's own and those that it adopted
    itself. None of them replaces what the place has set itself.
    """

    source: Region
    source_version: int
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationAdoptionEnded:
    """停止沿用: the place follows nobody from then on.

    What it adopted stays as it stands, and is its own from then on: no superior's change replaces it, also if the place
    follows one again.
    """

    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


AdoptionFact: TypeAlias = ConfigurationAdopted | ConfigurationAdoptionEnded

# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptConfiguration:
    """沿用上级配置 Follow a superior's configuration; after an end of following only with a reason."""

    region: Region
    source: Region
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAdoption:
    """停止沿用 Follow nobody from now on; what was adopted stays as it stands, as the place's own."""

    region: Region
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


AdoptionCommand: TypeAlias = AdoptConfiguration | EndAdoption
ADOPTION_COMMANDS: Final = get_args(AdoptionCommand)
ADOPTION_FACTS: Final = get_args(AdoptionFact)


def as_own(state: Configuration) -> Configuration:
    """Return a configuration in which nothing is a superior's any more."""
    return replace(
        state,
        dictionaries={name: replace(one, adopted_from=None) for name, one in state.dictionaries.items()},
        templates={track: replace(one, adopted_from=None) for track, one in state.templates.items()},
        rules_set=None if state.rules_set is None else replace(state.rules_set, adopted_from=None),
        limits_set=None if state.limits_set is None else replace(state.limits_set, adopted_from=None),
        warnings_set=None if state.warnings_set is None else replace(state.warnings_set, adopted_from=None),
        lights_set=None if state.lights_set is None else replace(state.lights_set, adopted_from=None),
        stage_lists={track: replace(one, adopted_from=None) for track, one in state.stage_lists.items()},
        definitions={
            gate: tuple(replace(one, adopted_from=None) for one in versions)
            for gate, versions in state.definitions.items()
        },
    )


def taken_over(own: Configuration, superior: Configuration, source: Region) -> list[ConfigurationFact]:
    """Return what a place takes over: each setting of its superior that it has otherwise and has not made itself.

    What it adopted before, from whomever, and this superior has not set becomes the default again, as it is there; but
    versions of a definition stay, since the default one has no text to state. A template or a list of limits with a
    milestone that the place's own list lacks is left out.

    Args:
        own: the place's configuration.
        superior: the superior's, with what that adopted itself.
        source: the superior, whose settings they are unless it adopted them itself.
    """
    lists = [*_dictionaries(own, superior, source)]
    for one in lists:
        own = configured(own, one)
    settings: list[ConfigurationFact] = [*lists, *_templates(own, superior, source)]
    rules = _taken(own.rules_set, superior.rules_set, ScheduleRulesSet(), source)
    settings += [] if rules is None else [rules]
    settings += _limits(own, superior, source)
    warnings = _taken(own.warnings_set, superior.warnings_set, DEFAULT_RULES, source)
    settings += [] if warnings is None else [warnings]
    lights = _taken(own.lights_set, superior.lights_set, DEFAULT_LIGHTS, source)
    settings += [] if lights is None else [lights]
    for track in Track:
        default = StagesSet(track=track, stages=default_stages()[track])
        stages = _taken(own.stage_lists.get(track), superior.stage_lists.get(track), default, source)
        settings += [] if stages is None else [stages]
    for gate in Gate:
        settings += _versions(own.definitions.get(gate, ()), superior.definitions.get(gate, ()), source)
    return settings


def _dictionaries(own: Configuration, superior: Configuration, source: Region) -> Iterator[DictionarySet]:
    for name in Dictionary:
        default = DictionarySet(name=name, terms=defaults()[name])
        taken = _taken(own.dictionary(name), superior.dictionary(name), default, source)
        if taken is not None:
            yield taken


def _limits(own: Configuration, superior: Configuration, source: Region) -> Iterator[PriorityLimitsSet]:
    known = {term.code for term in own.terms(Dictionary.MILESTONE)}
    taken = _taken(own.limits_set, superior.limits_set, PriorityLimitsSet(limits=()), source)
    if taken is not None and known >= {one.milestone for one in taken.limits}:
        yield taken


def _templates(own: Configuration, superior: Configuration, source: Region) -> Iterator[ScheduleTemplateSet]:
    known = {term.code for term in own.terms(Dictionary.MILESTONE)}
    for track in Track:
        steps = (
            TemplateStep(milestone=one.milestone, days_before=one.days_before) for one in default_templates()[track]
        )
        default = ScheduleTemplateSet(track=track, steps=tuple(steps))
        taken = _taken(own.templates.get(track), superior.templates.get(track), default, source)
        if taken is not None and known >= {step.milestone for step in taken.steps}:
            yield taken


def _taken(mine: _Setting | None, theirs: _Setting | None, default: _Setting, source: Region) -> _Setting | None:
    """Return a setting as the place takes it over; None if it keeps what it has."""
    if mine is None and theirs is None:
        return None
    if mine is not None and mine.adopted_from is None:
        return None  # The place has made it itself.
    taken = default if theirs is None else theirs
    if mine is not None and _said(mine) == _said(taken):
        return None
    return _of(taken, source)


def _versions(
    mine: Sequence[DefinitionSet], theirs: Sequence[DefinitionSet], source: Region
) -> Iterator[DefinitionSet]:
    """Yield the versions of a definition that the place lacks, in their order: earlier ones judge earlier days."""
    if mine and mine[-1].adopted_from is None:
        return
    had, there = [_said(one) for one in mine], [_said(one) for one in theirs]
    # Where its last ones are the superior's first ones, it goes on behind them; else it begins with the first.
    common = next(
        count for count in range(min(len(had), len(there)), -1, -1) if had[len(had) - count :] == there[:count]
    )
    for one in theirs[common:]:
        yield _of(one, source)


def _said(setting: _Setting) -> _Setting:
    """Return a setting without whose it is, why and on which paper."""
    return replace(setting, adopted_from=None, reason=None, documents=())


def _of(setting: _Setting, source: Region) -> _Setting:
    """Return a superior's setting as the place adopts it, with the reason and the papers that it was set by."""
    return replace(setting, adopted_from=setting.adopted_from or source)
