"""Whole outfits over a catalogue of looks: the store is real, the measures are right, and faults are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from factories import candidate, item, shortlist
from tiny_models import save_tiny_model, train_tiny_adapter

import training
from indexer.embedder import load_embedder
from indexer.errors import ModelError
from indexer.item import Slot, Variant
from service.composition.draft import Plan
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import PmiBaseline
from service.lm.prompt import Context
from service.registry.evaluation import SYSTEMS, Estimate, EvaluationError
from service.retrieval.shortlist import Candidate
from service.schemas.outfits import Budget, OutfitRequest
from service.settings import Settings
from training.data.looks import StyledLook, read_looks
from training.evaluation.cases.catalog import LookbookCatalogue, Row, lookbook_catalogue
from training.evaluation.cases.choice import ChoiceCase
from training.evaluation.cases.wishes import Wish, wishes_of
from training.evaluation.systems.scorers import ALONE, Contestant, RateScorer, all_systems, baselines, tuned
from training.evaluation.tasks.composition import (
    compose_all,
    distinct_items,
    evaluate_composition,
    look_pairs,
    measure,
    own_share,
    piece_precision,
)
from training.evaluation.tasks.latency import measure_latency, prompt_tokens
from training.evaluation.tasks.layouts import both_layouts, compare_layouts
from training.evaluation.tasks.violations import violations

HOUSE = Path(training.__file__).parent / "lookbooks" / "house" / "everyday.jsonl"


@pytest.fixture(scope="module")
def looks() -> list[StyledLook]:
    looks = read_looks([HOUSE])
    groups = list(dict.fromkeys(look.group for look in looks))[:6]
    return [look for look in looks if look.group in groups]


@pytest.fixture(scope="module")
def wishes(looks: list[StyledLook], catalogue: LookbookCatalogue) -> list[Wish]:
    return wishes_of(looks, {look.id: catalogue.cost(look) for look in looks}, count=2, seed=1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[ScoringEngine, Path]:
    root = tmp_path_factory.mktemp("tiny")
    base = save_tiny_model(root / "model")
    adapter = train_tiny_adapter(
        base, root / "adapters" / "house" / "1", "top: a white linen shirt\n", steps=5
    )
    return ScoringEngine(Settings(base_model=str(base))), adapter


def test_every_piece_is_an_item_in_its_slot_with_all_its_homes(
    looks: list[StyledLook], catalogue: LookbookCatalogue
) -> None:
    homes = {(row.slot, row.text, home) for row in catalogue.rows.values() for home in row.homes}
    expected = {(s, text, (k.group, k.id)) for k in looks for s, text in k.pieces.items()}
    assert homes == expected
    items = {i.sku: i for i in catalogue.retriever.view.snapshot.catalogue.iter_items()}
    assert {sku: (i.title, i.in_stock) for sku, i in items.items()} == {
        sku: (row.text, bool(row.homes)) for sku, row in catalogue.rows.items()
    }
    assert {sku: i.slot for sku, i in items.items()} == {sku: row.slot for sku, row in catalogue.rows.items()}


def test_near_misses_are_there_and_sold_out(looks: list[StyledLook], catalogue: LookbookCatalogue) -> None:
    misses = {(s, m) for look in looks for s, ms in look.misses.items() for m in ms}
    pieces = {(s, p) for look in looks for s, p in look.pieces.items()}
    sold_out = {(row.slot, row.text) for row in catalogue.rows.values() if not row.quantity}
    assert sold_out == misses - pieces != set()


def test_one_text_in_two_looks_is_one_item_for_both_departments(tmp_path: Path) -> None:
    pieces: dict[Slot, str] = {"top": "white linen shirt", "bottom": "blue jeans", "shoes": "white trainers"}
    looks = [
        StyledLook("a/0", "a", "lookbook", pieces, department="women"),
        StyledLook("b/0", "b", "lookbook", {**pieces, "bottom": "grey chinos"}, department="men"),
    ]
    catalogue = LookbookCatalogue(lookbook_catalogue(looks, tmp_path, load_embedder()), load_embedder())
    [shirt] = [row for row in catalogue.rows.values() if row.slot == "top"]
    assert (shirt.department, shirt.homes) == ("unisex", (("a", "a/0"), ("b", "b/0")))
    assert {r.department for r in catalogue.rows.values() if r.slot == "bottom"} == {"women", "men"}
    assert catalogue.cost(looks[0]) == sum(r.cents for r in catalogue.rows.values() if "a" in r.groups)
    with pytest.raises(EvaluationError, match="look 'c/0'"):
        catalogue.cost(replace(looks[0], id="c/0"))
    catalogue.close()


def test_what_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="looks: there are none"):
        lookbook_catalogue([], tmp_path, load_embedder())
    with pytest.raises(EvaluationError, match=r"rows\.json: cannot be read"):
        LookbookCatalogue(tmp_path, load_embedder())
    (tmp_path / "rows.json").write_text('[{"sku": 1}]')
    with pytest.raises(EvaluationError, match=r"rows\.json: is no list of rows"):
        LookbookCatalogue(tmp_path, load_embedder())


def test_wishes_ask_for_each_department_and_once_with_limits(
    looks: list[StyledLook], wishes: list[Wish]
) -> None:
    for group in {look.group for look in looks}:
        own = [w.request for w in wishes if w.group == group]
        spoken = {p for look in looks if look.group == group for p in look.phrasings}
        free = [r for r in own if r.budget is None]
        departments = {None if k.department == "unisex" else k.department for k in looks if k.group == group}
        assert {r.department for r in free} == departments
        assert len(own) == len(free) + 1
        assert {r.vibe for r in own} <= spoken
    costs = {look.id: 10_000 for look in looks}
    assert wishes_of(looks, costs, 2, seed=1) == wishes_of(list(reversed(looks)), costs, 2, seed=1)
    assert wishes_of(looks, costs, 2, seed=1) != wishes_of(looks, costs, 2, seed=2)


def _row(sku: str, slot: Slot, *homes: tuple[str, str], cents: int = 1000, **changes: object) -> Row:
    row = Row(sku, slot, f"Piece {sku}", "women", cents, 1, homes)
    return replace(row, **changes)  # type: ignore[arg-type]


@pytest.fixture
def rows() -> dict[str, Row]:
    rows = [
        _row("t", "top", ("v", "v/0")),
        _row("b", "bottom", ("v", "v/0"), ("w", "w/0")),
        _row("s", "shoes", ("w", "w/0")),
    ]
    return {row.sku: row for row in rows}


@pytest.fixture
def outfit() -> tuple[Candidate, ...]:
    return candidate("t", "top"), candidate("b", "bottom"), candidate("s", "shoes")


def test_precision_and_pairs_are_those_counted_by_hand(
    rows: dict[str, Row], outfit: tuple[Candidate, ...]
) -> None:
    assert piece_precision(outfit, "v", rows) == pytest.approx(2 / 3)
    assert look_pairs(outfit, rows) == [True, False, True]
    plan = Plan(
        Context(vibe="v"),
        ("top", "shoes"),
        (),
        {"top": shortlist(outfit[:2]), "shoes": shortlist(outfit[2:])},
    )
    assert own_share(plan, "v", rows) == pytest.approx((1 + 0) / 2)


def test_distinct_items_are_those_counted_by_hand(outfit: tuple[Candidate, ...]) -> None:
    other = (candidate("x", "top"), *outfit[1:])
    found = distinct_items("random", [("v", outfit), ("v", other), ("w", outfit)])
    assert found.value == pytest.approx(4 / 9)
    assert 0 <= found.low < found.value < found.high <= 1


def test_a_right_outfit_has_no_violation(rows: dict[str, Row], outfit: tuple[Candidate, ...]) -> None:
    request = OutfitRequest(vibe="v", department="women", count=1, budget=Budget(max=30))
    assert violations([outfit], request, rows) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"t": {"quantity": 0}}, "stock: t is sold out"),
        ({"t": {"department": "men"}}, "department: t is for men, not for women"),
        ({"t": {"cents": 1001}}, "budget: 30.01 of 30.00"),
        ({"t": {"slot": "outerwear"}}, "slots: t belongs in outerwear, not in top"),
        ({"t": {"text": "Another"}}, "grounding: t is 'Another', not 'Piece t'"),
    ],
)
def test_every_broken_rule_is_found(
    rows: dict[str, Row], outfit: tuple[Candidate, ...], change: dict[str, dict[str, object]], fault: str
) -> None:
    request = OutfitRequest(vibe="v", department="women", count=1, budget=Budget(max=30))
    changed = {sku: replace(row, **change.get(sku, {})) for sku, row in rows.items()}  # type: ignore[arg-type]
    assert violations([outfit], request, changed) == [fault]


@pytest.mark.parametrize(
    ("skus", "fault"),
    [
        ([["t", "b"]], "slots: bottom, top is no whole outfit"),
        ([["t", "s"]], "slots: shoes, top is no whole outfit"),
        ([["t", "b", "s", "s"]], "slots: 2 pieces in shoes"),
        ([["t", "b", "s", "s"]], "duplicates: s 2 times"),
        ([["t", "b", "s"], ["s", "b", "t"]], "duplicates: 2 outfits are the same"),
        ([["t", "b", "s"], ["s", "b", "t"]], "count: 2 outfits, 1 were asked for"),
        ([["t", "b", "s", "z"]], "grounding: z is not in the feed"),
    ],
)
def test_every_misshapen_answer_is_found(rows: dict[str, Row], skus: list[list[str]], fault: str) -> None:
    slots: dict[str, Slot] = {"t": "top", "b": "bottom", "s": "shoes", "z": "bag"}
    outfits = [[candidate(sku, slots[sku]) for sku in outfit] for outfit in skus]
    assert fault in violations(outfits, OutfitRequest(vibe="v", count=1), rows)


def test_women_and_men_are_not_dressed_in_one_outfit(
    rows: dict[str, Row], outfit: tuple[Candidate, ...]
) -> None:
    mixed = {**rows, "t": replace(rows["t"], department="men")}
    faults = violations([outfit], OutfitRequest(vibe="v", count=1), mixed)
    assert faults == ["department: pieces for women and for men in one outfit"]


def test_a_piece_of_another_season_is_found(rows: dict[str, Row], outfit: tuple[Candidate, ...]) -> None:
    coat = item("t", "top", seasons=("winter",), variants=(Variant("t", None, 1, 10.0),))
    worn = [replace(outfit[0], item=coat), *outfit[1:]]
    request = OutfitRequest(vibe="v", count=1, season="summer")
    assert violations([worn], request, rows) == ["season: t is for winter, not for summer"]


def _by_metric(estimates: Sequence[Estimate], system: str) -> dict[str, Estimate]:
    return {e.metric: e for e in estimates if e.system == system}


def test_who_knows_the_looks_is_found_to_and_limits_hold_for_all(
    looks: list[StyledLook], catalogue: LookbookCatalogue, wishes: list[Wish]
) -> None:
    spoken = {p: look.group for look in looks for p in look.phrasings}
    homes = {row.text: row.groups for row in catalogue.rows.values()}

    def knows(slot: Slot, label: str, context: Context) -> float:
        return float(spoken[context.vibe] in homes.get(label, frozenset()))

    oracle = Contestant(RateScorer(knows), ALONE)
    contrary = Contestant(RateScorer(lambda slot, label, context: -knows(slot, label, context)), ALONE)
    systems = {**baselines(looks, seed=0), "oracle": oracle, "contrary": contrary}
    estimates = evaluate_composition(catalogue, wishes, systems, candidates=16)
    best, worst = _by_metric(estimates, "oracle"), _by_metric(estimates, "contrary")
    chance = best["piece_precision"].chance
    assert chance is not None
    assert worst["piece_precision"].high < chance < best["piece_precision"].low
    assert best["look_pairs"].value > worst["look_pairs"].value
    for system in systems:
        found = _by_metric(estimates, system)
        assert found["violations"].value == 0
        assert found["filled"].value > 0.8
        assert found["piece_precision"].chance == chance
    assert _by_metric(estimates, "shortlist")["reachable"].value > 0.8


def test_all_systems_choose_from_the_same_shortlists(
    looks: list[StyledLook],
    catalogue: LookbookCatalogue,
    wishes: list[Wish],
    tiny: tuple[ScoringEngine, Path],
) -> None:
    systems = all_systems(*tiny, looks, seed=0)
    assert {*systems, "tuned-retrieval"} == set(SYSTEMS)  # that one needs a query encoder
    answers = compose_all(catalogue, wishes[:2], dict(systems), candidates=4)
    again = compose_all(catalogue, wishes[:2], {"tuned": systems["tuned"]}, candidates=4)
    assert [a.outfits for a in again["tuned"]] == [a.outfits for a in answers["tuned"]]
    for own in answers.values():
        for ours, theirs in zip(own, answers["random"], strict=True):
            assert [p.shortlists for p in ours.plans] == [p.shortlists for p in theirs.plans]
    for system, own in answers.items():
        assert _by_metric(measure(system, own, catalogue.rows, 0), system)["violations"].value == 0


def test_an_adapter_of_another_model_is_refused(tiny: tuple[ScoringEngine, Path], tmp_path: Path) -> None:
    model, adapter = tiny
    for path in adapter.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes().replace(model.digest.encode(), b"another"))
    with pytest.raises(ModelError, match="base_digest is 'another'"):
        tuned(model, tmp_path, PmiBaseline(model))


def test_no_outfit_at_all_is_an_error_that_says_so(catalogue: LookbookCatalogue, wishes: list[Wish]) -> None:
    poor = Wish("v", wishes[0].request.model_copy(update={"budget": Budget(max=0.01)}))
    with pytest.raises(EvaluationError, match="retrieval-only: no outfit was composed for any of 1 wishes"):
        evaluate_composition(catalogue, [poor], {"retrieval-only": baselines([], 0)["retrieval-only"]})


def test_latency_and_tokens_are_given_per_system_and_layout(
    catalogue: LookbookCatalogue, wishes: list[Wish], tiny: tuple[ScoringEngine, Path]
) -> None:
    systems = {k: v for k, v in all_systems(*tiny, [], seed=0).items() if k in ("retrieval-only", "tuned")}
    found = measure_latency(catalogue, wishes[:2], systems, candidates=4)
    assert {(e.task, e.metric, e.system) for e in found} == {
        (task, metric, system)
        for task in ("latency", "latency@1")
        for metric in ("p50_ms", "p95_ms")
        for system in systems
    }
    assert all(0 < e.low <= e.value <= e.high and not e.higher_is_better for e in found)
    tokens = {e.system: e.value for e in prompt_tokens(catalogue, wishes[:2], tiny[0], candidates=4)}
    assert tokens["listed"] > tokens["scored"] > 100


def test_layouts_are_compared_on_the_same_cases(tiny: tuple[ScoringEngine, Path]) -> None:
    model, _ = tiny
    worn = (("top", "white linen shirt"),)
    options = ("blue jeans", "black wool trousers", "red skirt", "green shorts")
    cases = [
        ChoiceCase(f"c{n}", "next_piece", f"v{n}", Context(vibe=f"day {n}"), worn, "bottom", options)  # type: ignore[arg-type]
        for n in range(3)
    ]
    knows = RateScorer(lambda slot, label, context: float(label == "blue jeans"))
    ties = RateScorer(lambda slot, label, context: 0.0)
    scorers = {**both_layouts(model, None, PmiBaseline(model)), "knows": knows, "ties": ties}
    found = {e.system: e for e in compare_layouts(cases, scorers)}
    assert {name: e.task for name, e in found.items()} == dict.fromkeys(scorers, "layout@next_piece")
    assert (found["knows"].value, found["ties"].value, found["knows"].chance) == (1.0, 0.0, 0.25)
    assert all(e.n == 3 for e in found.values())
