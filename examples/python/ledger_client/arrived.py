from typing import Optional

from .base_model import BaseModel


class Arrived(BaseModel):
    service: Optional["ArrivedService"]


class ArrivedService(BaseModel):
    version: str


Arrived.model_rebuild()
