"""襄汾县(演示)底表: kinds of projects of the list of 2024 and of those beside it, and what is said of their works.

Projects, companies and amounts are invented; townships and the development zone are the real ones.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from service.demo.table import kinds

KINDS: Final = kinds("""
    精密铸件智能化生产线 铸造 PZ C3391 工信 年产铸件{}万吨/4000 经开区5.6 邓庄镇3.2 新城镇2.4
    汽车制动部件生产线 汽车部件 PZ C3670 工信 年产部件{}万套/300 经开区4.8 经开区3.6
    精品钢深加工 钢材 PE C3130 工信 年加工钢材{}万吨/1500 邓庄镇9.6 南贾镇6.8
    焦炉煤气综合利用 煤化工 PE C2522 工信 年产合成气{}万立方米/9 经开区8.6
    石墨负极材料 新材料 PZ C3091 工信 年产材料{}吨/6 经开区7.2 经开区5.4
    环保耐火材料 耐材 PZ C3089 工信 年产耐火材料{}吨/3 邓庄镇2.1 襄陵镇1.6
    装配式钢结构 建材 PZ C3311 工信 年产构件{}万吨/3500 邓庄镇3.1 襄陵镇2.2
    晋作家具产业园 家具 PE C2110 工信 年产家具{}套/1 新城镇2.6 邓庄镇1.8
    锂离子电池生产线 新能源 PZ C3841 工信 年产电池{}万只/70 经开区6.6
    工业固废综合利用 环保 PZ C4220 工信 年处理固废{}万吨/900 邓庄镇2.2 陶寺乡1.6
    节能水泵生产线 机械 PZ C3441 工信 年产水泵{}万台/2200 经开区2.8 古城镇1.5
    三樱椒精深加工 食品 PZ C1469 农业 年加工辣椒{}吨/2 赵康镇1.8 永固乡1.2
    地黄饮片加工 药业 PZ C2730 农业 年产饮片{}吨/12 古城镇1.5 汾城镇1.3
    莲菜加工 食品 PE C1371 农业 年加工莲菜{}吨/2 襄陵镇1.1
    红枣制品 果品 PE C1373 农业 年加工红枣{}吨/3 西贾乡0.9
    小麦精深加工 面业 PE C1312 农业 年加工小麦{}万吨/2600 景毛乡1.4 南辛店乡1.2
    设施蔬菜基地 蔬菜 PE A0141 农业 大棚{}亩/4 南贾镇0.8 永固乡0.7
    分散式风电场 风电 PE D4415 发改 装机{}兆瓦/650 陶寺乡6.4 大邓乡5.6
    农光互补光伏电站 光伏 PE D4416 发改 装机{}兆瓦/450 西贾乡3.8 景毛乡3.2
    独立储能电站 储能 PZ D4419 发改 装机{}兆瓦时/120 经开区4.2
    古村落文旅融合 文旅 PZ N7869 文旅 用地{}亩/60 新城镇4.2 汾城镇3.6
    文化研学营地 文旅 PZ N7869 文旅 营位{}个/40 陶寺乡2.8
    冷链物流园 冷链 PZ G5930 商务 冷库容积{}万立方米/4500 经开区2.6
    公铁联运物流园 物流 PZ G5320 商务 年吞吐{}万吨/260 邓庄镇5.2
    商贸综合体 商贸 PZ F5211 商务 建筑面积{}万平方米/5000 新城镇3.8
    标准厂房 园区开发 PE E4790 工信 建筑面积{}万平方米/3200 经开区6.2 经开区4.4
    县城道路改造 - IG N7810 城管 道路{}公里/3000 新城镇2.2
    农村公路提质改造 - IG G5443 交通 公路{}公里/350 襄陵镇1.1 赵康镇0.9 大邓乡0.7
    旅游公路 - IG G5443 交通 公路{}公里/1200 陶寺乡3.4
    集中供热管网 - IG D4430 住建 管网{}公里/420 新城镇3.0
    农村供水管网 - IG D4610 水利 管网{}公里/90 汾城镇1.2 古城镇1.0
    污水处理及配套管网 - IG D4620 住建 管网{}公里/260 邓庄镇1.4 襄陵镇1.1
    道路及管网 - IG N7810 住建 道路{}公里/3500 经开区4.6
    农网改造线路 电力 IE D4420 发改 线路{}公里/60 南辛店乡0.9
    公共停车场 停车 IE G5449 城管 车位{}个/16 新城镇0.8
    义务教育学校建设 - SG P8331 教育 学位{}个/9 新城镇1.9 汾城镇1.1
    医院综合楼 - SG Q8411 卫健 床位{}张/80 新城镇3.6
    卫生院改造 - SG Q8423 卫健 床位{}张/60 永固乡0.4 南辛店乡0.4
    老旧小区改造 - SG E4710 住建 改造{}户/6 新城镇1.7
    康养中心 康养 SE Q8514 民政 床位{}张/25 襄陵镇1.3
    职业技能实训基地 - SG P8391 教育 工位{}个/6 新城镇1.6
    汾河干流生态修复 - EG N7610 水利 河道{}公里/900 新城镇4.8 襄陵镇3.1
    矿山生态修复 - EG N7711 自然 修复{}亩/9 陶寺乡1.3 大邓乡1.1
    水土保持造林 - EG N7690 水利 治理{}平方公里/60 西贾乡0.6
    国土绿化造林 - EG A0220 林业 造林{}亩/1 景毛乡0.7
    生活垃圾转运处理 环保 EE N7820 城管 日处理{}吨/60 赵康镇1.9
