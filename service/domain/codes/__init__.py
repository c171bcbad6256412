"""标准代码表: code lists of public national standards, shipped as package data.

`regions` has GB/T 2260 (行政区划代码) through time, `industries` has GB/T 4754-2017 (国民经济行业分类). Each table is a
`.tsv` file beside this one whose `#` lines name its source. A table is part of the program, like a constant: reading
it is not I/O of the outside world, and it happens once, on first use.
"""

from collections.abc import Iterator
from importlib.resources import files

__all__ = ["read_rows"]


def read_rows(name: str) -> Iterator[tuple[str, str]]:
    """代码表逐行: the rows of one shipped table, in file order.

    Args:
        name: file in this package, such as `gb2260.tsv`; UTF-8, tab separated, `#` lines are commentary.

    Yields:
        The code, which is the first column, and the other columns, still joined by tabs.

    Raises:
        FileNotFoundError: the package has no such table.
    """
    for line in files(__name__).joinpath(name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, _, rest = line.partition("\t")
            yield code, rest
