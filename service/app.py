"""应用: HTTP and WebSocket around the schema, and the life of what it stands on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from hmac import compare_digest
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import structlog
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

import projections
from projections.rebuild import ensure, stale
from projections.runner import CONNECTIONS, Runner
from schema.context import Services
from schema.endpoint import PRINCIPAL, Endpoint
from schema.languages import Language, preferred
from schema.manifest import ManifestError, load
from service import explorer
from service.auth import Development, Gate
from service.database import PUBLIC_ROLE, QUERY_ROLE, UNAVAILABLE, migrate, owner, pending_migrations, pool
from service.demo.samples import SAMPLES
from service.directory import Directory
from service.following import Following
from service.handle import Handler
from service.journal import Journal
from service.log.log import Log
from service.metrics import Metrics
from service.observed import Observed
from service.oidc import Verifier
from service.proxy import TrustedProxies
from service.rate_limit import RateLimit
from service.telemetry import Life, Telemetry
from service.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from schema.trusted import Trusted
    from service.config import Settings

READY_S: Final = 2.0
"""Longest wait for the database before it is called away."""

log = structlog.get_logger()

PREFLIGHT_S: Final = 600
"""How long a browser may remember what a page elsewhere may ask."""


@asynccontextmanager
async def services(
    dsn: str,
    settings: Settings,
    development: Development | None = None,
    life: Life | None = None,
    *,
    beside: bool = False,
) -> AsyncIterator[Services]:
    """Give what requests need, on a migrated database whose read models are fed until the block ends.

    Raises:
        OtherVersionError: the tables are to be changed, and others serve by them (`beside`).
        ManifestError: the documents that clients are to ask for can't be had.
    """
    life = life or Life()
    trusted = _trusted(settings)
    if beside:
        await _refuse_changes(dsn)
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
        feeding = await stack.enter_async_context(
            pool(dsn, size=CONNECTIONS, name="taizhang-runner", statement_timeout_s=60)
        )
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
            task.add_done_callback(partial(_died, life))
        try:
            pools = {**facts.pools, "query": reading, "public": public, "runner": feeding, "journal": noting}
            yield Services(
                handler=handler,
                runner=runner,
                reading=reading,
                public=public,
                journal=journal,
                directory=directory,
                gate=gate,
                trusted=trusted,
                rate_limit=RateLimit(settings.rate_limit, settings.rate_limit_public),
                writer=facts.writer,
                pools=MappingProxyType(pools),
                life=life,
            )
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


class OtherVersionError(Exception):
    """The tables are another version's, and others serve by them: stop all and start anew (版本不一致,请停机升级)."""


def _trusted(settings: Settings) -> Trusted:
    try:
        return load(settings.documents, only=settings.documents_only)
    except ManifestError as error:
        log.error("the documents of TAIZHANG_DOCUMENTS can't be used", why=str(error))  # noqa: TRY400 - it says all.
        raise


async def _refuse_changes(dsn: str) -> None:
    async with owner(dsn) as connection:
        migrations_, models = await pending_migrations(connection), await stale(connection, projections.ALL)
    if migrations_ or models:
        log.error(
            "this version changes tables; stop the service and start it anew", migrations=migrations_, models=models
        )
        raise OtherVersionError(", ".join([*migrations_, *models]))


