"""本机检查: what of this machine, of its files and of the server that comes along stands in the service's way."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

from service.doctor.finding import Finding, bad, ok, warning
from service.embedded import EmbeddedPostgres, EmbeddedPostgresError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.config import Settings

LEAST_PYTHON: Final = (3, 11)
LITTLE_MEMORY: Final = 512 * 1024**2
"""Bytes that should be free: the service takes about half of it, the database that comes along the rest."""
NO_DISK: Final = 256 * 1024**2
"""Bytes below which the database will soon stop writing."""
LITTLE_DISK: Final = 2 * 1024**3
ASK_S: Final = 2.0
"""How long to wait for who has the port."""
ANSWER_BYTES: Final = 10_000
MOST_FILES: Final = 100
_MEGA: Final = 1024**2
_MEMINFO: Final = Path("/proc/meminfo")
_CGROUP: Final = Path("/sys/fs/cgroup")


def of_machine(settings: Settings) -> Iterator[Finding]:
    """Yield what of the machine is not as the service needs it."""
    yield _of_python()
    yield _of_encoding()
    yield of_memory(free_memory())
    yield _of_port(settings)
    if settings.database_url is None:
        yield of_disk(settings.data, _free_disk(settings.data))


def _of_python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < LEAST_PYTHON:
        least = ".".join(map(str, LEAST_PYTHON))
        return bad(
            "python",
            (f"Python {version} is too old.", "Python 版本过旧。"),
            (f"Install Python {least} or newer.", f"安装 Python {least} 或更新版本。"),
        )
    return ok("python", f"Python {version}", "版本符合要求。")


def _of_encoding() -> Finding:
    names = {sys.getfilesystemencoding().lower(), (sys.stdout.encoding or "").lower()}
    if names == {"utf-8"}:
        return ok("encoding", "UTF-8", "UTF-8。")
    return warning(
        "encoding",
        (f"Names and output are {', '.join(sorted(names))}: Chinese text may be lost.", "非 UTF-8,中文可能显示错误。"),
        ("Set LC_ALL=C.UTF-8 (or PYTHONUTF8=1).", "设置 LC_ALL=C.UTF-8(或 PYTHONUTF8=1)。"),
    )


def free_memory() -> int | None:
    """Return the bytes that programs may still take, by the machine and by the container; None if nobody says."""
    found = []
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text("ascii").splitlines())
        found.append(int(lines["MemAvailable"].split()[0]) * 1024)
    except (OSError, KeyError, ValueError):
        return None
    try:
        most = int((_CGROUP / "memory.max").read_text("ascii"))
        found.append(max(0, most - int((_CGROUP / "memory.current").read_text("ascii"))))
    except (OSError, ValueError):
        pass  # No container, or one without a limit ("max").
    return min(found)


def of_memory(free: int | None) -> Finding:
    """Return whether so many bytes of memory will do."""
    if free is None:
        return ok("memory", "This system does not say how much is free.", "系统未提供可用内存。")
    if free < LITTLE_MEMORY:
        return warning(
            "memory",
            (f"{free // _MEGA} MB are free: the system may end the service.", "可用内存不足,服务可能被系统终止。"),
            (
                f"Let at least {LITTLE_MEMORY // _MEGA} MB be free, or lower TAIZHANG_POOL_SIZE.",
                f"至少保留 {LITTLE_MEMORY // _MEGA} MB,或调低 TAIZHANG_POOL_SIZE。",
            ),
        )
    return ok("memory", f"{free // _MEGA} MB free", "充足。")


def _free_disk(folder: Path) -> int:
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free


def of_disk(folder: Path, free: int) -> Finding:
    """Return whether so many bytes of disk will do for the database that comes along."""
    if free >= LITTLE_DISK:
        return ok("disk", f"{free // _MEGA} MB free", "充足。")
    make = bad if free < NO_DISK else warning
    return make(
        "disk",
        (f"{free // _MEGA} MB are free around {folder}.", "数据目录所在磁盘空间不足。"),
        ("Free some, or choose another place with TAIZHANG_DATA.", "清理磁盘,或用 TAIZHANG_DATA 另选位置。"),
    )


def _of_port(settings: Settings) -> Finding:
    family = socket.AF_INET if settings.host.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4.
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((str(settings.host), settings.port))
    except OSError as error:
        version = _who_serves(settings.origin)
        if version is not None:
            return ok("port", f"{settings.port} is served by taizhang {version}.", "本服务正在运行。")
        return bad(
            "port",
            (f"{settings.host} port {settings.port}: {error.strerror}.", "端口或地址不可用。"),
            (
                "End what has the port, or set TAIZHANG_PORT (or TAIZHANG_HOST) to another.",
                "停止占用者,或改用其他 TAIZHANG_PORT(或 TAIZHANG_HOST)。",
            ),
        )
    return ok("port", f"{settings.port} is free.", "空闲。")


def _who_serves(origin: str) -> str | None:
    """Return the version of the taizhang that serves an address; None if it is something else."""
    # Of this machine's own address alone: a proxy of the environment has no part in it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{origin}/healthz", timeout=ASK_S) as answer:
            said = json.loads(answer.read(ANSWER_BYTES))
    except (OSError, ValueError):
        return None
    return str(said["version"])[:40] if isinstance(said, dict) and {"status", "version"} <= said.keys() else None


def of_files(settings: Settings, secrets: Path | None) -> Iterator[Finding]:
    """Yield who can get at the files.

    Args:
        settings: of the service.
        secrets: folder of a container's secrets; None if there is none.
    """
    if settings.database_url is None:
        yield _of_data(settings.data)
        yield _of_embedded(settings.data)
    yield _of_secrets(secrets)


def _of_data(folder: Path) -> Finding:
    record = folder / "postgres.at"
    try:
        outer = folder.stat()
        home = Path(record.read_text("utf-8")) if record.exists() else folder / "postgres"
        inner = home.stat().st_mode
    except OSError as error:
        return warning(
            "data_folder",
            (f"{folder} can't be looked at: {error.strerror}.", "数据目录无法查看。"),
            (
                "Start the service once, or choose another with TAIZHANG_DATA.",
                "先启动一次服务,或用 TAIZHANG_DATA 另选。",
            ),
        )
    mode = outer.st_mode
    if os.geteuid() not in (0, outer.st_uid):
        return bad(
            "data_folder",
            (f"{folder} belongs to user {outer.st_uid}.", f"数据目录属于用户 {outer.st_uid}。"),
            (
                "Run taizhang as that user, or choose another with TAIZHANG_DATA.",
                "以该用户运行,或用 TAIZHANG_DATA 另选。",
            ),
        )
    if inner & 0o077 or mode & 0o022:
        # Pass-through of the outer folder is meant: under root, the server runs as another account.
        which = home if inner & 0o077 else folder
        return bad(
            "data_folder", (f"Others get at {which}.", "他人可进入。"), (f"chmod 700 {which}", f"chmod 700 {which}")
        )
    if mode & 0o044:
        return warning(
            "data_folder",
            (f"Others can list {folder}.", "他人可列目录。"),
            (f"chmod 700 {folder}", f"chmod 700 {folder}"),
        )
    return ok("data_folder", f"{home} is the service's own.", "仅服务账号可进入。")


def _of_embedded(folder: Path) -> Finding:
    """Tell the state of the server that comes along, as it is before anybody starts it."""
    server = EmbeddedPostgres(folder)
    try:
        made = server.find()
    except (EmbeddedPostgresError, OSError) as error:
        return bad(
            "embedded",
            (str(error).splitlines()[0], "内置数据库无法使用。"),
            ("Do as it says.", "请按说明处理。"),
        )
    if server.pid is not None:
        return ok("embedded", f"It runs (process {server.pid}).", f"运行中(进程 {server.pid})。")
    return ok(
        "embedded", "It does not run now." if made else "It is not made yet.", "未运行。" if made else "尚未创建。"
    )


def _of_secrets(folder: Path | None) -> Finding:
    files = [] if folder is None else sorted(file for file in folder.glob("taizhang_*") if file.is_file())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in files[:MOST_FILES]}
    for bit, make, english, chinese in (
        (0o002, bad, "Anybody can write", "任何人可改写"),
        (0o004, warning, "Any account of this machine or container can read", "任何账号可读取"),
    ):
        if open_ones := [name for name, mode in modes.items() if mode & bit]:
            names = ", ".join(open_ones)
            return make(
                "secrets",
                (f"{english} {names}.", f"{chinese} {names}。"),
                ("Make it mode 0400 of the service's account.", "改为服务账号所有,权限 0400。"),
            )
    return ok("secrets", f"{len(files)} files", f"{len(files)} 个文件。")
