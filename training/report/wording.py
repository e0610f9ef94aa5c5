"""How figures and names are put into words. Knows no evaluation as a whole and no conclusion."""

from __future__ import annotations

from service.registry.evaluation import Estimate

SHARES = frozenset(
    {
        "accuracy",
        "auc",
        "top1",
        "judge_top1",
        "piece_precision",
        "look_pairs",
        "distinct_items",
        "filled",
        "reachable",
        "rack_pieces",
        "rack_looks",
        "rack_most",
        "recall@8",
        "recall@20",
    }
)
"""Metrics between 0 and 1, written as percentages."""

LABELS = {
    "random": "random",
    "popularity": "popularity",
    "category-only": "category only",
    "retrieval-only": "retrieval alone",
    "tuned-retrieval": "tuned retrieval alone",
    "prompt-only": "prompt-only model",
    "prompt+retrieval": "prompt-only + retrieval",
    "tuned-only": "tuned model",
    "tuned": "tuned + retrieval",
}


def clean(text: str) -> str:
    """The text on one line, without characters that cannot be printed (XML forbids some of them)."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def system(name: str) -> str:
    """What a system is called in prose; an unknown one keeps its name."""
    return LABELS.get(name) or clean(name)


def number(value: float, metric: str) -> str:
    """The value with the unit that its metric has."""
    if metric in SHARES:
        return f"{100 * value:.1f} %"
    if metric.endswith("_ms"):
        return f"{value:,.0f} ms"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.3g}"


def interval(estimate: Estimate) -> str:
    """The 95 % interval alone: `38.0 to 44.1 %`."""
    low, high = number(estimate.low, estimate.metric), number(estimate.high, estimate.metric)
    unit = next((u for u in (" %", " ms") if low.endswith(u)), "")
    return f"{low.removesuffix(unit)} to {high}"


def figure(estimate: Estimate) -> str:
    """Value and interval: `41.3 % (38.0 to 44.1 %)`."""
    return f"{number(estimate.value, estimate.metric)} ({interval(estimate)})"


def points(gain: float) -> str:
    """A difference of two shares, in percentage points with its sign."""
    return f"{100 * gain:+.1f} points"


def margin(size: float) -> str:
    """A difference of two shares whatever its direction, in percentage points."""
    return f"{100 * abs(size):.1f} points"


def money(value: float, currency: str) -> str:
    """An amount with its currency; small ones keep two digits that say something."""
    if value == 0 or value >= 0.01:
        return f"{value:,.2f} {currency}"
    return f"{value:.2g} {currency}" if value >= 0.0001 else f"under 0.0001 {currency}"


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"


def counted(n: int, one: str, many: str = "") -> str:
    """`1 task`, `2 tasks`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
