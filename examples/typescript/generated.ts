/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** 地图范围 A box of the map, in degrees. One across the antimeridian is refused: west is at most east. */
export type BoundingBox = {
  /** 东 Eastern longitude, not less than west. */
  east: number;
  /** 北 Northern latitude, not less than south. */
  north: number;
  /** 南 Southern latitude, -90 to 90. */
  south: number;
  /** 西 Western longitude, -180 to 180. */
  west: number;
};

/** 起点 Where a reader without a cursor begins. */
export type ChangeStart =
  /** 从头 With the first fact of each ledger. */
  | 'BEGINNING'
  /** 从现在 Behind all that there is: only what comes. */
  | 'NOW';

/** 文件依据 The paper that a fact rests on; `sha256` is of its scan. */
export type DocumentInput = {
  /** 发文日期 Date of issue. */
  issuedOn?: string | null | undefined;
  /** 发文单位 Issuer. */
  issuer?: string | null | undefined;
  /** 文号 Number. */
  number?: string | null | undefined;
  /** 文件摘要 SHA-256 of the scan, 64 hexadecimal digits. */
  sha256?: string | null | undefined;
  /** 名称或职务 Title: of a paper, or of the office that somebody holds. */
  title: string;
};

/** 灯色 What a light shows: GREEN 绿灯, YELLOW 黄灯, RED 红灯; GREY 灰灯 where nothing is due or known. */
export type Light =
  /** 绿灯 green: as it should be */
  | 'GREEN'
  /** 灰灯 grey: not due yet, paused, or nothing known */
  | 'GREY'
  /** 红灯 red: to be dealt with */
  | 'RED'
  /** 黄灯 yellow: to be watched */
  | 'YELLOW';

/** 灯类 What a light is about. */
export type LightKind =
  /** 支付 payment of funds */
  | 'PAYMENT'
  /** 进度 progress of works */
  | 'PROGRESS'
  /** 开工 start of construction */
  | 'START'
  /** 纳统 entry in statistics */
  | 'STATISTICS';

/** 记录工作进展 Note what moved. */
export type NoteProgressInput = {
  /** 命令编号 Made by the sender, once per intention; sent again, the answer is the first one. */
  commandId: string;
  /** 文件依据 The papers that it rests on. */
  documents?: Array<DocumentInput> | null | undefined;
  /** 预期版本 Version that the sender saw; another one is refused. No part of what an id stands for. */
  expectedVersion?: number | null | undefined;
  /** 日期 The day on which it happened; not in the future. */
  occurredOn: string;
  /** 项目 Its global id. */
  projectId: string;
  /** 正文 In words, up to 8000 characters. */
  text: string;
};

/** 历程类别 What an item of a timeline is about. */
export type TimelineKind =
  /** 集中活动 A ceremony that lists it, or what became of it. */
  | 'CEREMONY'
  /** 开工条件 A condition for starting works was stated. */
  | 'CONDITION'
  /** 节点预计 A milestone's expected date was stated. */
  | 'FORECAST'
  /** 节点 A gate was reached, or its date corrected. */
  | 'GATE'
  /** 重点项目名单 Put on a key list, changed there or taken off. */
  | 'KEY_LIST'
  /** 工作节点 A milestone was reached. */
  | 'MILESTONE'
  /** 工作进展 A note of progress. */
  | 'NOTE'
  /** 停缓建 Suspended, deferred or terminated, or a note on it. */
  | 'PAUSE'
  /** 计划 A milestone that is due and not reached yet. */
  | 'PLANNED'
  /** 责任体系 Somebody began or ceased to answer for it. */
  | 'POST'
  /** 信息公开 Published, withdrawn or exempt. */
  | 'PUBLICATION'
  /** 登记 Registered, voided or merged. */
  | 'REGISTERED'
  /** 复工 It went on. */
  | 'RESUMPTION'
  /** 工期 A schedule was set, or set anew. */
  | 'SCHEDULE'
  /** 总投资 A total was set, changed or withdrawn. */
  | 'TOTAL'
  /** 工作方案 A work plan was filed. */
  | 'WORK_PLAN';

