"""祁阳市(演示): the ledger behind F-01: through April 2022 53.93 of 160 亿元, 33.7 % (mission.md, S0).

Only the year's targets and the sum through April are from the account. Projects, companies and all other figures are
invented; townships are the real ones.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from service.demo.town import Duplicate, Oddity, Rename, Slip, Target, Town, kinds
from service.domain.gates import StartBasis
from service.domain.plan import Operator, TargetMeasure
from service.domain.values import Code, Figure, Region, Stated, Unit

_REPORT: Final = "2022年政府工作报告(演示)"
_SET_ON: Final = date(2022, 1, 18)

TOWN: Final = Town(
    region=Region("431181"),
    name="祁阳市(演示)",
    prefix="市",
    park="祁阳高新区",
    start_basis=StartBasis.PHYSICAL,
    opened_on=date(2021, 1, 4),
    ceremonies=(
        date(2021, 1, 28),
        date(2021, 4, 16),
        date(2021, 7, 9),
        date(2021, 10, 22),
        date(2022, 1, 14),
        date(2022, 3, 25),
        date(2022, 6, 24),
        date(2022, 8, 26),
    ),
    targets=(
        Target(
            _SET_ON, TargetMeasure.PROJECT_COUNT, Operator.AT_LEAST, Stated(Figure("113"), Unit.COUNT), source=_REPORT
        ),
        Target(
            _SET_ON, TargetMeasure.INVESTMENT, Operator.AT_LEAST, Stated(Figure("160"), Unit.YI_YUAN), source=_REPORT
        ),
        Target(
            _SET_ON,
            TargetMeasure.INVESTMENT_SHARE,
            Operator.AT_LEAST,
            Stated(Figure("60"), Unit.PERCENT),
            category=Code("PRODUCTIVE"),
            source=_REPORT,
        ),
    ),
    april_wan=539_300,
    december_wan=1_623_800,
    kinds=kinds("""
        竹木家居生产线 家居 PZ C2110 工信 年产家具{}万件/900 高新区4.6 高新区3.8 白水镇1.6 黎家坪镇2.2
        新型板材生产线 新材料 PZ C3039 工信 年产板材{}万平方米/150 高新区5.2 高新区4.4 白水镇2.1
        电子元件生产线 电子 PZ C3989 工信 年产元件{}万只/40 高新区8.5 高新区6.8 高新区5.5 黎家坪镇3.1 高新区4.2
        锂电池材料生产线 新能源 PZ C3841 工信 年产材料{}吨/8 高新区16.8 高新区12.5 高新区9.6
        智能服装工厂 服饰 PZ C1819 工信 年产服装{}万件/200 高新区3.2 黎家坪镇1.8 大忠桥镇1.2
        功能纺织面料 纺织 PZ C1711 工信 年产面料{}万米/60 高新区4.1 高新区3.6 文明铺镇1.5
        粮食精深加工 粮油 PZ C1319 农业 年加工稻谷{}万吨/4000 黎家坪镇2.4 大忠桥镇1.9 白水镇1.4
        油茶精深加工 油茶 PZ C1331 农业 年产茶油{}吨/30 高新区3.8 潘市镇1.6 羊角塘镇1.3
        果蔬冷链物流 冷链 PE G5930 商务 冷库容积{}万立方米/4500 高新区2.9 下马渡镇1.7
        时尚鞋业生产线 鞋业 PZ C1952 工信 年产鞋{}万双/90 高新区3.4 下马渡镇2.0 八宝镇1.2
        汽车零部件生产线 汽车部件 PZ C3670 工信 年产零部件{}万套/350 高新区7.2 高新区5.9 高新区4.8
        中药饮片加工 药业 PZ C2730 工信 年产饮片{}吨/12 高新区3.7 黄泥塘镇1.5
        通用零部件智能工厂 机械 PZ C3489 工信 年产零部件{}吨/5 高新区6.3 高新区5.1 黎家坪镇2.6
        标准厂房 园区开发 PE E4790 工信 建筑面积{}万平方米/3200 高新区9.8 高新区7.6 黎家坪镇4.1
        绿色包装材料 包装 PZ C2319 工信 年产包装{}万件/25 高新区2.8 黎家坪镇1.9
        再生塑料制品 塑业 PZ C2929 工信 年产制品{}吨/7 高新区3.1 肖家镇1.4
        农光互补光伏电站 光伏 PE D4416 发改 装机{}兆瓦/450 大村甸镇4.5 文明铺镇4.9 羊角塘镇3.6
        分散式风电场 风电 PE D4415 发改 装机{}兆瓦/650 羊角塘镇6.5 内下乡5.8
        优质稻生产基地 农业 PE A0111 农业 基地{}亩/2 文富市镇1.1 梅溪镇0.9 七里桥镇1.2
        生猪标准化养殖 牧业 PE A0313 农业 年出栏{}万头/2500 龚家坪镇1.8 进宝塘镇1.5 三口塘镇1.6
        蔬菜种植基地 蔬菜 PE A0141 农业 基地{}亩/3 茅竹镇0.9 观音滩镇0.8 潘市镇1.0
        文旅康养小镇 文旅 PZ N7869 文旅 用地{}亩/40 浯溪街道6.8 潘市镇4.2 观音滩镇2.5
        商贸综合体 商贸 PZ F5211 商务 建筑面积{}万平方米/5000 浯溪街道8.2 长虹街道5.6
        电商物流园 物流 PZ G5990 商务 建筑面积{}万平方米/4000 高新区4.7 龙山街道2.6
        城区道路改造 - IG N7810 城管 道路{}公里/3000 龙山街道2.4 浯溪街道2.1 长虹街道1.8 黎家坪镇1.3 白水镇0.9
        农村公路提质改造 - IG G5443 交通 公路{}公里/350 潘市镇1.2 梅溪镇0.9 进宝塘镇0.8 八宝镇1.0
        湘江大桥连接线 - IG G5443 交通 桥路{}公里/12000 浯溪街道8.6 茅竹镇5.4
        城乡供水一体化 - IG D4610 水利 管网{}公里/160 黎家坪镇2.8 文明铺镇1.9 大忠桥镇1.7
        农网改造升级 电力 IE D4420 发改 线路{}公里/60 羊角塘镇1.1 黄泥塘镇0.9
        污水处理及配套管网 - IG D4620 住建 管网{}公里/260 长虹街道2.9 下马渡镇1.1 肖家镇1.0
        公共停车场 停车 IE G5449 城管 车位{}个/16 龙山街道1.3 浯溪街道1.1
        道路及管网 - IG N7810 住建 道路{}公里/3500 高新区5.2 高新区4.1
        义务教育学校建设 - SG P8321 教育 学位{}个/9 龙山街道1.8 长虹街道1.6 黎家坪镇1.2
        医院综合楼 - SG Q8411 卫健 床位{}张/80 浯溪街道4.6 白水镇1.5
        老旧小区改造 - SG E4710 住建 改造{}户/6 龙山街道1.9 浯溪街道1.7 长虹街道1.5
        养老服务中心 康养 SE Q8514 民政 床位{}张/25 观音滩镇1.1 三口塘镇0.8 梅溪镇0.9
        全民健身中心 - SG R8921 文旅 建筑面积{}平方米/1 龙山街道1.6
        保障性租赁住房 - SG K7010 住建 住房{}套/35 高新区2.4
        河道综合治理 - EG N7610 水利 河道{}公里/900 白水镇1.6 潘市镇1.2 下马渡镇1.1
        废弃矿山生态修复 - EG N7711 自然 修复{}亩/9 大忠桥镇1.4 文富市镇0.9
        生活垃圾处理设施 环保 EE N7820 城管 日处理{}吨/60 茅竹镇4.8
        湿地保护修复 - EG N7711 林业 湿地{}亩/5 浯溪街道1.2
        国家储备林建设 - EG A0220 林业 造林{}亩/2 文富市镇2.6 内下乡1.5
    """),
    duplicates=(
        Duplicate("010", "电子原件生产线项目(演示)", date(2022, 2, 14), date(2022, 4, 20), reported_wan=860),
        Duplicate("023", "粮食深加工项目(演示)", date(2021, 6, 8), date(2021, 9, 2)),
        Duplicate("069", "龙山城区道路改造项目(演示)", date(2021, 11, 3), date(2022, 1, 12), gives_code=True),
        Duplicate("062", "浯溪文旅康养项目(演示)", date(2022, 7, 11), date(2022, 8, 5)),
    ),
    renames=(
        Rename("005", "振阳新型板材生产线项目(演示)", "振扬新型板材生产线项目(演示)", date(2021, 11, 16)),
        Rename("010", "葵一电子元件生产线项目(演示)", None, date(2022, 6, 14)),
        Rename("085", "长虹街道污水处理厂提标改造及配套管网项目(演示)", None, date(2022, 8, 23)),
    ),
    oddities={
        2: Oddity(Slip.LATE, 3, date(2022, 4, 18)),
        5: Oddity(Slip.CORRECTED, 2, date(2022, 3, 17), 420),
        8: Oddity(Slip.CORRECTED, 6, date(2022, 7, 20), 900),
        11: Oddity(Slip.LATE, 6, date(2022, 8, 16)),
        14: Oddity(Slip.REDUCED, 9, None, 600),
        17: Oddity(Slip.REDUCED, 11, None, 350),
    },
)
