"""The rack: every piece is on offer, who knows the looks finds them whole, and figures are those counted by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tiny_models import save_tiny_model, train_tiny_adapter

import training
from indexer.embedder import load_embedder
from indexer.item import Slot
from service.composition.weights import Weights
from service.lm.engine import ScoringEngine
from service.lm.prompt import Context
from service.registry.evaluation import Estimate, EvaluationError
from service.settings import Settings
from training.data.looks import StyledLook, read_looks
from training.evaluation.cases.catalog import LookbookCatalogue
from training.evaluation.cases.choice import lookbook_cases
from training.evaluation.systems.scorers import ALONE, Contestant, RateScorer, all_systems, baselines
from training.evaluation.tasks.rack import (
    METRICS,
    Rack,
    RackResult,
    evaluate_racks,
    lookbook_racks,
    rack_plan,
)

HOUSE = Path(training.__file__).parent / "lookbooks" / "house" / "everyday.jsonl"


@pytest.fixture(scope="module")
def looks() -> list[StyledLook]:
    """Of some vibes all looks for women."""
    looks = [look for look in read_looks([HOUSE]) if look.department == "women"]
    groups = list(dict.fromkeys(look.group for look in looks))[:14]
    return [look for look in looks if look.group in groups]


@pytest.fixture(scope="module")
def racks(looks: list[StyledLook]) -> list[Rack]:
    return lookbook_racks(looks, load_embedder())


def own_labels(catalogue: LookbookCatalogue, rack: Rack) -> list[str]:
    """What the look's own pieces are called where one composes, slot by slot."""
    own = [catalogue.position(c.slot, c.options[0], c.context.department) for c in rack.cases]
    return [item.label() for item in catalogue.retriever.view.items(own)]


def found(result: RackResult, metric: str, system: str) -> Estimate:
    [estimate] = [e for e in result.estimates if (e.metric, e.system) == (metric, system)]
    return estimate


def test_a_rack_has_the_choice_cases_of_every_slot_of_a_look(
    looks: list[StyledLook], racks: list[Rack]
) -> None:
    cases = {case.id: case for case in lookbook_cases(looks, load_embedder())}
    by_id = {look.id: look for look in looks}
    assert len(racks) > 20
    for rack in racks:
        look = by_id[rack.look]
        assert {c.slot: c.options[0] for c in rack.cases} == look.pieces
        assert [cases[c.id] for c in rack.cases] == list(rack.cases)
        assert {c.task for c in rack.cases} == {"vibe_choice"}
        assert (rack.wish.group, rack.wish.request.department) == (look.group, look.department)
        assert {c.context.vibe for c in rack.cases} == {rack.wish.request.vibe} <= set(look.phrasings)


def test_a_look_without_enough_others_beside_it_has_no_rack(looks: list[StyledLook]) -> None:
    pieces: dict[Slot, str] = {**looks[0].pieces, "jewelry": "a jet brooch"}
    alone = [replace(looks[0], pieces=pieces), *(k for k in looks[1:] if "jewelry" not in k.pieces)]
    assert looks[0].id not in {rack.look for rack in lookbook_racks(alone, load_embedder())}
    assert lookbook_racks([replace(look, phrasings=()) for look in looks], load_embedder()) == []


def test_racks_follow_from_seed_and_look_and_a_limit_takes_the_same_ones(
    looks: list[StyledLook], racks: list[Rack]
) -> None:
    assert lookbook_racks(looks[::-1], load_embedder()) == racks
    assert lookbook_racks(looks, load_embedder(), limit=5) == racks[:5]
    assert lookbook_racks(looks, load_embedder(), seed=1) != racks


def test_all_pieces_are_on_offer_at_drawn_places(catalogue: LookbookCatalogue, racks: list[Rack]) -> None:
    texts = sorted({text for rack in racks for case in rack.cases for text in case.options})
    vectors = dict(zip(texts, load_embedder().encode(texts), strict=True))
    places = []
    for rack in racks:
        plan = rack_plan(catalogue, rack)
        assert plan.required == tuple(c.slot for c in rack.cases)
        assert plan.optional == ()
        for case in rack.cases:
            shortlist = plan.shortlists[case.slot]
            offered = [catalogue.rows[c.sku].text for c in shortlist.candidates]
            assert sorted(offered) == sorted(case.options)
            assert plan.context.shortlist[case.slot] == [c.label for c in shortlist.candidates]
            for text, vector in zip(offered, shortlist.vectors, strict=True):
                assert vector @ vectors[text] > max(vector @ vectors[o] for o in case.options if o != text)
            places.append(offered.index(case.options[0]))
    assert all(len(places) / 8 < places.count(place) < len(places) / 2 for place in range(4))


