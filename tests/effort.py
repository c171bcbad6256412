"""How often a property is tried: `make test` asks it of a few examples, `make soak` of ten times as many.

What is tried differs from run to run, so a few examples a run come to many; a property that failed is tried again with
what failed it.
"""

from __future__ import annotations

import os
from typing import Any, Final

from hypothesis import settings

EFFORT: Final = int(os.environ.get("TAIZHANG_TEST_EFFORT", "1"))
"""Times as many examples as a short run has."""


def examples(count: int, **other: Any) -> settings:
    """Return settings of a property: so many examples in a short run, and each may take what it takes."""
    return settings(max_examples=count * EFFORT, deadline=None, **other)
