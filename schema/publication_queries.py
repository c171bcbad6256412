"""信息公开查询: projects with what of them is published, exempt or neither, to be worked through item by item."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Final

import strawberry

from schema.context import Info
from schema.filters import InvestmentTotalsFilter
from schema.investment import day_of
from schema.pages import After, Before, Connection, First, Last, Order, Page
from schema.project import Project
from schema.publication import STATES, STILL, ItemPublication
from schema.read import Binds, column, holds, part, reads, select_list
from service.domain.errors import InvalidValueError
from service.domain.publication import PublicationState, PublishedItem
from service.domain.values import MOST_LISTED

_BY_NAME: Final = Order("NAME", (("p.name", "text"), ("p.region", "text"), ("p.project_id", "uuid")))
_OF_ITEMS: Final = "{0}.region = p.region AND {0}.project_id = p.project_id AND {0}.item = ANY({1}) AND {2}"


@reads("p", "项目公开情况 A project with where each of its items stands.", name="ProjectPublication")
class ProjectPublication:
    """A project and its items."""

    project: Project = part(lambda selection, binds: select_list(Project, selection, binds), "项目 The project.")
    items: list[ItemPublication] = column(STATES, "公开事项 Every item, in its order, with its state on that day.")


@strawberry.input(
    description="公开筛选 Which projects; with `state`, those of which an item is in one of these states: one of `item`"
    " if that is said, else any."
)
class PublicationFilter(InvestmentTotalsFilter):
    """Conditions on projects that are not voided."""

    item: list[PublishedItem] | None = strawberry.field(
        default=None, description="公开事项 Any of these; each unless said. Only together with `state`."
    )
    state: list[PublicationState] | None = strawberry.field(default=None, description="公开状态 Any of these.")

    def where(self, binds: Binds, held: Callable[[str], str] = holds) -> list[str]:
        """Return predicates over a project row `p`, on the day `d.judged_on`.

        Raises:
            InvalidValueError: a value that can't be one, too many, or items without a state.
        """
        found = super().where(binds, held)
        for name in ("item", "state"):
            if len(getattr(self, name) or ()) > MOST_LISTED:
                raise InvalidValueError("filter", name, rule=f"at most {MOST_LISTED}")
        if self.state == []:
            found.append("false")
        elif self.state is not None:
            items = [str(one) for one in dict.fromkeys(self.item or PublishedItem)]
            states = _states(binds(items, "text[]"), len(items), held)
            found.append(f"({' OR '.join(states[one] for one in dict.fromkeys(self.state))})")
        elif self.item is not None:
            raise InvalidValueError("filter", "item", rule="only with a state")
        return found


def _states(items: str, count: int, held: Callable[[str], str]) -> dict[PublicationState, str]:
    """Return for each state the predicate that one of these items of a project `p` is in it.

    Rows are counted, since an item has one at most: EXISTS would be hashed, which reads the rows of all ledgers.
    """
    shown = f"(SELECT count(*) FROM published_item i WHERE {_OF_ITEMS.format('i', items, held('i'))})"  # noqa: S608 - declared SQL only.
    exempt = (
        f"(SELECT count(*) FROM publication_exemption x WHERE {_OF_ITEMS.format('x', items, held('x'))}"  # noqa: S608
        f" AND {STILL.format('x', 'd.judged_on')})"
    )
    return {
        PublicationState.PUBLISHED: f"{shown} > 0",
        PublicationState.EXEMPT: f"{exempt} > 0",
        PublicationState.UNPUBLISHED: f"{shown} + {exempt} < {count}",
    }


@strawberry.type
class PublicationQuery:
    """Queries on what is published."""

    @strawberry.field(
        description="信息公开 Projects by name, a page at a time, each with what of it is published, exempt or neither;"
        " voided ones have nothing to publish and are left out."
    )
    async def publications(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        on: Annotated[
            date | None,
            strawberry.argument(description="日期 Day on which exemptions must hold; today in China unless said."),
        ] = None,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            PublicationFilter | None, strawberry.argument(description="筛选 Which projects; all unless said.")
        ] = None,
    ) -> Connection[ProjectPublication] | None:
        """Return a page of projects, in one statement: the first of each ledger, merged."""
        asked, day = filter or PublicationFilter(), day_of(on)
        page = Page.ask(info, _BY_NAME, [asked.told(), day], first=first, after=after, last=last, before=before)
        binds = Binds()
        judged = binds(day, "date")
        where = " AND ".join([holds("p"), *asked.where(binds)])
        rows = f"""SELECT p.*, d.judged_on FROM project_status p
                CROSS JOIN (SELECT {judged} AS judged_on) d
                WHERE p.region = m.region AND {where}"""  # noqa: S608 - declared SQL only.
        row = select_list(ProjectPublication, page.nodes, binds)
        sql = page.over_ledgers("p", row, rows, asked.ledgers("m.region", binds), binds)
        return await info.context.page(ProjectPublication, page, sql, binds.values, area=asked.area())