def test_who_knows_the_looks_finds_them_whole_and_chance_a_quarter_of_their_pieces(
    catalogue: LookbookCatalogue, racks: list[Rack], looks: list[StyledLook]
) -> None:
    own = {(rack.wish.request.vibe, label) for rack in racks for label in own_labels(catalogue, rack)}

    def knows(slot: Slot, label: str, context: Context) -> float:
        return float((context.vibe, label) in own)

    def contrary(slot: Slot, label: str, context: Context) -> float:
        return -knows(slot, label, context)

    systems = {str(name): contestant for name, contestant in baselines(looks, seed=0).items()}
    strong = Weights(text=10.0, most_text=10.0)
    systems |= {r.__name__: Contestant(RateScorer(r), strong) for r in (knows, contrary)}
    result = evaluate_racks(catalogue, racks, systems)
    for metric in METRICS:
        assert found(result, metric, "knows").value == 1.0
        assert found(result, metric, "contrary").value == 0.0
    blind = found(result, "rack_pieces", "random")
    assert blind.chance == pytest.approx(0.25)
    assert blind.value == pytest.approx(0.25, abs=0.07)
    assert blind.n == len(racks)
    difference = result.difference("rack_pieces", "knows", "random")
    assert difference.value == pytest.approx(1 - blind.value)
    assert difference.low > 0
    assert 0 < found(result, "reachable", "rules").value < 1


def test_metrics_and_chances_are_those_counted_by_hand(
    catalogue: LookbookCatalogue, racks: list[Rack]
) -> None:
    rack = replace(racks[0], cases=racks[0].cases[:4])
    *liked, hated = own_labels(catalogue, rack)
    rates = RateScorer(lambda slot, label, context: (label in liked) - (label == hated))
    result = evaluate_racks(catalogue, [rack], {"tuned": Contestant(rates, replace(ALONE, text=10.0))})
    got = {metric: found(result, metric, "tuned") for metric in METRICS}
    assert {metric: e.value for metric, e in got.items()} == {
        "rack_pieces": 0.75,
        "rack_looks": 0.0,
        "rack_most": 1.0,
    }
    assert got["rack_looks"].chance == pytest.approx(0.25**4)
    assert got["rack_most"].chance == pytest.approx(1 - 0.75**4 - 4 * 0.25 * 0.75**3)


def test_what_a_rack_says_does_not_depend_on_the_others(
    catalogue: LookbookCatalogue, racks: list[Rack]
) -> None:
    systems = {str(name): c for name, c in baselines([], 0).items() if name in ("retrieval-only", "random")}
    straight, turned = (evaluate_racks(catalogue, some, systems) for some in (racks[:20], racks[19::-1]))
    for name in systems:
        assert straight.shares[name].tolist() == turned.shares[name][::-1].tolist()
        assert len(set(straight.shares[name])) > 1


def test_every_system_takes_the_exam(
    catalogue: LookbookCatalogue, racks: list[Rack], looks: list[StyledLook], tmp_path: Path
) -> None:
    base = save_tiny_model(tmp_path / "model")
    adapter = train_tiny_adapter(base, tmp_path / "adapters" / "house" / "1", "top: a white shirt\n", steps=2)
    model = ScoringEngine(Settings(base_model=str(base)))
    systems = {str(name): c for name, c in all_systems(model, adapter, looks, seed=0).items()}
    result = evaluate_racks(catalogue, racks[:3], systems)
    measured = {(e.metric, e.system) for e in result.estimates}
    assert measured == {(m, s) for m in METRICS for s in systems} | {("reachable", "rules")}
    again = evaluate_racks(catalogue, racks[:3], {"tuned": systems["tuned"]})
    assert again.shares["tuned"].tolist() == result.shares["tuned"].tolist()


def test_nothing_to_compose_from_is_an_error_that_names_it(
    catalogue: LookbookCatalogue, racks: list[Rack]
) -> None:
    with pytest.raises(EvaluationError, match="rack: no held-out look has a wish"):
        evaluate_racks(catalogue, [], {})
    case = racks[0].cases[0]
    strange = replace(racks[0], cases=(replace(case, options=("a hat of cheese", *case.options[1:])),))
    with pytest.raises(EvaluationError, match="'a hat of cheese' is not here"):
        rack_plan(catalogue, strange)
