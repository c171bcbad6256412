"""示例查询: what the explorer offers on the demo's ledgers; each runs as it stands."""

from __future__ import annotations

from typing import Final

from schema.values import encode_id
from service.demo import qiyang
from service.demo.ledger import project_id
from service.explorer import Sample

EVENTFUL: Final = "010"
"""A project of 祁阳 with much to tell: its name was mistyped, a figure corrected, and it was registered twice."""

SAMPLES: Final[tuple[Sample, ...]] = (
    Sample(
        name="进度 Progress",
        query="""query Progress {
  investmentTotals(basis: DISPATCH, on: "2022-04-30", filter: { region: "431181" }) {
    rows {
      projects
      completed { amount(unit: YI_YUAN) }
      yearToDate { amount(unit: YI_YUAN) }
      plan { operator stated { figure unit } }
      rate(decimals: 1)
      timeProgress
      ahead
    }
    positions { region position }
  }
}
""",
    ),
    Sample(
        name="在建项目 Under construction",
        query="""query UnderConstruction($after: String) {
  projects(first: 10, after: $after, filter: { region: "431181", phase: [CONSTRUCTION], category: ["PRODUCTIVE"] }) {
    nodes {
      name
      park
      township
      responsibleUnit
      approvedTotal { amount(unit: YI_YUAN) }
      gates { gate variant occurredOn }
      completed { basis throughOn yearToDate { amount(unit: YI_YUAN) } sinceStart { amount(unit: YI_YUAN) } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
""",
    ),
    Sample(
        name="按月 Month by month",
        query="""query ByMonth {
  investmentTotals(basis: DISPATCH, on: "2022-12-31", groupBy: [MONTH], filter: { region: "431181" }) {
    rows {
      month
      projects
      completed { amount(unit: YI_YUAN, decimals: 2) }
      yearToDate { amount(unit: YI_YUAN, decimals: 2) }
      rate(decimals: 1)
      ahead
    }
  }
}
""",
    ),
    Sample(
        name="审计轨迹 History of a project",
        query="""query History($project: ID!) {
  auditTrail(project: $project, first: 50) {
    nodes {
      position
      occurredOn
      recordedAt
      actor
      sentenceZh
      sentenceEn
      changes { path before after }
    }
    pageInfo { hasNextPage endCursor }
  }
}
""",
        variables={"project": encode_id("Project", qiyang.TOWN.region, project_id(qiyang.TOWN.region, EVENTFUL))},
    ),
    Sample(
        name="两地 Two places by category",
        query="""query TwoPlaces {
  places {
    name
    region { code name }
    startBasis
    targets { year measure category operator stated { figure unit } reason }
  }
  byPlace: investmentTotals(basis: DISPATCH, on: "2022-12-31", groupBy: [REGION]) {
    rows { region { code name } projects yearToDate { amount(unit: YI_YUAN) } rate(decimals: 1) ahead }
  }
  byCategory: investmentTotals(basis: DISPATCH, on: "2022-12-31", groupBy: [REGION, CATEGORY]) {
    rows { region { name } category projects yearToDate { amount(unit: YI_YUAN) } }
  }
}
""",
    ),
)
