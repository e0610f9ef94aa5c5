"""Feedback events of the service -> looks that shoppers accepted, and preferences. The format: docs/training-data.md.

Each event counts once however often it was delivered, and events count in the order of their time, so that who
changes their mind has the last word. What was merely shown or clicked on is counted and not learned from: it says
more of the place on the page than of taste. Knows no model.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.item import Department, Item, Slot
from indexer.storage.catalogue import Catalogue
from service.schemas.fields import NOT_KEPT
from training.data.decisions import ORDER
from training.data.looks import StyledLook
from training.data.preferences import Preference
from training.importers.catalog import ImportReport, Stock
from training.importers.feedback_events import FeedbackEvent
from training.importers.rows import read_json_lines
from training.importers.store_looks import wish_key

_ACCEPTS = ("like", "purchase", "add_to_basket")
_LEAST = 2
_MOST = 200
"""Events of one shopper that are learned from: nobody outweighs the others, whether by zeal or by forgery."""

_Session = tuple[str, str]  # group, outfit
_Place = tuple[str, Department | None, Slot]  # wish, department, slot


@dataclass(slots=True)
class Feedback:
    """What the events say. `preferences` come from swaps and from dislikes."""

    looks: list[StyledLook]
    preferences: list[Preference]
    report: ImportReport


def read_feedback(paths: Iterable[Path], catalogue: Catalogue, style: str | None = None) -> Feedback:
    """Looks and preferences from event files, which may overlap; of one `style` alone when it is given.

    A look is of the pieces of one outfit that one shopper accepted, two slots or more. Raises ImportFileError
    naming file, line and field.
    """
    report = ImportReport()
    events = sorted(_telling(paths, style, report), key=lambda event: event.at)  # in one second: as written
    verdicts = _Verdicts(_Labels(catalogue, report), report)
    for event in events:
        verdicts.add(event)
    looks = verdicts.looks()
    report.looks = len(looks)
    return Feedback(looks, verdicts.preferences(), report)


def _telling(paths: Iterable[Path], style: str | None, report: ImportReport) -> Iterator[FeedbackEvent]:
    seen: set[str] = set()
    told: Counter[str] = Counter()
    for path in paths:
        for _, event in read_json_lines(path, FeedbackEvent):
            report.rows += 1
            if event.event_id in seen:
                report.ignored["delivered again"] += 1
                continue
            seen.add(event.event_id)
            if event.vibe == NOT_KEPT:
                report.ignored["wish not kept"] += 1
            elif event.source == "page" and event.shopper is None:
                report.ignored["from a page, of nobody who is known"] += 1
            elif style is not None and event.style != style:
                report.ignored["another style"] += 1
            elif event.type in ("impression", "click"):
                report.ignored[event.type] += 1
            elif event.shopper is not None and told[event.shopper] >= _MOST:
                report.ignored["beyond what one shopper may teach"] += 1
            else:
                told[event.shopper or ""] += 1
                yield event


class _Labels:
    """Texts of pieces: the catalogue's label, else one made of the title by the same rule."""

    def __init__(self, catalogue: Catalogue, report: ImportReport) -> None:
        self._stock = Stock(catalogue)
        self._report = report

    def label(self, sku: str, slot: Slot, title: str | None) -> str:
        """Empty when neither can tell; the report then names the SKU."""
        if (piece := self._stock.find(sku)) is not None:
            return piece.label
        label = Item(sku, sku, title or "", (), "", slot, "", "unisex").label()
        if not label:
            self._report.unknown.setdefault(sku, 1)
        return label

    def outfit(self, event: FeedbackEvent) -> dict[Slot, str]:
        """The outfit's labels by slot, in the order of composition."""
        labels: dict[Slot, str] = {}
        for item in sorted(event.items, key=lambda item: ORDER.index(item.slot)):
            if item.slot not in labels and (label := self.label(item.sku, item.slot, item.title)):
                labels[item.slot] = label
        return labels

    def piece(self, event: FeedbackEvent, sku: str, slot: Slot) -> str:
        return self.label(sku, slot, next((i.title for i in event.items if i.sku == sku), None))


