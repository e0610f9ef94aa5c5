"""An evaluation as tables and pictures: every figure is there, and nothing that was not measured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from service.registry.evaluation import Confusion, Estimate, Evaluation, Subject
from training.report import figures, render
from training.report.facts import gather
from training.report.tables import confusion_table, document, table
from training.report.write import write_evaluation

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
    return bool(np.isclose(pixels, to_rgb(figures.COLOURS[system]), atol=0.01).all(axis=-1).sum() > 100)


def test_systems_are_rows_in_order_and_what_was_not_measured_is_a_dash() -> None:
    made = table(WHOLE.estimates, [("vibe_choice", "accuracy"), ("near_miss", "accuracy")])
    assert made.header == ["system", "vibe_choice, accuracy (n = 200)", "near_miss, accuracy (n = 200)"]
    assert made.rows == [
        ["chance", "25.0 %", "50.0 %"],
        ["retrieval-only", "40.0 % (37.0 to 43.0 %)", "–"],
        ["tuned", "50.0 % (47.0 to 53.0 %)", "70.0 % (67.0 to 73.0 %)"],
    ]
    assert made.numeric == {1, 2}


def test_a_chance_of_nothing_is_not_an_unknown_one() -> None:
    made = table(
        [figure("a", "tuned", 0.5, chance=0.0), figure("b", "tuned", 0.5, chance=None)],
        [("a", "accuracy"), ("b", "accuracy")],
    )
    assert made.rows[0] == ["chance", "0.0 %", "–"]


def test_the_document_holds_every_part_once() -> None:
    text = render.markdown(document(WHOLE))
    assert "cases 0123456789abcdef, seed 7" in text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# house 3",
        "## Decisions",
        "## Outfits, speed and prompts",
        "## Which adapter composed it",
        "## Notes",
    ]
    assert "| system | vibe_choice, accuracy (n = 200) |" in text
    assert "| --- | ---: |" in text
    assert "| retrieval | 12 ms (12 to 12 ms) |" in text
    assert "| prada | 7 | 1 |" in text
    assert "- the judge \\| was right" in text
    assert text.count("50.0 % (47.0 to 53.0 %)") == 2  # tuned on vibe_choice, random on polyvore_auc


def test_an_evaluation_of_decisions_alone_has_one_heading() -> None:
    alone = evaluation(figure("vibe_choice", "tuned", 0.5))
    assert render.markdown(document(alone)).count("##") == 1


@settings(deadline=None)  # the first one compiles the template
@given(st.text(max_size=30), st.text(max_size=30))
def test_no_name_breaks_a_table(task: str, system: str) -> None:
    text = render.markdown(document(evaluation(figure(task, system, 0.5))))
    lines = [line for line in re.sub(r"\\.", "", text).splitlines() if line.startswith("|")]
    assert [line.count("|") for line in lines] == [3, 3, 3, 3]


def test_a_confusion_table_has_a_row_per_adapter() -> None:
    assert WHOLE.confusion is not None
    assert confusion_table(WHOLE.confusion).rows == [["prada", "7", "1"], ["chanel", "2", "9"]]


def written(told: Evaluation, folder: Path) -> dict[str, Path]:
    return {path.name: path for path in write_evaluation(told, folder)}


def test_bars_are_drawn_for_what_was_measured(tmp_path: Path) -> None:
    paths = written(WHOLE, tmp_path / "new")
    assert {*paths} == {"evaluation.md", "evaluation.png", "confusion.png"}
    assert {path.name for path in (tmp_path / "new").iterdir()} == {*paths}
    assert has_colour(paths["evaluation.png"], "tuned")
    assert has_colour(paths["evaluation.png"], "retrieval-only")
    assert not has_colour(paths["evaluation.png"], "prompt-only")


def test_what_takes_no_wish_into_account_is_drawn_for_cards_alone() -> None:
    of_chance = gather(evaluation(figure("vibe_choice", "random", 0.5))).comparisons
    assert figures.quality(of_chance) is None
    assert figures.quality(of_chance, [*figures.COLOURS]) is not None


def test_without_shares_there_are_no_pictures_and_old_ones_go(tmp_path: Path) -> None:
    (tmp_path / "evaluation.png").write_bytes(b"old")
    assert {*written(evaluation(figure("latency", "tuned", 12.4, "p50_ms", None)), tmp_path)} == {
        "evaluation.md"
    }
    assert [path.name for path in tmp_path.iterdir()] == ["evaluation.md"]


def test_a_value_outside_its_interval_can_still_be_drawn(tmp_path: Path) -> None:
    odd = figure("vibe_choice", "tuned", 0.0).model_copy(update={"low": 1e-9, "high": 0.0})
    assert "evaluation.png" in written(evaluation(odd), tmp_path)


def test_a_learning_curve_needs_two_points(tmp_path: Path) -> None:
    one, all_looks = figure("learning_curve@10", "tuned", 0.3), figure("learning_curve@100", "tuned", 0.5)
    assert "learning_curve.png" not in written(evaluation(one), tmp_path)
    assert has_colour(written(evaluation(one, all_looks), tmp_path)["learning_curve.png"], "tuned")


def matrix(folder: Path, *counts: list[int]) -> Any:
    told = evaluation(confusion=Confusion(labels=["a", "b"], counts=[*counts]))
    return imread(written(told, folder)["confusion.png"])


def test_a_confusion_matrix_is_darkest_where_the_counts_are(tmp_path: Path) -> None:
    sure, unsure = matrix(tmp_path, [9, 0], [0, 9]), matrix(tmp_path, [5, 4], [4, 5])
    assert sure[..., 0].min() < 0.1 < unsure[..., :3].mean()
    assert (sure[..., 2] - sure[..., 0] > 0.3).sum() > 1000  # dark blue squares
