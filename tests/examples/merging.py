"""A merger needs a second project, so it stands beside the story."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from service.domain import project
from service.domain.decider import NAMESPACE
from service.domain.values import Name, Reason
from tests.examples.common import PROJECT_ID

TWIN_REGISTER_ID: Final = UUID("00000000-0000-4000-8000-000000000002")
TWIN_ID: Final = uuid5(NAMESPACE, f"project:{TWIN_REGISTER_ID}")

MERGE: Final = project.MergeProject(project_id=PROJECT_ID, into=TWIN_ID, reason=Reason("同一项目两次登记"))
MERGED: Final = project.ProjectMerged(
    into=TWIN_ID, into_name=Name("演示竹木新材料产业园二期"), reason=Reason("同一项目两次登记")
)
