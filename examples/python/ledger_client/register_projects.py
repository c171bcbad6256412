from typing import Optional

from .base_model import BaseModel
from .fragments import Outcome


class RegisterProjects(BaseModel):
    batch: Optional["RegisterProjectsBatch"]


RegisterProjectsBatch = Outcome
RegisterProjects.model_rebuild()
