"""身份: who is calling. A person by an OpenID Connect access token, a machine by a key, anybody as the public.

What somebody is granted is not in a token: it is told by facts (service/directory.py), so that ending a right ends it
within a second, whatever tokens are about.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from service.access import ANONYMOUS, Caller
from service.clock import today_in_china
from service.domain.errors import InvalidValueError
from service.domain.roles import Account, Area, Grant, Role, Scope
from service.domain.values import Name
from service.oidc import BadTokenError

if TYPE_CHECKING:
    from pathlib import Path

    from service.config import Settings
    from service.directory import Directory
    from service.journal import Journal
    from service.oidc import Verifier
    from service.throttle import Throttle

SIGN_IN: Final = "signIn"
"""What the journal calls an attempt that came no further than saying who it is."""
_KEY: Final = re.compile(r"tz_([0-9a-f]{16})_([A-Za-z0-9_-]{20,200})", re.ASCII)
_DEVELOPMENT: Final = re.compile(
    r"tz_dev_([A-Za-z0-9_-]{20,200})(?:\.([A-Z_]{2,40})@(\d{6})(?:\?([^\s]{1,400}))?)?", re.ASCII
)
_PARTS: Final[Mapping[str, Callable[[str], Any]]] = {"unit": Name, "park": Name, "project": UUID}
"""What of an area a development token may be narrowed to -> how it is read."""
_LONGEST: Final = 8_192
_LONGEST_ACCOUNT: Final = 161
_STALE_S: Final = 5.0
"""How old the directory may be: it looks at the log twice a second."""


class SignInError(Exception):
    """Nobody knows who this is, or may know now.

    Attributes:
        status: of HTTP: 401, 403, 429 or 503.
        code: for a client.
        wait_s: after how many seconds to try again.
    """

    def __init__(self, status: int, code: str, english: str, chinese: str, wait_s: int | None = None) -> None:
        super().__init__(english)
        self.status = status
        self.code = code
        self.english = english
        self.chinese = chinese
        self.wait_s = wait_s


def _unknown() -> SignInError:
    return SignInError(401, "UNAUTHENTICATED", "This token or key is not valid.", "令牌或密钥无效。")


@dataclass(frozen=True, slots=True)
class Development:
    """开发令牌: everything, or one role, for whoever can read a file of the service's; never beside real data.

    Attributes:
        secret: what the file holds.
    """

    secret: str

    @classmethod
    def at(cls, folder: Path) -> Development:
        """Return the one of a data folder, made the first time."""
        file, made = folder / "development.token", folder / "development.token.new"
        if not file.exists():
            # Whole or not at all, and never readable by others, not even for a moment.
            made.unlink(missing_ok=True)
            made.touch(mode=0o600, exist_ok=False)
            made.write_text(f"tz_dev_{secrets.token_urlsafe(24)}\n", encoding="ascii")
            made.replace(file)
        return cls(file.read_text(encoding="ascii").strip().removeprefix("tz_dev_"))

    @classmethod
    def of(cls, settings: Settings) -> Development | None:
        """Return the one of a trial on one machine; none beside a database of one's own, or for a network."""
        return None if settings.database_url is not None or not settings.is_loopback else cls.at(settings.data)

    @property
    def token(self) -> str:
        """The token that may do everything."""
        return f"tz_dev_{self.secret}"

    def caller(self, token: str) -> Caller | None:
        """Return whom a development token stands for.

        `tz_dev_<secret>` may do everything, `tz_dev_<secret>.REPORTER@431181` what a reporter of 祁阳 may, and
        `tz_dev_<secret>.UNIT_LIAISON@431181?unit=%E4%BD%8F…` a unit's liaison there; `park=` and `project=`, its UUID,
        narrow it likewise.
        """
        found = _DEVELOPMENT.fullmatch(token)
        if found is None or not hmac.compare_digest(found[1], self.secret):
            return None
        if found[2] is None:
            return Caller("development", trusted=True)
        try:
            # What is not understood must not be left out: the rest would stand for more than was meant.
            said = parse_qsl(found[4] or "", keep_blank_values=True, strict_parsing=bool(found[4]))
            parts = {name: _PARTS[name](value) for name, value in said}
            if len(parts) < len(said):
                return None
            grant = Grant(role=Role(found[2]), scope=Scope(area=Area(found[3]), **parts))
        except (KeyError, ValueError, InvalidValueError):
            return None
        return Caller(f"development:{found[2].lower()}", grants=(grant,))


@dataclass(frozen=True, slots=True)
class Session:
    """登录: who somebody was found to be, and until when that holds.

    Attributes:
        address: where it comes from.
        account: of whom; None for the public and for development.
        key_id: the key that it was, if it was one.
        until_s: seconds since 1970 at which the token is taken no more.
    """

    caller: Caller
    address: str
    account: Account | None = None
    key_id: str | None = None
    until_s: float | None = None


