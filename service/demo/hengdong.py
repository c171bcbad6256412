"""衡东县(演示): a second, smaller place to compare with; it counts 开工 by the permit. All figures are invented."""

from __future__ import annotations

from datetime import date
from typing import Final

from service.demo.town import Duplicate, Oddity, Rename, Slip, Target, Town, kinds
from service.domain.gates import StartBasis
from service.domain.plan import Operator, TargetMeasure
from service.domain.values import Code, Figure, Region, Stated, Unit

_PLAN: Final = "2022年重点项目建设计划(演示)"
_SET_ON: Final = date(2022, 2, 11)

TOWN: Final = Town(
    region=Region("430424"),
    name="衡东县(演示)",
    prefix="县",
    park="衡东经开区",
    start_basis=StartBasis.PERMIT,
    opened_on=date(2021, 3, 1),
    ceremonies=(date(2021, 5, 18), date(2021, 9, 28), date(2022, 2, 22), date(2022, 7, 15)),
    targets=(
        Target(_SET_ON, TargetMeasure.PROJECT_COUNT, Operator.EXACTLY, Stated(Figure("40"), Unit.COUNT), source=_PLAN),
        Target(_SET_ON, TargetMeasure.INVESTMENT, Operator.ABOUT, Stated(Figure("47"), Unit.YI_YUAN), source=_PLAN),
        Target(
            _SET_ON,
            TargetMeasure.INVESTMENT_SHARE,
            Operator.AT_LEAST,
            Stated(Figure("55"), Unit.PERCENT),
            category=Code("PRODUCTIVE"),
            source=_PLAN,
        ),
        Target(
            date(2022, 7, 22),
            TargetMeasure.INVESTMENT,
            Operator.ABOUT,
            Stated(Figure("44.5"), Unit.YI_YUAN),
            source="2022年重点项目建设计划调整方案(演示)",
            reason="部分项目用地报批推迟,年中调整计划(演示)",
        ),
    ),
    april_wan=136_200,
    december_wan=447_300,
    kinds=kinds("""
        特种合金制品 合金 PZ C3240 工信 年产制品{}吨/9 经开区5.8 经开区4.6 大浦镇3.2
        钟表及精密零件 精工 PZ C3489 工信 年产零件{}万只/50 经开区3.1 大浦镇2.4
        电子材料生产线 电子 PZ C3985 工信 年产材料{}吨/10 经开区6.2 大浦镇4.5 新塘镇3.0
        土菜食材加工 食品 PZ C1371 农业 年加工食材{}吨/4 洣水镇2.1 新塘镇1.6 石湾镇1.3
        机械配件生产线 机械 PZ C3489 工信 年产配件{}吨/5 经开区3.8 石湾镇2.2
        山地光伏电站 光伏 PE D4416 发改 装机{}兆瓦/450 杨桥镇4.2 草市镇3.6
        标准厂房 园区开发 PE E4790 工信 建筑面积{}万平方米/3200 经开区5.5 大浦镇3.9
        油茶示范基地 油茶 PE A0163 农业 基地{}亩/3 蓬源镇0.9 高湖镇0.8
        生猪标准化养殖 牧业 PE A0313 农业 年出栏{}万头/2500 甘溪镇1.2 吴集镇1.1
        湘江港口物流 物流 PZ G5990 商务 堆场{}平方米/1 大浦镇6.5 霞流镇2.8
        城区道路改造 - IG N7810 城管 道路{}公里/3000 洣水镇2.2 洣水镇1.6
        农村公路提质改造 - IG G5443 交通 公路{}公里/350 杨林镇0.9 三樟镇0.8 南湾乡0.7
        供水工程 - IG D4610 水利 管网{}公里/160 荣桓镇1.2 白莲镇1.0
        污水处理扩容 - IG D4620 住建 管网{}公里/260 洣水镇2.3
        职业学校扩建 - SG P8336 教育 学位{}个/9 洣水镇1.9
        卫生院改造 - SG Q8423 卫健 床位{}张/60 石滩乡0.6 草市镇0.8
        老旧小区改造 - SG E4710 住建 改造{}户/6 洣水镇1.4 新塘镇0.9
        河道治理 - EG N7610 水利 河道{}公里/900 甘溪镇1.5 草市镇1.1
        废弃矿山生态修复 - EG N7711 自然 修复{}亩/9 霞流镇0.8 吴集镇0.7
    """),
    duplicates=(Duplicate("006", "电子材料项目(演示)", date(2021, 12, 7), date(2022, 2, 25)),),
    renames=(Rename("012", "已二机械配件生产线项目(演示)", None, date(2022, 5, 17)),),
    oddities={
        2: Oddity(Slip.CORRECTED, 4, date(2022, 5, 24), 300),
        4: Oddity(Slip.REDUCED, 8, None, 260),
        6: Oddity(Slip.LATE, 5, date(2022, 6, 21)),
    },
)
