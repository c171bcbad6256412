from typing import Optional
from uuid import UUID

from pydantic import Field

from .base_model import BaseModel
from .enums import UserErrorCode


class Outcome(BaseModel):
    user_errors: list["OutcomeUserErrors"] = Field(alias="userErrors")
    results: list["OutcomeResults"]
    positions: list["OutcomePositions"]


class OutcomeUserErrors(BaseModel):
    code: UserErrorCode
    message_zh: str = Field(alias="messageZh")


class OutcomeResults(BaseModel):
    command_id: UUID = Field(alias="commandId")
    id: Optional[str]
    user_errors: list["OutcomeResultsUserErrors"] = Field(alias="userErrors")


class OutcomeResultsUserErrors(BaseModel):
    code: UserErrorCode
    path: list[str]
    message_zh: str = Field(alias="messageZh")


class OutcomePositions(BaseModel):
    region: str
    position: int


Outcome.model_rebuild()
