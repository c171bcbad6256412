"""The PostgreSQL that comes with a plain install: one server on a folder, reached by a Unix socket only.

    <folder>/postgres.lock    held by the one owner, who starts the server; released by its death
    <folder>/postgres.users   held by every process that uses the server, shared; who can have it alone is the last one
                              out, and stops the server
    <folder>/start.log        what the server said before it opened its own log
    <folder>/postgres/        data/, log/ and socket/, of the account that runs the server
    <folder>/postgres.at      where those are instead, when that account cannot reach the folder
    <folder>/socket.at        where the socket is instead, when its path would be too long

Who may connect is decided by the operating system: the account that runs the service, through peer authentication.
There is no password, so none can leak.
"""

import fcntl
import hashlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from service.embedded_cluster import DATABASE, OWNER, PORT, configure, create, make_private, socket_folder, write
from service.embedded_programs import Account, EmbeddedPostgresError, Major, make_passable, programs, system_folder

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "Major", "embedded"]

_POLL_S: Final = 0.01
_SILENCE_S: Final = 120.0  # A server that recovers after a crash writes a line a second; see the settings.
_START_S: Final = 3600.0
_MEMORY_S: Final = 30.0
_LEAVE_S: Final = 5.0
_STOP: Final = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
_TAIL_BYTES: Final = 2000
_LOG_DAYS: Final = 6
_DAY_S: Final = 86_400


