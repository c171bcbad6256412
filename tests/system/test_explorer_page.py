"""The explorer: complete without a network, unchanged from its packages, and alive in a real browser."""

import asyncio
import contextlib
import hashlib
import html.parser
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from service import explorer

FOLDER: Final = Path(explorer.__file__).parent
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

GREETING: Final = explorer.Sample(
    name="问候", query="query Greeting($name: String!) {\n  hello(name: $name)\n}", variables={"name": "台账"}
)
COUNTING: Final = explorer.Sample(name="计数", query="subscription Counting {\n  count(to: 3)\n}")

START_S: Final = 10.0
HOLD_S: Final = 20.0
BROWSER_S: Final = 90.0

PRESS_RUN: Final = """
"use strict";
(() => {
  const asked = new URLSearchParams(location.search);
  const until = (found, then) => {
    const timer = setInterval(() => {
      const value = found();
      if (!value) return;
      clearInterval(timer);
      then(value);
    }, 50);
  };
  const links = () => [...document.querySelectorAll(".samples a")];
  const editor = () => document.querySelector(".graphiql-query-editor").textContent;
  const answer = () => document.querySelector(".result-window").textContent.replace(/\\s/g, "");
  until(() => links().length > 0, () => {
    links().find((link) => link.textContent === asked.get("link"))?.click();
    until(() => editor().includes(asked.get("operation")), () => {
      document.querySelector(".graphiql-execute-button").click();
      until(() => answer().includes(asked.get("answer")), () => fetch("release"));
    });
  });
})();
"""
"""Opens the sample `link` if given, runs `operation` once the editor has it, and releases the page at `answer`."""


@strawberry.type
class Query:
    """Something to ask."""

    @strawberry.field
    def hello(self, name: str) -> str:
        """Greet `name`."""
        return f"您好,{name}"


@strawberry.type
class Subscription:
    """Something to listen to."""

    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        """Count from 1 to `to`, both included."""
        for number in range(1, to + 1):
            yield number
            await asyncio.sleep(0)


def application() -> Starlette:
    """The explorer beside a trivial schema; `/pressed` is the same page with the script PRESS_RUN.

    The browser dumps a page when it has loaded, and virtual time does not wait for a WebSocket; so `/pressed` holds an
    image that arrives when the script has seen its answer, or after HOLD_S.
    """
    schema = strawberry.Schema(Query, subscription=Subscription)
    endpoint = GraphQL[None, None](schema, graphql_ide=None, subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,))
    seen = asyncio.Event()

    async def pressed(request: Request) -> Response:
        seen.clear()
        async with httpx2.AsyncClient(trust_env=False) as client:
            page = await client.get(str(request.url.replace(path="/explorer")))
        body = page.text.replace("</head>", '<script defer src="press-run.js"></script></head>')
        body = body.replace("</body>", '<img hidden alt="" src="hold.svg"></body>')
        policy = page.headers["content-security-policy"]
        return Response(body, media_type="text/html", headers={"Content-Security-Policy": policy})

    async def press_run(_: Request) -> Response:
        return Response(PRESS_RUN, media_type="text/javascript")

    async def hold(_: Request) -> Response:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(seen.wait(), HOLD_S)
        return Response('<svg xmlns="http://www.w3.org/2000/svg"/>', media_type="image/svg+xml")

    async def release(_: Request) -> Response:
        seen.set()
        return Response(status_code=204)

    return Starlette(
        routes=[
            *explorer.routes([GREETING, COUNTING]),
            Route("/pressed", pressed),
            Route("/press-run.js", press_run),
            Route("/hold.svg", hold),
            Route("/release", release),
            Route("/graphql", endpoint),
            WebSocketRoute("/graphql", endpoint),
        ]
    )


class References(html.parser.HTMLParser):
    """Collects every src and href, and any script written into the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element loads, and what is written into it."""
        given = dict(attrs)
        self.addresses += [value for key in ("src", "href") if (value := given.get(key))]
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if (tag == "script" and "src" not in given) or tag == "style":
            self.inline.append(tag)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Address of a running service on a free loopback port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_S
    while not server.started:
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(START_S)
    listener.close()


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=address, trust_env=False) as open_client:
        yield open_client


@pytest.fixture
def page(client: httpx2.Client) -> References:
    references = References()
    references.feed(client.get("/explorer").text)
    return references


def test_every_address_in_the_page_is_served_here_and_may_be_kept(client: httpx2.Client, page: References) -> None:
    assert len(page.addresses) > len(list((FOLDER / "vendor").glob("*.js")))
    for address in page.addresses:
        assert not urlsplit(address).scheme, address
        assert not urlsplit(address).netloc, address
        answer = client.get(f"/{address}")
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"], address
        assert answer.headers["x-content-type-options"] == "nosniff", address


