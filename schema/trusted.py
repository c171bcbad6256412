"""可信文档: documents that clients were built with, asked for by an id in the place of their text.

GraphQL over HTTP, Appendix A "Persisted Documents": `documentId` is sent instead of `query`. The ids and texts come
from a manifest (schema/manifest.py), and are known for as long as the process runs. Where nothing else is carried out,
that is asked where every text is looked up (schema/documents.py), so no transport can go around it; what counts is the
text, whether it was sent or named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graphql import GraphQLError

if TYPE_CHECKING:
    from schema.documents import Known


class DocumentId(str):
    """文档编号: stands for a document wherever its text would; the library between us and a transport passes texts."""

    __slots__ = ()


@dataclass(slots=True)
class Trusted:
    """The documents of a manifest; without one there are none.

    Attributes:
        by_id: each under every spelling of its ids.
        by_text: the same.
        only: whether nothing else is carried out.
        hits: operations whose document was among them.
        misses: ids that none of them has.
        refused: texts that are none of them, where nothing else is carried out.
    """

    by_id: Mapping[str, Known] = field(default_factory=dict)
    by_text: Mapping[str, Known] = field(default_factory=dict)
    only: bool = False
    hits: int = 0
    misses: int = 0
    refused: int = 0

    def find(self, text: str) -> Known | GraphQLError | None:
        """Return what is known of a text or an id, or why it is not carried out; None leaves it to who reads texts."""
        is_id = isinstance(text, DocumentId)
        known = (self.by_id if is_id else self.by_text).get(text)
        if known is not None:
            self.hits += 1
            return known
        if is_id:
            self.misses += 1
            return GraphQLError(
                "No document has this id; the build of your client is not registered here.",
                extensions={
                    "code": "PERSISTED_QUERY_NOT_FOUND",
                    "messageZh": "没有该编号的文档:前端的这一版本尚未登记。",
                },
            )
        if self.only:
            self.refused += 1
            return GraphQLError(
                "Only documents that were registered are carried out here.",
                extensions={"code": "PERSISTED_QUERY_ONLY", "messageZh": "本服务只执行已登记的文档。"},
            )
        return None
