"""角色: who may be granted what, and over which part of the ledgers. What a role may do is in service/access.py alone.

Sources of the roles: mission C5 (四大办), C7, C10, C13 (帮代办), C14 (责任单位代办), C15 (包联领导), C19 (园区审批),
E14 (查处); the three administrators are those that 等保 2.0 (GB/T 22239-2019, 8.1.5) keeps apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from service.domain.codes import regions
from service.domain.errors import InvalidValueError, UnknownRegionError
from service.domain.labels import Labelled
from service.domain.values import Matched, Name


class Role(Labelled):
    """角色 What somebody is to the ledgers."""

    REPORTER = "REPORTER", "填报员", "reporter"
    UNIT_LIAISON = "UNIT_LIAISON", "单位联络员", "unit liaison"
    AGENT = "AGENT", "帮代办专员", "agent officer"
    COUNTY_APPROVER = "COUNTY_APPROVER", "县级审核员", "county approver"
    CITY_DISPATCHER = "CITY_DISPATCHER", "市级调度员", "city dispatcher"
    DEPARTMENT = "DEPARTMENT", "行业部门", "department"
    COORDINATION_OFFICE = "COORDINATION_OFFICE", "大项目统筹办", "project coordination office"
    FINANCE_OFFICE = "FINANCE_OFFICE", "大财政金融办", "finance office"
    DISPATCH_OFFICE = "DISPATCH_OFFICE", "大建设调度办", "construction dispatch office"
    SUPERVISION_OFFICE = "SUPERVISION_OFFICE", "大监管服务办", "supervision and service office"
    PARK_APPROVER = "PARK_APPROVER", "园区审批员", "park approver"
    LEADER = "LEADER", "领导", "leader"
    LEAD_OFFICIAL = "LEAD_OFFICIAL", "包联领导", "official in charge"
    AUDITOR = "AUDITOR", "审计员", "auditor"
    DISCIPLINE = "DISCIPLINE", "纪检监察员", "discipline inspector"
    SYSTEM_ADMIN = "SYSTEM_ADMIN", "系统管理员", "system administrator"
    SECURITY_ADMIN = "SECURITY_ADMIN", "安全管理员", "security administrator"
    AUDIT_ADMIN = "AUDIT_ADMIN", "审计管理员", "audit administrator"


SEPARATED: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""三员: nobody holds two of them, nor one of them beside a role that works on projects."""

WHOLE_COUNTRY: Final = "000000"
"""全国: the area above all provinces."""


class Area(Matched):
    """管辖区域: a region with all below it, by its former and later codes as one; 000000 is the whole country."""

    __slots__ = ()
    _pattern = re.compile(r"\d{6}", re.ASCII)
    _error = UnknownRegionError

    def _is_valid(self) -> bool:
        return self == WHOLE_COUNTRY or self.startswith("99") or regions.is_known(self)

    def holds(self, code: str) -> bool:
        """Return whether a region or an area lies within this one, by whichever of its codes."""
        if WHOLE_COUNTRY in {self, code}:
            return self == WHOLE_COUNTRY
        # A county that went to another prefecture is that one's now, whatever code its ledger is kept under.
        later, own = regions.codes_from(code), regions.codes_from(self)
        if self.endswith("00"):
            return any(regions.is_within(later[-1], one) for one in own)
        return code in own or self in later


class Account(Matched):
    """账号: an id of who acts, which stays in the log for ever: never a person's name.

    `machine:` for a machine, and for a person the name of the provider with the id that it gives: `oidc:6f1c…`.
    """

    __slots__ = ()
    _pattern = re.compile(r"[a-z][a-z0-9_-]{0,31}:[A-Za-z0-9][A-Za-z0-9._@|/+=-]{0,127}", re.ASCII)
    _most = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """管辖范围: an area, or within it what one unit answers for, what lies in one park, or one project."""

    area: Area
    unit: Name | None = None
    park: Name | None = None
    project: UUID | None = None

    def __post_init__(self) -> None:
        """Judge the parts together."""
        if sum(one is not None for one in (self.unit, self.park, self.project)) > 1:
            raise InvalidValueError("scope", rule="a unit, a park or a project, not two of them")

    @property
    def is_whole(self) -> bool:
        """Whether it is all of its area."""
        return self.unit is None and self.park is None and self.project is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """授权: a role over a scope, perhaps until a day, perhaps only where its holder acts for a principal."""

    role: Role
    scope: Scope
    principal: Account | None = None
    until: date | None = None

    def covers(self, code: str) -> bool:
        """Return whether a ledger, or an area, lies in its area; a project is of the area's own ledger alone."""
        area = self.scope.area
        return area.holds(code) and (self.scope.project is None or Area(code).holds(area))

    @classmethod
    def over(cls, role: Role, area: str) -> Self:
        """Return a role over a whole area."""
        return cls(role=role, scope=Scope(area=Area(area)))
