"""拒绝原因: why a command is refused. The docstring of each class is its message, English first, Chinese in brackets.

The tree:

    RejectedError
    ├── InvalidValueError            a value that can't be one (format, check digit, length, range)
    │   ├── TooLongError  BadCharacterError  UnknownRegionError  UnknownIndustryError  BadProjectCodeError
    │   ├── BadCreditCodeError  BadFigureError  BadPeriodError  WrongUnitError  WrongCurrencyError
    │   ├── UnknownTermError  WrongOrderError  OutsidePlaceError  NotSuccessorError  NotSuperiorError
    │   └── ForeignListError  ListRequiredError  WrongScopeError  WrongPrincipalError
    ├── NotFoundError                no such project, place or value, or not the caller's to see
    ├── ForbiddenError               seen, and not allowed
    ├── ConflictError                somebody was faster
    │   ├── VersionConflictError  CommandIdReusedError  AlreadyClaimedError
    └── the state forbids it
        AlreadyOpenError  PlaceNotOpenError  VoidedError  MergedError  TerminatedError  NotPausedError
        AlreadyReachedError  NotYetHappenedError  PeriodNotBegunError  PeriodNotOverError  AlreadyReportedError
        StatusWentBackError  BelowZeroError  BelowCompletedError  AlreadyStatedError  NothingStatedError
        NothingToEraseError  AlreadyPlannedError  NotScheduledError  NotPlannedError  ReachedByGateError
        DelayUnexplainedError  WithinFreezeError  BeyondExtensionError  NotListedError  CeremonyWithdrawnError
        NotInCeremonyError  OutOfOrderError  NotReadyError  StageUnpublishedError  NotPublishedError  ExemptedError
        NotExemptedError  AlreadyPastError  SeparatedRolesError  NotMachineError  TooManyKeysError
        TooManyGrantsError
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import ClassVar


class RejectionCode(StrEnum):
    """拒绝代码: stable, documented; a client may branch on it."""

    INVALID_VALUE = "INVALID_VALUE"
    TOO_LONG = "TOO_LONG"
    BAD_CHARACTER = "BAD_CHARACTER"
    UNKNOWN_REGION = "UNKNOWN_REGION"
    OUTSIDE_PLACE = "OUTSIDE_PLACE"
    NOT_SUCCESSOR = "NOT_SUCCESSOR"
    NOT_SUPERIOR = "NOT_SUPERIOR"
    UNKNOWN_INDUSTRY = "UNKNOWN_INDUSTRY"
    BAD_PROJECT_CODE = "BAD_PROJECT_CODE"
    BAD_CREDIT_CODE = "BAD_CREDIT_CODE"
    BAD_FIGURE = "BAD_FIGURE"
    BAD_PERIOD = "BAD_PERIOD"
    WRONG_UNIT = "WRONG_UNIT"
    WRONG_CURRENCY = "WRONG_CURRENCY"
    UNKNOWN_TERM = "UNKNOWN_TERM"
    WRONG_ORDER = "WRONG_ORDER"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    COMMAND_ID_REUSED = "COMMAND_ID_REUSED"
    ALREADY_CLAIMED = "ALREADY_CLAIMED"
    ALREADY_OPEN = "ALREADY_OPEN"
    PLACE_NOT_OPEN = "PLACE_NOT_OPEN"
    VOIDED = "VOIDED"
    MERGED = "MERGED"
    TERMINATED = "TERMINATED"
    NOT_PAUSED = "NOT_PAUSED"
    ALREADY_REACHED = "ALREADY_REACHED"
    NOT_YET_HAPPENED = "NOT_YET_HAPPENED"
    PERIOD_NOT_BEGUN = "PERIOD_NOT_BEGUN"
    PERIOD_NOT_OVER = "PERIOD_NOT_OVER"
    ALREADY_REPORTED = "ALREADY_REPORTED"
    STATUS_WENT_BACK = "STATUS_WENT_BACK"
    BELOW_ZERO = "BELOW_ZERO"
    BELOW_COMPLETED = "BELOW_COMPLETED"
    ALREADY_STATED = "ALREADY_STATED"
    NOTHING_STATED = "NOTHING_STATED"
    NOTHING_TO_ERASE = "NOTHING_TO_ERASE"
    ALREADY_PLANNED = "ALREADY_PLANNED"
    NOT_SCHEDULED = "NOT_SCHEDULED"
    NOT_PLANNED = "NOT_PLANNED"
    REACHED_BY_GATE = "REACHED_BY_GATE"
    DELAY_UNEXPLAINED = "DELAY_UNEXPLAINED"
    WITHIN_FREEZE = "WITHIN_FREEZE"
    BEYOND_EXTENSION = "BEYOND_EXTENSION"
    FOREIGN_LIST = "FOREIGN_LIST"
    NOT_LISTED = "NOT_LISTED"
    LIST_REQUIRED = "LIST_REQUIRED"
    CEREMONY_WITHDRAWN = "CEREMONY_WITHDRAWN"
    NOT_IN_CEREMONY = "NOT_IN_CEREMONY"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    NOT_READY = "NOT_READY"
    STAGE_UNPUBLISHED = "STAGE_UNPUBLISHED"
    NOT_PUBLISHED = "NOT_PUBLISHED"
    EXEMPTED = "EXEMPTED"
    NOT_EXEMPTED = "NOT_EXEMPTED"
    WRONG_SCOPE = "WRONG_SCOPE"
    WRONG_PRINCIPAL = "WRONG_PRINCIPAL"
    ALREADY_PAST = "ALREADY_PAST"
    SEPARATED_ROLES = "SEPARATED_ROLES"
    NOT_MACHINE = "NOT_MACHINE"
    TOO_MANY_KEYS = "TOO_MANY_KEYS"
    TOO_MANY_GRANTS = "TOO_MANY_GRANTS"


def dotted(path: Iterable[str]) -> str:
    """Return a path as one text: documents[0].title."""
    return "".join(step if step.startswith("[") else f".{step}" for step in path).removeprefix(".")


class RejectedError(Exception):
    """The command was refused (操作被拒绝).

    Args:
        path: the fields that the refusal is about, outermost first, in the command's names.
        params: what the rule compared, as plain text; never personal data, because refusals are kept.
    """

    code: ClassVar[RejectionCode] = RejectionCode.INVALID_VALUE

    def __init__(self, *path: str, **params: object) -> None:
        super().__init__(*path)
        self.path = path
        self.params = {name: str(value) for name, value in params.items()}

    def below(self, *outer: str) -> RejectedError:
        """Return the same refusal, with `outer` put in front of its path."""
        same = type(self)(*outer, *self.path)
        same.params = self.params
        return same

    def __str__(self) -> str:
        where = dotted(self.path)
        what = ", ".join(f"{name}={value}" for name, value in self.params.items())
        english, chinese = message_of(self.code)
        return f"{english} {chinese}" + (f" [{where}]" if where else "") + (f" ({what})" if what else "")


class InvalidValueError(RejectedError):
    """The value has the wrong form (值的格式不正确)."""

    code = RejectionCode.INVALID_VALUE


class TooLongError(InvalidValueError):
    """The text is empty or too long (文字为空或超过长度限制)."""

    code = RejectionCode.TOO_LONG


class BadCharacterError(InvalidValueError):
    """The text holds a control, format or line break character, NUL or half of a character.

    (文字含有控制符、格式符、换行符、空字符或残缺字符)
    """

    code = RejectionCode.BAD_CHARACTER


class UnknownRegionError(InvalidValueError):
    """No revision of GB/T 2260 and no functional zone has this code (行政区划代码不存在)."""

    code = RejectionCode.UNKNOWN_REGION


class OutsidePlaceError(InvalidValueError):
    """The project lies outside the place that keeps this ledger (项目所在地不属于本地区)."""

    code = RejectionCode.OUTSIDE_PLACE


class NotSuccessorError(InvalidValueError):
    """By GB/T 2260 this code does not follow the former one (该代码不是原代码的后继代码)."""

    code = RejectionCode.NOT_SUCCESSOR


class NotSuperiorError(InvalidValueError):
    """By GB/T 2260 this region is not above the place (该地区不是本地区的上级)."""

    code = RejectionCode.NOT_SUPERIOR


class ForeignListError(InvalidValueError):
    """A ledger keeps its region's own key list and those of regions above it (名单须属于本地区或其上级地区)."""

    code = RejectionCode.FOREIGN_LIST


