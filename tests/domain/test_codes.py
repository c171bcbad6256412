"""Codes of regions (GB/T 2260) and industries (GB/T 4754-2017) answer from the shipped tables."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from service.domain import codes
from service.domain.codes import industries, regions
from service.domain.codes.industries import IndustryLevel
from service.domain.codes.regions import RegionKind, RegionName

QIYANG_COUNTY, QIYANG_CITY = "431121", "431181"
ZHUZHOU_COUNTY, LUKOU = "430221", "430212"
YONGZHOU, HUNAN = "431100", "430000"
LUOHE_ZONE = "411171"


def all_codes() -> set[str]:
    return {code for revision in regions.REVISIONS for code in regions.codes_in(revision)}


def test_qiyang_is_known_under_both_codes_and_names() -> None:
    assert regions.spans(QIYANG_COUNTY) == (
        RegionName(QIYANG_COUNTY, "祁阳县", RegionKind.COUNTY, first="199512", last="201904"),
    )
    assert regions.spans(QIYANG_CITY) == (
        RegionName(QIYANG_CITY, "祁阳市", RegionKind.COUNTY, first="202306", last="202306"),
    )
    assert regions.SUCCESSORS[QIYANG_COUNTY] == QIYANG_CITY


def test_zhuzhou_county_became_lukou() -> None:
    assert regions.name_of(ZHUZHOU_COUNTY) == "株洲县"
    assert regions.name_of(LUKOU) == "渌口区"
    assert regions.SUCCESSORS[ZHUZHOU_COUNTY] == LUKOU


def test_a_code_that_is_gone_keeps_its_name_for_history() -> None:
    assert regions.name_of("371200") == "莱芜市"
    assert regions.name_of("371200", date(2010, 1, 1)) == "莱芜市"
    assert regions.name_of("371200", date(2024, 1, 1)) is None


def test_a_name_before_its_revision_is_not_yet_in_force() -> None:
    assert regions.name_of(QIYANG_CITY, date(2019, 4, 30)) is None
    assert regions.name_of(QIYANG_CITY, date(2023, 6, 1)) == "祁阳市"
    assert regions.name_of(QIYANG_COUNTY, date(2023, 6, 1)) is None


def test_between_two_revisions_both_answer() -> None:
    assert regions.name_of(QIYANG_COUNTY, date(2022, 1, 1)) == "祁阳县"
    assert regions.name_of(QIYANG_CITY, date(2022, 1, 1)) == "祁阳市"


def test_between_two_revisions_the_earlier_name_of_a_code_stands() -> None:
    assert regions.name_of("130502", date(2022, 1, 1)) == "桥东区"
    assert regions.name_of("130502", date(2023, 7, 1)) == "襄都区"


def test_days_outside_the_revisions_are_answered_from_the_nearest() -> None:
    assert regions.name_of("420600", date(1980, 1, 1)) == "襄樊市"
    assert regions.name_of("420600", date(2049, 10, 1)) == "襄阳市"
    assert regions.name_of(QIYANG_CITY, date(1980, 1, 1)) is None


def test_a_renamed_code_has_a_span_for_each_name() -> None:
    assert [(name.name, name.first, name.last) for name in regions.spans("530800")] == [
        ("思茅市", "200512", "200512"),
        ("普洱市", "201012", "202306"),
    ]


def test_a_code_given_out_twice_has_a_gap_between_its_spans() -> None:
    assert [(name.name, name.first, name.last) for name in regions.spans("450206")] == [
        ("市郊区", "199512", "199512"),
        ("柳江区", "201612", "202306"),
    ]
    assert regions.name_of("450206", date(2011, 1, 1)) is None


def test_a_zone_of_the_statistical_divisions_is_marked() -> None:
    assert regions.spans(LUOHE_ZONE) == (
        RegionName(LUOHE_ZONE, "漯河经济技术开发区", RegionKind.ZONE, first="202306", last="202306"),
    )


@pytest.mark.parametrize("revision", regions.REVISIONS[:-1])
def test_no_revision_of_gb2260_has_a_zone(revision: str) -> None:
    assert {name.kind for code in regions.codes_in(revision) for name in regions.spans(code)} == {
        RegionKind.PROVINCE,
        RegionKind.PREFECTURE,
        RegionKind.COUNTY,
    }


def test_the_newest_revision_counts_by_kind() -> None:
    kinds = Counter(regions.spans(code)[-1].kind for code in regions.codes_in("202306"))
    assert kinds == {
        RegionKind.PROVINCE: 34,
        RegionKind.PREFECTURE: 333,
        RegionKind.COUNTY: 2851,
        RegionKind.ZONE: 124,
    }


def test_what_changed_between_2005_and_2019() -> None:
    before, after = regions.codes_in("200512"), regions.codes_in("201904")
    assert len(before.keys() - after.keys()) == 313
    assert len(after.keys() - before.keys()) == 306
    assert sum(before[code] != after[code] for code in before.keys() & after.keys()) == 19


def test_spans_of_a_code_are_in_order_and_apart() -> None:
    order = {revision: n for n, revision in enumerate(regions.REVISIONS)}
    for code in all_codes():
        edges = [order[edge] for name in regions.spans(code) for edge in (name.first, name.last)]
        starts, ends = edges[::2], edges[1::2]
        assert all(start <= end for start, end in zip(starts, ends, strict=True))
        assert all(end < start for end, start in zip(ends, starts[1:], strict=False))


def test_an_unknown_code_is_answered_as_unknown() -> None:
    assert regions.spans("320193") == ()
    assert regions.name_of("320193") is None
    assert regions.name_of("320193", date(2020, 1, 1)) is None
    assert not regions.is_known("320193")
    assert not regions.is_known("湖南省")
    assert regions.is_known(QIYANG_COUNTY)


def test_an_unknown_revision_is_refused() -> None:
    with pytest.raises(ValueError, match="no revision '202012'"):
        regions.codes_in("202012")


@pytest.mark.parametrize(
    ("code", "above"),
    [
        pytest.param(QIYANG_COUNTY, (YONGZHOU, HUNAN), id="county"),
        pytest.param(LUOHE_ZONE, ("411100", "410000"), id="zone"),
        pytest.param(YONGZHOU, (HUNAN,), id="prefecture"),
        pytest.param(HUNAN, (), id="province"),
        pytest.param("110101", ("110000",), id="district of a municipality"),
        pytest.param("500229", ("500000",), id="county of a municipality"),
        pytest.param("419001", ("410000",), id="directly under a province"),
        pytest.param("460001", ("460000",), id="directly under Hainan in 1995"),
        pytest.param("320193", ("320100", "320000"), id="unknown"),
    ],
)
def test_ancestors_follow_the_digits(code: str, above: tuple[str, ...]) -> None:
    assert regions.ancestors(code) == above


def test_every_ancestor_of_a_known_code_is_known() -> None:
    assert {above for code in all_codes() for above in regions.ancestors(code) if not regions.is_known(above)} == set()


def test_every_code_is_within_itself_and_its_ancestors() -> None:
    for code in all_codes():
        assert all(regions.is_within(code, root) for root in (code, *regions.ancestors(code)))


@pytest.mark.parametrize(
    ("code", "root"),
    [(QIYANG_CITY, QIYANG_COUNTY), (QIYANG_CITY, "430100"), (YONGZHOU, QIYANG_CITY), (HUNAN, YONGZHOU)],
)
def test_a_code_is_not_within_a_sibling_or_a_part(code: str, root: str) -> None:
    assert not regions.is_within(code, root)


@pytest.mark.parametrize(
    "bad", ["", "4311", "4311210", "43112X", "\uff14\uff13\uff11\uff11\uff12\uff11"]
)  # The last: full-width digits.
def test_a_code_that_is_not_six_digits_has_no_place(bad: str) -> None:
    with pytest.raises(ValueError, match="not a six-digit region code"):
        regions.ancestors(bad)
    with pytest.raises(ValueError, match="not a six-digit region code"):
        regions.is_within(bad, HUNAN)
    with pytest.raises(ValueError, match="not a six-digit region code"):
        regions.is_within(QIYANG_CITY, bad)


def test_successors_lead_from_a_code_gone_to_a_newer_one_and_end() -> None:
    for former, successor in regions.SUCCESSORS.items():
        assert regions.spans(former)[-1].last < regions.spans(successor)[-1].first
    assert regions.SUCCESSORS[regions.SUCCESSORS["341422"]] == "340281"


def test_merged_districts_have_no_successor() -> None:
    assert "320602" not in regions.SUCCESSORS
    assert "320611" not in regions.SUCCESSORS


def test_the_2017_industries_count_as_the_standard_says() -> None:
    listed = [code for code, _ in codes.read_rows("gbt4754_2017.tsv")]
    assert Counter(map(industries.level, listed)) == {
        IndustryLevel.SECTION: 20,
        IndustryLevel.DIVISION: 97,
        IndustryLevel.GROUP: 473,
        IndustryLevel.CLASS: 1381,
    }


@pytest.mark.parametrize(
    ("code", "name", "level"),
    [
        ("C", "制造业", IndustryLevel.SECTION),
        ("C26", "化学原料和化学制品制造业", IndustryLevel.DIVISION),
        ("C261", "基础化学原料制造", IndustryLevel.GROUP),
        ("C2614", "有机化学原料制造", IndustryLevel.CLASS),
        ("C353", "食品、饮料、烟草及饲料生产专用设备制造", IndustryLevel.GROUP),
    ],
)
def test_an_industry_has_name_level_and_section(code: str, name: str, level: IndustryLevel) -> None:
    assert industries.is_known(code)
    assert industries.name_of(code) == name
    assert industries.level(code) is level
    assert industries.section_of(code) == "C"


@pytest.mark.parametrize("code", ["", "c26", "2614", "C2615", "Z", "A26"])
def test_an_unknown_industry_is_answered_as_unknown(code: str) -> None:
    assert not industries.is_known(code)
    assert industries.name_of(code) is None
    assert industries.level(code) is None
    assert industries.section_of(code) is None


def test_the_tables_stay_small() -> None:
    assert sum(file.stat().st_size for file in Path(codes.__file__).parent.glob("*.tsv")) < 400_000


def test_the_codes_that_follow_a_code_are_told_in_order() -> None:
    assert regions.codes_from("341422") == ("341422", "340225", "340281")
    assert regions.codes_from("431181") == ("431181",)
    assert regions.predecessors("340281") == ("340225", "341422")
    assert regions.predecessors("431121") == ()


def test_no_two_codes_were_followed_by_one() -> None:
    assert len(set(regions.SUCCESSORS.values())) == len(regions.SUCCESSORS)


def test_codes_that_follow_each_other_in_a_circle_end() -> None:
    assert regions.codes_from("1", {"1": "2", "2": "3", "3": "1"}) == ("1", "2", "3")
