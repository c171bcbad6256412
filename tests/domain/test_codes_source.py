"""The shipped code tables are derived from the published lists, byte for byte.

Run as a script, this module writes the two tables anew and prints the entries of `successors.py`.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from service.domain import codes
from service.domain.codes import regions

SOURCE = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
SHIPPED = Path(codes.__file__).parent

pytestmark = pytest.mark.skipif(
    not (SOURCE / "gb2260").is_dir(), reason="the published lists are not here: no ../shared/data/gb2260"
)

REGIONS_HEAD = """\
# 行政区划代码 GB/T 2260, revisions 1995-12 to 2019-04, and 统计用区划代码 as of 2023-06-30.
# Source of 199512 200512 201012 201512 201612 201712 201904: Ministry of Civil Affairs (民政部),
#   published in cn/GB2260 @ 1173e8b; no licence stated, facts of a public standard.
# Source of 202306: National Bureau of Statistics (国家统计局), county level and above,
#   published in modood/Administrative-divisions-of-China @ 57a0aa9 under the WTFPL.
# Columns, tab separated: code, first, last, name. Every revision from first through last (YYYYMM, inclusive)
#   lists the code under the name. Sorted by code, then first.
# Of 202306, provinces and prefectures are padded to six digits; the headings 市辖区, 县 and 直辖县级行政区划 are left
#   out; provinces 71, 81 and 82, which the statistical divisions do not cover, are carried over from 201904.
"""
INDUSTRIES_HEAD = """\
# 国民经济行业分类 GB/T 4754-2017: 20 门类, 97 大类, 473 中类, 1381 小类, without the amendment of 2019.
# Published in qwer-of-div/1frontEnd @ 61bed62; no licence stated, the code list of a national standard.
# Columns, tab separated: code, name. The length of the code is its level: C 门类, C26 大类, C261 中类, C2614 小类.
# Blanks around names are removed. Sorted by code.
"""
NOT_IN_STATISTICS = ("71", "81", "82")


def _ministry(revision: str) -> dict[str, str]:
    with (SOURCE / "gb2260" / f"mca_{revision}.tsv").open(encoding="utf-8", newline="") as file:
        return {row["Code"]: row["Name"] for row in csv.DictReader(file, delimiter="\t")}


def _statistics(level: str) -> dict[str, str]:
    with (SOURCE / "gb2260" / f"stats2023_{level}.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"].ljust(6, "0"): row["name"] for row in csv.DictReader(file)}


def _is_heading(name: str) -> bool:
    return name in {"市辖区", "县"} or name.endswith("直辖县级行政区划")


def published() -> dict[str, dict[str, str]]:
    """Code to name of each revision, oldest first."""
    lists = {revision: _ministry(revision) for revision in regions.REVISIONS[:-1]}
    lists[regions.REVISIONS[-1]] = {
        **_statistics("provinces"),
        **{code: name for code, name in _statistics("cities").items() if not _is_heading(name)},
        **_statistics("areas"),
        **{code: name for code, name in lists["201904"].items() if code.startswith(NOT_IN_STATISTICS)},
    }
    return lists


def regions_tsv() -> str:
    """Content of gb2260.tsv."""
    lists = published()
    rows: list[list[str]] = []
    for code in sorted(set().union(*lists.values())):
        before = None
        for revision, names in lists.items():
            name = names.get(code)
            if name is not None and name == before:
                rows[-1][2] = revision
            elif name is not None:
                rows.append([code, revision, revision, name])
            before = name
    return REGIONS_HEAD + "".join("\t".join(row) + "\n" for row in rows)


def industries_tsv() -> str:
    """Content of gbt4754_2017.tsv."""
    with (SOURCE / "gb4754" / "gbt4754_2017.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted((row["code"], row["name"].strip()) for row in csv.DictReader(file))
    return INDUSTRIES_HEAD + "".join(f"{code}\t{name}\n" for code, name in rows)


def _counties(names: dict[str, str], without: dict[str, str]) -> dict[str, str]:
    zone = 4
    return {
        code: name
        for code, name in names.items()
        if code not in without and not code.endswith("00") and code[zone] != "7"
    }


def _stem(name: str) -> str:
    return name[:-1] if name.endswith(("县", "市", "区")) else name


def _successions(old: dict[str, str], new: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Pairs of codes that two consecutive lists show to be one county; the rules are those of `successors.py`."""
    left, came = _counties(old, new), _counties(new, old)
    left_in, came_in = Counter(code[:4] for code in left), Counter(code[:4] for code in came)
    often_old, often_new = Counter(old.values()), Counter(new.values())
    for a, before in left.items():
        for b, after in came.items():
            if a[:4] == b[:4]:
                alone = left_in[a[:4]] == came_in[b[:4]] == 1
                city = before.endswith("县") and after.endswith("市")
                if (alone or city) and _stem(before) == _stem(after):
                    yield a, b
            elif before == after and not before.endswith("区") and often_old[before] == often_new[after] == 1:
                yield a, b


def successions() -> dict[tuple[str, str], dict[str, str]]:
    """Old code to new code of every succession since 2005-12, by the two revisions it lies between."""
    lists = published()
    return {(a, b): dict(_successions(lists[a], lists[b])) for a, b in pairwise(regions.REVISIONS) if a >= "200512"}


def test_the_regions_table_is_the_published_lists() -> None:
    assert (SHIPPED / "gb2260.tsv").read_bytes() == regions_tsv().encode()


def test_the_industries_table_is_the_published_list() -> None:
    assert (SHIPPED / "gbt4754_2017.tsv").read_bytes() == industries_tsv().encode()


@pytest.mark.parametrize("revision", regions.REVISIONS)
def test_each_revision_can_be_read_back_whole(revision: str) -> None:
    assert dict(regions.codes_in(revision)) == published()[revision]


def test_the_ministrys_revisions_are_among_those_its_index_names() -> None:
    index = json.loads((SOURCE / "gb2260" / "revisions.json").read_text(encoding="utf-8"))
    assert set(regions.REVISIONS[:-1]) <= set(index["mca"])


def test_successors_are_those_the_lists_show_and_lukou() -> None:
    shown = {a: b for pairs in successions().values() for a, b in pairs.items()}
    assert dict(regions.SUCCESSORS) == shown | {"430221": "430212"}


def test_no_code_has_two_successors() -> None:
    pairs = [a for found in successions().values() for a in found]
    assert len(pairs) == len(set(pairs))


if __name__ == "__main__":
    (SHIPPED / "gb2260.tsv").write_bytes(regions_tsv().encode())
    (SHIPPED / "gbt4754_2017.tsv").write_bytes(industries_tsv().encode())
    for (earlier, later), found in successions().items():
        print(f"        # {earlier} to {later}")  # noqa: T201 - the output of a script
        for a, b in found.items():
            print(f'        "{a}": "{b}",  # {published()[earlier][a]} {published()[later][b]}')  # noqa: T201
