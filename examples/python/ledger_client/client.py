from typing import Any, Optional, Union

from .arrived import Arrived, ArrivedService
from .async_base_client import AsyncBaseClient
from .base_model import UNSET, UnsetType
from .changes import Changes, ChangesChanges
from .enums import ChangeStart
from .input_types import (
    RegionPositionInput,
    RegisterProjectBatchInput,
    ReportCompletionBatchInput,
)
from .project_by_reference import (
    ProjectByReference,
    ProjectByReferenceProjectByReference,
)
from .register_projects import RegisterProjects, RegisterProjectsBatch
from .report_completions import ReportCompletions, ReportCompletionsBatch


def gql(q: str) -> str:
    return q


class LedgerClient(AsyncBaseClient):
    async def register_projects(
        self, input: RegisterProjectBatchInput, **kwargs: Any
    ) -> Optional[RegisterProjectsBatch]:
        query = gql("""
            mutation RegisterProjects($input: RegisterProjectBatchInput!) {
              batch: projectRegisterBatch(input: $input) {
                ...Outcome
              }
            }

            fragment Outcome on CommandBatchPayload {
              userErrors {
                code
                messageZh
              }
              results {
                commandId
                id
                userErrors {
                  code
                  path
                  messageZh
                }
              }
              positions {
                region
                position
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="RegisterProjects",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return RegisterProjects.model_validate(data).batch

    async def report_completions(
        self, input: ReportCompletionBatchInput, **kwargs: Any
    ) -> Optional[ReportCompletionsBatch]:
        query = gql("""
            mutation ReportCompletions($input: ReportCompletionBatchInput!) {
              batch: completionReportBatch(input: $input) {
                ...Outcome
              }
            }

            fragment Outcome on CommandBatchPayload {
              userErrors {
                code
                messageZh
              }
              results {
                commandId
                id
                userErrors {
                  code
                  path
                  messageZh
                }
              }
              positions {
                region
                position
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="ReportCompletions",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return ReportCompletions.model_validate(data).batch

    async def project_by_reference(
        self, system: str, id: str, place: str, **kwargs: Any
    ) -> Optional[ProjectByReferenceProjectByReference]:
        query = gql("""
            query ProjectByReference($system: String!, $id: String!, $place: String!) {
              projectByReference(system: $system, id: $id, place: $place) {
                id
              }
            }
            """)
        variables: dict[str, object] = {"system": system, "id": id, "place": place}
        response = await self.execute(
            query=query,
            operation_name="ProjectByReference",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return ProjectByReference.model_validate(data).project_by_reference

    async def arrived(
        self, positions: list[RegionPositionInput], **kwargs: Any
    ) -> Optional[ArrivedService]:
        query = gql("""
            query Arrived($positions: [RegionPositionInput!]!) @atLeast(positions: $positions) {
              service {
                version
              }
            }
            """)
        variables: dict[str, object] = {"positions": positions}
        response = await self.execute(
            query=query, operation_name="Arrived", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Arrived.model_validate(data).service

    async def changes(
        self,
        region: str,
        after: Union[Optional[str], UnsetType] = UNSET,
        from_: Union[Optional[ChangeStart], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> Optional[ChangesChanges]:
        query = gql("""
            query Changes($after: String, $from: ChangeStart, $region: String!) {
              changes(after: $after, from: $from, first: 200, filter: {region: $region}) {
                changes {
                  region
                  position
                  sentenceZh
                }
                cursor
                more
              }
            }
            """)
        variables: dict[str, object] = {"after": after, "from": from_, "region": region}
        response = await self.execute(
            query=query, operation_name="Changes", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Changes.model_validate(data).changes