class UnknownIndustryError(InvalidValueError):
    """GB/T 4754-2017 has no such industry code (国民经济行业分类中没有该代码)."""

    code = RejectionCode.UNKNOWN_INDUSTRY


class BadProjectCodeError(InvalidValueError):
    """The national project code has the wrong form or check digit, GB/T 40058 (投资项目代码格式或校验位不正确)."""

    code = RejectionCode.BAD_PROJECT_CODE


class BadCreditCodeError(InvalidValueError):
    """The unified social credit code has the wrong form or check character, GB 32100.

    (统一社会信用代码格式或校验位不正确)
    """

    code = RejectionCode.BAD_CREDIT_CODE


class BadFigureError(InvalidValueError):
    """The figure is not a plain decimal, is finer than the smallest unit, or is out of range.

    (数字格式不正确、精度过细或超出范围)
    """

    code = RejectionCode.BAD_FIGURE


class BadPeriodError(InvalidValueError):
    """A period is a month 2023-04, a ten-day 2023-04-T1 to T3, or January with February 2023-01/2023-02.

    (报送期格式不正确)
    """

    code = RejectionCode.BAD_PERIOD


class WrongUnitError(InvalidValueError):
    """The unit does not measure this (计量单位与指标不符)."""

    code = RejectionCode.WRONG_UNIT