/** 拒绝代码 Rules that refuse; each is stable. */
export type UserErrorCode =
  /** 该代码、外部编号或期次已被占用。 Another one in this ledger holds this code, reference or period. */
  | 'ALREADY_CLAIMED'
  /** 本地区台账已建立,且设置不同。 The place already keeps a ledger, opened otherwise. */
  | 'ALREADY_OPEN'
  /** 日期已过。 The date lies in the past. */
  | 'ALREADY_PAST'
  /** 已有倒排工期,请走调整工期。 The project has a schedule already; reset its baseline instead. */
  | 'ALREADY_PLANNED'
  /** 该节点已有日期,更正须说明理由。 The gate or milestone already has another date; give a reason to correct it. */
  | 'ALREADY_REACHED'
  /** 该期已报送,更正须说明理由。 The period already has a figure; give a reason to correct it. */
  | 'ALREADY_REPORTED'
  /** 已有数值,调整须说明理由。 Another value was stated before; give a reason to change it. */
  | 'ALREADY_STATED'
  /** 文字含有控制符、格式符、换行符、空字符或残缺字符。 The text holds a control, format or line break character, NUL or half of a character. */
  | 'BAD_CHARACTER'
  /** 统一社会信用代码格式或校验位不正确。 The unified social credit code has the wrong form or check character, GB 32100. */
  | 'BAD_CREDIT_CODE'
  /** 数字格式不正确、精度过细或超出范围。 The figure is not a plain decimal, is finer than the smallest unit, or is out of range. */
  | 'BAD_FIGURE'
  /** 报送期格式不正确。 A period is a month 2023-04, a ten-day 2023-04-T1 to T3, or January with February 2023-01/2023-02. */
  | 'BAD_PERIOD'
  /** 投资项目代码格式或校验位不正确。 The national project code has the wrong form or check digit, GB/T 40058. */
  | 'BAD_PROJECT_CODE'
  /** 累计数小于前期,核减须说明理由。 A later cumulative would lie below an earlier one; give a reason for the reduction. */
  | 'BELOW_COMPLETED'
  /** 该数值不能为负,只有本期数可以。 This amount can't be negative; only that of a single period can. */
  | 'BELOW_ZERO'
  /** 累计延期超过本地区规定的上限。 All extensions together would exceed what the place's rules allow. */
  | 'BEYOND_EXTENSION'
  /** 活动登记已撤销。 The ceremony was withdrawn as recorded in error. */
  | 'CEREMONY_WITHDRAWN'
  /** 该命令编号已用于其他内容。 This command id was used for another content. */
  | 'COMMAND_ID_REUSED'
  /** 日期晚于计划,须填写延期原因代码。 A date is later than planned; give the code of a reason for delay. */
  | 'DELAY_UNEXPLAINED'
  /** 项目该事项豁免公开,须先解除豁免。 This item is exempt from publication; end the exemption first. */
  | 'EXEMPTED'
  /** 您的角色无权进行此项操作。 Your roles do not allow this here. */
  | 'FORBIDDEN'
  /** 名单须属于本地区或其上级地区。 A ledger keeps its region's own key list and those of regions above it. */
  | 'FOREIGN_LIST'
  /** 值的格式不正确。 The value has the wrong form. */
  | 'INVALID_VALUE'
  /** 年度计划类别因名单而异,须先在筛选中指定一份重点项目名单。 A class of the annual plan is of one key list: name the list in the filter. */
  | 'LIST_REQUIRED'
  /** 项目已并入其他项目。 The project was merged into another one; send it for that one. */
  | 'MERGED'
  /** 没有可撤回的数值。 Nothing was stated that could be withdrawn. */
  | 'NOTHING_STATED'
  /** 没有可删除的个人信息。 No personal value stands there. */
  | 'NOTHING_TO_ERASE'
  /** 项目该事项未豁免公开。 This item is not exempt from publication. */
  | 'NOT_EXEMPTED'
  /** 不存在或无权查看。 There is no such thing, or it is not yours to see. */
  | 'NOT_FOUND'
  /** 活动未列入该项目的该类登记。 The ceremony does not list this project as this kind. */
  | 'NOT_IN_CEREMONY'
  /** 项目不在该重点项目名单中。 The project is not on this key list. */
  | 'NOT_LISTED'
  /** 只有机器账号可以使用密钥,人员须通过统一身份认证登录。 Keys are for accounts of machines; people sign in. */
  | 'NOT_MACHINE'
  /** 项目未停工或缓建。 The project is neither suspended nor deferred. */
  | 'NOT_PAUSED'
  /** 该项目工期中没有该节点。 The schedule does not have this milestone. */
  | 'NOT_PLANNED'
  /** 项目该事项从未公开。 This item of the project was never published. */
  | 'NOT_PUBLISHED'
  /** 截至该日开工条件尚未全部具备。 Not all conditions for starting works were met by that day. */
  | 'NOT_READY'
  /** 该项目尚未倒排工期,请先编制。 The project has no schedule yet; plan it first. */
  | 'NOT_SCHEDULED'
  /** 该代码不是原代码的后继代码。 By GB/T 2260 this code does not follow the former one. */
  | 'NOT_SUCCESSOR'
  /** 该地区不是本地区的上级。 By GB/T 2260 this region is not above the place. */
  | 'NOT_SUPERIOR'
  /** 日期尚未到来。 The date lies in the future. */
  | 'NOT_YET_HAPPENED'
  /** 项目所在地不属于本地区。 The project lies outside the place that keeps this ledger. */
  | 'OUTSIDE_PLACE'
  /** 节点日期与其他节点先后颠倒,须说明理由。 By its date the gate is out of order with another one; give a reason. */
  | 'OUT_OF_ORDER'
  /** 报送期尚未开始。 The period has not begun. */
  | 'PERIOD_NOT_BEGUN'
  /** 报送期未结束,此前只有完成投资可报快报数。 The period is not over; before its end only completion is reported, as a flash figure. */
  | 'PERIOD_NOT_OVER'
  /** 本地区尚未建立台账。 The place keeps no ledger yet; open it first. */
  | 'PLACE_NOT_OPEN'
  /** 该节点须通过登记签约、开工、竣工、投产等完成,不能单独填报。 This milestone is a gate of the project: record the gate, and it is reached. */
  | 'REACHED_BY_GATE'
  /** 系统管理员、安全管理员、审计管理员三员分立,不得互相兼任,也不得兼任其他角色。 The three administrators are kept apart: none of them holds another role. */
  | 'SEPARATED_ROLES'
  /** 须先公开或一并公开项目基本情况及阶段。 This is published only beside what the project is and where it stands. */
  | 'STAGE_UNPUBLISHED'
  /** 该期已有正式数,不能再报快报数。 The period has a final figure; a flash figure can't follow it. */
  | 'STATUS_WENT_BACK'
  /** 项目已终止,须先登记复工。 The project was terminated; resume it first. */
  | 'TERMINATED'
  /** 文字为空或超过长度限制。 The text is empty or too long. */
  | 'TOO_LONG'
  /** 该账号有效授权过多。 An account holds no more roles than this at a time. */
  | 'TOO_MANY_GRANTS'
  /** 有效密钥已达上限,请先吊销一把。 The account has as many live keys as it may have; revoke one first. */
  | 'TOO_MANY_KEYS'
  /** 国民经济行业分类中没有该代码。 GB/T 4754-2017 has no such industry code. */
  | 'UNKNOWN_INDUSTRY'
  /** 行政区划代码不存在。 No revision of GB/T 2260 and no functional zone has this code. */
  | 'UNKNOWN_REGION'
  /** 本地区字典中没有该代码。 The place's dictionary has no such code. */
  | 'UNKNOWN_TERM'
  /** 数据已更新,请刷新后重试。 It has changed since the version that you expected; read it again. */
  | 'VERSION_CONFLICT'
  /** 项目已作废。 The project was voided as registered in error. */
  | 'VOIDED'
  /** 已进入冻结期,该日期不得调整。 So shortly before a planned date the place's rules do not let it be moved. */
  | 'WITHIN_FREEZE'
  /** 币种与本地区不符。 The amount is not in the place's currency. */
  | 'WRONG_CURRENCY'
  /** 结束早于开始。 The end lies before the beginning. */
  | 'WRONG_ORDER'
  /** 帮代办专员须指定委托人,且不得为本账号,其他角色不得指定委托人。 An agent officer acts for a principal other than itself; no other role has one. */
  | 'WRONG_PRINCIPAL'
  /** 该角色不能按此类管辖范围授予。 The role is not granted over a scope of this kind. */
  | 'WRONG_SCOPE'
  /** 计量单位与指标不符。 The unit does not measure this. */
  | 'WRONG_UNIT';

