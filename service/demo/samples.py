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
        variables={"project": encode_id("Project", qiyang.SPOT.region, project_id(qiyang.SPOT.region, EVENTFUL))},
    ),
    Sample(
        name="五地 Five places by category",
        query="""query FivePlaces {
  places {
    name
    region { code name }
    startBasis
    targets { year measure category operator stated { figure unit } reason }
  }
  byPlace: investmentTotals(basis: DISPATCH, on: "2023-12-31", groupBy: [REGION]) {
    rows { region { code name } projects yearToDate { amount(unit: YI_YUAN) } rate(decimals: 1) ahead }
  }
  byCategory: investmentTotals(
    basis: DISPATCH, on: "2023-09-30", groupBy: [CATEGORY], filter: { region: "430424" }
  ) {
    rows {
      category projects yearToDate { amount(unit: YI_YUAN) }
      share(decimals: 1) growth(decimals: 1) shareOfIndicator(indicator: "FAI", decimals: 1)
    }
  }
}
""",
    ),
    Sample(
        name="台账 The ledger, row by row",
        query="""query Ledger($after: String) {
  ledger(basis: DISPATCH, on: "2023-09-30", first: 20, after: $after, filter: { region: "430424" }) {
    nodes {
      project { name stage { zh } handling responsibleUnit }
      progress {
        yearToDate { amount(unit: YI_YUAN) } rateOfPlan(decimals: 1)
        physical { throughOn percent description } note { occurredOn text }
      }
      nextMilestones(first: 3) { milestone plannedOn forecastOn }
      overdue
    }
    pageInfo { hasNextPage endCursor }
  }
}
""",
    ),
    Sample(
        name="预警 What to look after",
        query="""query Warnings {
  warningCounts(on: "2024-11-30", filter: { region: "141023" }) { kind severity projects }
  warnings(on: "2024-11-30", severity: ALARM, first: 20, filter: { region: "141023" }) {
    nodes { kind since days project { name responsibleUnit } }
  }
}
""",
    ),
    Sample(
        name="三个一批 Three batches",
        query="""query ThreeBatches {
  batchCounts(region: "411100", on: "2024-09-30", series: THREE_BATCHES) {
    rows { kind memberships projects }
    whole { memberships projects ceremonies periods }
  }
  effective: projectCounts(filter: {
    region: "411100", reached: [{ gate: BENEFITS_REACHED, until: "2024-09-30" }]
  }) { projects }
  funnel(filter: { region: "411100" }) { gate projects rate(decimals: 1) }
}
""",
    ),
    Sample(
        name="信息公开 What is published",
        query="""query Published($after: String) {
  publications(
    first: 20, after: $after, on: "2022-12-31", filter: { region: "431181", state: [PUBLISHED, EXEMPT] }
  ) {
    nodes {
      project { name published { item since approver } exemptions { item ground until reason } }
      items { item state until }
    }
    pageInfo { hasNextPage endCursor }
  }
}
""",
    ),
    Sample(
        name="三级名单 Key lists, which overlap",
        query="""query KeyLists {
  keyLists(region: "431181", year: 2021, basis: DISPATCH, on: "2021-12-31") {
    additive
    rows {
      owner { name } level projects newStarts continuing completing
      planned { amount(unit: YI_YUAN) } yearToDate { amount(unit: YI_YUAN) } rate(decimals: 1)
    }
  }
}
""",
    ),
    Sample(
        name="红黄绿灯 Lights of each project",
        query="""query Lights {
  lightCounts(on: "2022-06-30", filter: { region: "431181" }) {
    kind light projects
  }
  projects(
    first: 10
    filter: {
      region: "431181"
      light: { kind: PROGRESS, light: [RED], on: "2022-06-30" }
    }
    orderBy: { field: STATISTICAL_TOTAL, direction: DESC }
  ) {
    totalCount
    nodes {
      name
      responsibleUnit
      lights(on: "2022-06-30") { worst lights { kind light } }
    }
  }
}
""",
    ),
    Sample(
        name="一张图 The map, as GeoJSON",
        query="""query Map {
  map(
    bbox: { west: 111.5, south: 26.2, east: 112.2, north: 26.9 }
    first: 20
    filter: { phase: [CONSTRUCTION] }
  ) {
    isComplete
    featureCollection
    pageInfo { hasNextPage endCursor }
  }
}
""",
    ),
    Sample(
        name="项目历程 Timeline, found by words",
        query="""query Timeline {
  projects(
    first: 1
    filter: { text: "竹木 生产线", region: "431181" }
  ) {
    totalCount
    nodes {
      name
      timeline(first: 50) { nodes { kind on titleZh milestone } }
    }
  }
}
""",
    ),
    Sample(
        name="变更动态 What comes, live",
        query="""subscription Changes {
  changes(filter: { region: "431181" }, from: NOW) {
    changes { position name sentenceZh }
    cursor
  }
}
""",
    ),
)