def most_connections(settings: Settings) -> int:
    """Return how many connections to the database `services` may have at once, all its pools together."""
    size = settings.pool_size
    log_, callers, public, runner, journal, owner = 2 * size + 1, size, max(2, size // 4), CONNECTIONS, 2, 1
    return log_ + callers + public + runner + journal + owner


async def _verifier(stack: AsyncExitStack, settings: Settings) -> Verifier | None:
    provider = settings.provider
    return None if provider is None else await stack.enter_async_context(Verifier.open(provider))


def _died(life: Life, task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        life.ended.append(task.get_name())
        log.error("a task of the service ended", task=task.get_name(), exc_info=task.exception())


def build(
    dsn: str,
    settings: Settings,
    development: Development | None = None,
    *,
    life: Life | None = None,
    folder: Path | None = None,
    worker: int = 0,
    beside: bool = False,
) -> ASGIApp:
    """Return the application; it starts and stops what it stands on with its lifespan.

    Args:
        dsn: address of the database.
        settings: what the operator has set.
        development: the token of a trial on one machine; none beside real data.
        life: of the process, which the server tells that a stop was asked for.
        folder: where the processes that serve one port find each other; None if this is the only one.
        worker: number of this process among them.
        beside: whether others serve already, by tables that must stay as they are.
    """
    holder: dict[str, Any] = {}
    telemetry, life = Telemetry(), life or Life()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with services(dsn, settings, development, life, beside=beside) as ready:
            metrics = Metrics(ready, telemetry, folder, worker)
            async with metrics.shared():
                holder.update(
                    endpoint=Endpoint(ready, settings.allowed_origins), health=Health(ready, life), metrics=metrics
                )
                yield

    async def graphql(scope: Scope, receive: Receive, send: Send) -> None:
        await holder["endpoint"](scope, receive, send)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": version("taizhang")})

    async def readyz(_request: Request) -> Response:
        health: Health = holder["health"]
        return await health.answer()

    async def metrics(request: Request) -> Response:
        if settings.metrics_token is None:
            return Response(status_code=404)
        wanted = f"Bearer {settings.metrics_token.get_secret_value()}".encode()
        if not compare_digest(request.headers.get("authorization", "").encode(), wanted):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        return Response(await holder["metrics"].text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    routes = [
        Route("/", lambda _request: RedirectResponse("/explorer")),
        Route("/graphql", _Asgi(graphql)),
        WebSocketRoute("/graphql", _Asgi(graphql)),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        *(explorer.closed() if settings.documents_only else explorer.routes(SAMPLES)),
    ]
    # Inside Starlette's own error page, which would answer before the limit could.
    limit = Middleware(LimitBody, most=settings.body_limit_bytes)
    # A page elsewhere must not reach the service by a name of its own.
    here = Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.answered_hosts), www_redirect=False)
    behind = Middleware(TrustedProxies, trusted=settings.trusted_proxies)
    observed = Middleware(Observed, telemetry=telemetry)
    # What a page elsewhere may ask it asks with a token of its own: no cookie tells who its reader is.
    shared = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Authorization", "Content-Type", PRINCIPAL, "X-Request-Id"),
        expose_headers=("X-Request-Id", "Retry-After"),
        max_age=PREFLIGHT_S,
    )
    ways = [observed, behind, here, *((shared,) if settings.allowed_origins else ()), limit]
    return Starlette(routes=routes, lifespan=lifespan, middleware=ways)


class Health:
    """Whether requests are answered, and if not, why; it tells nobody which regions there are.

    Args:
        services: what requests need.
        life: of the process.
    """

    def __init__(self, services: Services, life: Life) -> None:
        self._services = services
        self._life = life

    async def answer(self) -> Response:
        """Return 200 or 503, and in either case what is the matter."""
        wrong: list[str] = ["stopping"] if self._life.stopping else []
        wrong += [f"{task}: ended" for task in self._life.ended]
        told: dict[str, object] = {}
        try:
            async with asyncio.timeout(READY_S):
                standings = await self._services.runner.standings()
        except (asyncpg.PostgresError, *UNAVAILABLE) as error:
            wrong.append("no connection free" if self._is_busy(error) else "database away")
            told["error"] = type(error).__name__
        else:
            behind = [one for one in standings if one.lag]
            told = {
                "regions": len(standings),
                "behind": len(behind),
                "lagSeconds": round(max((one.lag_s for one in behind), default=0.0), 1),
                "aside": sorted({name for one in standings for name in one.aside}),
            }
        if self._services.gate is not None and self._services.gate.is_stale:
            wrong.append("rights can't be read")
        return JSONResponse({"status": "; ".join(wrong) or "ok", **told}, 503 if wrong else 200)

    def _is_busy(self, error: Exception) -> bool:
        """Return whether the database is there, and it is this process's own work that was waited for."""
        pool = self._services.pools.get("runner")
        return (
            isinstance(error, TimeoutError)
            and pool is not None
            and pool.get_idle_size() == 0
            and pool.get_size() == pool.get_max_size()
        )


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
