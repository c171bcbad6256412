"""项目基本情况: what a project is, and how that is amended. Source: domain.md, Project: identity."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Final
from uuid import UUID

from service.domain.errors import InvalidValueError, WrongOrderError
from service.domain.labels import Labelled
from service.domain.sites import MOST_SITES, Site
from service.domain.values import (
    MOST_LISTED,
    UNSET,
    Code,
    CreditCode,
    Industry,
    LongText,
    Name,
    Organisation,
    ProjectCode,
    Reference,
    Region,
    Stated,
    Unset,
)


class Track(Labelled):
    """推进方式 Track, by who invests: PROMOTED 招商引资, GOVERNMENT 政府投资, ENTERPRISE 企业投资."""

    PROMOTED = "PROMOTED", "招商引资", "investment promotion"
    GOVERNMENT = "GOVERNMENT", "政府投资", "government investment"
    ENTERPRISE = "ENTERPRISE", "企业投资", "enterprise investment"


class Nature(Labelled):
    """建设性质 Nature of the works: 新建, 扩建, 改建, 迁建, 恢复, 单纯购置 (新建 is not 新开工)."""

    NEW = "NEW", "新建", "new construction"
    EXPANSION = "EXPANSION", "扩建", "expansion"
    RECONSTRUCTION = "RECONSTRUCTION", "改建", "reconstruction"
    RELOCATION = "RELOCATION", "迁建", "relocation"
    RESTORATION = "RESTORATION", "恢复", "restoration"
    PURCHASE_ONLY = "PURCHASE_ONLY", "单纯购置", "purchase only"


class AssetType(Labelled):
    """资产类型 Type of assets: LIGHT 轻资产, HEAVY 重资产 (B8)."""

    LIGHT = "LIGHT", "轻资产", "light assets"
    HEAVY = "HEAVY", "重资产", "heavy assets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Investor:
    """投资方 An investor, with the classes that it is of (三类500强 ...), codes of the place's list."""

    name: Name
    credit_code: CreditCode | None = None
    classes: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyPart:
    """跨县分段 The part of a cross-county project that lies in a county, with its share of the total investment."""

    region: Region
    stated: Stated | None = None


LISTS: Final = ("aliases", "codes", "references", "sites", "investors", "related", "parts")
_MOST_JOBS: Final = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """项目基本情况 What a project is, as the register states it; `planned_*` are 建设起止年限."""

    name: Name
    region: Region
    category: Code
    track: Track
    aliases: tuple[Name, ...] = ()
    township: Name | None = None
    park: Name | None = None
    content: LongText | None = None
    planned_start: date | None = None
    planned_completion: date | None = None
    industry: Industry | None = None
    nature: Nature | None = None
    asset_type: AssetType | None = None
    owner: Organisation | None = None
    responsible_unit: Name | None = None
    sector_authority: Name | None = None
    codes: tuple[ProjectCode, ...] = ()
    references: tuple[Reference, ...] = ()
    sites: tuple[Site, ...] = ()
    investors: tuple[Investor, ...] = ()
    investment_mode: Code | None = None
    expected_output: Stated | None = None
    expected_tax: Stated | None = None
    expected_jobs: int | None = None
    parent: UUID | None = None
    related: tuple[UUID, ...] = ()
    parts: tuple[CountyPart, ...] = ()

    def __post_init__(self) -> None:
        if self.planned_start and self.planned_completion and self.planned_completion < self.planned_start:
            raise WrongOrderError("planned_completion", start=self.planned_start, end=self.planned_completion)
        for name in LISTS:
            listed = getattr(self, name)
            if len(listed) > MOST_LISTED or len(set(listed)) < len(listed):
                raise InvalidValueError(name, rule=f"at most {MOST_LISTED}, each once")
        if len(self.sites) > MOST_SITES:
            raise InvalidValueError("sites", rule=f"at most {MOST_SITES}")
        if len({part.region for part in self.parts}) < len(self.parts):
            raise InvalidValueError("parts", rule="each county once")
        if self.expected_jobs is not None and not 0 <= self.expected_jobs <= _MOST_JOBS:
            raise InvalidValueError("expected_jobs", rule=f"0 to {_MOST_JOBS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """变更内容 Fields of the identity that change; one that was not sent stays, one sent as null is emptied."""

    name: Name | Unset = UNSET
    region: Region | Unset = UNSET
    category: Code | Unset = UNSET
    track: Track | Unset = UNSET
    aliases: tuple[Name, ...] | Unset = UNSET
    township: Name | Unset | None = UNSET
    park: Name | Unset | None = UNSET
    content: LongText | Unset | None = UNSET
    planned_start: date | Unset | None = UNSET
    planned_completion: date | Unset | None = UNSET
    industry: Industry | Unset | None = UNSET
    nature: Nature | Unset | None = UNSET
    asset_type: AssetType | Unset | None = UNSET
    owner: Organisation | Unset | None = UNSET
    responsible_unit: Name | Unset | None = UNSET
    sector_authority: Name | Unset | None = UNSET
    codes: tuple[ProjectCode, ...] | Unset = UNSET
    references: tuple[Reference, ...] | Unset = UNSET
    sites: tuple[Site, ...] | Unset = UNSET
    investors: tuple[Investor, ...] | Unset = UNSET
    investment_mode: Code | Unset | None = UNSET
    expected_output: Stated | Unset | None = UNSET
    expected_tax: Stated | Unset | None = UNSET
    expected_jobs: int | Unset | None = UNSET
    parent: UUID | Unset | None = UNSET
    related: tuple[UUID, ...] | Unset = UNSET
    parts: tuple[CountyPart, ...] | Unset = UNSET

    def __post_init__(self) -> None:
        for name in ("name", "region", "category", "track", *LISTS):
            if getattr(self, name) is None:
                raise InvalidValueError(name, rule="required")

    def sent(self) -> dict[str, object]:
        """Return the fields that were sent."""
        sent = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in sent.items() if value is not UNSET}


def overwritten(identity: Identity, changes: Changes) -> bool:
    """Return whether changes say otherwise what was said before, and do not only add what was left out."""
    said = {name: getattr(identity, name) for name in changes.sent()}
    return any(said[name] not in (None, (), value) for name, value in changes.sent().items())


def amended(identity: Identity, changes: Changes) -> Identity:
    """Return the identity with the changes applied, without judging them: they may be history."""
    after = object.__new__(Identity)
    for one in fields(Identity):
        sent = getattr(changes, one.name)
        object.__setattr__(after, one.name, getattr(identity, one.name) if sent is UNSET else sent)
    return after
