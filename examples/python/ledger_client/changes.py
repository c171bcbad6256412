from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class Changes(BaseModel):
    changes: Optional["ChangesChanges"]


class ChangesChanges(BaseModel):
    changes: list["ChangesChangesChanges"]
    cursor: str
    more: bool


class ChangesChangesChanges(BaseModel):
    region: str
    position: int
    sentence_zh: str = Field(alias="sentenceZh")


Changes.model_rebuild()
ChangesChanges.model_rebuild()
