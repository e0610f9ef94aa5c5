"""An evaluation as tables and pictures: every figure is there, and nothing that was not measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from service.registry.evaluation import Confusion, Estimate, Evaluation, EvaluationError, Subject
from training.report.plots import COLOURS, plot_confusion, plot_learning_curve, plot_tasks
from training.report.tables import cell, confusion_table, markdown, number, table

SUBJECT = Subject(
    name="house",
    version="3",
    digest="d",
    base_model="SmolLM2",
    base_digest="b",
    layout="scored",
    cases_digest="0123456789abcdef",
)


def figure(
    task: str, system: str, value: float, metric: str = "accuracy", chance: float | None = 0.25
) -> Estimate:
    return Estimate(
        task=task,
        metric=metric,
        system=system,
        value=value,
        low=value - 0.03,
        high=value + 0.03,
        n=200,
        chance=chance,
    )


def evaluation(*estimates: Estimate, **more: object) -> Evaluation:
    return Evaluation.model_validate(
        {"subject": SUBJECT, "created": "2025-01-01T00:00:00Z", "seed": 7, "estimates": estimates, **more}
    )


WHOLE = evaluation(
    figure("vibe_choice", "tuned", 0.5),
    figure("vibe_choice", "retrieval-only", 0.4),
    figure("near_miss", "tuned", 0.7, chance=0.5),
    figure("polyvore_auc", "random", 0.5, "auc", 0.5),
    figure("latency", "retrieval", 12.4, "p50_ms", None),
    confusion=Confusion(labels=["prada", "chanel"], counts=[[7, 1], [2, 9]]),
    notes=["the judge | was right"],
)


def has_colour(path: Path, system: str) -> bool:
    pixels = imread(path)[..., :3]
    return bool(np.isclose(pixels, to_rgb(COLOURS[system]), atol=0.01).all(axis=-1).sum() > 100)


def test_systems_are_rows_in_order_and_what_was_not_measured_is_a_dash() -> None:
    assert table(WHOLE.estimates, [("vibe_choice", "accuracy"), ("near_miss", "accuracy")]).splitlines() == [
        "| system | vibe_choice, accuracy (n = 200) | near_miss, accuracy (n = 200) |",
        "| --- | ---: | ---: |",
        "| chance | 25.0 % | 50.0 % |",
        "| retrieval-only | 40.0 % [37.0, 43.0] | – |",
        "| tuned | 50.0 % [47.0, 53.0] | 70.0 % [67.0, 73.0] |",
    ]


def test_the_document_holds_every_part_once() -> None:
    text = markdown(WHOLE)
    assert "`0123456789abcdef`, seed 7" in text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "### Decisions",
        "### Outfits, speed and prompts",
        "### Which adapter composed it",
    ]
    assert "| retrieval | 12.4 [12.37, 12.43] |" in text
    assert "| prada | 7 | 1 |" in text
    assert "- the judge \\| was right" in text
    assert text.count("50.0 % [47.0, 53.0]") == 2  # tuned on vibe_choice, random on polyvore_auc


def test_an_evaluation_of_decisions_alone_has_one_heading() -> None:
    assert markdown(evaluation(figure("vibe_choice", "tuned", 0.5))).count("###") == 1


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_name_breaks_a_table(task: str, system: str) -> None:
    lines = table([figure(task, system, 0.5)]).replace("\\|", "").split("\n")
    assert [line.count("|") for line in lines] == [3, 3, 3, 3]


def test_figures_have_the_unit_of_their_metric() -> None:
    assert number(0.4126, "accuracy") == "41.3 %"
    assert number(0.0, "violations") == "0"
    assert number(1234.5, "p95_ms") == "1,234"
    assert number(123456.7, "tokens") == "123,457"
    assert cell(figure("prompt", "tuned", 61.0, "tokens", None)) == "61 [60.97, 61.03]"


def test_a_confusion_table_has_a_row_per_adapter() -> None:
    assert WHOLE.confusion is not None
    assert confusion_table(WHOLE.confusion).splitlines()[2:] == ["| prada | 7 | 1 |", "| chanel | 2 | 9 |"]


def test_bars_are_drawn_for_what_was_measured(tmp_path: Path) -> None:
    path = plot_tasks(WHOLE, tmp_path / "new" / "tasks.png")
    assert path is not None
    assert has_colour(path, "tuned")
    assert has_colour(path, "retrieval-only")
    assert not has_colour(path, "prompt-only")
    assert [p.name for p in path.parent.iterdir()] == ["tasks.png"]


def test_without_shares_there_are_no_bars(tmp_path: Path) -> None:
    assert (
        plot_tasks(evaluation(figure("latency", "tuned", 12.4, "p50_ms", None)), tmp_path / "tasks.png")
        is None
    )
    assert list(tmp_path.iterdir()) == []


def test_a_value_outside_its_interval_can_still_be_drawn(tmp_path: Path) -> None:
    odd = figure("vibe_choice", "tuned", 0.0).model_copy(update={"low": 1e-9, "high": 0.0})
    assert plot_tasks(evaluation(odd), tmp_path / "tasks.png") is not None


def test_a_learning_curve_needs_two_points(tmp_path: Path) -> None:
    path = tmp_path / "learning.png"
    one = figure("learning_curve@10", "tuned", 0.3)
    assert plot_learning_curve(evaluation(one), path) is None
    assert plot_learning_curve(evaluation(one, figure("vibe_choice", "tuned", 0.5)), path) == path
    assert has_colour(path, "tuned")


def test_counts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="2 rows of 2"):
        plot_confusion(Confusion(labels=["a", "b"], counts=[[1, 2]]), tmp_path / "confusion.png")


def test_a_confusion_matrix_is_darkest_where_the_counts_are(tmp_path: Path) -> None:
    sure = plot_confusion(Confusion(labels=["a", "b"], counts=[[9, 0], [0, 9]]), tmp_path / "sure.png")
    unsure = plot_confusion(Confusion(labels=["a", "b"], counts=[[5, 4], [4, 5]]), tmp_path / "unsure.png")
    assert imread(sure)[..., 0].min() < 0.1 < imread(unsure)[..., :3].mean()
    assert (imread(sure)[..., 2] - imread(sure)[..., 0] > 0.3).sum() > 1000  # dark blue squares