export type LedgerQueryVariables = Exact<{
  region: string;
  on: string;
  first: number;
  after?: string | null | undefined;
}>;


export type LedgerQuery = { ledger: { totalCount: number | null, nodes: Array<{ overdue: number, project: { id: string, name: string, stage: { zh: string, en: string } }, progress: { rateOfPlan: string | null, total: { amount: string } | null, yearToDate: { amount: string } | null }, nextMilestones: Array<{ milestone: string, dueOn: string }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type TotalsQueryVariables = Exact<{
  region: string;
  on: string;
}>;


export type TotalsQuery = { investmentTotals: { rows: Array<{ projects: number, rate: string | null, timeProgress: string, ahead: string | null, yearToDate: { amount: string } }> } | null };

export type ProjectDetailQueryVariables = Exact<{
  id: string;
  on: string;
}>;


export type ProjectDetailQuery = { project: { name: string, version: number, place: { code: string, name: string | null }, lights: { worst: Light, lights: Array<{ kind: LightKind, light: Light, behind: string | null }> }, timeline: { totalCount: number | null, nodes: Array<{ on: string, kind: TimelineKind, titleZh: string | null }> } } | null };

export type SiteMapQueryVariables = Exact<{
  box: BoundingBox;
  on: string;
  after?: string | null | undefined;
}>;


export type SiteMapQuery = { map: { featureCollection: GeoJSON.FeatureCollection, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type NoteProgressMutationVariables = Exact<{
  input: NoteProgressInput;
}>;


export type NoteProgressMutation = { progressNote: { position: number | null, settled: boolean, userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }> } | null };

export type ChangesSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  from?: ChangeStart | null | undefined;
}>;


export type ChangesSubscription = { changes: { cursor: string, changes: Array<{ position: number, commandId: string, sentenceEn: string }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const LedgerDocument = new TypedDocumentString(`
    query Ledger($region: String!, $on: Date!, $first: Int!, $after: String) {
  ledger(
    basis: DISPATCH
    on: $on
    first: $first
    after: $after
    filter: {region: $region}
    orderBy: {field: STATISTICAL_TOTAL, direction: DESC}
  ) {
    totalCount
    nodes {
      project {
        id
        name
        stage {
          zh
          en
        }
      }
      progress {
        total {
          amount(unit: YI_YUAN)
        }
        yearToDate {
          amount(unit: YI_YUAN)
        }
        rateOfPlan(decimals: 1)
      }
      nextMilestones(first: 1) {
        milestone
        dueOn
      }
      overdue
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<LedgerQuery, LedgerQueryVariables>;
export const TotalsDocument = new TypedDocumentString(`
    query Totals($region: String!, $on: Date!) {
  investmentTotals(basis: DISPATCH, on: $on, filter: {region: $region}) {
    rows {
      projects
      yearToDate {
        amount(unit: YI_YUAN)
      }
      rate(decimals: 1)
      timeProgress
      ahead
    }
  }
}
    `) as unknown as TypedDocumentString<TotalsQuery, TotalsQueryVariables>;
export const ProjectDetailDocument = new TypedDocumentString(`
    query ProjectDetail($id: ID!, $on: Date!) {
  project(id: $id) {
    name
    version
    place {
      code
      name
    }
    lights(on: $on) {
      worst
      lights {
        kind
        light
        behind
      }
    }
    timeline(first: 5) {
      totalCount
      nodes {
        on
        kind
        titleZh
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ProjectDetailQuery, ProjectDetailQueryVariables>;
export const SiteMapDocument = new TypedDocumentString(`
    query SiteMap($box: BoundingBox!, $on: Date!, $after: String) {
  map(bbox: $box, on: $on, after: $after) {
    pageInfo {
      hasNextPage
      endCursor
    }
    featureCollection
  }
}
    `) as unknown as TypedDocumentString<SiteMapQuery, SiteMapQueryVariables>;
export const NoteProgressDocument = new TypedDocumentString(`
    mutation NoteProgress($input: NoteProgressInput!) {
  progressNote(input: $input) {
    userErrors {
      code
      path
      message
    }
    position
    settled
  }
}
    `) as unknown as TypedDocumentString<NoteProgressMutation, NoteProgressMutationVariables>;
export const ChangesDocument = new TypedDocumentString(`
    subscription Changes($after: String, $from: ChangeStart) {
  changes(after: $after, from: $from) {
    cursor
    changes {
      position
      commandId
      sentenceEn
    }
  }
}
    `) as unknown as TypedDocumentString<ChangesSubscription, ChangesSubscriptionVariables>;