"""Rows of the feed -> items: colourways, their sizes, their attributes. Knows no feed format and no storage."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.item import COVERED_BY_DRESS, Item, Slot, Variant
from indexer.pipeline.corrections import Correction, Corrections
from indexer.record import Reject, Row
from indexer.taxonomy.attributes import read_attributes
from indexer.taxonomy.classify import ProductText, SlotGuess, classify
from indexer.taxonomy.facts import attributes as told_attributes
from indexer.taxonomy.facts import purposes
from indexer.taxonomy.kinds import KINDS, Kind
from indexer.taxonomy.phrases import fold, words

_ONE_SIZE = frozenset(
    {
        "one size",
        "onesize",
        "one size fits all",
        "one size fits most",
        "os",
        "osfa",
        "o s",
        "free size",
        "freesize",
        "free",
        "default",
        "default title",
        "einheitsgrosse",
        "taille unique",
        "tu",
        "tailla unique",
        "talla unica",
        "taglia unica",
        "tamanho unico",
        "one maat",
        "n a",
        "na",
        "none",
        "nosize",
        "no size",
    }
)
NO_CORRECTIONS = Corrections()
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
# What a product's sizes share: taken from the first row of the group that has it.
_SHARED_TEXT = (
    "description brand category product_type slot department material pattern season formality tags url"
)
_SHARED = _SHARED_TEXT.split()


@dataclass(slots=True)
class _Colourway:
    """Rows of one colour of one product, and the words that all colours of the product share."""

    rows: list[Row]
    title: str
    facts: Row


def build_items(
    groups: Sequence[Sequence[Row]],
    corrections: Corrections = NO_CORRECTIONS,
) -> list[Item | Reject]:
    """One item per colourway of each group (rows that share `group_id`, in feed order), in feed order.

    A row that repeats an SKU and size of its colourway becomes a Reject "duplicate variant", placed before the
    item that it repeats. `corrections` go before whatever was read.
    """
    colourways = [(c, number) for number, group in enumerate(groups) for c in _colourways(group)]
    guesses = classify([_text(c) for c, _ in colourways])
    results: list[Item | Reject] = []
    taken: set[str] = set()
    before = -1
    for (colourway, number), guess in zip(colourways, guesses, strict=True):
        if number != before:
            taken, before = set(), number
        kept, repeated = _without_duplicates(colourway.rows)
        results += [_reject(row) for row in repeated]
        variants = _variants(kept, colourway, taken)
        taken.update(v.sku for v in variants)
        skus = dict.fromkeys([*(v.sku for v in variants), *(row.sku for row in kept)])
        correction = corrections.of(skus, kept[0].group_id)
        results.append(_item(kept[0], colourway, variants, guess, correction))
    return results


def _colourways(group: Sequence[Row]) -> list[_Colourway]:
    by_key: dict[tuple[str, str], list[Row]] = {}
    apart = _are_apart(group)
    for row in group:
        key = (_plain(row.color), _plain(row.title) if apart else "")
        by_key.setdefault(key, []).append(row)
    shared = _shared_facts(group)
    return [_Colourway(rows, _title(rows), _facts(rows, shared)) for rows in by_key.values()]


def _are_apart(group: Sequence[Row]) -> bool:
    """Whether the rows are different products that only share a group: nothing but SKU and title tells them apart."""
    return (
        len(group) > 1
        and not any(row.color or clean_size(row.size) for row in group)
        and len({row.sku for row in group}) == len(group)
        and len({_plain(row.title) for row in group}) > 1
    )


def _shared_facts(group: Sequence[Row]) -> dict[str, object]:
    found: dict[str, object] = {}
    for row in group:
        for field in _SHARED:
            if field not in found and (value := getattr(row, field)):
                found[field] = value
    return found


def _facts(rows: Sequence[Row], shared: dict[str, object]) -> Row:
    """The colourway's first row, with what it lacks filled from its own rows, then from the product's."""
    own = {**shared, **_shared_facts(rows)}
    missing = {name: value for name, value in own.items() if not getattr(rows[0], name)}
    return dataclasses.replace(rows[0], **missing)  # type: ignore[arg-type]  # values come from the same fields


def _text(colourway: _Colourway) -> ProductText:
    facts = colourway.facts
    return ProductText(
        title=colourway.title,
        product_type=facts.product_type,
        category=facts.category,
        tags=facts.tags,
        description=facts.description,
        slot=facts.slot,
    )


def _without_duplicates(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    seen: set[tuple[str, str | None]] = set()
    kept: list[Row] = []
    repeated: list[Row] = []
    for row in rows:
        key = (row.sku, clean_size(row.size))
        (repeated if key in seen else kept).append(row)
        seen.add(key)
    return kept, repeated


def _variants(rows: Sequence[Row], colourway: _Colourway, taken: set[str]) -> tuple[Variant, ...]:
    """SKUs that an earlier colourway of the group has already are told apart by "-<colour>"."""
    slug = _slug(rows[0].color) or _slug(colourway.title) or "2"
    return tuple(
        Variant(_free(row.sku, slug, taken), clean_size(row.size), row.quantity, row.price, row.cost)
        for row in rows
    )


def _free(sku: str, slug: str, taken: set[str]) -> str:
    if sku not in taken:
        return sku
    candidate, number = f"{sku}-{slug}", 2
    while candidate in taken:
        candidate, number = f"{sku}-{slug}-{number}", number + 1
    return candidate


def _item(
    first: Row,
    colourway: _Colourway,
    variants: tuple[Variant, ...],
    guess: SlotGuess,
    correction: Correction | None,
) -> Item:
    facts = dataclasses.replace(colourway.facts, title=colourway.title)
    if correction is not None:
        guess = correction.applied(guess)
        facts = dataclasses.replace(facts, department=correction.department or facts.department)
    kind = KINDS[guess.kind]
    attributes = read_attributes(facts, kind)
    return Item(
        sku=variants[0].sku,
        group_id=first.group_id,
        title=colourway.title,
        variants=variants,
        currency=first.currency,
        slot=guess.slot,
        kind=guess.kind,
        department=attributes.department,
        brand=facts.brand,
        description=facts.description,
        category=facts.category or facts.product_type,
        kids_line=attributes.kids_line,
        colors=attributes.colors,
        material=attributes.material,
        pattern=attributes.pattern,
        seasons=attributes.seasons,
        formality=attributes.formality,
        warmth=attributes.warmth,
        tags=tuple(dict.fromkeys([*facts.tags, *kind.tags, *purposes(facts, kind, guess.slot)])),
        image_url=next((r.image_url for r in colourway.rows if r.image_url), ""),
        url=facts.url,
        slot_confidence=guess.confidence,
        slot_source=guess.source,
        derived=(*attributes.derived, *(("slot",) if guess.source in ("table", "trained") else ())),
        materials=attributes.materials,
        attributes=told_attributes(facts, kind, guess.slot),
        covers=covered(guess.slot, kind),
        doubtful=guess.doubtful,
        nearest=guess.nearest,
    )


def covered(slot: Slot | None, kind: Kind) -> tuple[Slot, ...]:
    """The slots that a piece of this kind fills, where it is worn in `slot`; empty for its own alone."""
    if slot == kind.slot:
        return kind.covers
    return COVERED_BY_DRESS if slot == "dress" else ()


def clean_size(size: str) -> str | None:
    """The size as the shop writes it, trimmed; None for "One Size", "Default Title" and the like."""
    trimmed = " ".join(size.split())
    return None if not trimmed or _plain(trimmed) in _ONE_SIZE else trimmed


def _title(rows: Sequence[Row]) -> str:
    """The first title, without its size when the sizes' titles differ in nothing else."""
    without = [_without_size(row) for row in rows]
    if len({row.title for row in rows}) > 1 and len(set(without)) == 1:
        return without[0]
    return " ".join(rows[0].title.split())


def _without_size(row: Row) -> str:
    title = " ".join(row.title.split())
    size = " ".join(row.size.split())
    if not size:
        return title
    ending = re.compile(
        rf"(?:\s*[-–—,/|:]\s*|\s*[(\[]\s*|\s+)(?:size\s+)?{re.escape(size)}\s*[)\]]?$", re.IGNORECASE
    )
    return ending.sub("", title) or title


def _reject(row: Row) -> Reject:
    shown = {
        name: _shown(value) for name, value in dataclasses.asdict(row).items() if value not in ("", None, ())
    }
    return Reject(row.line, "sku", row.sku, "duplicate variant", sku=row.sku, file=row.file, row=shown)


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _plain(text: str) -> str:
    return " ".join(words(fold(text)))


def _slug(text: str) -> str:
    return _NOT_SLUG.sub("-", fold(text)).strip("-")
