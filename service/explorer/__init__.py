"""The GraphQL explorer (接口浏览器), served from the package: it works where there is no internet.

GraphiQL's usual page loads its scripts from a CDN and stays blank on an intranet. Here everything is in vendor/, and
the page's Content-Security-Policy makes the browser refuse anything else, so a later mistake shows as an error and not
as a leak.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

_FOLDER: Final = Path(__file__).parent

_STATIC: Final[Mapping[str, str]] = {
    "explorer.js": "text/javascript; charset=utf-8",
    "explorer.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "vendor/graphiql.min.css": "text/css; charset=utf-8",
    "vendor/graphiql.min.js": "text/javascript; charset=utf-8",
    "vendor/react.production.min.js": "text/javascript; charset=utf-8",
    "vendor/react-dom.production.min.js": "text/javascript; charset=utf-8",
}
"""Path in this folder -> media type: the only files that can be asked for. They are served under their last part."""

_REFERENCE: Final = re.compile(r'(?<=")explorer/static/(?P<name>[^"?]+)(?=")')

# 'self' in connect-src covers ws: and wss: of the same host and port. Styles need 'unsafe-inline' because GraphiQL's
# dialogs and menus insert <style> elements; scripts do not. data: is for the fonts and marks inside its style sheet.
_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_CLOSED: Final = (
    "本服务只执行已登记的文档,不提供接口浏览器。\n"
    "Only documents that were registered are carried out here, so there is no explorer (TAIZHANG_DOCUMENTS_ONLY).\n"
)

_REVALIDATE: Final = "no-cache"
_IMMUTABLE: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A query that the explorer offers (示例): a first tab, a link below the answer, and `/explorer?sample=<name>`.

    `name` is what the reader sees, and unique; the tab itself is named after the operation in `query`. `variables` must
    be JSON.
    """

    name: str
    query: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Asset:
    """One file as it is sent, with and without compression."""

    body: bytes
    media_type: str

    @cached_property
    def version(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:16]

    @cached_property
    def _gzipped(self) -> bytes:
        # 1.6 MB becomes 0.6 MB, which a county's link notices. Done once, at the first request that wants it.
        return gzip.compress(self.body, compresslevel=9, mtime=0)

    def answer(self, request: Request, *, cache_control: str) -> Response:
        """200 with the body, or 304 when the caller already has this representation."""
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        tag = f'"{self.version}-gzip"' if zipped else f'"{self.version}"'
        headers = {**_HEADERS, "Cache-Control": cache_control, "ETag": tag, "Vary": "Accept-Encoding"}
        if tag in _tags(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        if not zipped:
            return Response(self.body, headers=headers, media_type=self.media_type)
        return Response(self._gzipped, headers={**headers, "Content-Encoding": "gzip"}, media_type=self.media_type)


def routes(samples: Sequence[Sample] = ()) -> list[BaseRoute]:
    """Routes of the explorer: `/explorer`, `/explorer/samples.json` and `/explorer/static/{file}`.

    The page's own addresses are relative and it asks `graphql` beside it, over HTTP and WebSocket; so the routes also
    work below a prefix, as long as the GraphQL endpoint is mounted beside them.

    Args:
        samples: in the order of their tabs; the first is open on the first visit. May be empty.

    Returns:
        Routes for a Starlette application or a Mount; they hold the files in memory (about 1.6 MB).

    Raises:
        ValueError: two samples have the same name, or one's variables are not JSON.
        TypeError: a sample's variables hold something that JSON has no form for.
    """
    names = [sample.name for sample in samples]
    if len(set(names)) != len(names):
        message = f"sample names must be unique: {names}"
        raise ValueError(message)
    assets = {
        Path(path).name: _Asset(body=(_FOLDER / path).read_bytes(), media_type=media_type)
        for path, media_type in _STATIC.items()
    }
    page = _page(assets)
    offered = _Asset(body=_samples_json(samples), media_type="application/json")

    # Plain functions, not coroutines: Starlette runs them in its thread pool, so compression does not hold the loop.
    def explorer(request: Request) -> Response:
        return page.answer(request, cache_control=_REVALIDATE)

    def samples_json(request: Request) -> Response:
        return offered.answer(request, cache_control=_REVALIDATE)

    def static(request: Request) -> Response:
        asset = assets.get(request.path_params["file"])
        if asset is None:
            return Response("No such file.", status_code=404, headers=_HEADERS, media_type="text/plain")
        # Only the exact version may be kept for ever: after an upgrade an old page still asks for one that is gone.
        exact = request.query_params.get("v") == asset.version
        return asset.answer(request, cache_control=_IMMUTABLE if exact else _REVALIDATE)

    return [
        Route("/explorer", explorer),
        Route("/explorer/samples.json", samples_json),
        Route("/explorer/static/{file}", static),
    ]


def closed() -> list[BaseRoute]:
    """Return the routes of an installation that carries out nothing that somebody writes in an explorer."""

    def explorer(_request: Request) -> Response:
        return Response(_CLOSED, status_code=404, headers=_HEADERS, media_type="text/plain; charset=utf-8")

    return [Route("/explorer", explorer)]


def _page(assets: Mapping[str, _Asset]) -> _Asset:
    """index.html with the version of each file in its address; KeyError where it names a file that is not served."""
    source = (_FOLDER / "index.html").read_text(encoding="utf-8")
    html = _REFERENCE.sub(lambda match: f"{match[0]}?v={assets[match['name']].version}", source)
    return _Asset(body=html.encode(), media_type="text/html; charset=utf-8")


def _samples_json(samples: Sequence[Sample]) -> bytes:
    rows = [{"name": sample.name, "query": sample.query, "variables": dict(sample.variables)} for sample in samples]
    return json.dumps(rows, ensure_ascii=False, allow_nan=False).encode()


def _tags(if_none_match: str) -> set[str]:
    """Entity tags of an If-None-Match header; weak ones count, as RFC 9110 section 13.1.2 compares them."""
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