class WrongCurrencyError(InvalidValueError):
    """The amount is not in the place's currency (币种与本地区不符)."""

    code = RejectionCode.WRONG_CURRENCY


class UnknownTermError(InvalidValueError):
    """The place's dictionary has no such code (本地区字典中没有该代码)."""

    code = RejectionCode.UNKNOWN_TERM


class WrongOrderError(InvalidValueError):
    """The end lies before the beginning (结束早于开始)."""

    code = RejectionCode.WRONG_ORDER


class NotFoundError(RejectedError):
    """There is no such thing, or it is not yours to see (不存在或无权查看)."""

    code = RejectionCode.NOT_FOUND


class ForbiddenError(RejectedError):
    """Your roles do not allow this here (您的角色无权进行此项操作)."""

    code = RejectionCode.FORBIDDEN


class ConflictError(RejectedError):
    """Somebody else was faster (已被他人更新)."""


class VersionConflictError(ConflictError):
    """It has changed since the version that you expected; read it again (数据已更新,请刷新后重试)."""

    code = RejectionCode.VERSION_CONFLICT


class CommandIdReusedError(ConflictError):
    """This command id was used for another content (该命令编号已用于其他内容)."""

    code = RejectionCode.COMMAND_ID_REUSED


class AlreadyClaimedError(ConflictError):
    """Another one in this ledger holds this code, reference or period (该代码、外部编号或期次已被占用)."""

    code = RejectionCode.ALREADY_CLAIMED


class AlreadyOpenError(RejectedError):
    """The place already keeps a ledger, opened otherwise (本地区台账已建立,且设置不同)."""

    code = RejectionCode.ALREADY_OPEN


class PlaceNotOpenError(RejectedError):
    """The place keeps no ledger yet; open it first (本地区尚未建立台账)."""

    code = RejectionCode.PLACE_NOT_OPEN


class VoidedError(RejectedError):
    """The project was voided as registered in error (项目已作废)."""

    code = RejectionCode.VOIDED


class MergedError(RejectedError):
    """The project was merged into another one; send it for that one (项目已并入其他项目)."""

    code = RejectionCode.MERGED


