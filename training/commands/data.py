"""Where a run's looks come from: lookbooks, Polyvore, and a store's own looks, orders and feedback.

Gathers, splits and says whose data it is. Knows no model and no training.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from indexer.errors import StylistError
from indexer.storage.catalogue import Catalogue
from indexer.storage.snapshot import SnapshotStore
from training.data.looks import Split, StyledLook, check_leaks, read_looks, split_by_group, split_by_time
from training.data.preferences import Preference, preferences_of
from training.importers.catalog import ImportReport
from training.importers.feedback import read_feedback
from training.importers.orders import read_orders
from training.importers.polyvore import read_polyvore
from training.importers.store_looks import read_store_looks

LOOKBOOKS = Path(__file__).parent.parent / "lookbooks"
SplitBy = Literal["group", "time"]


class SourceError(StylistError):
    """There is nothing to learn from; says what is missing."""


@dataclass(frozen=True)
class Sources:
    """Files by kind. Without `looks`, the packaged lookbooks of the house style are read when `house` is set."""

    looks: tuple[Path, ...] = ()
    house: bool = True
    polyvore: Path | None = None
    store_looks: tuple[Path, ...] = ()
    orders: tuple[Path, ...] = ()
    feedback: tuple[Path, ...] = ()

    @property
    def lookbooks(self) -> tuple[Path, ...]:
        return self.looks or (house_lookbooks() if self.house else ())

    def licence(self) -> str:
        """Of the data that is read, as far as it is known here."""
        packaged = all(LOOKBOOKS in path.resolve().parents for path in self.lookbooks)
        known = ["Apache-2.0"] if (self.lookbooks and packaged) or self.polyvore else []
        own = ["lookbooks under their owner's terms"] if not packaged else []
        store = ["the store's own data"] if self._from_store else []
        return "; ".join([*known, *own, *store])

    def provenance(self) -> str:
        """Which files, by name: what lies above them is nobody's business."""
        named = {
            "lookbooks": self.lookbooks,
            "Maryland Polyvore outfits": (self.polyvore,) if self.polyvore else (),
            "the store's looks": self.store_looks,
            "the store's orders": self.orders,
            "the store's feedback": self.feedback,
        }
        return "; ".join(
            f"{what} ({', '.join(path.name for path in paths)})" for what, paths in named.items() if paths
        )

    @property
    def _from_store(self) -> bool:
        return bool(self.store_looks or self.orders or self.feedback)


@dataclass(slots=True)
class Gathered:
    """What the files hold, and what importers left out, in words."""

    looks: list[StyledLook] = field(default_factory=list)
    preferences: list[Preference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, path: Path, report: ImportReport) -> None:
        self.notes += [f"{path.name}: {line}" for line in report.lines()]


def gather(sources: Sources, data_dir: Path, style: str | None = None) -> Gathered:
    """Everything in the files. SKUs are those of the current index in `data_dir`; feedback is of one `style` alone
    when it is given.

    Raises SourceError when there is no look, and what the readers raise, naming file, line and field.
    """
    found = Gathered(looks=read_looks(sources.lookbooks))
    authored = preferences_of(found.looks)
    if sources.polyvore is not None:
        found.looks += read_polyvore(sources.polyvore, "train")
    if sources.store_looks or sources.orders or sources.feedback:
        with _catalogue(data_dir) as catalogue:
            _from_store(sources, catalogue, found, style)
    found.preferences += authored  # last, so that a limit keeps what shoppers said
    if not found.looks and not found.preferences:
        raise SourceError(
            "there are no looks to learn from: name files with --looks, --store-looks or others"
        )
    return found


def split(looks: list[StyledLook], by: SplitBy) -> dict[Split, list[StyledLook]]:
    """The looks by split. Raises LeakError naming what stands on both sides."""
    splits = split_by_group(looks) if by == "group" else split_by_time(looks)
    check_leaks(splits["train"], [*splits["valid"], *splits["test"]], by_group=by == "group")
    if not splits["train"]:
        raise SourceError(f"none of {len(looks)} looks is in the training split; more looks are needed")
    return splits


def some_of(looks: list[StyledLook], limit: int | None, seed: int) -> list[StyledLook]:
    """At most `limit` of the looks; a larger limit keeps those of a smaller one."""
    shuffled = random.Random(seed).sample(looks, len(looks))
    return looks if limit is None or limit >= len(looks) else shuffled[:limit]


def house_lookbooks() -> tuple[Path, ...]:
    return tuple(sorted((LOOKBOOKS / "house").glob("*.jsonl")))


def designer_lookbooks() -> dict[str, Path]:
    """The packaged lookbooks of inspired-by styles, by style."""
    return {path.stem: path for path in sorted((LOOKBOOKS / "designers").glob("*.jsonl"))}


def _from_store(sources: Sources, catalogue: Catalogue, found: Gathered, style: str | None) -> None:
    for path in sources.store_looks:
        looks, report = read_store_looks(path, catalogue)
        found.looks += looks
        found.note(path, report)
    for path in sources.orders:
        looks, report = read_orders(path, catalogue)
        found.looks += looks
        found.note(path, report)
    if sources.feedback:
        feedback = read_feedback(sources.feedback, catalogue, style)
        found.looks += feedback.looks
        found.preferences += feedback.preferences
        found.note(sources.feedback[0], feedback.report)


@contextmanager
def _catalogue(data_dir: Path) -> Iterator[Catalogue]:
    with SnapshotStore(data_dir).current() as snapshot:
        yield snapshot.catalogue
