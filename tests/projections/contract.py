"""What each read model takes from the examples, and that it leaves all others alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from projections.accounts import Accounts
from projections.annual_plan import AnnualPlan
from projections.audit_history import AuditHistory
from projections.ceremonies import Ceremonies
from projections.funds import FundTotals
from projections.indicators import Indicators
from projections.investment_totals import InvestmentTotals
from projections.place_setting import PlaceSetting
from projections.project_status import ProjectStatus
from projections.publication import Publications
from projections.roster import RosterPosts
from projections.schedule import ProjectSchedule
from projections.site_cells import SiteCells
from projections.table import Projection
from service.domain.gates import GateReached
from tests.examples import FACTS, account, configuration, gates, priority, publication, schedule, sites, warnings

EVERY: Final[dict[str, object]] = {**FACTS, **account.FACTS, **sites.FACTS}
"""Facts of a place's story, rights and sites: no read model minds whose log it is fed with."""


@dataclass(frozen=True)
class Contract:
    """A read model and what it does with EVERY fact.

    Attributes:
        handled: facts that change its rows, in the order of the story; all others don't.
        statements: most statements that a batch costs, whatever its size.
    """

    projection: Projection
    handled: tuple[str, ...]
    statements: int

    @property
    def ignored(self) -> tuple[str, ...]:
        """Facts that change nothing."""
        return tuple(name for name in EVERY if name not in self.handled)


_PROJECT: Final = (
    "REGISTERED",
    "RESERVED",
    "FRAMEWORK_SIGNED",
    "CONTRACTED_TOTAL_SET",
    "APPROVED_TOTAL_SET",
    "CONTRACTED_TOTAL_WITHDRAWN",
    "STARTED",
    "AMENDED",
    "COMPLETED",
    "IN_TRIAL_PRODUCTION",
    *("STAGES_SET", "DEFINITION_SET"),
    *gates.FACTS,
    "VOIDED",
    "SITES_STATED",
)
_MONEY: Final = (
    "INVESTMENT_TARGET_SET",
    "COUNT_TARGET_SET",
    "COUNT_TARGET_REVISED",
    "OPENING_STATED",
    "THROUGH_FEBRUARY_REPORTED",
    "THROUGH_MARCH_REPORTED",
)
_FUNDS: Final = (
    "FUNDS_PLANNED",
    "ALL_FUNDS_PLANNED",
    "FUNDS_ALLOTTED",
    "ARRIVED_REPORTED",
    "PAID_REPORTED",
    "PROGRESS_REPORTED",
)
_ROSTER: Final = (
    "LEAD_ASSIGNED",
    "TASK_FORCE_ASSIGNED",
    "STEWARD_ASSIGNED",
    "STEWARD_LEFT",
    "WORK_PLAN_FILED",
    "LIAISON_ASSIGNED",
    "LIAISON_REPLACED",
    "APPROVER_ASSIGNED",
    "APPROVER_LEFT",
)
_GATES: Final = (
    *("RESERVED", "FRAMEWORK_SIGNED", "STARTED", "COMPLETED", "IN_TRIAL_PRODUCTION"),
    *(name for name, fact in gates.FACTS.items() if isinstance(fact, GateReached)),
)
_LISTS: Final = (
    "OWN_LIST_INCLUDED",
    "CITY_LIST_INCLUDED",
    "OWN_ENTRY_CHANGED",
    "CITY_ENTRY_REMOVED",
)

CONTRACTS: Final = (
    Contract(ProjectStatus(), ("PLACE_OPENED", *_PROJECT, "PLACE_RECODED"), 14),
    Contract(InvestmentTotals(), _MONEY, 11),
    Contract(AuditHistory(), tuple(EVERY), 10),
    Contract(PlaceSetting(), ("PLACE_OPENED", *configuration.FACTS, *priority.FACTS, *warnings.FACTS), 3),
    Contract(FundTotals(), _FUNDS, 14),
    Contract(RosterPosts(), _ROSTER, 10),
    Contract(ProjectSchedule(), ("PLACE_OPENED", *_GATES, *schedule.FACTS, "DEFINITION_SET"), 17),
    Contract(AnnualPlan(), _LISTS, 3),
    Contract(Ceremonies(), ("CEREMONY_HELD", "CEREMONY_CORRECTED", "CEREMONY_WITHDRAWN"), 8),
    Contract(Indicators(), ("INDICATOR_STATED",), 2),
    Contract(Publications(), (*publication.FACTS, "VOIDED"), 4),
    Contract(Accounts(), tuple(account.FACTS), 6),
    Contract(SiteCells(), tuple(sites.FACTS), 3),
)