class TerminatedError(RejectedError):
    """The project was terminated; resume it first (项目已终止,须先登记复工)."""

    code = RejectionCode.TERMINATED


class NotPausedError(RejectedError):
    """The project is neither suspended nor deferred (项目未停工或缓建)."""

    code = RejectionCode.NOT_PAUSED


class AlreadyReachedError(RejectedError):
    """The gate or milestone already has another date; give a reason to correct it (该节点已有日期,更正须说明理由)."""

    code = RejectionCode.ALREADY_REACHED


class NotYetHappenedError(RejectedError):
    """The date lies in the future (日期尚未到来)."""

    code = RejectionCode.NOT_YET_HAPPENED


class PeriodNotBegunError(RejectedError):
    """The period has not begun (报送期尚未开始)."""

    code = RejectionCode.PERIOD_NOT_BEGUN


class PeriodNotOverError(RejectedError):
    """The period is not over; before its end only completion is reported, as a flash figure.

    (报送期未结束,此前只有完成投资可报快报数)
    """

    code = RejectionCode.PERIOD_NOT_OVER


class AlreadyReportedError(RejectedError):
    """The period already has a figure; give a reason to correct it (该期已报送,更正须说明理由)."""

    code = RejectionCode.ALREADY_REPORTED


class StatusWentBackError(RejectedError):
    """The period has a final figure; a flash figure can't follow it (该期已有正式数,不能再报快报数)."""

    code = RejectionCode.STATUS_WENT_BACK


class BelowZeroError(RejectedError):
    """This amount can't be negative; only that of a single period can (该数值不能为负,只有本期数可以)."""

    code = RejectionCode.BELOW_ZERO


class BelowCompletedError(RejectedError):
    """A later cumulative would lie below an earlier one; give a reason for the reduction.

    (累计数小于前期,核减须说明理由)
    """

    code = RejectionCode.BELOW_COMPLETED


class AlreadyStatedError(RejectedError):
    """Another value was stated before; give a reason to change it (已有数值,调整须说明理由)."""

    code = RejectionCode.ALREADY_STATED


class NothingStatedError(RejectedError):
    """Nothing was stated that could be withdrawn (没有可撤回的数值)."""

    code = RejectionCode.NOTHING_STATED


class NothingToEraseError(RejectedError):
    """No personal value stands there (没有可删除的个人信息)."""

    code = RejectionCode.NOTHING_TO_ERASE


class AlreadyPlannedError(RejectedError):
    """The project has a schedule already; reset its baseline instead (已有倒排工期,请走调整工期)."""

    code = RejectionCode.ALREADY_PLANNED


class NotScheduledError(RejectedError):
    """The project has no schedule yet; plan it first (该项目尚未倒排工期,请先编制)."""

    code = RejectionCode.NOT_SCHEDULED


class NotPlannedError(RejectedError):
    """The schedule does not have this milestone (该项目工期中没有该节点)."""

    code = RejectionCode.NOT_PLANNED


class ReachedByGateError(RejectedError):
    """This milestone is a gate of the project: record the gate, and it is reached.

    (该节点须通过登记签约、开工、竣工、投产等完成,不能单独填报)
    """

    code = RejectionCode.REACHED_BY_GATE


class DelayUnexplainedError(RejectedError):
    """A date is later than planned; give the code of a reason for delay (日期晚于计划,须填写延期原因代码)."""

    code = RejectionCode.DELAY_UNEXPLAINED


class WithinFreezeError(RejectedError):
    """So shortly before a planned date the place's rules do not let it be moved (已进入冻结期,该日期不得调整)."""

    code = RejectionCode.WITHIN_FREEZE


class BeyondExtensionError(RejectedError):
    """All extensions together would exceed what the place's rules allow (累计延期超过本地区规定的上限)."""

    code = RejectionCode.BEYOND_EXTENSION


class NotListedError(RejectedError):
    """The project is not on this key list (项目不在该重点项目名单中)."""

    code = RejectionCode.NOT_LISTED