class _Verdicts:
    """What each shopper last said of each piece of each outfit. Events are added in the order of time."""

    def __init__(self, labels: _Labels, report: ImportReport) -> None:
        self._labels = labels
        self._report = report
        self._accepted: dict[_Session, dict[Slot, str]] = defaultdict(dict)
        self._accepting: dict[_Session, FeedbackEvent] = {}
        self._disliked: dict[tuple[_Session, Slot, str], FeedbackEvent] = {}
        self._swapped: dict[tuple[str, Slot, frozenset[str]], Preference] = {}

    def add(self, event: FeedbackEvent) -> None:
        session = event.group, event.outfit_id
        if event.type in _ACCEPTS:
            self._accept(session, event)
        elif event.sku is None or event.slot is None:  # a dislike of the whole: no piece is to blame
            self._accepted.pop(session, None)
        else:
            self._refuse(session, event, event.sku, event.slot)

    def _accept(self, session: _Session, event: FeedbackEvent) -> None:
        outfit = self._labels.outfit(event)
        about = outfit if event.sku is None else {s: outfit[s] for s in outfit if s == event.slot}
        self._accepted[session].update(about)
        self._accepting[session] = event
        for slot, label in about.items():
            self._disliked.pop((session, slot, label), None)

    def _refuse(self, session: _Session, event: FeedbackEvent, sku: str, slot: Slot) -> None:
        refused = self._labels.piece(event, sku, slot)
        if not refused:
            return
        if self._accepted[session].get(slot) == refused:
            del self._accepted[session][slot]
        if event.replaced_by is None:
            self._disliked[session, slot, refused] = event
            return
        chosen = self._labels.piece(event, event.replaced_by, slot)
        if chosen and chosen != refused:
            pair = frozenset((chosen, refused))
            self._swapped[event.group, slot, pair] = self._preference(event, slot, chosen, refused)
        elif chosen:
            self._report.ignored["swaps between pieces of one text"] += 1

    def looks(self) -> list[StyledLook]:
        """What was accepted of each outfit, where that is two slots or more."""
        found = []
        for (group, outfit), pieces in self._accepted.items():
            if len(pieces) < _LEAST:
                if pieces:
                    self._report.dropped["fewer than two slots accepted"].append(outfit)
                continue
            event = self._accepting[group, outfit]
            found.append(
                StyledLook(
                    id=f"feedback/{outfit}" + (f"/{group}" if event.shopper else ""),
                    group=group,
                    source="feedback",
                    pieces={slot: pieces[slot] for slot in ORDER if slot in pieces},
                    phrasings=(event.vibe,),
                    department=event.department,
                    season=event.season,
                    created=event.at,
                )
            )
        return found

    def preferences(self) -> list[Preference]:
        """Of swaps, then of dislikes: what was disliked against what was accepted for the same wish and slot."""
        elsewhere = self._accepted_by_place()
        refused_by: dict[tuple[str, Slot], set[str]] = defaultdict(set)
        for (group, _), slot, label in self._disliked:
            refused_by[group, slot].add(label)
        found = list(self._swapped.values())
        for (session, slot, refused), event in self._disliked.items():
            options = elsewhere[_place(event, slot)]
            chosen = _better(options, session, refused_by[session[0], slot])
            if chosen is None:
                self._report.ignored["dislikes with nothing accepted to compare"] += 1
            else:
                found.append(self._preference(event, slot, chosen, refused))
        return found

    def _accepted_by_place(self) -> dict[_Place, list[tuple[_Session, str]]]:
        places: dict[_Place, list[tuple[_Session, str]]] = defaultdict(list)
        for session, pieces in self._accepted.items():
            for slot, label in pieces.items():
                places[_place(self._accepting[session], slot)].append((session, label))
        return places

    def _preference(self, event: FeedbackEvent, slot: Slot, chosen: str, rejected: str) -> Preference:
        return Preference(
            id=f"{event.type}/{event.event_id}",
            group=event.group,
            context=event.context,
            before=tuple((s, label) for s, label in self._labels.outfit(event).items() if s != slot),
            slot=slot,
            chosen=chosen,
            rejected=rejected,
            created=event.at,
        )


def _place(event: FeedbackEvent, slot: Slot) -> _Place:
    return wish_key(event.vibe), event.department, slot


def _better(accepted: Iterable[tuple[_Session, str]], session: _Session, refused: set[str]) -> str | None:
    """What the same shopper accepted in another outfit, else what most did; nothing that the shopper refused."""
    own: set[str] = set()
    votes: Counter[str] = Counter()
    for other, label in accepted:
        if other != session and label not in refused:
            votes[label] += 1
            if other[0] == session[0]:
                own.add(label)
    return min(votes, key=lambda label: (label not in own, -votes[label], label), default=None)
