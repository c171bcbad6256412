from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class ProjectByReference(BaseModel):
    project_by_reference: Optional["ProjectByReferenceProjectByReference"] = Field(
        alias="projectByReference"
    )


class ProjectByReferenceProjectByReference(BaseModel):
    id: str


ProjectByReference.model_rebuild()
