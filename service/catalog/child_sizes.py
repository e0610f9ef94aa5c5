"""Children's sizes: by height in centimetres, and by age. Knows labels as `sizes.normalise` writes them.

European shops label clothes by height in steps of 6 cm (EN 13402-3); which height belongs to which age is the custom
of their charts, rows of `service/policy/size_charts.toml`.
"""

from __future__ import annotations

import itertools
import re

from service.policy.policy import policy
from service.policy.size_table import SizeTable

_YEARS = re.compile(r"(\d{1,2})(?:-(\d{1,2}))? ?(?:y|yr|yrs|years|jahre|ans|t)")
_IN_MONTHS = re.compile(r"(\d{1,2})-(\d{1,2}) ?(?:m|mo|mths|months|monate|mois)")
_CENTIMETRES = re.compile(r"(\d{2,3})(?:[/-](\d{2,3}))?(?: ?cm)?")


def heights(size: str, charts: SizeTable) -> frozenset[int]:
    """The heights in centimetres that a normalised label is for; empty for other labels.

    "4-5y" is for whoever turns 5: 110. A bare number is a height when it is one of the standard's.
    """
    by_age = charts.child.heights
    if match := _IN_MONTHS.fullmatch(size):
        low, high = int(match[1]), int(match[2])
        spans = [span for span in charts.months if low <= span[0] and span[1] <= high]
        whole = bool(spans) and min(spans)[0] == low and max(spans)[1] == high
        return frozenset(charts.months[span] for span in spans) if whole else frozenset()
    if match := _YEARS.fullmatch(size):
        low, high = int(match[1]), int(match[2] or match[1])
        first = low + 1 if high > low else low
        within = 2 <= first <= high < len(by_age)
        return frozenset(by_age[first : high + 1]) if within else frozenset()
    if match := _CENTIMETRES.fullmatch(size):
        named = {int(height) for height in match.groups() if height}
        return frozenset(named) if named <= charts.labelled and max(named) - min(named) <= 6 else frozenset()
    return frozenset()


def for_age(years: float) -> list[str]:
    """Sizes in which shops label clothes for a child of this age, as `sizes.normalise` writes them."""
    n = int(years)
    near = policy().sizes.child.heights[max(0, n - 1) : n + 2]
    spans = [f"{a}-{b}" for a in range(max(0, n - 1), n + 1) for b in (a + 1, a + 2) if a <= years <= b]
    words = [
        form
        for span in [str(n), *spans]
        for form in (f"{span}y", f"{span} y", f"{span} years", f"{span} yrs")
    ]
    pairs = [f"{a}/{b}" for a, b in itertools.pairwise(near)]
    months = ["0-3m", "3-6m", "6-9m", "6-12m", "9-12m", "12-18m"] if years < 1 else []
    return [*(str(h) for h in near), *pairs, *words, *months]
