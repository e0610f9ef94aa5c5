"""The gate: what is refused, and that each refusal says by which figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.registry.evaluation import Estimate, Evaluation, Subject
from service.registry.gate import Limits, check

FIGURES = {
    ("composition", "violations", "tuned"): (0.0, 0.0, 0.0),
    ("vibe_choice", "accuracy", "tuned"): (0.50, 0.46, 0.54),
    ("vibe_choice", "accuracy", "prompt-only"): (0.30, 0.26, 0.34),
    ("vibe_choice", "accuracy", "retrieval-only"): (0.45, 0.41, 0.49),
    ("fidelity", "top1", "tuned"): (0.60, 0.55, 0.65),
    ("rack", "rack_pieces", "tuned"): (0.45, 0.42, 0.48),
    ("latency", "p95_ms", "tuned"): (200.0, 190.0, 220.0),
}
LOWER = {"violations", "p95_ms"}


def evaluation(cases: str = "c", without: str = "", **changes: tuple[float, float, float]) -> Evaluation:
    """The figures above; a change is named `task` (of the tuned system) or `task__system`."""
    figures = {key: value for key, value in FIGURES.items() if key[0] != without}
    for name, value in changes.items():
        task, _, system = name.partition("__")
        wanted = system.replace("_", "-") or "tuned"
        (key,) = (key for key in FIGURES if key[0] == task and key[2] == wanted)
        figures[key] = value
    subject = Subject(
        name="house",
        version="1",
        digest="d",
        base_model="b",
        base_digest="b",
        layout="scored",
        cases_digest=cases,
    )
    estimates = [
        Estimate(
            task=task, metric=metric, system=system, value=v, low=low, high=high, n=500,
            higher_is_better=metric not in LOWER,
        )
        for (task, metric, system), (v, low, high) in figures.items()
    ]  # fmt: skip
    return Evaluation(subject=subject, created="2026-01-01T00:00:00Z", seed=0, estimates=estimates)


def reasons(candidate: Evaluation, champion: Evaluation | None, ratio: float = 1.5) -> list[str]:
    return [str(refusal) for refusal in check(candidate, champion, Limits(ratio))]


def test_the_same_figures_pass() -> None:
    assert reasons(evaluation(), evaluation()) == []
    assert reasons(evaluation(), None) == []


def test_other_cases_are_not_comparable() -> None:
    assert reasons(evaluation("a"), evaluation("b")) == [
        "cases_digest: not comparable: other cases; evaluate both on the same (candidate a, champion b)"
    ]


@pytest.mark.parametrize("champion", [None, evaluation()])
def test_a_violation_is_never_passed(champion: Evaluation | None) -> None:
    (reason,) = reasons(evaluation(composition=(1.0, 1.0, 1.0)), champion)
    assert "outfits break constraints" in reason
    missing = reasons(evaluation(without="composition"), champion)
    assert missing == ["composition/violations: must be measured (candidate not measured, limit 0)"]


def test_worse_is_refused_only_when_the_interval_says_so() -> None:
    assert reasons(evaluation(vibe_choice=(0.47, 0.43, 0.51)), evaluation()) == []
    assert reasons(evaluation(vibe_choice=(0.45, 0.41, 0.49)), evaluation()) == [
        "vibe_choice/accuracy: significantly worse (candidate 0.45 [0.41, 0.49], champion 0.5 [0.46, 0.54])"
    ]
    (reason,) = reasons(evaluation(fidelity=(0.4, 0.35, 0.45)), evaluation())
    assert reason.startswith("fidelity/top1: significantly worse")


def test_a_worse_rack_is_refused_and_one_that_the_champion_never_took_is_not_asked_for() -> None:
    worse = evaluation(rack=(0.40, 0.37, 0.43))
    assert reasons(worse, evaluation()) == [
        "rack/rack_pieces: significantly worse (candidate 0.4 [0.37, 0.43], champion 0.45 [0.42, 0.48])"
    ]
    assert reasons(worse, evaluation(without="rack")) == []


def test_a_baseline_that_is_worse_is_nobodys_fault() -> None:
    assert reasons(evaluation(vibe_choice__prompt_only=(0.1, 0.05, 0.15)), evaluation()) == []


def test_what_was_measured_before_must_be_measured_again() -> None:
    assert reasons(evaluation(without="fidelity"), evaluation()) == [
        "fidelity/top1: was measured of the champion (candidate not measured, champion 0.6 [0.55, 0.65])"
    ]
    assert reasons(evaluation(), evaluation(without="fidelity")) == []


def test_what_is_no_number_is_not_passed() -> None:
    nan = float("nan")
    assert len(reasons(evaluation(vibe_choice=(nan, nan, nan)), evaluation())) == 1
    assert len(reasons(evaluation(latency=(nan, nan, nan)), evaluation())) == 1
    assert len(reasons(evaluation(composition=(nan, nan, nan)), evaluation())) == 1


def test_slower_is_refused_past_the_ratio() -> None:
    slow = evaluation(latency=(310.0, 300.0, 320.0))
    assert reasons(slow, evaluation(), ratio=1.6) == []
    assert reasons(slow, evaluation()) == [
        "latency/p95_ms: more than 1.5 times as slow (candidate 310 [300, 320], champion 200 [190, 220])"
    ]
    assert len(reasons(evaluation(without="latency"), evaluation())) == 1


@pytest.mark.parametrize("system", ["prompt-only", "retrieval-only"])
def test_the_first_champion_must_beat_doing_without(system: str) -> None:
    close = evaluation(**{f"vibe_choice__{system.replace('-', '_')}": (0.47, 0.43, 0.51)})
    (reason,) = reasons(close, None)
    assert f"not significantly better than {system}" in reason
    assert "candidate 0.5 [0.46, 0.54]" in reason
    assert reasons(close, evaluation()) == []


def test_the_first_champion_must_have_been_compared() -> None:
    assert len(reasons(evaluation(without="vibe_choice"), None)) == 1


Groups = dict[str, tuple[float, int]]
HALF: Groups = {f"wish {n}": (5.0 + n % 3, 12) for n in range(30)}
"""Of twelve decisions a wish, five to seven are right."""
TASKS = (("vibe_choice", "accuracy"), ("retrieval", "recall@20"))


def moved(groups: Groups, by: float) -> Groups:
    return {name: (total + by, n) for name, (total, n) in groups.items()}


def of_retriever(served: Groups, untuned: Groups | None = None, cases: str = "c") -> Evaluation:
    """An evaluation of a query encoder that is as good at every task, with wide intervals of its own."""
    subject = Subject(
        kind="retriever",
        name="retriever",
        version="1",
        digest="d",
        base_model="b",
        base_digest="b",
        layout="",
        cases_digest=cases,
    )
    estimates = [
        Estimate(
            task=task,
            metric=metric,
            system=system,
            value=mean(groups),
            low=0.0,
            high=1.0,
            n=360,
            groups=groups,
        )
        for task, metric in TASKS
        for system, groups in (("tuned-retrieval", served), ("retrieval-only", untuned or {}))
        if groups
    ]
    return Evaluation(subject=subject, created="", seed=0, estimates=estimates)


def mean(groups: Groups) -> float:
    return sum(total for total, _ in groups.values()) / sum(n for _, n in groups.values())


def test_a_query_encoder_is_held_against_the_one_that_serves_in_pairs() -> None:
    champion = of_retriever(HALF)
    assert reasons(of_retriever(HALF), champion) == []
    assert reasons(of_retriever(moved(HALF, 0.5)), champion) == []
    found = reasons(of_retriever(moved(HALF, -0.6)), champion)
    assert [reason.partition(":")[0] for reason in found] == ["vibe_choice/accuracy", "retrieval/recall@20"]
    assert "significantly worse, in pairs by [0.05, 0.05]" in found[0]


def test_a_difference_that_may_be_chance_is_none() -> None:
    uneven = {name: (total + (1 if i % 2 else -1.1), n) for i, (name, (total, n)) in enumerate(HALF.items())}
    assert mean(uneven) < mean(HALF)
    assert reasons(of_retriever(uneven), of_retriever(HALF)) == []


def test_the_first_query_encoder_must_be_better_than_none_at_every_task() -> None:
    assert reasons(of_retriever(moved(HALF, 0.6), HALF), None) == []
    found = reasons(of_retriever(HALF, HALF), None)
    assert len(found) == len(TASKS)
    assert all("not significantly better than retrieval-only" in reason for reason in found)
    assert all("must be measured" in reason for reason in reasons(of_retriever(HALF), None))


def test_query_encoders_of_other_cases_are_not_comparable() -> None:
    (reason,) = reasons(of_retriever(HALF, cases="a"), of_retriever(HALF, cases="b"))
    assert reason.startswith("cases_digest: not comparable")


def test_what_was_not_kept_in_pairs_is_compared_by_its_interval() -> None:
    other = {f"other {name}": group for name, group in moved(HALF, -5.0).items()}
    assert reasons(of_retriever(other), of_retriever(HALF)) == []  # from 0 to 1: nothing is known
    del other["other wish 3"]
    assert reasons(of_retriever(other), of_retriever(HALF)) == []


@given(st.floats(-4.0, 4.0).filter(lambda by: abs(by) > 0.01))
def test_of_two_that_differ_everywhere_only_the_worse_is_refused(by: float) -> None:
    refused = reasons(of_retriever(moved(HALF, by)), of_retriever(HALF))
    assert bool(refused) == (by < 0)
