"""A store's rules by themselves: what they match, when they hold, what they add up to, how they are kept."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from factories import item
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from indexer.item import DEPARTMENTS, SLOTS, Item, Variant
from service.catalog.columns import build_columns
from service.db.repositories import rules as rulebook
from service.db.repositories.rules import RuleRepository
from service.db.session import State
from service.errors import ConflictError, NotFoundError
from service.retrieval.merchandising import Merchandising, Rule, RuleBody, RuleMatch, full
from service.schemas.outfits import OutfitRequest

EVERYTHING = {"min_price": 0}
REQUEST = OutfitRequest(vibe="x")


def body(action: str = "boost", **values: Any) -> RuleBody:
    return RuleBody.model_validate({"action": action, "match": {"brands": ["Acme"]}, **values})


def rule(action: str = "boost", rule_id: str = "r", **values: Any) -> Rule:
    return Rule(rule_id, "2026-01-01T00:00:00.000000Z", body(action, **values))


BRANDS, TAGS, COLORS, PRICES = ("Acme", "Bolt"), ("party", "Work"), ("navy blue", "red"), (5.0, 19.99, 20.0)
COSTS, MARGINS = (None, 2.0, 5.0, 8.0, 30.0), (-1.0, -0.5, 0.0, 0.6, 1.0)
items = st.builds(
    lambda n, slot, department, brand, tags, color, price, stock, cost: item(
        f"s{n}",
        slot,
        department=department,
        brand=brand,
        tags=tuple(tags),
        colors=(color,),
        kind=slot,
        category=f"Clothing > {slot} things",
        variants=(Variant(f"s{n}-M", "M", stock, price, cost),),
    ),
    st.integers(0, 3),
    st.sampled_from(SLOTS),
    st.sampled_from(DEPARTMENTS),
    st.sampled_from(BRANDS),
    st.sets(st.sampled_from(TAGS)),
    st.sampled_from(COLORS),
    st.sampled_from(PRICES),
    st.integers(0, 1),
    st.sampled_from(COSTS),
)
some = lambda values: st.lists(st.sampled_from(values), max_size=2)  # noqa: E731
matches = st.builds(
    RuleMatch,
    skus=some(["s0", "s1-M", "s9"]),
    brands=some(["acme", "BOLT"]),
    tags=some(["Party", "work"]),
    kinds=some(["TOP", "shoes"]),
    categories=some(["clothing", "dress things"]),
    colors=some(["blue", "Red"]),
    slots=some(SLOTS),
    departments=some(DEPARTMENTS),
    min_price=st.none() | st.sampled_from([5, 19.99]),
    max_price=st.none() | st.sampled_from([19.99, 20]),
    min_margin=st.none() | st.sampled_from(MARGINS[:3]),
    max_margin=st.none() | st.sampled_from(MARGINS[2:]),
)


def is_meant(match: RuleMatch, piece: Item) -> bool:
    """The promises of the API in plain Python."""
    fold = str.casefold
    skus = {piece.sku, *(v.sku for v in piece.variants)}
    category, color = fold(piece.category).split(), fold(piece.colors[0]).split()
    assert piece.price is not None
    cost = piece.variants[0].cost
    margin = (
        None if cost is None else (Fraction(str(piece.price)) - Fraction(cost)) / Fraction(str(piece.price))
    )
    return (
        (not match.skus or bool(skus & {*match.skus}))
        and (not match.brands or fold(piece.brand) in map(fold, match.brands))
        and (not match.tags or bool({*map(fold, piece.tags)} & {*map(fold, match.tags)}))
        and (not match.kinds or piece.kind in map(fold, match.kinds))
        and (not match.categories or any({*fold(c).split()} <= {*category} for c in match.categories))
        and (not match.colors or any({*fold(c).split()} <= {*color} for c in match.colors))
        and (not match.slots or piece.slot in match.slots)
        and (not match.departments or piece.department in match.departments)
        and (match.min_price is None or piece.price >= match.min_price)
        and (match.max_price is None or piece.price <= match.max_price)
        and (match.min_margin is None or (margin is not None and margin >= match.min_margin))
        and (match.max_margin is None or (margin is not None and margin <= Fraction(str(match.max_margin))))
    )


@settings(deadline=None)
@given(st.lists(items, min_size=1, max_size=8), matches)
def test_a_match_is_about_the_pieces_that_meet_every_condition(pieces: list[Item], match: RuleMatch) -> None:
    assert match.mask(build_columns(pieces)).tolist() == [is_meant(match, piece) for piece in pieces]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"action": "hide"}, "action"),
        ({"match": {}}, "match"),
        ({"match": {"brands": []}}, "match"),
        ({"match": {"brand": "Acme"}}, "match.brand"),
        ({"match": {"brands": [" "]}}, "match.brands.0"),
        ({"match": {"slots": ["hat"]}}, "match.slots.0"),
        ({"match": {"min_price": 9, "max_price": 8}}, "match.max_price"),
        ({"match": {"min_price": float("nan")}}, "match.min_price"),
        ({"match": {"min_margin": 0.6, "max_margin": 0.5}}, "match.max_margin"),
        ({"match": {"min_margin": 1.01}}, "match.min_margin"),
        ({"match": {"max_margin": -10.1}}, "match.max_margin"),
        ({"match": {"max_margin": float("nan")}}, "match.max_margin"),
        ({"match": {"min_margin": float("inf")}}, "match.min_margin"),
        ({"strength": 1.01}, "strength"),
        ({"strength": -0.1}, "strength"),
        ({"starts": "tomorrow"}, "starts"),
        ({"starts": "2026-12-01T00:00:00"}, "starts"),
        ({"ends": 1764547200}, "ends"),
        ({"starts": "2026-12-01T01:00:00+01:00", "ends": "2026-12-01T00:00:00Z"}, "ends"),
        ({"note": "a\0b"}, "note"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_rule_that_cannot_be_meant_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        body(**{"action": "boost", **change})
    assert [".".join(map(str, e["loc"])) for e in raised.value.errors()] == [field]


def test_a_rule_holds_from_its_start_until_just_before_its_end() -> None:
    held = rule(starts="2026-12-01T00:00:00+01:00", ends="2026-12-02T00:00:00Z")
    times = ["2026-11-30T22:59:59.999999Z", "2026-11-30T23:00:00.000000Z", "2026-12-01T23:59:59.999999Z"]
    assert [held.active(t) for t in [*times, "2026-12-02T00:00:00.000000Z"]] == [False, True, True, False]
    assert rule().active("0001-01-01T00:00:00.000000Z")


def test_rules_add_up_to_the_bound_and_no_further() -> None:
    columns = build_columns([item("a", brand="Acme"), item("b", brand="Acme", tags=("work",)), item("c")])
    rules = [
        rule(strength=1),
        rule(strength=1, match={"tags": ["work"]}),
        rule("bury", match={"skus": ["c"]}, strength=0.2),
        rule("pin", strength=1, match=EVERYTHING),
    ]
    shifts = Merchandising(rules).shift(columns, np.array([2, 0, 1]))
    assert shifts.tolist() == pytest.approx([-0.2 * full(), full(), full()])
    applied = Merchandising(rules).applied(columns, 1)
    assert applied == [rules[0], rules[1], rules[3]]


def test_the_digest_follows_what_rules_do_alone() -> None:
    boost, bury = rule(), rule("bury", "other", strength=0.1)
    same = rule(rule_id="another", note="hello", starts="2026-12-01T00:00:00Z")
    assert Merchandising([]).digest == ""
    assert Merchandising([boost, bury]).digest == Merchandising([bury, same]).digest
    digests = {
        Merchandising(rules).digest for rules in ([boost], [bury], [boost, bury], [rule(strength=0.6)])
    }
    assert len(digests) == 4


@pytest.fixture
def book(any_state: State) -> RuleRepository:
    return RuleRepository(any_state)


def test_rules_are_kept_replaced_and_deleted(book: RuleRepository) -> None:
    first, second = book.add(body(note="é \u2603")), book.add(body("pin"))
    assert book.list() == [first, second]
    replaced = book.replace(first.id, body("bury", strength=0.25))
    assert book.get(first.id) == replaced == Rule(first.id, first.created, replaced.body)
    assert replaced.body.note == ""
    book.delete(first.id)
    assert book.list() == [second]
    for call in (book.get, book.delete, lambda i: book.replace(i, second.body)):
        with pytest.raises(NotFoundError):
            call(first.id)


def test_a_change_holds_at_the_next_request(book: RuleRepository) -> None:
    assert book.nudges(REQUEST) == ()
    added = book.add(body())
    (nudge,) = book.nudges(REQUEST)
    assert book.nudges(REQUEST)[0] is nudge  # with the masks that were made of it
    book.replace(added.id, body("bury"))
    (changed,) = book.nudges(REQUEST)
    assert changed.digest != nudge.digest
    book.delete(added.id)
    assert book.nudges(REQUEST) == ()


def test_a_change_by_another_process_is_seen(any_state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = RuleRepository(any_state), RuleRepository(any_state)
    clock = [0.0]
    monkeypatch.setattr("service.polling.time.monotonic", lambda: clock[0])
    assert ours.nudges(REQUEST) == ()
    theirs.add(body())
    clock[0] = 0.9
    assert ours.nudges(REQUEST) == ()
    clock[0] = 1.0
    assert len(ours.nudges(REQUEST)) == 1


def test_time_alone_begins_and_ends_a_rule(any_state: State) -> None:
    now = ["2026-11-30T00:00:00.000000Z"]
    book = RuleRepository(any_state, now=lambda: now[0])
    kept = book.add(body(starts="2026-12-01T00:00:00Z", ends="2026-12-02T00:00:00Z"))
    seen = []
    for day in ("2026-11-30", "2026-12-01", "2026-12-02"):
        now[0] = f"{day}T00:00:00.000000Z"
        seen.append((book.active(kept), len(book.nudges(REQUEST))))
    assert seen == [(False, 0), (True, 1), (False, 0)]


def test_there_are_only_so_many_rules(book: RuleRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulebook, "MAX_RULES", 1)
    book.add(body())
    with pytest.raises(ConflictError):
        book.add(body())
