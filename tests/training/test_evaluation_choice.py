"""Cases, features, systems and intervals of the evaluation on decisions, up to the whole on a tiny model."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import save_tiny_model, train_tiny_adapter

import training
from indexer.embedder import load_embedder
from service.composition.composer import standardise
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.lm.prompt import NEUTRAL, Context
from service.lm.scorer import ComposerName, Question, Scores
from service.registry.evaluation import SYSTEMS, EvaluationError
from service.settings import Settings
from training.data.decisions import HARD, ORDER, Pool
from training.data.looks import Split, StyledLook, read_looks, split_by_group
from training.evaluation.bootstrap import auc_estimate, estimate, mean_interval, paired_difference
from training.evaluation.cases.choice import ChoiceCase, cases_digest, first_of_each_task, lookbook_cases
from training.evaluation.cases.polyvore import polyvore_fitb, polyvore_looks, polyvore_pairs
from training.evaluation.systems.features import Table, build_table
from training.evaluation.systems.linear import (
    MOST_TEXT,
    chance,
    columns_of,
    fit_weights,
    hits,
    score,
    score_weights,
    weights_of,
)
from training.evaluation.systems.scorers import Kinds
from training.evaluation.systems.text_scores import lm_scores, text_scores
from training.evaluation.tasks.choice import Choices, evaluate_choices
from training.importers.polyvore import read_polyvore

HOUSE = Path(training.__file__).parent / "lookbooks" / "house" / "occasions.jsonl"
NAMES = {
    "Tops": ["white cotton shirt", "black silk blouse", "navy striped tee", "red wool sweater"],
    "Skirts": ["black pleated skirt", "denim mini skirt", "red satin skirt", "white linen skirt"],
    "Pumps": ["black leather pumps", "red suede pumps", "nude patent pumps", "white satin pumps"],
    "Handbags": ["brown leather handbag", "black quilted handbag", "red mini handbag", "straw handbag"],
}


@pytest.fixture(scope="module")
def looks() -> list[StyledLook]:
    """A few looks of a few vibes."""
    found = read_looks([HOUSE])
    groups = list(dict.fromkeys(look.group for look in found))[:6]
    return [look for look in found if look.group in groups]


@pytest.fixture(scope="module")
def cases(looks: list[StyledLook]) -> list[ChoiceCase]:
    return lookbook_cases(looks, load_embedder())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ScoringEngine:
    folder = tmp_path_factory.mktemp("models")
    model = ScoringEngine(Settings(base_model=str(save_tiny_model(folder / "base"))))
    model.add_adapter("tuned", train_tiny_adapter(folder / "base", folder / "tuned", "shoes: red pumps", 5))
    return model


@pytest.fixture(scope="module")
def polyvore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outfits of both splits, every piece with a number of its own."""
    draw = random.Random(0)
    path = tmp_path_factory.mktemp("polyvore") / "outfits.jsonl"
    rows = [
        {
            "set_id": str(n),
            "split": "train" if n < 12 else "valid",
            "items": [
                {"name": f"no {n} {draw.choice(names)}", "category": category}
                for category, names in NAMES.items()
            ],
        }
        for n in range(90)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def table_of(values: Sequence[Sequence[Sequence[float]]]) -> Table:
    """A table of made-up cases: per case and option the values of pmi_base, cos_vibe and cos_rest."""
    cases = tuple(
        ChoiceCase(
            str(n), "vibe_choice", str(n), NEUTRAL, (), "top", tuple(f"piece {i}" for i in range(len(v)))
        )
        for n, v in enumerate(values)
    )
    bounds = np.cumsum([0, *map(len, values)])
    rows = np.array([row for case in values for row in case], dtype=np.float64).reshape(-1, 3)
    return Table(cases, bounds, {"pmi_base": rows[:, 0], "cos_vibe": rows[:, 1], "cos_rest": rows[:, 2]})


class Same:
    """A query encoder that is the embedder itself."""

    def encode_wish(self, text: str) -> np.ndarray:
        return load_embedder().encode([text])[0]

    def encode_worn(self, texts: Sequence[str]) -> np.ndarray:
        return load_embedder().encode(texts)


class Knowing:
    """A stylist that knows which pieces stand together, and notes what it was asked."""

    composer: ComposerName = "base"
    log_odds = False

    def __init__(self, looks: Sequence[StyledLook]) -> None:
        self.own = {(phrase, p) for look in looks for phrase in look.phrasings for p in look.pieces.values()}
        self.asked: list[Question] = []

    def open(self, contexts: Sequence[Context]) -> Knowing:
        self.contexts = contexts
        return self

    def score(self, questions: Sequence[Question]) -> list[Scores]:
        self.asked += questions
        return [
            np.array([float((self.contexts[q.outfit].vibe, label) in self.own) for label in q.labels])
            for q in questions
        ]

    def choose(self, question: Question, choice: int) -> None:
        assert question.labels[choice]


def test_the_first_option_is_the_looks_own_and_the_others_are_of_other_vibes(
    looks: list[StyledLook], cases: list[ChoiceCase]
) -> None:
    by_id = {look.id: look for look in looks}
    assert {c.task for c in cases} == {"vibe_choice", "vibe_choice_hard", "next_piece", "near_miss"}
    for case in cases:
        look = by_id["/".join(case.id.split("/")[1:3])]
        assert case.options[0] == look.pieces[case.slot]
        assert (case.cluster, case.context.department) == (look.group, look.department)
        assert case.context.vibe in look.phrasings
        if case.task == "near_miss":
            assert case.options[1:] in [(miss,) for miss in look.misses[case.slot]]
            continue
        others = {
            o.pieces.get(case.slot)
            for o in looks
            if o.group != look.group and o.department == look.department
        }
        assert len(set(case.options)) == 4
        assert set(case.options[1:]) <= others


def test_worn_is_what_the_task_shows(looks: list[StyledLook], cases: list[ChoiceCase]) -> None:
    by_id = {look.id: look for look in looks}
    for case in cases:
        look = by_id["/".join(case.id.split("/")[1:3])]
        before = tuple((s, look.pieces[s]) for s in ORDER[: ORDER.index(case.slot)] if s in look.pieces)
        assert case.worn == (() if case.task.startswith("vibe_choice") else before)
        assert case.worn or case.task != "next_piece"


def test_hard_negatives_are_near_to_the_wish_of_the_case(looks: list[StyledLook]) -> None:
    looks = [
        replace(look, department=None) for look in looks
    ]  # one range, with more than HARD pieces of a slot
    found = lookbook_cases(looks, load_embedder())
    wish = {"/".join(c.id.split("/")[1:3]): c.context.vibe for c in found}
    wished = [replace(look, phrasings=(wish[look.id],)) for look in looks]
    by_id, pool = {look.id: look for look in wished}, Pool(wished, load_embedder())

    def near(case: ChoiceCase) -> bool:
        look = by_id["/".join(case.id.split("/")[1:3])]
        return set(case.options[1:]) <= set(pool.near(look, case.slot)[:HARD])

    assert all(near(c) for c in found if c.task == "vibe_choice_hard")
    assert not all(near(c) for c in found if c.task == "vibe_choice")


def test_cases_follow_from_the_seed_and_not_from_the_order_of_looks(
    looks: list[StyledLook], cases: list[ChoiceCase]
) -> None:
    turned = lookbook_cases(looks[::-1], load_embedder())
    assert cases_digest(turned) == cases_digest(cases)
    assert cases_digest(lookbook_cases(looks, load_embedder(), seed=1)) != cases_digest(cases)
    assert cases_digest(cases[1:]) != cases_digest(cases)


def test_a_limit_holds_for_each_task_and_spreads(cases: list[ChoiceCase]) -> None:
    few = first_of_each_task(cases, 16)
    assert {task: sum(c.task == task for c in few) for task in {c.task for c in few}} == dict.fromkeys(
        {c.task for c in cases}, 16
    )
    assert len({c.cluster for c in few}) == len({c.cluster for c in cases})
    assert first_of_each_task(cases, None) == cases


def test_a_stylist_that_knows_is_always_right_and_never_sees_the_place_of_the_right_one(
    looks: list[StyledLook], cases: list[ChoiceCase]
) -> None:
    knowing = Knowing(looks)
    table = build_table(cases, load_embedder(), Kinds(looks)).with_column(
        "pmi_base", text_scores(knowing, cases)
    )
    found = hits(table, score("prompt-only", table, {"pmi_base": 1.0}))
    assert found.min() == 1.0
    assert all(list(q.labels) == sorted(q.labels) for q in knowing.asked)


def test_what_is_worn_is_read_once(looks: list[StyledLook], cases: list[ChoiceCase]) -> None:
    own = [c for c in cases if c.task == "next_piece" and "/".join(c.id.split("/")[1:3]) == looks[0].id]
    knowing = Knowing(looks)
    text_scores(knowing, own)
    assert len(knowing.asked) == len(own) + 1  # and the first piece, which goes on unasked


def test_scores_are_those_of_a_session_that_serves(model: ScoringEngine, cases: list[ChoiceCase]) -> None:
    scorer = LmScorer(model, "tuned", "scored", PmiBaseline(model))
    some = first_of_each_task(cases, 6)
    for case, found in zip(some, text_scores(scorer, some), strict=True):
        session = scorer.open([case.context])
        for slot, label in case.worn:
            session.score([question := Question(0, slot, (label,))])
            session.choose(question, 0)
        [alone] = session.score([Question(0, case.slot, case.options)])
        assert found == pytest.approx(alone, abs=0.02)  # bfloat16


def test_kept_scores_are_read_again_in_any_order(
    model: ScoringEngine, cases: list[ChoiceCase], tmp_path: Path
) -> None:
    some = first_of_each_task(cases, 4)
    first = lm_scores(model, "tuned", PmiBaseline(model), some, tmp_path)
    unused = PmiBaseline(model)
    again = lm_scores(model, "tuned", unused, some[::-1], tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(first, again[::-1], strict=True))
    assert unused.known() == {}
    bare = lm_scores(model, None, unused, some, tmp_path)
    assert not np.allclose(np.concatenate(bare), np.concatenate(first))
    assert len(list(tmp_path.glob("text-*.npz"))) == 2


@pytest.mark.parametrize("damage", ["nonsense", "pickled"])
def test_a_damaged_file_of_scores_is_named(
    model: ScoringEngine, cases: list[ChoiceCase], tmp_path: Path, damage: str
) -> None:
    lm_scores(model, None, PmiBaseline(model), cases[:2], tmp_path)
    [path] = tmp_path.glob("text-*.npz")
    path.write_bytes(b"nonsense")
    if damage == "pickled":
        np.savez(path, scores=np.array([{}], dtype=object))
    with pytest.raises(EvaluationError, match=r"text-.*\.npz: not a file of scores"):
        lm_scores(model, None, PmiBaseline(model), cases[:2], tmp_path)


def test_cosines_are_the_composers(looks: list[StyledLook], cases: list[ChoiceCase]) -> None:
    embedder = load_embedder()
    case = next(c for c in cases if len(c.worn) > 1)
    silent = replace(case, context=Context(vibe=NEUTRAL.vibe), worn=())
    table = build_table([case, silent], embedder, Kinds(looks))
    options, worn = embedder.encode(case.options), embedder.encode([label for _, label in case.worn])
    wish = embedder.encode([case.context.vibe])[0]
    vibe, nothing = table.per_case(table.columns["cos_vibe"])
    assert vibe == pytest.approx(options @ wish, abs=1e-5)
    assert table.per_case(table.columns["cos_rest"])[0] == pytest.approx(
        options @ worn.mean(axis=0), abs=1e-5
    )
    assert not nothing.any()
    assert not table.per_case(table.columns["cos_rest"])[1].any()


def test_a_query_encoder_stands_beside_the_embedder(looks: list[StyledLook], cases: list[ChoiceCase]) -> None:
    table = build_table(cases[:20], load_embedder(), Kinds(looks), Same())
    assert table.columns["tuned_vibe"] == pytest.approx(table.columns["cos_vibe"], abs=1e-5)
    assert table.columns["tuned_rest"] == pytest.approx(table.columns["cos_rest"], abs=1e-5)


def test_text_counts_in_standard_deviations_and_cosines_as_they_are() -> None:
    table = table_of([[(1.0, 0.5, 0), (3.0, 0.1, 0), (5.0, 0.2, 0)], [(7.0, 0.3, 0), (7.0, 0.3, 0)]])
    [first, second] = table.per_case(score("prompt+retrieval", table, {"pmi_base": 2.0, "cos_vibe": 3.0}))
    assert first == pytest.approx(2 * standardise(np.array([1.0, 3.0, 5.0])) + 3 * np.array([0.5, 0.1, 0.2]))
    assert second == pytest.approx([0.9, 0.9])


def test_log_odds_count_as_they_are_and_stand_in_for_likelihoods() -> None:
    table = table_of([[(1.0, 0.5, 0), (3.0, 0.1, 0)]]).with_column("odds_tuned", [np.array([0.2, 1.7])])
    assert columns_of("tuned-only", table.columns.keys()) == ("odds_tuned",)
    assert columns_of("tuned-only", ("pmi_tuned",)) == ("pmi_tuned",)
    found = score("tuned", table, {"odds_tuned": 2.0, "cos_vibe": 1.0})
    assert found == pytest.approx([0.9, 3.5])
    assert score_weights({"odds_tuned": 2.0, "cos_vibe": 20.0})["text"] == 0.1


def test_a_tie_is_no_hit() -> None:
    table = table_of(
        [[(0, 0, 0)] * 4, [(0, 1, 0), (0, 1, 0)], [(0, 2, 0), (0, 1, 0)], [(0, 0, 0), (0, 1, 0)]]
    )
    assert hits(table, table.columns["cos_vibe"]).tolist() == [0.25, 0.5, 1.0, 0.0]
    assert chance(table) == pytest.approx((0.25 + 1.5) / 4)


def test_fitting_finds_the_weights_that_made_the_choices() -> None:
    draw = np.random.default_rng(0)
    values = np.zeros((4000, 4, 3))
    values[..., 1:] = draw.normal(size=(4000, 4, 2)) * [1.0, 0.1]
    utility = values @ [0.0, 1.5, 8.0] + draw.gumbel(size=(4000, 4))
    for case, best in zip(values, utility.argmax(axis=1), strict=True):
        case[[0, best]] = case[[best, 0]]
    weights = fit_weights(table_of(values.tolist()), ("cos_vibe", "cos_rest"), l2=1e-6)
    assert weights["cos_vibe"] == pytest.approx(1.5, rel=0.1)
    assert weights["cos_rest"] == pytest.approx(8.0, rel=0.1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 30))
