"""字段: how far each field of the API is shown. A field that is not named here is refused to everybody.

A field of a read model's column is masked by its column (columns.py), and a test holds both to one level. What is asked
of `Query` is answered from the ledgers where the caller sees its level.
"""

from __future__ import annotations

from typing import Final

from service.access.table import Sight

_P: Final = Sight.PUBLIC
_I: Final = Sight.INTERNAL

_TRAILS: Final = (Sight.HISTORY, Sight.RIGHTS)
_PAYLOAD: Final = "userErrors conflict version region position recordedAt settled"
_PAGE: Final = "edges nodes pageInfo totalCount totalCountIsExact"
_EDGE: Final = "cursor node"
_FIGURE: Final = "stated amount reason position"

_FIELDS: Final[dict[str, dict[Sight, str]]] = {
    "Query": {
        _P: "me node nodes project projectByCode projects projectCounts investmentTotals places service dictionary"
        " stages scheduleTemplate definition scheduleRules priorityLimits warningRules lightRules rateLimit",
        _I: "projectByReference funnel durations fundTotals unitLiaisons rosterGaps keyLists planVariance ledger map"
        " ceremonies batchCounts indicators warnings warningCounts lightCounts publications",
        Sight.NAME: "people",
        Sight.HISTORY: "auditTrail placeTrail changes",
        Sight.RIGHTS: "roleGrants apiKeys keyUses rightsTrail",
        Sight.JOURNAL: "failedAttempts personalReads",
    },
    "Subscription": {_I: "projectChanged projectsChanged", Sight.HISTORY: "changes"},
    # What is shared by answers of all kinds.
    "Node": {_P: "id"},
    "Money": {_P: "currency amount"},
    "PageInfo": {_P: "hasNextPage hasPreviousPage startCursor endCursor"},
    "RegionRef": {_P: "code name"},
    "RegionPosition": {_P: "region position"},
    "Term": {_P: "code zh en"},
    "StatedFigure": {_P: "figure unit"},
    "Document": {_P: "title number issuer issuedOn sha256"},
    "UserError": {_P: "code path message messageZh params"},
    "GroupKey": {_P: "group value region"},
    "Organisation": {_P: "name creditCode"},
    # Projects.
    "ProjectConnection": {_P: _PAGE},
    "ProjectEdge": {_P: _EDGE},
    "Project": {
        _P: "id name aliases place region township park content category track phase stage handling activity startedOn"
        " completedOn productionOn industry nature assetType owner responsibleUnit sectorAuthority plannedStart"
        " plannedCompletion approvedTotal statisticalTotal voided registeredAt version position completed roster",
        _I: "pausedOn pauseReason recoveryPlan expectedResumption pauseNotedOn resumedOn signedOn landedOn fulfilledOn"
        " statisticsEnteredOn benefitsOn approvedOn startedInYearSigned operatingInYearApproved codes references sites"
        " investors investmentMode expectedJobs parent related parts mergedInto investmentVersion rosterVersion"
        " scheduleVersion publicationVersion published exemptions gates completions funds fundPlans fundAllotments"
        " fundReports physicalProgress formerRoster workPlans milestones nextMilestones baselines startConditions"
        " progressNotes planEntries batches priority updatedAt timeline lights",
        Sight.COMMERCIAL: "contractedTotal expectedOutput expectedTax",
    },
    "Publication": {_I: "item since approver reason documents position"},
    "Exemption": {_I: "item ground since until reason documents position"},
    "ProjectPublicationConnection": {_I: _PAGE},
    "ProjectPublicationEdge": {_I: _EDGE},
    "ProjectPublication": {_I: "project items"},
    "ItemPublication": {_I: "item state since until ground"},
    "TimelineItemConnection": {_I: _PAGE},
    "TimelineItemEdge": {_I: _EDGE},
    "TimelineItem": {_I: "kind on milestone position", Sight.HISTORY: "titleZh titleEn documents"},
    "CompletedTotal": {_P: "basis throughOn yearToDate sinceStart"},
    "RosterPost": {
        _P: "id role rank holder holderErased holderPublic unit title contact contactErased contactPublic since until"
        " position",
        _I: "documents endReason endDocuments",
    },
    "ExternalReference": {_I: "system id"},
    "Point": {_I: "longitude latitude"},
    "Site": {_I: "kind system points name geometry conversion"},
    "ProjectMap": {_I: "system isComplete pageInfo features featureCollection"},
    "MapFeature": {_I: "project site geometry feature"},
    "Investor": {_I: "name creditCode classes"},
    "CountyPart": {_I: "region stated"},
    "ProjectGate": {_I: "gate variant occurredOn definition reason documents position"},
    "CompletionFigure": {_I: f"period throughOn measure basis status {_FIGURE} documents"},
    "ProjectFunds": {_I: "source stage year throughOn yearToDate sinceStart"},
    "FundPlan": {_I: f"source year {_FIGURE} documents"},
    "FundAllotment": {_I: f"source occurredOn {_FIGURE} document"},
    "FundReport": {_I: f"kind source period throughOn measure {_FIGURE} documents"},
    "PhysicalProgress": {_I: "period throughOn percent description quantities reason documents position"},
    "Quantity": {_I: "item figure unit"},
    "WorkPlan": {_I: "title occurredOn reason documents position"},
    "ProjectMilestone": {
        _I: "milestone firstPlannedOn plannedOn forecastOn dueOn reachedOn slippageDays limitOn reasonCode note"
        " position"
    },
    "ProjectBaseline": {_I: "number completionOn milestones setOn reason reasonCode approver documents position"},
    "PlannedMilestone": {_I: "milestone plannedOn"},
    "ProjectStartCondition": {_I: "condition met occurredOn note documents position"},
    "ProgressNote": {_I: "occurredOn text documents position"},
    "PlanEntry": {
        _I: "listOwner level year planClass completesThisYear stated planned imageTarget plannedStart"
        " plannedCompletion reason source listedOn position"
    },
    "ProjectBatch": {_I: "ceremonyId name series period kind occurredOn"},
    # Counts and totals.
    "ProjectCount": {_P: "keys projects withTotal total"},
    "FunnelStep": {_I: "gate projects ofBefore rate"},
    "Duration": {_I: "since until projects shortest median longest sameYear"},
    "InvestmentTotals": {_P: "basis on rows positions"},
    "InvestmentTotal": {
        _P: "region category track phase stage handling activity industry industrySection industryDivision nature"
        " assetType responsibleUnit township park sizeBand year month through projects completed yearToDate share",
        _I: "planClass plan rate timeProgress ahead growth shareOfIndicator",
    },
    "AnnualTarget": {_I: "operator stated amount"},
    "FundTotals": {_I: "on rows positions"},
    "FundTotal": {
        _I: "region category track phase stage handling activity industry industrySection industryDivision nature"
        " assetType responsibleUnit township park sizeBand planClass source planned allotted arrived paid"
    },
    "FundAmounts": {_I: "projects yearToDate sinceStart"},
    "PlannedFunds": {_I: "projects ofYear whole"},
    # Places and what they have set.
    "Place": {
        _P: "region name purpose currency startBasis categories configurationFrom position",
        _I: "targets",
    },
    "RateLimit": {_P: "cost limit remaining resetAt"},
    "ServiceStatus": {_P: "version startedAt", _I: "readModels"},
    "ReadModelStanding": {_I: "region position projected lag lagSeconds setAside"},
    "PlaceTarget": {_I: "year measure category operator stated reason position"},
    "DictionaryList": {_P: "name own adoptedFrom terms"},
    "StageList": {_P: "track own adoptedFrom stages"},
    "StageTerm": {_P: "code zh en gates"},
    "ScheduleTemplate": {_P: "track own adoptedFrom steps"},
    "TemplateMilestone": {_P: "milestone daysBefore"},
    "GateDefinition": {_P: "gate own adoptedFrom text startBasis holdsFrom"},
    "ScheduleRules": {_P: "own adoptedFrom freezeDays extensionPercent"},
    "MilestoneLimit": {_P: "milestone days"},
    "WarningRules": {
        _P: "own adoptedFrom statisticsMonths statisticsAlarmMonths overdueAlarmDays progressDays slowPoints"
        " slowAlarmPoints slowDays pauseNoteMonths neededDocuments gatesOutOfOrder startConditions"
    },
    "LightRules": {
        _P: "own adoptedFrom since startYellowDays startRedDays progressYellowPoints progressRedPoints"
        " paymentYellowPoints paymentRedPoints statisticsYellowMonths statisticsRedMonths"
    },
    # Who answers.
    "RosterPersonConnection": {_I: _PAGE},
    "RosterPersonEdge": {_I: _EDGE},
    "RosterPerson": {_I: "place unit projects posts", Sight.NAME: "holder"},
    "HeldPost": {
        _I: "id role title holderPublic contactPublic since projectId projectName phase",
        Sight.CONTACT: "contact",
    },
    "UnitLiaisonConnection": {_I: _PAGE},
    "UnitLiaisonEdge": {_I: _EDGE},
    "UnitLiaison": {
        _I: "place unit unitKind contactErased holderPublic contactPublic since reason documents position",
        Sight.NAME: "holder",
        Sight.CONTACT: "contact",
    },
    "RosterGapsConnection": {_I: _PAGE},
    "RosterGapsEdge": {_I: _EDGE},
    "RosterGaps": {_I: "projectId projectName place region phase responsibleUnit gaps"},
    "NamedGap": {_I: "gap zh en"},
    # Lists, the ledger's rows, ceremonies, indicators, warnings.
    "KeyLists": {_I: "basis through additive rows positions timeProgress"},
    "KeyListSummary": {
        _I: "owner level year projects newStarts continuing preparatory completing planned unplanned yearToDate"
        " reported investmentTarget countTarget rate targetRate"
    },
    "CountTarget": {_I: "operator stated"},
    "PlanVarianceConnection": {_I: _PAGE},
    "PlanVarianceEdge": {_I: _EDGE},
    "PlanVariance": {_I: "project entry planned yearToDate through rate timeProgress ahead"},
    "LedgerRowConnection": {_I: _PAGE},
    "LedgerRowEdge": {_I: _EDGE},
    "LedgerRow": {_I: "project progress nextMilestones overdue"},
    "LedgerProgress": {_I: "basis throughOn yearToDate sinceStart total physical note planned rateOfPlan rateOfTotal"},
    "CeremonyConnection": {_I: _PAGE},
    "CeremonyEdge": {_I: _EDGE},
    "Ceremony": {
        _I: "id place name occurredOn series period documents withdrawn reason version position batches entries"
    },
    "CeremonyBatch": {_I: "kind statedCount statedTotal counted totals"},
    "CeremonyEntry": {_I: "projectId name kind voided position"},
    "BatchTotal": {_I: "kind total projects without"},
    "BatchCounts": {_I: "on since series totalKind rows whole positions"},
    "BatchCount": {_I: "kind memberships projects total withoutTotal ceremonies periods"},
    "IndicatorConnection": {_I: _PAGE},
    "IndicatorEdge": {_I: _EDGE},
    "Indicator": {_I: "place code period firstOn throughOn measure status stated amount growth reason source position"},
    "ProjectWarningConnection": {_I: _PAGE},
    "ProjectWarningEdge": {_I: _EDGE},
    "ProjectWarning": {_I: "project kind severity since days detail"},
    "WarningDetail": {_I: "gates milestones conditions count dueOn countedFrom behind planned completed recoveryPlan"},
    "WarningCount": {_I: "kind severity projects"},
    "ProjectLights": {_I: "on worst lights rules"},
    "ProjectLight": {_I: "kind light countedFrom dueOn reachedOn throughOn timeProgress doneShare behind whole done"},
    "LightCount": {_I: "place kind light projects"},
    # History, of ledgers and of rights.
    "AuditEntryConnection": dict.fromkeys(_TRAILS, _PAGE),
    "AuditEntryEdge": dict.fromkeys(_TRAILS, _EDGE),
    "AuditEntry": dict.fromkeys(
        _TRAILS,
        "position region name streamKind project version occurredOn recordedAt actor principal cause"
        " commandId changes documents sentenceZh sentenceEn",
    ),
    "ProjectChanges": {_I: "changes cursor"},
    "ProjectChange": {_I: "id project"},
    "ChangePage": {Sight.HISTORY: "changes cursor more"},
    "FieldChange": dict.fromkeys(_TRAILS, "path before after"),
    # Rights and the journal.
    "Me": {_P: "account principal grants sights"},
    "MyGrant": {_P: "role area unit park project until"},
    "RoleGrantConnection": {Sight.RIGHTS: _PAGE},
    "RoleGrantEdge": {Sight.RIGHTS: _EDGE},
    "RoleGrant": {
        Sight.RIGHTS: "id account role area unit park project principal until reason documents grantedAt grantedBy"
        " endedAt endReason position"
    },
    "ApiKeyConnection": {Sight.RIGHTS: _PAGE},
    "ApiKeyEdge": {Sight.RIGHTS: _EDGE},
    "ApiKey": {Sight.RIGHTS: "id account purpose expiresOn issuedAt issuedBy revokedAt revokeReason position"},
    "KeyUseConnection": {Sight.RIGHTS: _PAGE},
    "KeyUseEdge": {Sight.RIGHTS: _EDGE},
    "KeyUse": {Sight.RIGHTS: "keyId lastUsedAt address"},
    "FailedAttemptConnection": {Sight.JOURNAL: _PAGE},
    "FailedAttemptEdge": {Sight.JOURNAL: _EDGE},
    "FailedAttempt": {Sight.JOURNAL: "at until caller principal address operation code detail count"},
    "PersonalReadConnection": {Sight.JOURNAL: _PAGE},
    "PersonalReadEdge": {Sight.JOURNAL: _EDGE},
    "PersonalRead": {Sight.JOURNAL: "at until caller principal operation fields regions count"},
    # What became of a command: seen by whoever may send it.
    "ProjectPayload": {_P: f"{_PAYLOAD} project"},
    "PlacePayload": {_P: f"{_PAYLOAD} place"},
    "CeremonyPayload": {_P: f"{_PAYLOAD} ceremony"},
    "IndicatorPayload": {_P: f"{_PAYLOAD} figures"},
    "PrivacyPayload": {_P: _PAYLOAD},
    "AccountPayload": {_P: f"{_PAYLOAD} grants keys"},
    # Of a ledger's history only what the caller sees of it: a statement with the level, and of others nothing.
    "VersionConflict": {_P: "version facts more"},
    "ConflictingFact": {_P: "name occurredOn recordedAt actor sentence position"},
    "CommandBatchPayload": {_P: "userErrors results accepted refused positions settled"},
    "CommandBatchResult": {_P: "commandId id userErrors version region position recordedAt"},
}


FIELDS: Final[dict[tuple[str, str], frozenset[Sight]]] = {}
"""(type, field) -> the levels, each of which shows it. Mutations are named by their commands, in table.py."""
for _of, _levels in _FIELDS.items():
    for _sight, _names in _levels.items():
        for _name in _names.split():
            FIELDS[_of, _name] = FIELDS.get((_of, _name), frozenset()) | {_sight}

PERSONAL: Final = {
    ("RosterPost", "holder"): Sight.NAME,
    ("RosterPost", "contact"): Sight.CONTACT,
    ("RosterPerson", "holder"): Sight.NAME,
    ("HeldPost", "contact"): Sight.CONTACT,
    ("UnitLiaison", "holder"): Sight.NAME,
    ("UnitLiaison", "contact"): Sight.CONTACT,
}
"""Fields that hold personal values, each with the level from which on it is not masked; reading one so is recorded."""
RECORDED: Final = PERSONAL | {("Query", "people"): Sight.NAME}
"""The same, and what is found by a name without saying it again."""
