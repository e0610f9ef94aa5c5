"""Whether what was read may become an index: enough rows, something to wear, likely prices. Says what would help."""

from __future__ import annotations

import json
from collections import Counter

from indexer.errors import FeedError
from indexer.pipeline.prices import PriceLevelError
from indexer.pipeline.read import Intake
from indexer.pipeline.run import Run
from indexer.storage.draft import REPORT

REJECTS_LIMIT = (
    0.5  # above this share of rejected rows it is rather the wrong file or format than a few bad rows
)


def require_accepted(run: Run, intake: Intake) -> None:
    """Raises FeedError when most rows were rejected, unless that is allowed."""
    rejected, total = intake.rejected, intake.rejected + intake.accepted
    if run.options.allow_rejects or not total or rejected / total <= REJECTS_LIMIT:
        return
    worst = sum((t.rejected for t in intake.tallies), start=Counter[str]()).most_common(3)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in worst)
    raise FeedError(
        f"{rejected:,} of {total:,} rows rejected ({reasons}): nothing was indexed, the current index stays;"
        f" {_keep_rejects(run, intake)}, or allow rejects (`--allow-rejects`) to index the rest{_hints(intake)}"
    )


def _hints(intake: Intake) -> str:
    """What the feeds themselves suggest: a column that would do, a format that fits."""
    hints = dict.fromkeys(hint for tally in intake.tallies for hint in tally.feed.hints)
    return "".join(f". {hint[:1].upper()}{hint[1:]}" for hint in list(hints)[:3])


def require_wearable(run: Run, intake: Intake) -> None:
    """Raises FeedError when no item is worn."""
    if run.census.by_slot:
        return
    files = ", ".join(t.file for t in intake.tallies)
    rows = sum(t.rows for t in intake.tallies)
    kinds = ", ".join(sorted(run.census.not_composed)[:5])
    found = f"{run.census.items:,} items, all of kinds that are not worn ({kinds})" if kinds else "no items"
    raise FeedError(
        f"no wearable item in {files}: {rows:,} rows gave {found}; nothing was indexed, the current index stays;"
        f" {_keep_rejects(run, intake)}"
    )


def require_prices(run: Run) -> None:
    """Raises PriceLevelError for prices of an order that garments do not have, unless they are confirmed.

    A level that was confirmed is not asked about again while the current index has it.
    """
    before = _confirmed_before(run)
    question = run.prices.question(before)
    run.confirmed = run.options.confirm_prices or bool(before)
    run.notes.extend(run.prices.notes())
    if question is None:
        return
    if run.options.dry_run:
        run.notes.append(f"would ask: {question}")
    elif not run.options.confirm_prices:
        raise PriceLevelError(
            f"{question}; nothing was indexed, the current index stays. If they are right, confirm the prices"
            " (`--confirm-prices`)"
        )


def _confirmed_before(run: Run) -> list[float]:
    """The price levels of the current index, if somebody has said that they are right."""
    if run.previous is None:
        return []
    try:
        report = json.loads((run.previous.path / REPORT).read_text(encoding="utf-8"))
        levels = report["price_levels"].values() if report["prices_confirmed"] else ()
        return [float(level) for level in levels]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # of an older version, or damaged
        return []


def _keep_rejects(run: Run, intake: Intake) -> str:
    if not intake.rejected:
        return "no row was rejected"
    run.rejects.close()
    run.draft.rejects.replace(run.store.rejects_failed)
    return f"see {run.store.rejects_failed}"