def test_fitted_weights_are_optimal_and_not_negative(seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(count, 3, 3))
    values[:, 0, 2] -= 5  # speaks against the right one: the weight would be negative
    columns = ("cos_vibe", "cos_rest")
    table = table_of(values.tolist())
    found = np.array([fit_weights(table, columns, l2=0.1)[column] for column in columns])
    x = values[:, :, 1:] - values[:, :, 1:].mean(axis=1, keepdims=True)
    spread = np.sqrt((x**2).mean(axis=(0, 1)))

    def loss(w: np.ndarray) -> float:
        logits = x @ w
        return float(
            (np.log(np.exp(logits).sum(axis=1)) - logits[:, 0]).mean() + 0.05 * ((w * spread) ** 2).sum()
        )

    assert found[1] == 0
    assert found.min() >= 0
    for step in (np.array([1e-3, 0]), np.array([0, 1e-3]), np.array([-1e-3, 0])):
        assert loss(np.maximum(0, found + step)) >= loss(found) - 1e-9


def test_without_cases_to_fit_on_weights_are_the_composers() -> None:
    nothing = table_of([[(1.0, 0.5, 0), (3.0, 0.1, 0)]]).of_tasks([])
    assert weights_of("prompt+retrieval", nothing) == {"pmi_base": 0.03, "cos_vibe": 1.0, "cos_rest": 0.4}


