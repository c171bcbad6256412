"""应用: HTTP and WebSocket around the schema, and the life of what it stands on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

import projections
from projections.rebuild import ensure
from projections.runner import Runner
from schema.context import Services
from schema.endpoint import Endpoint
from schema.languages import Language, preferred
from service import explorer
from service.auth import Development, Gate
from service.database import PUBLIC_ROLE, QUERY_ROLE, UNAVAILABLE, migrate, pool
from service.demo.samples import SAMPLES
from service.directory import Directory
from service.following import Following
from service.handle import Handler
from service.journal import Journal
from service.log.log import Log
from service.oidc import Verifier
from service.proxy import TrustedProxies
from service.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from service.config import Settings

log = structlog.get_logger()


@asynccontextmanager
async def services(dsn: str, settings: Settings, development: Development | None = None) -> AsyncIterator[Services]:
    """Give what requests need, on a migrated database whose read models are fed until the block ends."""
    applied = await migrate(dsn)
    if applied:
        log.info("migrated", migrations=applied)
    async with AsyncExitStack() as stack:
        facts = await stack.enter_async_context(Log.open(dsn, size=settings.pool_size))
        for rebuilt in await ensure(dsn, facts, projections.ALL):
            log.info("read model built", name=rebuilt.name, facts=rebuilt.facts)
        reading, public = [
            await stack.enter_async_context(
                pool(dsn, size=size, name=name, role=role, statement_timeout_s=settings.statement_timeout_s)
            )
            for size, name, role in (
                (settings.pool_size, "taizhang-query", QUERY_ROLE),
                (max(2, settings.pool_size // 4), "taizhang-public", PUBLIC_ROLE),
            )
        ]
        feeding = await stack.enter_async_context(pool(dsn, size=4, name="taizhang-runner", statement_timeout_s=60))
        runner = Runner(facts, feeding, projections.ALL)
        await runner.look()  # A read model that was set aside before must not answer even once.
        handler = Handler(facts)
        noting = await stack.enter_async_context(pool(dsn, size=2, name="taizhang-journal"))
        journal = Journal(noting, days=settings.journal_days)
        stack.push_async_callback(journal.close)
        directory = Directory(facts)
        await directory.load()
        gate = Gate(directory, journal, Throttle(), await _verifier(stack, settings), development)
        running = [
            asyncio.create_task(runner.run(), name="read models"),
            asyncio.create_task(Following(handler, facts).run(), name="following"),
            asyncio.create_task(directory.run(), name="accounts"),
            asyncio.create_task(journal.run(), name="journal"),
        ]
        for task in running:
            task.add_done_callback(_died)
        try:
            yield Services(handler, runner, reading, public, journal, directory, gate)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def _verifier(stack: AsyncExitStack, settings: Settings) -> Verifier | None:
    provider = settings.provider
    return None if provider is None else await stack.enter_async_context(Verifier.open(provider))


def _died(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a task of the service ended", task=task.get_name(), exc_info=error)


def build(dsn: str, settings: Settings, development: Development | None = None) -> ASGIApp:
    """Return the application; it starts and stops what it stands on with its lifespan.

    Args:
        dsn: address of the database.
        settings: what the operator has set.
        development: the token of a trial on one machine; none beside real data.
    """
    holder: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with services(dsn, settings, development) as ready:
            holder["services"] = ready
            holder["endpoint"] = Endpoint(ready)
            yield

    async def graphql(scope: Scope, receive: Receive, send: Send) -> None:
        await holder["endpoint"](scope, receive, send)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": version("taizhang")})

    async def readyz(_request: Request) -> Response:
        services = holder["services"]
        try:
            async with asyncio.timeout(2):
                regions = await services.runner.standings()
        except UNAVAILABLE as error:
            return JSONResponse({"status": "database away", "error": type(error).__name__}, 503)
        if services.gate.is_stale:
            return JSONResponse({"status": "rights can't be read"}, 503)
        behind = {one.region: one.position - one.projected for one in regions if one.position > one.projected}
        aside = {one.region: sorted(one.aside) for one in regions if one.aside}
        return JSONResponse({"status": "ok", "regions": len(regions), "behind": behind, "aside": aside})

    routes = [
        Route("/", lambda _request: RedirectResponse("/explorer")),
        Route("/graphql", _Asgi(graphql)),
        WebSocketRoute("/graphql", _Asgi(graphql)),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        *explorer.routes(SAMPLES),
    ]
    # Inside Starlette's own error page, which would answer before the limit could.
    limit = Middleware(LimitBody, most=settings.body_limit_bytes)
    # A page elsewhere must not reach the service by a name of its own.
    here = Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.answered_hosts), www_redirect=False)
    behind = Middleware(TrustedProxies, trusted=settings.trusted_proxies)
    return Starlette(routes=routes, lifespan=lifespan, middleware=[behind, here, limit])


class _Asgi:
    """An application as a route's endpoint: Starlette calls a function as a view, and an object as an application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        await self._app(scope, receive, send)


class _TooLargeError(Exception):
    pass


class LimitBody:
    """Answers 413 to a request body over a limit, before it is in memory.

    Args:
        most: bytes.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > self._most:
                raise _TooLargeError
            return message

        try:
            await self._app(scope, counted, send)
        except ClientDisconnect:
            return  # Nobody is left to be told.
        except _TooLargeError:
            english, chinese = f"The body is over {self._most} bytes.", f"请求体超过 {self._most} 字节。"
            in_chinese = preferred(Headers(scope=scope).get("accept-language")) is Language.CHINESE
            told = {"code": "TOO_LARGE", "messageZh": chinese}
            error = {"message": chinese if in_chinese else english, "extensions": told}
            await JSONResponse({"errors": [error]}, 413)(scope, receive, send)