""")
"""The 72 projects of the annual list of 2024 (G9)."""

NEGOTIATING: Final = kinds("""
    新能源汽车零部件 汽车部件 PZ C3670 工信 年产部件{}万套/300 经开区6.5
    氢能装备制造 氢能 PZ C3463 工信 年产装备{}台/30 经开区8.0
    智能家居家具 家居 PZ C2110 工信 年产家具{}万件/900 邓庄镇2.2
    豆制品加工 食品 PZ C1392 农业 年加工大豆{}吨/2 赵康镇1.1
    电力电子元器件 电子 PZ C3824 工信 年产元件{}万只/40 经开区3.4
    玻璃纤维制品 玻纤 PZ C3061 工信 年产制品{}吨/4 襄陵镇2.6
    温泉康养酒店 酒店 PZ H6110 文旅 客房{}间/60 襄陵镇2.4
    电商仓储 电商 PZ G5990 商务 建筑面积{}万平方米/4000 新城镇1.6
""")
SIGNED: Final = kinds("""
    专用化学品 精化 PZ C2662 工信 年产助剂{}吨/5 经开区4.4
    塑料管材生产线 塑业 PZ C2929 工信 年产管材{}吨/3 邓庄镇1.5
    中药材仓储 药材 PZ G5990 商务 库容{}立方米/1 古城镇1.2
    生物质热电联产 生物质 PZ D4417 发改 装机{}兆瓦/1000 南贾镇3.0
    食用油加工 油脂 PZ C1331 农业 年产食用油{}吨/2 永固乡0.9
    检验检测服务中心 检测 PZ M7519 工信 实验室{}平方米/1 经开区1.2
""")
RESERVED: Final = kinds("""
    公共图书馆 - SG R8831 文旅 建筑面积{}平方米/1 新城镇0.9
    民俗文化馆 - SG R8850 文旅 建筑面积{}平方米/1 新城镇1.8
    失能老人护理院 - SG Q8512 卫健 床位{}张/30 汾城镇0.8
    水系连通河道治理 - EG N7610 水利 河道{}公里/700 汾城镇2.2
    过境公路改线 - IG G5443 交通 公路{}公里/3000 古城镇6.8
    生猪标准化养殖 牧业 PE A0313 农业 年出栏{}万头/2500 大邓乡1.0
""")
BROUGHT_IN: Final = kinds("""
    屋顶分布式光伏 光伏 PE D4416 发改 装机{}兆瓦/400 经开区1.8
    排水防涝管网 - IG N7810 住建 管网{}公里/300 新城镇2.4
    城乡冷链配送中心 冷链 PE G5930 商务 冷库容积{}立方米/1 汾城镇1.1
""")
GIVEN_UP: Final = kinds("""
    化工副产品深加工 精化 PZ C2662 工信 年产助剂{}吨/5 经开区5.2