class EmbeddedPostgres:
    """A PostgreSQL server of one's own on a folder; calls block, for a fraction of a second as a rule."""

    def __init__(self, folder: Path, *, major: Major = 18, settings: Mapping[str, str] | None = None) -> None:
        """Describe a server; nothing is touched yet.

        Args:
            folder: made if missing; two servers need two folders.
            major: PostgreSQL's major version; a folder keeps the one that it was made with.
            settings: server settings that go before the usual ones, from the next start.
        """
        self._folder = folder.absolute().resolve()
        self._major: Major = major
        self._settings = dict(settings or {})
        self._home = self._folder / "postgres"
        self._lock: int | None = None
        self._users: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running server (the postmaster), or None."""
        lines = self._pid_file()
        if not lines or not lines[0].isdigit():
            return None
        pid = int(lines[0])
        if self._process is not None:
            self._process.poll()  # Otherwise a dead child would still have its process id.
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return None if Path("/proc/self").exists() else self._pid_without_proc(pid)
        # The number may have gone to another program since; ours has the data folder among its arguments.
        return pid if os.fsencode(self._data) in command.split(b"\0") else None

    def start(self) -> bool:
        """Start the server or take over a running one that has lost its owner; a second call mends a dead server.

        Returns:
            True if this object is the owner, who starts the server anew if it dies; False if another process is. Both
            have to call `stop`.

        Raises:
            EmbeddedPostgresError: the server cannot be had; the message says why and ends in its log.
        """
        try:
            return self._start()
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EmbeddedPostgresError(
                f"The database folder {self._folder} cannot be used ({error}): check its owner and the free space, "
                "or choose another with TAIZHANG_DATA.",
                f"数据目录 {self._folder} 无法使用:请检查属主与磁盘空间,或用 TAIZHANG_DATA 另选目录。",
                self._tail(),
            ) from error

    def stop(self) -> None:
        """Stop the server, bounded in time, unless another process uses it: the last one out stops it.

        Sessions are ended and their open transactions rolled back.

        Raises:
            EmbeddedPostgresError: the server did not end, even when it was killed.
        """
        if self._users is None:
            return
        try:
            if not self._is_last(self._users):
                return
            for sign, patience_s in _STOP:
                pid = self.pid
                if pid is None:
                    break
                with suppress(ProcessLookupError):
                    os.kill(pid, sign)
                self._wait_until_gone(patience_s)
            if self.pid is not None:
                raise self._failure("did not stop", "无法停止")
            self._reap()
        finally:
            self.leave()

    def leave(self) -> None:
        """Let the server run without this process: another one that uses it, or the next, takes it over."""
        # In this order: whoever holds the lock is among the users, so the last of these can have both.
        for held in (self._lock, self._users):
            if held is not None:
                os.close(held)
        self._lock = self._users = None

    def dsn(self, database: str = DATABASE, user: str = OWNER) -> str:
        """Return the address of a database of the running server; it holds no secret.

        Raises:
            EmbeddedPostgresError: the server is not running.
        """
        lines = self._pid_file()
        if len(lines) < 5:  # noqa: PLR2004 - the fifth line of postmaster.pid names the socket's folder.
            raise self._failure("is not running", "没有运行")
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={quote(lines[4])}&port={PORT}"

    def find(self) -> bool:
        """Return whether the server was made, without touching anything; afterwards `pid` tells whether it runs.

        Raises:
            EmbeddedPostgresError: the folder is a copy of another.
        """
        return self._find_home()

    @property
    def _data(self) -> Path:
        return self._home / "data"

    def _start(self) -> bool:
        make_passable(self._folder)
        deadline = time.monotonic() + _START_S
        try:
            while not self._attaches():
                # The last one out has it alone until the server has stopped.
                self._be_patient(deadline, "does not stop it", "未停止")
            while not self._owns():
                self._find_home()
                if self._status() == "ready":
                    return False
                self._be_patient(deadline, "does not start it", "未启动")
            account = self._settle()
            if self._status() == "stopping":
                self._wait_until_gone(_STOP[0][1])
            if self.pid is None:
                self._launch(account)
            self._wait_until_ready(account)
        except BaseException:
            self.leave()
            raise
        return True

    def _owns(self) -> bool:
        """Take the lock if it is free; it goes with the process that holds it."""
        if self._lock is None:
            self._lock = self._held("postgres.lock", fcntl.LOCK_EX)
        return self._lock is not None

    def _attaches(self) -> bool:
        """Become one of the users; they keep the server from being stopped for as long as they live."""
        if self._users is None:
            self._users = self._held("postgres.users", fcntl.LOCK_SH)
        return self._users is not None

    def _held(self, name: str, kind: int) -> int | None:
        file = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file

    def _is_last(self, users: int) -> bool:
        """Return whether nobody else uses the server; then nobody can begin to before this process has left.

        The kernel gives up the shared lock before it tries for the other kind, so of several that leave at the same
        moment the last one to try has it.
        """
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        deadline = time.monotonic() + _LEAVE_S
        while not self._owns():  # A process that was killed just now may not have let go of it yet.
            self._be_patient(deadline, "does not leave it", "未退出")
        return True

    def _be_patient(self, deadline: float, english: str, chinese: str) -> None:
        if time.monotonic() > deadline:
            raise self._failure(f"is held by another process that {english}", f"被另一进程占用且{chinese}")
        time.sleep(_POLL_S)

    def _find_home(self) -> bool:
        record = self._folder / "postgres.at"
        if not record.exists():
            return self._home.exists()
        self._home = Path(record.read_text("utf-8"))
        # A copied folder still names the original's database; two folders on one database would destroy it.
        if (self._home.parent / "folder").read_text("utf-8") != str(self._folder):
            raise EmbeddedPostgresError(
                f"{self._folder} is a copy: its database is {self._home}, of another folder. Delete {record} to begin "
                "an empty one.",
                f"{self._folder} 是副本:其数据库 {self._home} 属于另一目录。删除 {record} 后将新建空库。",
            )
        return True

    def _settle(self) -> Account:
        """Find or make the server's place; return the account that it belongs to."""
        if self._find_home():
            uid = self._home.stat().st_uid
            if os.geteuid() not in (0, uid):
                raise EmbeddedPostgresError(
                    f"The database in {self._folder} belongs to user {uid}: start as that user.",
                    f"{self._folder} 中的数据库属于用户 {uid}:请以该用户启动。",
                )
            account = Account.of(uid)
        else:
            account = Account.to_run_as()
            self._make_home(account)
        version = self._data / "PG_VERSION"
        if not self._data.exists():
            create(self._home, self._major, account, sync=self._settings.get("fsync") != "off")
        elif version.read_text("ascii").strip() != str(self._major):
            raise EmbeddedPostgresError(
                f"{self._data} was not made by PostgreSQL {self._major}: choose another folder with TAIZHANG_DATA.",
                f"{self._data} 不是由 PostgreSQL {self._major} 创建的:请用 TAIZHANG_DATA 另选目录。",
            )
        return account

    def _make_home(self, account: Account) -> None:
        self._home.mkdir(mode=0o700)
        account.own(self._home)
        if not account.reaches(self._home):
            # Only root comes here. Opening up parent folders is not ours to do, so the database goes elsewhere.
            self._home.rmdir()
            name = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:12]
            place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=system_folder(account)))
            place.chmod(0o711)
            (place / "folder").write_text(str(self._folder), "utf-8")
            self._home = place / "postgres"
            self._home.mkdir(mode=0o700)
            account.own(self._home)
            write(self._folder / "postgres.at", str(self._home))

    def _launch(self, account: Account) -> None:
        self._reap()
        log = self._home / "log"
        make_private(log, account)
        for old in log.iterdir():
            if old.lstat().st_mtime < time.time() - _LOG_DAYS * _DAY_S:
                old.unlink()
        socket = socket_folder(self._home, self._folder / "socket.at", account)
        for left in socket.glob(".s.PGSQL.*"):
            left.unlink()
        self._disown_pid_file(account)
        configure(self._data, socket, account, self._settings)
        start_log = os.open(self._folder / "start.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            postgres = programs(self._major, account) / "postgres"
            self._process = account.spawn(postgres, "-D", self._data, log=start_log)
        finally:
            os.close(start_log)

    def _disown_pid_file(self, account: Account) -> None:
        """Keep a number that now belongs to another program from being taken for a running server.

        The server passes over its parent's number, and still makes sure that no process of a crashed one uses the
        memory that the file names; deleting the file would skip that.
        """
        lines = self._pid_file()
        if lines:
            write(self._data / "postmaster.pid", "\n".join([str(os.getpid()), *lines[1:]]) + "\n", account)
        else:
            # An empty file is left by a server that ended before it had begun.
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _wait_until_ready(self, account: Account) -> None:
        """Wait as long as the server goes on: recovery after a crash takes what it takes, and is heard of."""
        began = time.monotonic()
        said, silent_since = self._tail(), began
        while self._status() != "ready":
            now = time.monotonic()
            if (tail := self._tail()) != said:
                said, silent_since = tail, now
            if self.pid is None and (self._process is None or self._process.poll() is not None):
                # Processes of a killed server need a moment to notice; until then they hold its memory.
                if "shared memory block" not in said or now - began > _MEMORY_S:
                    raise self._failure("did not start", "未能启动")
                time.sleep(_POLL_S * 10)
                self._launch(account)
            if now - began > _START_S or now - silent_since > _SILENCE_S:
                raise self._failure("does not become ready", "长时间未就绪")
            time.sleep(_POLL_S)

    def _reap(self) -> None:
        """Collect the server that this process began and that has gone; its last act is to remove its pid file."""
        if self._process is not None:
            self._process.wait(_STOP[-1][1])
            self._process = None

    def _wait_until_gone(self, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while self.pid is not None and time.monotonic() < deadline:
            time.sleep(_POLL_S)

    def _status(self) -> str:
        """Return what the running server says of itself (starting, ready, stopping), or "" if there is none."""
        lines = self._pid_file()
        return lines[7].strip() if len(lines) > 7 and self.pid is not None else ""  # noqa: PLR2004 - its eighth line.

    def _pid_file(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _pid_without_proc(self, pid: int) -> int | None:
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, PermissionError):
            return None
        return pid

    def _tail(self) -> str:
        logs: list[Path] = []
        with suppress(OSError):
            logs = sorted((self._home / "log").iterdir(), key=lambda log: log.lstat().st_mtime)[-1:]
        text = b""
        for log in (self._folder / "start.log", *logs):
            with suppress(OSError), log.open("rb") as stream:
                stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
                text += stream.read(_TAIL_BYTES)
        return text.decode("utf-8", "replace")

    def _failure(self, english: str, chinese: str) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(
            f"The database in {self._home} {english}. What it said is below and in {self._home / 'log'}.",
            f"{self._home} 中的数据库{chinese},原因见下及 {self._home / 'log'}。",
            self._tail(),
        )


@contextmanager
def embedded(
    folder: Path, *, major: Major = 18, settings: Mapping[str, str] | None = None
) -> Iterator[EmbeddedPostgres]:
    """Have the server on `folder` run within a block; it is stopped afterwards unless another process uses it."""
    server = EmbeddedPostgres(folder, major=major, settings=settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()
