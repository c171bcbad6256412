"""文档清单: the file in which a client's build says which documents it has, as graphql-codegen writes it.

A JSON object, id -> text. An id that is the SHA-256 of its text, with `sha256:` before it or without, is known by both
spellings, and one that is its SHA-1 by that; both are held against the text. Other ids mean what whoever wrote them
meant: `x-…:…`, or characters without a colon (Appendix A of GraphQL over HTTP).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

import orjson

from schema import schema
from schema.document_errors import chinese_of
from schema.documents import RefusedError
from schema.trusted import Trusted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schema.documents import Known

MOST_BYTES: Final = 2_000_000
"""Largest file; what is known of a document takes about a hundred times its text, in each process."""
MOST_DOCUMENTS: Final = 2_000
_ID: Final = re.compile(r"(?:(?P<prefix>[\w.~-]+):)?(?P<payload>[\w.~:-]+)", re.ASCII)
_MOST_ID: Final = 200
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SHA1: Final = re.compile(r"[0-9a-f]{40}")
_MOST_SHOWN: Final = 300


class ManifestError(Exception):
    """The file that TAIZHANG_DOCUMENTS names can't be used; it says which entry, and why, in both languages."""


def load(path: Path | None, *, only: bool = False) -> Trusted:
    """Return the documents of a manifest, parsed and validated; none without a file.

    Args:
        path: of the file.
        only: whether nothing else is to be carried out.

    Raises:
        ManifestError: the file can't be read, is none, or has an entry that can't be: an id that does not fit its text,
            or a document that the schema does not take.
    """
    if path is None:
        return Trusted()
    by_id: dict[str, Known] = {}
    by_text: dict[str, Known] = {}
    for name, text in _entries(path):
        shown = f"{path}: {ascii(name[:_MOST_ID])[1:-1]}"
        ids = _ids(shown, name, text)
        if text not in by_text:
            try:
                by_text[text] = schema.documents.trust(text)
            except RefusedError as refused:
                error = refused.errors[0]
                chinese = (error.extensions or {}).get("messageZh") or chinese_of(error.message)
                told = f"{shown}: the schema does not take it. {error.message} 接口不接受该文档:{chinese}"
                raise ManifestError(told[:_MOST_SHOWN]) from None
        by_id |= dict.fromkeys(ids, by_text[text])
    return Trusted(by_id, by_text, only)


def _entries(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open("rb") as file:
            found = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror} 无法读取") from None
    if len(found) > MOST_BYTES:
        raise ManifestError(f"{path}: over {MOST_BYTES} bytes 文件过大")
    try:
        entries = orjson.loads(found)
    except orjson.JSONDecodeError:
        raise ManifestError(f"{path}: no JSON 不是合法的 JSON") from None
    if not isinstance(entries, dict):
        raise ManifestError(f"{path}: no object of ids and documents 须为“编号: 文档”的 JSON 对象")
    if len(entries) > MOST_DOCUMENTS:
        raise ManifestError(f"{path}: over {MOST_DOCUMENTS} documents 文档过多")
    for name, text in entries.items():
        if not isinstance(text, str):
            raise ManifestError(f"{path}: {ascii(name[:_MOST_ID])[1:-1]}: its document is no text 文档须为文本")
        yield name, text


def _ids(shown: str, name: str, text: str) -> tuple[str, ...]:
    """Return the ids by which clients may ask for a text."""
    found = _ID.fullmatch(name)
    if found is None or len(name) > _MOST_ID:
        raise ManifestError(f"{shown}: no id of a document 不是合法的文档编号")
    prefix, payload = found["prefix"], found["payload"]
    ids: tuple[str, ...] = (payload,)
    if prefix not in {None, "sha256"} and not prefix.startswith("x-"):
        raise ManifestError(f"{shown}: prefixes are sha256: and x-…: 编号前缀只能是 sha256: 或 x-…:")
    if prefix == "sha256" or (prefix is None and _SHA256.fullmatch(payload)):
        wanted, ids = hashlib.sha256(text.encode()).hexdigest(), (payload, f"sha256:{payload}")
    elif prefix is None and _SHA1.fullmatch(payload):
        # Codegen's own choice; what is asked is whether the file is whole, not who wrote it.
        wanted = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    else:
        return (name,)
    if payload != wanted:
        raise ManifestError(f"{shown}: its document has the hash {wanted} 编号与文档内容不符")
    return ids
