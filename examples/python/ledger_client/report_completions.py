from typing import Optional

from .base_model import BaseModel
from .fragments import Outcome


class ReportCompletions(BaseModel):
    batch: Optional["ReportCompletionsBatch"]


ReportCompletionsBatch = Outcome
ReportCompletions.model_rebuild()
