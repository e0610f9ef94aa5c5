"""Whether a condition of the policy's tables holds for a wish. Knows no pieces, and no table.

See `service.policy.conditions.When` for what each field asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from indexer.item import Department
from service.policy.conditions import When
from service.policy.files import RawTable
from service.policy.policy import Policy
from service.query.lexicon import says, senses
from service.query.wish import Activity, QueryIntent


def holds(whens: Sequence[When], brief: QueryIntent, department: Department | None = None) -> bool:
    """Whether one of the conditions holds, or there is none. `department` is whom the outfits are for."""
    return not whens or any(_holds(when, brief, department) for when in whens)


def said(when: When, words: str) -> bool:
    """Whether lower-case `words` say what the condition asks of words."""
    return (
        (not when.says or any(says(words, sense) for sense in when.says))
        and all(says(words, sense) for sense in when.says_all)
        and not any(says(words, sense) for sense in when.says_none)
    )


def check(policy: Policy) -> None:
    """Raises PolicyError for a row that names a sense or an activity which no wish has."""
    activities = frozenset(get_args(Activity))
    for table, path, named in policy.senses():
        _known(table, path, "sense", named, senses())
    for table, path, when in policy.conditions():
        _known(table, path, "sense", when.senses(), senses())
        _known(table, path, "activity", (*when.activity, *when.activity_not), activities)


def _known(
    table: RawTable, path: tuple[str, ...], kind: str, names: Iterable[str], known: frozenset[str]
) -> None:
    if unknown := [name for name in names if name not in known]:
        listed = ", ".join(sorted(filter(None, known)))
        raise table.fault(path, f"{unknown[0]!r} is no {kind}; there are: {listed}")


def _holds(when: When, brief: QueryIntent, department: Department | None) -> bool:
    return (
        (not when.activity or brief.activity in when.activity)
        and brief.activity not in when.activity_not
        and (not when.department or department in when.department)
        and when.wet in (None, brief.wet)
        and when.snow in (None, brief.snow)
        and (when.age_from is None or brief.age is None or brief.age >= when.age_from)
        and _formal(when, brief)
        and _hot(when, brief.heat)
        and said(when, brief.said)
    )


def _formal(when: When, brief: QueryIntent) -> bool:
    low, high = brief.formality - brief.doubt, brief.formality + brief.doubt
    return (
        (when.formality_from is None or brief.formality >= when.formality_from)
        and (when.formality_below is None or brief.formality < when.formality_below)
        and (when.surely_from is None or low >= when.surely_from)
        and (when.surely_below is None or high < when.surely_below)
    )


def _hot(when: When, heat: float | None) -> bool:
    if heat is None:
        bounds = (when.heat_from, when.heat_above, when.heat_to, when.heat_below)
        return when.heat != "known" and all(bound is None for bound in bounds)
    return (
        when.heat != "unknown"
        and (when.heat_from is None or heat >= when.heat_from)
        and (when.heat_above is None or heat > when.heat_above)
        and (when.heat_to is None or heat <= when.heat_to)
        and (when.heat_below is None or heat < when.heat_below)
    )