class ListRequiredError(InvalidValueError):
    """A class of the annual plan is of one key list: name the list in the filter.

    (年度计划类别因名单而异,须先在筛选中指定一份重点项目名单)
    """

    code = RejectionCode.LIST_REQUIRED


class CeremonyWithdrawnError(RejectedError):
    """The ceremony was withdrawn as recorded in error (活动登记已撤销)."""

    code = RejectionCode.CEREMONY_WITHDRAWN


class NotInCeremonyError(RejectedError):
    """The ceremony does not list this project as this kind (活动未列入该项目的该类登记)."""

    code = RejectionCode.NOT_IN_CEREMONY


class OutOfOrderError(RejectedError):
    """By its date the gate is out of order with another one; give a reason (节点日期与其他节点先后颠倒,须说明理由)."""

    code = RejectionCode.OUT_OF_ORDER


class NotReadyError(RejectedError):
    """Not all conditions for starting works were met by that day (截至该日开工条件尚未全部具备)."""

    code = RejectionCode.NOT_READY


class StageUnpublishedError(RejectedError):
    """This is published only beside what the project is and where it stands (须先公开或一并公开项目基本情况及阶段)."""

    code = RejectionCode.STAGE_UNPUBLISHED


class NotPublishedError(RejectedError):
    """This item of the project was never published (项目该事项从未公开)."""

    code = RejectionCode.NOT_PUBLISHED


class ExemptedError(RejectedError):
    """This item is exempt from publication; end the exemption first (项目该事项豁免公开,须先解除豁免)."""

    code = RejectionCode.EXEMPTED


class NotExemptedError(RejectedError):
    """This item is not exempt from publication (项目该事项未豁免公开)."""

    code = RejectionCode.NOT_EXEMPTED


class WrongScopeError(InvalidValueError):
    """The role is not granted over a scope of this kind (该角色不能按此类管辖范围授予)."""

    code = RejectionCode.WRONG_SCOPE


class WrongPrincipalError(InvalidValueError):
    """An agent officer acts for a principal other than itself; no other role has one.

    (帮代办专员须指定委托人,且不得为本账号,其他角色不得指定委托人)
    """

    code = RejectionCode.WRONG_PRINCIPAL


class AlreadyPastError(RejectedError):
    """The date lies in the past (日期已过)."""

    code = RejectionCode.ALREADY_PAST


class SeparatedRolesError(RejectedError):
    """The three administrators are kept apart: none of them holds another role.

    (系统管理员、安全管理员、审计管理员三员分立,不得互相兼任,也不得兼任其他角色)
    """

    code = RejectionCode.SEPARATED_ROLES


class NotMachineError(RejectedError):
    """Keys are for accounts of machines; people sign in (只有机器账号可以使用密钥,人员须通过统一身份认证登录)."""

    code = RejectionCode.NOT_MACHINE


class TooManyGrantsError(RejectedError):
    """An account holds no more roles than this at a time (该账号有效授权过多)."""

    code = RejectionCode.TOO_MANY_GRANTS


class TooManyKeysError(RejectedError):
    """The account has as many live keys as it may have; revoke one first (有效密钥已达上限,请先吊销一把)."""

    code = RejectionCode.TOO_MANY_KEYS


def _leaves(of: type[RejectedError]) -> list[type[RejectedError]]:
    return [of, *(leaf for child in of.__subclasses__() for leaf in _leaves(child))]


@cache
def error_of(code: RejectionCode) -> type[RejectedError]:
    """Return the class that a stored code stands for."""
    return next(one for one in _leaves(RejectedError)[1:] if one.__dict__.get("code") is code)


@cache
def message_of(code: RejectionCode) -> tuple[str, str]:
    """Return the message of a code, in English and in Chinese: the two halves of its class's docstring."""
    english, _, chinese = (inspect.getdoc(error_of(code)) or "").rpartition("(")
    return f"{english.strip().removesuffix('.')}.", f"{chinese.strip().removesuffix('.').removesuffix(')')}。"
