"""投影: read models built from the log, one file each: row, ddl, apply, in that order. Rebuilt, never migrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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

if TYPE_CHECKING:
    from projections.table import Projection

ALL: Final[tuple[Projection, ...]] = (
    ProjectStatus(),
    InvestmentTotals(),
    AuditHistory(),
    PlaceSetting(),
    FundTotals(),
    RosterPosts(),
    ProjectSchedule(),
    AnnualPlan(),
    Ceremonies(),
    Indicators(),
    Publications(),
    Accounts(),
    SiteCells(),
)
"""Every live read model; a new one is added here and nowhere else."""