def test_weights_for_the_manifest_are_in_units_of_the_wish() -> None:
    assert score_weights({"pmi_tuned": 0.5, "cos_vibe": 5.0, "cos_rest": 2.0}) == {
        "text": 0.1,
        "vibe": 1.0,
        "rest": 0.4,
    }
    lonely = score_weights({"pmi_tuned": 0.5, "cos_vibe": 0.0, "cos_rest": 2.0})
    assert lonely == {"text": MOST_TEXT, "vibe": 0.0, "rest": 2.0}
    assert score_weights({"pmi_tuned": 0.0, "cos_vibe": 0.0, "cos_rest": 0.0}) == {}


def test_an_interval_is_as_wide_as_theory_says_and_wider_for_cases_that_agree() -> None:
    values = np.random.default_rng(0).normal(size=900)
    low, high = mean_interval(values, [str(n) for n in range(900)])
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 30, rel=0.08)
    clustered = np.repeat(values[:90], 10)
    names = [str(n // 10) for n in range(900)]
    alone = mean_interval(clustered, [str(n) for n in range(900)])
    together = mean_interval(clustered, names)
    assert (together[1] - together[0]) / (alone[1] - alone[0]) == pytest.approx(np.sqrt(10), rel=0.1)
    assert mean_interval(values, names) == mean_interval(values, names)
    assert mean_interval(values, names, seed=1) != mean_interval(values, names)


def test_an_estimate_holds_the_mean_and_refuses_nothing() -> None:
    found = estimate("near_miss", "accuracy", "tuned", [1, 0, 1, 1], ["a", "a", "b", "b"], chance=0.5)
    assert (found.value, found.low, found.high, found.n, found.chance) == (0.75, 0.5, 1.0, 4, 0.5)
    with pytest.raises(EvaluationError, match="interval"):
        estimate("near_miss", "accuracy", "tuned", [], [])


def test_a_paired_difference_sees_what_two_intervals_hide() -> None:
    draw = np.random.default_rng(0)
    b = (draw.random(400) < 0.5).astype(float)
    a = np.where(draw.random(400) < 0.05, 1.0, b)
    names = [str(n) for n in range(400)]
    assert mean_interval(a, names)[0] < mean_interval(b, names)[1]
    found = paired_difference(a, b, names)
    assert found.low > 0
    assert found.value == pytest.approx(a.mean() - b.mean())
    assert paired_difference(a, a, names).high == 0
    with pytest.raises(EvaluationError, match="paired difference"):
        paired_difference(a, b[1:], names)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_auc_is_the_share_of_pairs_in_order(pairs: list[tuple[int, int]]) -> None:
    real, fake = zip(*pairs, strict=True)
    share = sum((r > f) + 0.5 * (r == f) for r in real for f in fake) / len(pairs) ** 2
    found = auc_estimate("polyvore_auc", "tuned", real, fake, draws=50)
    assert found.value == pytest.approx(share)
    assert 0 <= found.low <= found.high <= 1


def test_blanks_have_negatives_of_the_slot_that_training_never_saw(polyvore: Path) -> None:
    looks = polyvore_looks(polyvore).test
    known = {looks[0].pieces["shoes"], *looks[1].pieces.values()}
    every = polyvore_fitb(looks, known, every=True)
    some = polyvore_fitb(looks, known)
    per_look = Counter(case.cluster for case in some)
    assert set(per_look.values()) <= {1, 2}
    assert 2 in per_look.values()
    assert {case.id for case in some} <= {case.id for case in every}
    assert len(every) == 4 * len(looks) - 5
    for case in every:
        assert known.isdisjoint(case.options)
        assert all(any(look.pieces[case.slot] == option for look in looks) for option in case.options)
        assert len({case.slot, *(slot for slot, _ in case.worn)}) == 4


def test_half_of_the_outfits_with_whole_titles_is_learned_from_and_half_is_the_test(polyvore: Path) -> None:
    learned, test = read_polyvore(polyvore, "train"), read_polyvore(polyvore, "test")
    ids = [{look.id for look in half} for half in (learned, test)]
    assert ids[0] | ids[1] == {f"polyvore-{n}" for n in range(12, 90)}
    assert not ids[0] & ids[1]
    assert min(map(len, ids)) > 20
    splits = split_by_group(learned)
    assert not splits["test"]
    assert splits["train"]
    looks = polyvore_looks(polyvore)
    assert {look.id for look in looks.counted} == {look.id for look in splits["train"]}
    assert {look.id for look in looks.test} == ids[1]


def test_a_fake_outfit_has_the_slots_of_the_real_one_and_none_of_its_pieces(polyvore: Path) -> None:
    looks = polyvore_looks(polyvore).test
    pairs = polyvore_pairs(looks, set(looks[0].pieces.values()))
    assert len(pairs) == len(looks) - 1
    for pair in pairs:
        real, fake = ([(c.slot, c.options[0]) for c in side] for side in (pair.real, pair.fake))
        assert [slot for slot, _ in real] == [slot for slot, _ in fake]
        assert not set(real) & set(fake)
        assert [c.worn for c in pair.fake] == [tuple(fake[:n]) for n in range(4)]


@pytest.fixture(scope="module")
def splits(looks: list[StyledLook]) -> dict[Split, list[StyledLook]]:
    groups = list(dict.fromkeys(look.group for look in looks))
    place: dict[str, Split] = {g: ("test", "valid", "train")[n % 3] for n, g in enumerate(groups)}  # type: ignore[misc]
    return {
        name: [look for look in looks if place[look.group] == name] for name in ("train", "valid", "test")
    }


def test_every_system_is_measured_on_every_task(
    model: ScoringEngine, splits: dict[Split, list[StyledLook]], polyvore: Path, tmp_path: Path
) -> None:
    def run(adapter: str | None, encoder: Same | None = None) -> Choices:
        return evaluate_choices(
            model, adapter, load_embedder(), splits, polyvore, encoder=encoder, folder=tmp_path, limit=4
        )

    found = run("tuned", Same())
    tasks = {"vibe_choice", "vibe_choice_hard", "next_piece", "near_miss", "polyvore_fitb", "polyvore_auc"}
    assert {(e.task, e.system) for e in found.estimates} == {(t, s) for t in tasks for s in SYSTEMS}
    assert {e.task: e.chance for e in found.estimates} == dict.fromkeys(tasks, 0.25) | {
        "near_miss": 0.5,
        "polyvore_auc": 0.5,
    }
    assert set(found.score_weights) <= {"text", "vibe", "rest"}
    assert run("tuned", Same()).estimates == found.estimates
    bare = run(None)
    tuned = {"tuned", "tuned-only", "tuned-retrieval"}
    assert {e.system for e in bare.estimates} == set(SYSTEMS) - tuned
    assert bare.cases_digest == found.cases_digest
    assert bare.estimates == [e for e in found.estimates if e.system not in tuned]
    difference = found.difference("vibe_choice", "tuned", "retrieval-only")
    assert difference.low <= difference.value <= difference.high
