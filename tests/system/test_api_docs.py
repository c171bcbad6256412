"""docs/api.md as a newcomer reads it: every query and command in it is run on the demo, and gives what is printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.clients.node import HERE as CLIENTS
from tests.clients.node import NODE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.system.running import Running

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "api.md"
ADDRESS: Final = "127.0.0.1:8000"
LEFT_OUT: Final = "…"
PATIENCE_S: Final = 60.0
MOST_LINES: Final = 400


class Example(NamedTuple):
    """What is sent, in graphql, sh or js, and what the page says that comes of it."""

    line: int
    language: str
    text: str
    answer: str


def examples(page: str) -> list[Example]:
    """Return the examples of the page in its order; a shell's lines hold for those after it."""
    blocks = [
        (page[: found.start()].count("\n") + 1, found[1], found[2])
        for found in re.finditer(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    ]
    sent, told = blocks[::2], blocks[1::2]
    assert {language for _, language, _ in told} <= {"json", "text"}
    return [Example(*one, answer) for one, (_, _, answer) in zip(sent, told, strict=True)]


PAGE: Final = DOCUMENT.read_text("utf-8")
EXAMPLES: Final = examples(PAGE)


def carried_out(example: Example, service: Running) -> str:
    """Return what comes of an example, with the page's address and token replaced by the service's."""
    match example.language:
        case "graphql":
            body = json.dumps({"query": example.text})
            headers = ("Content-Type: application/json", f"Authorization: Bearer {service.token}")
            command = ["curl", "-s", f"{service.address}/graphql", "-d", body, *(f"-H{one}" for one in headers)]
        case "sh":
            text = re.sub(r"^TOKEN=.*\n", "", example.text, flags=re.MULTILINE)
            command = ["bash", "-c", text.replace(ADDRESS, service.address.removeprefix("http://"))]
        case "js":
            text = example.text.replace(ADDRESS, service.address.removeprefix("http://"))
            command = [str(NODE), "--input-type=module", "--eval", text]
        case other:
            raise AssertionError(other)
    # An inline script finds the packages of the folder in which it runs.
    environment = {"PATH": os.environ["PATH"], "TOKEN": service.token, "LANG": "C.UTF-8"}
    done = subprocess.run(
        command, cwd=CLIENTS, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.stderr == "", done.stderr
    return done.stdout


def fits(told: Any, came: Any) -> bool:
    """Return whether an answer is what the page prints; "…" stands for anything, and at a list's end for the rest."""
    match told, came:
        case str(), str() if LEFT_OUT in told:
            return re.fullmatch(".*".join(map(re.escape, told.split(LEFT_OUT))), came, re.DOTALL) is not None
        case dict(), dict():
            return told.keys() == came.keys() and all(fits(told[name], came[name]) for name in told)
        case list(), list() if told and told[-1] == LEFT_OUT:
            return len(came) >= len(told) and all(map(fits, told[:-1], came))
        case list(), list():
            return len(told) == len(came) and all(map(fits, told, came))
        case _:
            return told in (LEFT_OUT, came)


@pytest.fixture(scope="module")
def answers(demo_service: Running) -> Mapping[int, str]:
    """Give what comes of each example, by its line: all are run in the page's order, as a reader does."""
    return {example.line: carried_out(example, demo_service) for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_an_example_gives_what_is_printed_below_it(example: Example, answers: Mapping[int, str]) -> None:
    came = answers[example.line]
    if example.language == "graphql" or came.startswith("{"):
        assert fits(json.loads(example.answer), json.loads(came)), came
    else:
        # Lines that keep a stream alive come when they come.
        lines = [line for line in came.splitlines() if line not in {":", ""}]
        assert fits(example.answer.splitlines(), lines), came


def test_the_page_shows_queries_commands_refusals_and_streams() -> None:
    languages = [one.language for one in EXAMPLES]
    assert languages.count("graphql") >= 15
    assert (languages.count("sh"), languages.count("js")) == (2, 1)
    assert len(PAGE.splitlines()) <= MOST_LINES


def test_what_is_left_out_is_not_what_is_wrong() -> None:
    assert fits({"a": ["x", LEFT_OUT], "b": f"2{LEFT_OUT}"}, {"a": ["x", "y"], "b": "22"})
    assert not fits({"a": ["x", LEFT_OUT]}, {"a": ["y", "y"]})
    assert not fits({"a": ["x"]}, {"a": ["x", "y"]})
    assert not fits({"b": f"2{LEFT_OUT}"}, {"b": "1"})
    assert not fits({"b": LEFT_OUT}, {"b": 1, "c": 2})
