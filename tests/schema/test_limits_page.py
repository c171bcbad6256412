"""docs/limits.md tells the limits and the prices of the code, all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from schema import at_least, changes, command_batches, cost, documents, limits, live, node_queries, pages, schema
from schema.documents import Documents
from service import seats, server
from service.config import Settings

PAGE: Final = (Path(__file__).parents[2] / "docs" / "limits.md").read_text("utf-8")


def below(mark: str) -> str:
    """Return what stands below a mark, up to an empty line."""
    return PAGE.partition(f"<!-- {mark} -->\n")[2].partition("\n\n")[0]


def table(mark: str) -> list[list[str]]:
    """Return the rows of a table."""
    return [row.strip("| ").split(" | ") for row in below(mark).splitlines()[2:]]


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    cells = [cell for row in table("limits") for cell in row]
    told = {name: int(most.replace(",", "")) for name, most in zip(cells[::2], cells[1::2], strict=True)}
    assert told == {
        "text of a document, bytes 文本": documents.MOST_TEXT,
        "tokens 词元": documents.MOST_TOKENS,
        "depth 嵌套层数": limits.LIMITS["depth"],
        "fields 字段": limits.LIMITS["fields"],
        "fields at the root 顶层字段": limits.LIMITS["roots"],
        "aliases 别名": limits.LIMITS["aliases"],
        "fields of one name in one place 同名字段": limits.LIMITS["repeats"],
        "fragments 片段": limits.LIMITS["fragments"],
        "operations 操作": limits.LIMITS["operations"],
        "directives 指令": limits.LIMITS["directives"],
        "rows that its pages may come to 行数": limits.LIMITS["rows"],
        "depth of a value 值的嵌套": limits.MOST_VALUE_DEPTH,
        "values written in a document 文本中的值": limits.LIMITS["values"],
        "seconds that a connection has for a body 请求体用时": server.BODY_S,
        "batches of a document 批量操作": limits.LIMITS["batches"],
        "filters by warning, light or overdue 预警类筛选": limits.LIMITS["judged"],
        "subscriptions of an account 每账号订阅数": seats.SUBSCRIPTIONS,
        "subscriptions of a public address 公众每地址订阅数": seats.GUEST_SUBSCRIPTIONS,
        "variables, bytes 变量": documents.MOST_VARIABLES,
        "variables of batches, bytes 批量变量": documents.MOST_IN_BATCHES,
        "items of a batch 批量条数": command_batches.MOST_ITEMS,
        "items of a page 每页条数": pages.MOST,
        "items of a page, unless said 默认每页条数": pages.DEFAULT,
        "totalCount 计数上限": pages.MOST_COUNTED,
        "ids of `nodes`": node_queries.MOST_NODES,
        "changes that a subscription shows at once": changes.BATCH,
        "operations of one socket 每连接操作数": live.MOST_OPERATIONS,
        "live connections of an account 每账号连接数": seats.PER_ACCOUNT,
        "live connections of an address 每地址连接数": seats.PER_ADDRESS,
        "seconds in which a socket must begin": live.INIT_S,
        "seconds that a reader may take": live.SEND_S,
        "seconds that `@atLeast` waits": at_least.WAIT_S,
    }
    # A limit that the code gets has to be told.
    assert len(limits.LIMITS) == 12


def test_the_prices_of_the_page_are_those_of_the_code() -> None:
    assert {name: int(points) for name, _, points in table("cost")} == {
        "each field at the root": cost.ROOT,
        "each of these that goes over all projects, further": cost.WHOLE,
        f"fields, for each full {cost.FIELDS}": 1,
        f"rows that its pages may come to, for each full {cost.ROWS}": 1,
        "each filter by warning, light or overdue": cost.JUDGED,
        "each command, or item of a batch or of a list that is sent": cost.COMMAND,
        "what is asked about the schema alone": cost.LEAST,
        "an operation that is refused for its document, its variables or its cost": cost.REFUSED,
    }
    assert set(re.findall("`(\\w+)`", below("over all"))) == cost.OVER_ALL


def test_the_examples_of_the_page_cost_what_it_says() -> None:
    assert "with 8 fields is 1 + 0 + 1 + 50 = 52; a batch of 200 commands is 201" in PAGE
    names = " ".join(f"{one}: name" for one in "abcdef")
    page = f"{{ projects(first: 50, filter: {{ overdue: true }}) {{ nodes {{ {names} }} }} }}"
    batch = "mutation ($i: VoidProjectBatchInput!) { projectVoidBatch(input: $i) { accepted } }"
    read = Documents(schema._schema).read
    assert read(page, None, {}).cost == 52
    assert read(batch, None, {"i": {"items": [{}] * 200}}).cost == 201


def test_the_points_of_a_minute_are_the_settings_own() -> None:
    for of, name in (
        (r"An account has ([\d,]+) points", "rate_limit"),
        (r"the public has ([\d,]+) from", "rate_limit_public"),
    ):
        (told,) = re.findall(of, PAGE)
        assert int(told.replace(",", "")) == Settings.model_fields[name].default