def test_the_page_has_nothing_inline_and_its_policy_no_other_host(client: httpx2.Client, page: References) -> None:
    assert page.inline == []
    policy = client.get("/explorer").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self';" in policy
    assert not re.search(r"https?:|\*|unsafe-eval", policy)


def test_vendored_files_are_those_of_the_manifest() -> None:
    readme = (FOLDER / "vendor" / "README.md").read_text(encoding="utf-8")
    row = r"^\| (?P<name>\S+\.(?:js|css)) \|.*\| (?P<size>\d+) \| `(?P<sha256>[0-9a-f]{64})` \|$"
    stated = {match["name"]: (int(match["size"]), match["sha256"]) for match in re.finditer(row, readme, re.MULTILINE)}
    found = {
        path.name: (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in (FOLDER / "vendor").iterdir()
        if path.suffix in {".js", ".css"}
    }
    assert found == stated


def test_style_sheets_load_nothing() -> None:
    for path in FOLDER.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert "@import" not in text, path
        loaded = [start for start in re.findall(r"""url\(\s*["']?(.{0,40})""", text) if not start.startswith("data:")]
        assert loaded == [], path


def test_a_file_that_is_not_listed_is_not_served(client: httpx2.Client) -> None:
    for name in ("__init__.py", "index.html", "README.md", "..%2F__init__.py"):
        assert client.get(f"/explorer/static/{name}").status_code == 404, name


def test_an_old_version_is_answered_and_not_kept(client: httpx2.Client) -> None:
    answer = client.get("/explorer/static/explorer.js?v=0000000000000000")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_what_the_browser_has_is_not_sent_again(client: httpx2.Client, encoding: str) -> None:
    for path in ("/explorer", "/explorer/samples.json", "/explorer/static/graphiql.min.js"):
        first = client.get(path, headers={"Accept-Encoding": encoding})
        assert first.headers.get("content-encoding", "identity") == encoding
        tag = first.headers["etag"]
        again = client.get(path, headers={"Accept-Encoding": encoding, "If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"")


def test_samples_are_served_in_their_order(client: httpx2.Client) -> None:
    assert client.get("/explorer/samples.json").json() == [
        {"name": sample.name, "query": sample.query, "variables": sample.variables} for sample in (GREETING, COUNTING)
    ]


def test_two_samples_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="unique"):
        explorer.routes([GREETING, GREETING])


def opened(address: str, profile: Path, *flags: str) -> str:
    """The document that a headless Chromium holds after opening `address`, with no host but loopback to reach.

    Fails when the browser refused something under the page's policy, or a script of the page threw.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the page was not opened in a browser")
    finished = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--enable-logging=stderr",
            "--window-size=1400,900",
            f"--user-data-dir={profile}",
            *flags,
            "--dump-dom",
            address,
        ],
        capture_output=True,
        check=True,
        text=True,
        timeout=BROWSER_S,
    )
    said = [line for line in finished.stderr.splitlines() if "CONSOLE" in line]
    assert [line for line in said if re.search(r"Content Security Policy|Uncaught|Failed to load", line)] == []
    return finished.stdout


def pressed(address: str, profile: Path, **asked: str) -> str:
    """Text of the answer pane, without white space, after PRESS_RUN did what `asked` says."""
    document = opened(f"{address}/pressed?{urlencode(asked)}", profile)
    _, _, after = document.partition("result-window")
    return re.sub(r"<[^>]+>|&nbsp;|\s", "", after)


def test_the_editor_opens_with_the_samples_as_tabs(address: str, tmp_path: Path) -> None:
    document = opened(f"{address}/explorer", tmp_path, "--virtual-time-budget=10000")
    assert "<title>台账 · taizhang</title>" in document
    assert "graphiql-query-editor" in document
    assert 'class="CodeMirror' in document
    for text in ("Greeting", "Counting", GREETING.name, COUNTING.name):
        assert text in document


def test_run_shows_the_answer(address: str, tmp_path: Path) -> None:
    assert "您好,台账" in pressed(address, tmp_path, operation="Greeting", answer="您好,台账")


def test_run_shows_what_a_subscription_sends(address: str, tmp_path: Path) -> None:
    answer = '"count":3'
    assert answer in pressed(address, tmp_path, sample=COUNTING.name, operation="Counting", answer=answer)


def test_a_sample_opens_beside_the_tabs(address: str, tmp_path: Path) -> None:
    answer = '"count":3'
    assert answer in pressed(address, tmp_path, link=COUNTING.name, operation="Counting", answer=answer)
