"""列: how far the columns of read models are shown. A column that is not named here is internal.

A statement reads its tables through this, so that a filter, an order or a sum over a column that is masked finds the
mask: nothing can be learnt by asking about it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from service.access.table import Sight


def _columns(text: str) -> frozenset[str]:
    return frozenset(text.split())


MASKED_COLUMNS: Final = {
    "project_status": {Sight.COMMERCIAL: _columns("contracted_fen expected_output_fen expected_tax_fen")},
    "roster_post": {Sight.NAME: _columns("holder"), Sight.CONTACT: _columns("contact")},
    "unit_liaison": {Sight.NAME: _columns("holder"), Sight.CONTACT: _columns("contact")},
    "audit_history": {
        Sight.HISTORY: _columns("actor principal cause changes reason documents sentence_zh sentence_en command_id"),
    },
}
"""Table -> level -> columns that are masked for whoever does not see that level."""

BY_LEDGER: Final = frozenset(
    {"annual_target", "indicator", "place_setting", "place_status", "projected", "schedule_basis"}
)
"""Tables without a project that whoever sees a part of a ledger sees all of: what the place has set and aims at."""


class Published(NamedTuple):
    """What the public sees of a table: rows of projects of which `item` is published, and these columns of them.

    Without an item it is rows of every ledger. `others` are columns that another item publishes.
    """

    item: str | None
    columns: frozenset[str]
    others: tuple[tuple[str, frozenset[str]], ...] = ()


PUBLISHED: Final = {
    "project_status": Published(
        "STAGE",
        _columns(
            "project_id name aliases search_text location township park content category track phase stage stage_zh"
            " stage_en handling activity started_on completed_on production_on planned_start planned_completion"
            " industry nature asset_type owner responsible_unit sector_authority voided registered_us version position"
        ),
        others=(("TOTALS", _columns("approved_fen statistical_fen")),),
    ),
    "project_gram": Published("STAGE", _columns("project_id gram")),
    "roster_post": Published(
        "ROSTER",
        _columns(
            "project_id post_id role rank holder names_holder holder_public unit title contact names_contact"
            " contact_public since until position"
        ),
    ),
    "investment_total": Published(
        "TOTALS", _columns("project_id basis through_on year year_to_date_fen since_start_fen")
    ),
    "published_item": Published(None, _columns("project_id item occurred_on position")),
    "place_status": Published(
        None, _columns("place code name purpose currency start_basis start_bases categories configuration_from")
    ),
    "place_setting": Published(None, _columns("kind name value own adopted_from position")),
    "projected": Published(None, _columns("position recorded_us")),
}
"""What is published of each table (P16); of all others nothing is."""

PUBLIC_FLAG: Final = {"holder": "holder_public", "contact": "contact_public"}
"""Columns of persons -> the flag by which one of them is public all the same (C7)."""