class Gate:
    """门卫: finds out who calls.

    Args:
        directory: grants and keys.
        verifier: of people's tokens; None takes none.
        development: None takes no development tokens.
    """

    def __init__(
        self,
        directory: Directory,
        journal: Journal,
        throttle: Throttle,
        verifier: Verifier | None = None,
        development: Development | None = None,
    ) -> None:
        self._directory = directory
        self._journal = journal
        self._throttle = throttle
        self._verifier = verifier
        self._development = development
        self.failures: Counter[str] = Counter()
        """How many could not sign in since the start, by the code that they were answered."""

    async def session(self, authorization: str | None, principal: str | None, address: str) -> Session:
        """Return who sent a request.

        Args:
            authorization: the header of that name; None is the public.
            principal: account for which it is sent, if on behalf of another.
            address: where it came from.

        Raises:
            SignInError: nobody knows, or not now.
        """
        try:
            return await self._session(authorization, principal, address)
        except SignInError as error:
            self.failures[error.code] += 1
            raise

    async def _session(self, authorization: str | None, principal: str | None, address: str) -> Session:
        if authorization is None:
            return Session(ANONYMOUS, address)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > _LONGEST:
            raise self._refused(address, "malformed")
        found = self._by_development(token, address)
        if found is None:
            self._need_fresh()
            found = self._by_key(token, address) or await self._by_token(token, address)
        return found if principal is None else self._on_behalf(found, principal)

    def again(self, session: Session) -> Session:
        """Return a session as it stands now: grants may have been given or ended since.

        Raises:
            SignInError: it is over.
        """
        if session.account is None:
            return session
        self._need_fresh()
        day = today_in_china()
        key = None if session.key_id is None else self._directory.key(session.key_id)
        ended = session.until_s is not None and session.until_s <= time.time()
        if ended or (session.key_id is not None and (key is None or key.expires_on < day)):
            raise _unknown()
        of = session.caller.principal
        grants = tuple(one for one in self._directory.grants_of(session.account, day) if one.principal == of)
        return (
            session
            if grants == session.caller.grants
            else replace(session, caller=replace(session.caller, grants=grants))
        )

    @property
    def is_stale(self) -> bool:
        """Whether rights that are known may have been ended since."""
        return self._directory.age_s > _STALE_S

    def _need_fresh(self) -> None:
        """Take nobody's word for rights that may have been ended: whoever can't know lets nobody in."""
        if self.is_stale:
            raise SignInError(
                503, "UNAVAILABLE", "Rights can't be read now; try again.", "暂时无法读取授权,请重试。", 2
            )

    def _by_development(self, token: str, address: str) -> Session | None:
        caller = None if self._development is None else self._development.caller(token)
        return None if caller is None else Session(caller, address)

    def _by_key(self, token: str, address: str) -> Session | None:
        """Return the session of a key; those are known by heart, so nobody waits for another."""
        found = _KEY.fullmatch(token)
        key = None if found is None else self._directory.key(found[1])
        if found is None or key is None:
            return None
        digest = hashlib.sha256(found[2].encode("ascii")).hexdigest()
        day = today_in_china()
        if not hmac.compare_digest(digest, key.sha256) or key.expires_on < day:
            return None
        self._journal.used(found[1], address)
        caller = Caller(key.account, grants=self._own(key.account))
        return Session(caller, address, account=key.account, key_id=found[1])

    async def _by_token(self, token: str, address: str) -> Session:
        if self._verifier is None or token.startswith("tz_"):
            raise self._refused(address, "bad_key" if token.startswith("tz_") else "no_provider")
        if not self._verifier.knows(token) and (wait_s := self._throttle.check(address)) > 0:
            raise self._slowed(wait_s)
        try:
            identity = await self._verifier.verify(token)
        except BadTokenError as error:
            if error.retryable:
                text = "Tokens can't be verified now; try again."
                raise SignInError(503, "UNAVAILABLE", text, "暂时无法验证令牌,请重试。", wait_s=5) from None
            raise self._refused(address, error.reason.value) from None
        self._throttle.succeeded(address)
        account = Account(identity.account)
        caller = Caller(account, grants=self._own(account))
        return Session(caller, address, account=account, until_s=identity.expires_at + self._verifier.leeway_s)

    def _own(self, account: Account) -> tuple[Grant, ...]:
        return tuple(one for one in self._directory.grants_of(account, today_in_china()) if one.principal is None)

    def _on_behalf(self, session: Session, principal: str) -> Session:
        """Return a session in which somebody acts for another, with what was granted for that alone."""
        principal = principal[:_LONGEST_ACCOUNT]
        if session.account is None:
            return replace(session, caller=replace(session.caller, principal=principal))
        grants = tuple(
            one for one in self._directory.grants_of(session.account, today_in_china()) if one.principal == principal
        )
        if not grants:
            self._journal.failed(
                caller=session.account, address=session.address, operation=SIGN_IN, code="FORBIDDEN", detail="principal"
            )
            text = "You were not granted to act for this account."
            raise SignInError(403, "FORBIDDEN", text, "您未获授权代表该账号办理。")
        return replace(session, caller=replace(session.caller, principal=grants[0].principal, grants=grants))

    def _refused(self, address: str, reason: str) -> SignInError:
        if (wait_s := self._throttle.check(address)) > 0:
            return self._slowed(wait_s)
        codes = {"UNAUTHENTICATED": reason}
        if self._throttle.failed(address) > 0:
            # Once for each wait, and not for what is sent meanwhile: a flood must not fill the journal.
            codes["RATE_LIMITED"] = ""
        for code, detail in codes.items():
            self._journal.failed(caller=None, address=address, operation=SIGN_IN, code=code, detail=detail)
        return _unknown()

    @staticmethod
    def _slowed(wait_s: float) -> SignInError:
        seconds = int(-(-wait_s // 1))
        text = f"Too many bad tokens or keys from your address; try again in {seconds} s."
        return SignInError(
            429, "RATE_LIMITED", text, f"来自您地址的无效令牌或密钥过多,请 {seconds} 秒后再试。", wait_s=seconds
        )


def refused_body(error: SignInError, *, in_chinese: bool = False) -> Mapping[str, object]:
    """Return an error as GraphQL answers it; its message in English, unless the request prefers Chinese."""
    extensions: dict[str, object] = {"code": error.code, "messageZh": error.chinese}
    if error.wait_s is not None:
        extensions["retryable"] = True
    return {"errors": [{"message": error.chinese if in_chinese else error.english, "extensions": extensions}]}