""")


class Work(Enum):
    """What kind of works a project is, by which notes on it and its quantities differ."""

    PLANT = "a plant or a store with machines"
    BUILDING = "a building"
    LINE = "a road, a river or pipes"
    FIELD = "what covers ground"


class Note(NamedTuple):
    """What a weekly note says, and how much of it a percent of the works is."""

    words: str
    each: int


NOTES: Final[dict[Work, tuple[tuple[int, tuple[Note, ...]], ...]]] = {
    Work.PLANT: (
        (0, (Note("完成场地平整{}平方米,围挡闭合", 900), Note("桩基施工,累计完成{}根", 9))),
        (15, (Note("设备基础和独立基础浇筑,累计混凝土{}立方米", 46), Note("土方开挖和外运,累计{}立方米", 310))),
        (50, (Note("厂房钢结构吊装,累计{}吨", 12), Note("屋面和墙面板安装,累计{}平方米", 140))),
        (72, (Note("生产设备就位,累计{}台(套)", 1), Note("动力电缆和工艺管道敷设,累计{}米", 85))),
        (94, (Note("单机调试,累计{}台(套)", 1), Note("厂区道路硬化和绿化,累计{}平方米", 110))),
    ),
    Work.BUILDING: (
        (0, (Note("施工便道和临时水电完成,场平{}平方米", 600), Note("基坑支护,累计{}米", 24))),
        (15, (Note("基础底板和地下部分浇筑,累计混凝土{}立方米", 52), Note("基础钢筋绑扎,累计{}吨", 6))),
        (50, (Note("主体结构施工,累计混凝土{}立方米", 58), Note("砌体施工,累计{}立方米", 21))),
        (72, (Note("内外装修,累计抹灰{}平方米", 230), Note("水电、消防和暖通安装,累计管线{}米", 160))),
        (94, (Note("室外管网和铺装,累计{}平方米", 70), Note("分部分项验收,累计{}项", 1))),
    ),
    Work.LINE: (
        (0, (Note("清表和征迁交地,累计{}米", 260), Note("导行便道和临时设施完成{}米", 180))),
        (15, (Note("路基和沟槽土方,累计{}立方米", 540), Note("管道基础和垫层,累计{}米", 75))),
        (50, (Note("管道敷设和结构物施工,累计{}米", 82), Note("基层和护砌施工,累计{}平方米", 420))),
        (72, (Note("面层和检查井施工,累计{}平方米", 510), Note("附属设施安装,累计{}处", 3))),
        (94, (Note("标线、绿化和恢复,累计{}平方米", 260), Note("闭水和压力试验,累计{}段", 1))),
    ),
    Work.FIELD: (
        (0, (Note("用地清理和测量放线,累计{}亩", 8), Note("施工便道修筑,累计{}米", 120))),
        (15, (Note("土石方整理,累计{}立方米", 620), Note("基础和整地施工,累计{}处", 4))),
        (50, (Note("主体设施安装和栽植,累计{}处", 9), Note("护坡和灌排设施,累计{}米", 66))),
        (72, (Note("配套线路和管道敷设,累计{}米", 95), Note("覆土和补植,累计{}亩", 11))),
        (94, (Note("调试和养护,累计{}处", 5), Note("场地恢复,累计{}平方米", 300))),
    ),
}
"""From which percent of the works on which notes are written; they take turns."""

MEASURED: Final[dict[Work, tuple[str, str, int]]] = {
    Work.PLANT: ("钢结构", "吨", 12),
    Work.BUILDING: ("混凝土", "立方米", 58),
    Work.LINE: ("道路管网", "米", 82),
    Work.FIELD: ("土石方", "立方米", 620),
}
"""The quantity that is reported of works of a kind (J5): what it is called, its unit, and how much a percent is."""

_LINES: Final = ("道路", "公路", "管网", "线路", "河道", "汾河")
_FIELDS: Final = ("风电", "光伏", "修复", "造林", "蔬菜")
_WITH_MACHINES: Final = "CDG"
"""Sections of GB/T 4754 whose buildings are for machines or stores."""


def work_of(title: str, industry: str) -> Work:
    """Return what kind of works a project of this title and industry is."""
    if any(word in title for word in _LINES):
        return Work.LINE
    if any(word in title for word in _FIELDS):
        return Work.FIELD
    return Work.PLANT if industry[0] in _WITH_MACHINES else Work.BUILDING
