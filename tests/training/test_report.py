"""The decision report: three evaluations with three different answers, the rules at their edges, prices, markup."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import StylistError
from service.registry.evaluation import Confusion, Estimate, Evaluation, Subject
from training.report import figures, render
from training.report.costs import AssumptionError, Assumptions, break_even, read_assumptions, routes
from training.report.document import Bullets, Document, Paragraph, Table
from training.report.facts import gather
from training.report.questions import Question, Says, combine, questions
from training.report.recommend import Rules, Verdict, judge, recommend
from training.report.write import write_report

CHOICES = ("vibe_choice", "vibe_choice_hard", "next_piece", "near_miss")
HOSTILE = '<img src=x onerror="alert(1)"> | `x` *y* $z$ \x07 [a](b)'


def estimate(task: str, metric: str, system: str, value: float, half: float = 0.02, n: int = 600) -> Estimate:
    chance = {"accuracy": 0.5 if task == "near_miss" else 0.25, "top1": 0.2}.get(metric)
    return Estimate(
        task=task,
        metric=metric,
        system=system,
        value=value,
        low=value - half,
        high=value + half,
        n=n,
        chance=chance,
        higher_is_better=not metric.endswith("_ms") and metric not in {"tokens", "violations"},
    )


def evaluation(*estimates: Estimate, **more: object) -> Evaluation:
    subject = Subject(
        name="house",
        version="3",
        digest="d1",
        base_model="tiny",
        base_digest="b1",
        layout="scored",
        cases_digest="c1",
    )
    return Evaluation.model_validate(
        {"subject": subject, "created": "2026-01-02T03:04:05Z", "seed": 7, "estimates": estimates, **more}
    )


def choice(task: str, retrieval: float, prompted: float, tuned: float, **more: float) -> list[Estimate]:
    values = {"random": 0.25, "retrieval-only": retrieval, "prompt-only": prompted, "tuned": tuned}
    return [
        estimate(task, "accuracy", system, value, **more)  # type: ignore[arg-type]
        for system, value in values.items()
    ]


def speed(p50: float = 300, p95: float = 450) -> list[Estimate]:
    times = {"retrieval-only": (20, 30), "prompt-only": (280, 400), "tuned": (p50, p95)}
    return [
        estimate("latency", metric, system, value, 5)
        for system, both in times.items()
        for metric, value in zip(("p50_ms", "p95_ms"), both, strict=True)
    ]


VIOLATIONS = estimate("composition", "violations", "tuned", 0, 0)
CURVE = [
    estimate(f"learning_curve@{percent}", "accuracy", "tuned", value)
    for percent, value in ((10, 0.45), (30, 0.52), (100, 0.6))
]
CLEARLY_FOR = evaluation(
    *(e for task in CHOICES for e in choice(task, 0.4, 0.42, 0.6)),
    estimate("fidelity", "top1", "retrieval-only", 0.25, 0.04, 200),
    estimate("fidelity", "top1", "tuned", 0.7, 0.04, 200),
    *speed(),
    *CURVE,
    VIOLATIONS,
    estimate("prompt", "tokens", "scored", 64),
    estimate("prompt", "tokens", "listed", 900),
    confusion=Confusion(labels=["Dior", "Chanel"], counts=[[40, 10], [9, 41]]),
    notes=["One base model only."],
)
CLEARLY_AGAINST = evaluation(
    *(e for task in CHOICES for e in choice(task, 0.44, 0.38, 0.41)), *speed(), VIOLATIONS
)
MIXED = evaluation(
    *choice("vibe_choice", 0.4, 0.42, 0.6),
    *choice("vibe_choice_hard", 0.4, 0.42, 0.47, half=0.04),
    *choice("next_piece", 0.5, 0.42, 0.44),
    VIOLATIONS,
)


def verdict_of(*estimates: Estimate, rules: Rules | None = None) -> Verdict:
    return recommend(gather(evaluation(*estimates)), rules or Rules()).verdict


def page(told: Evaluation, folder: Path, assumptions: Assumptions | None = None) -> tuple[str, str]:
    """The Markdown and the HTML."""
    paths = write_report(told, assumptions or Assumptions(), folder)
    return paths[0].read_text(encoding="utf-8"), paths[1].read_text(encoding="utf-8")


def asked(told: Evaluation) -> dict[str, Question]:
    facts = gather(told)
    return {q.title: q for q in questions(facts, recommend(facts, Rules()), Rules())}


@pytest.mark.parametrize(
    ("told", "says", "silent"),
    [
        (CLEARLY_FOR, ["> **Fine-tune.**", "a clear gain on all of 5 tasks", "Promote"], ["Serve retrieval"]),
        (
            CLEARLY_AGAINST,
            [
                "> **Do not fine-tune.**",
                "a clear gain on none of 4 tasks",
                "Serve retrieval alone instead",
                "On every task retrieval alone is within 3.0 points of the best system",
            ],
            ["Promote", "largest gain"],
        ),
        (
            MIXED,
            [
                "> **Mixed: fine-tuning pays for part of it.**",
                "a clear gain on 1 of 3 tasks, and shown to be worse on Next piece",
                "It does harm on Next piece.",
                "Cost is not compared",
            ],
            ["Promote"],
        ),
    ],
    ids=["for", "against", "mixed"],
)
def test_the_answer_follows_the_figures(
    told: Evaluation, says: list[str], silent: list[str], tmp_path: Path
) -> None:
    text, web = page(told, tmp_path)
    first = text.split("\n\n")[2]
    assert [s for s in says if s not in first] == []
    assert [s for s in silent if s in first] == []
    assert re.search(r'<p class="answer (for|against|mixed)">', web)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (CLEARLY_FOR, [Says.YES, Says.YES, Says.YES, Says.YES]),
        (CLEARLY_AGAINST, [Says.NO, Says.NO, Says.NO, Says.PARTLY]),
        (MIXED, [Says.PARTLY, Says.PARTLY, Says.OPEN, Says.YES]),
        (evaluation(), [Says.UNKNOWN] * 4),
    ],
    ids=["for", "against", "mixed", "empty"],
)
def test_the_four_questions_follow_the_figures(told: Evaluation, says: list[Says]) -> None:
    assert [q.says for q in asked(told).values()] == says


def test_a_slow_system_is_not_fast_enough_however_good() -> None:
    told = evaluation(*choice("vibe_choice", 0.4, 0.42, 0.6), *speed(2500, 4000), VIOLATIONS)
    question = asked(told)["Quality and speed"]
    assert question.says is Says.PARTLY
    assert "over the limit of 2,000 ms; 10.00 times" in question.because[1]
    assert any("slow" in c for c in recommend(gather(told), Rules()).conditions)


def test_an_unknown_part_does_not_weigh() -> None:
    assert combine([Says.YES, Says.UNKNOWN]) is Says.YES
    assert combine([Says.YES, Says.NO]) is Says.PARTLY
    assert combine([Says.OPEN, Says.NO]) is Says.OPEN
    assert combine([]) is Says.UNKNOWN


@pytest.mark.parametrize(
    ("tuned", "more", "verdict", "why"),
    [
        (0.60, {}, Verdict.FOR, "intervals are apart"),
        (0.47, {}, Verdict.FOR, "intervals are apart"),
        (0.455, {}, Verdict.UNDECIDED, "the intervals overlap"),
        (0.43, {}, Verdict.AGAINST, "the gain is too small (+1.0 points, 3.0 points needed)"),
        (0.41, {}, Verdict.AGAINST, "no better (-1.0 points)"),
        (0.30, {}, Verdict.AGAINST, "worse (-12.0 points)"),
        (0.60, {"n": 99}, Verdict.UNDECIDED, "too little data (99 cases, 100 needed)"),
        (0.60, {"half": 0.2}, Verdict.UNDECIDED, "the intervals overlap"),
    ],
)
def test_one_task_is_judged_by_the_rules(
    tuned: float, more: dict[str, float], verdict: Verdict, why: str
) -> None:
    [comparison] = [
        c for c in gather(evaluation(*choice("near_miss", 0.4, 0.42, tuned, **more))).deciding if c.tuned
    ]
    judged = judge(comparison, Rules())
    assert (judged.verdict, why in judged.reason) == (verdict, True), judged.reason


def test_without_uncertainty_the_stated_threshold_is_the_limit() -> None:
    told = choice("near_miss", 0.4, 0.5, 0.75, half=0)
    assert verdict_of(*told, rules=Rules(least_gain=0.25)) is Verdict.FOR
    assert verdict_of(*told, rules=Rules(least_gain=0.26)) is Verdict.AGAINST


def test_the_rival_is_the_best_of_all_that_needs_no_tuning() -> None:
    told = [*choice("near_miss", 0.4, 0.42, 0.6), estimate("near_miss", "accuracy", "popularity", 0.65)]
    assert verdict_of(*told) is Verdict.AGAINST
    judge_of_styles = estimate("near_miss", "accuracy", "judge", 0.99)
    assert verdict_of(*choice("near_miss", 0.4, 0.42, 0.6), judge_of_styles) is Verdict.FOR


def test_whole_looks_are_told_from_the_rack_and_from_the_catalogue(tmp_path: Path) -> None:
    catalogue = [
        estimate("composition", "piece_precision", s, v)
        for s, v in (("retrieval-only", 0.05), ("tuned", 0.07))
    ]
    rack = [
        estimate("rack", metric, s, v)
        for metric, values in (("rack_pieces", (0.4, 0.5)), ("rack_looks", (0.02, 0.09)))
        for s, v in zip(("retrieval-only", "tuned"), values, strict=True)
    ]
    told = markdown_of(evaluation(*catalogue, *rack), tmp_path)
    assert "Composed pieces: composed pieces that stand in a look of this wish" in told
    assert "Look from a rack: the look's own pieces, composed of four per slot" in told
    assert "Whole look (does not decide)" in told
    assert "a clear gain on 1 of 2 tasks" in told
    before = markdown_of(evaluation(*catalogue), tmp_path)
    assert "Composed pieces: composed pieces that stand in a look of this wish" in before
    assert "Whole look" not in before
    assert re.search("Not measured, or not for both sides: .*Look from a rack", before)


def test_any_broken_constraint_speaks_against_whatever_the_quality() -> None:
    told = [e for e in CLEARLY_FOR.estimates if e.metric != "violations"]
    answer = recommend(
        gather(evaluation(*told, estimate("composition", "violations", "tuned", 2, 0))), Rules()
    )
    assert answer.verdict is Verdict.AGAINST
    assert "violations: 2" in answer.reason


def test_without_clear_gains_but_with_open_tasks_it_is_undecided(tmp_path: Path) -> None:
    told = evaluation(*choice("vibe_choice", 0.4, 0.42, 0.5, n=40), *choice("near_miss", 0.5, 0.42, 0.45))
    first = page(told, tmp_path)[0].split("\n\n")[2]
    assert "Undecided: do not fine-tune on this evidence" in first
    assert "train on more looks" in first


def test_where_only_baselines_were_measured_nothing_else_is_named_to_serve(tmp_path: Path) -> None:
    told = [estimate(t, "accuracy", "tuned", v) for t, v in (("vibe_choice", 0.6), ("near_miss", 0.3))]
    told += [estimate(t, "accuracy", "random", 0.5) for t in ("vibe_choice", "near_miss")]
    assert "elsewhere what is served now will do" in markdown_of(evaluation(*told), tmp_path)


def test_public_outfits_do_not_decide_for_this_store() -> None:
    told = [estimate("polyvore_fitb", "accuracy", s, v) for s, v in (("prompt-only", 0.3), ("tuned", 0.9))]
    assert verdict_of(*told) is Verdict.UNDECIDED


def test_a_figure_that_is_not_finite_counts_as_not_measured() -> None:
    told = [e for e in choice("near_miss", 0.4, 0.42, 0.6) if e.system != "tuned"]
    assert verdict_of(*told, estimate("near_miss", "accuracy", "tuned", float("nan"))) is Verdict.UNDECIDED


def test_falling_variety_is_a_condition() -> None:
    told = [
        estimate("composition", "distinct_items", s, v) for s, v in (("prompt-only", 0.8), ("tuned", 0.3))
    ]
    answer = recommend(gather(evaluation(*CLEARLY_FOR.estimates, *told)), Rules())
    assert answer.verdict is Verdict.FOR
    assert any(c.startswith("Variety falls: 30.0 %") for c in answer.conditions)


def test_the_learning_curve_says_whether_more_looks_would_help(tmp_path: Path) -> None:
    flat = [
        estimate("learning_curve@30", "accuracy", "tuned", 0.6),
        estimate("learning_curve@100", "accuracy", "tuned", 0.61),
    ]
    assert "+8.0 points: more looks are likely to help" in markdown_of(CLEARLY_FOR, tmp_path)
    assert "+1.0 points: more looks of this kind are unlikely" in markdown_of(evaluation(*flat), tmp_path)
    assert "No learning curve was measured" in markdown_of(MIXED, tmp_path)


@pytest.mark.parametrize(
    "bad", [{"least_gain": -0.1}, {"least_gain": 3}, {"least_cases": 0}, {"slowest_p95_ms": 0}]
)
def test_senseless_rules_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(StylistError, match=next(iter(bad))):
        Rules(**bad)  # type: ignore[arg-type]


def test_costs_are_arithmetic_that_can_be_done_by_hand() -> None:
    prices = Assumptions(
        machine_hour=3.6,
        busy_share=0.5,
        training_machine_hour=2,
        training_hours=5,
        trainings=10,
        staff_hour=10,
        staff_hours_looks=90,
        staff_hours_guide=20,
        months=10,
        outfits_per_month=10_000,
        outfits_per_request=2,
        hosted_input_price=2,
        hosted_cached_price=1,
        hosted_output_price=10,
        style_guide_tokens=2000,
        answer_tokens=100,
    )
    offered = routes(gather(CLEARLY_FOR), prices)
    # 0.3 s a request, 2 outfits, half the hour busy: 0.3 s an outfit at 0.001 a second
    assert [round(r.running or 0, 6) for r in offered] == [0.02, 0.28, 0.3, 2.9]
    # (10 * 90 + 10 * 5 * 2) and 10 * 20, over 100,000 outfits
    assert [r.once for r in offered] == [0, 0, 10, 2]
    assert [r.assumed for r in offered] == [False, False, False, True]
    _, prompt, tuned, hosted = offered
    assert break_even(tuned, hosted, prices) == pytest.approx(1000 * 800 / 2.6)
    assert break_even(tuned, prompt, prices) is None
    assert break_even(prompt, tuned, prices) == 0


def test_costs_without_latency_are_not_measured_but_the_hosted_arithmetic_stands() -> None:
    *local, hosted = routes(gather(MIXED), Assumptions())
    assert [r.total for r in local] == [None, None, None]
    # nothing measured: the assumed 1,500 tokens stand in for wish and candidates
    assert hosted.running == pytest.approx(1000 / 3 * (1500 * 2.5 + 3000 * 1.25 + 360 * 10) / 1e6)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("busy_share = 0", "busy_share: must be above 0"),
        ("busy_share = 1.5", "busy_share: 1.5 is above 1"),
        ("machine_hour = -1", "machine_hour: -1 is not"),
        ("staff_hour = nan", "staff_hour: nan is not"),
        ('months = "12"', "months: '12' is not a number"),
        ("trainings = true", "trainings: True is not a number"),
        ('currency = " "', "currency: must be a name"),
        ("rent = 1", "rent: no such assumption"),
        ("months", "not TOML"),
    ],
)
def test_a_bad_assumption_names_file_and_field(line: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(AssumptionError, match=re.escape(says)) as error:
        read_assumptions(path)
    assert str(error.value).startswith(str(path))


def test_assumptions_are_read_and_the_rest_keeps_its_default(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text('currency = "SEK"\nstaff_hour = 400\n', encoding="utf-8")
    assert read_assumptions(path) == replace(Assumptions(), currency="SEK", staff_hour=400)
    with pytest.raises(AssumptionError, match="cannot be read"):
        read_assumptions(tmp_path / "none.toml")


def markdown_of(told: Evaluation, folder: Path) -> str:
    return page(told, folder)[0]


class Page(HTMLParser):
    """The text of a page, its tags, and its addresses; an unbalanced tag fails."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_stands_alone(tmp_path: Path) -> None:
    paths = write_report(CLEARLY_FOR, Assumptions(), tmp_path)
    assert [p.name for p in paths] == [
        "report.md",
        "report.html",
        "quality.svg",
        "cost.svg",
        "learning_curve.svg",
        "confusion.svg",
    ]
    source = paths[1].read_text(encoding="utf-8")
    parsed = Page(source)
    assert parsed.tags.isdisjoint({"script", "link", "iframe", "object", "form"})
    assert "url(" not in source
    assert "@import" not in source
    inside = {base64.b64decode(a.removeprefix("data:image/svg+xml;base64,")) for a in parsed.addresses}
    assert inside == {p.read_bytes() for p in paths[2:]}
    for picture in inside:
        assert ElementTree.fromstring(picture).tag.endswith("svg")
        assert b"<script" not in picture


def test_the_same_figures_give_the_same_bytes(tmp_path: Path) -> None:
    one = [p.read_bytes() for p in write_report(CLEARLY_FOR, Assumptions(), tmp_path / "1")]
    assert one == [p.read_bytes() for p in write_report(CLEARLY_FOR, Assumptions(), tmp_path / "2")]


def test_pictures_of_an_earlier_report_do_not_stay(tmp_path: Path) -> None:
    write_report(CLEARLY_FOR, Assumptions(), tmp_path)
    names = {p.name for p in write_report(MIXED, Assumptions(), tmp_path)}
    assert {p.name for p in tmp_path.iterdir()} == names
    assert names.isdisjoint({"learning_curve.svg", "confusion.svg"})


def test_nothing_in_the_evaluation_becomes_markup(tmp_path: Path) -> None:
    odd = [estimate(HOSTILE, "accuracy", s, 0.5) for s in ("tuned", "prompt-only", HOSTILE)]
    told = evaluation(
        *odd, notes=[HOSTILE], confusion=Confusion(labels=[HOSTILE, "衣"], counts=[[1, 2], [3, 4]])
    )
    told = told.model_copy(update={"subject": told.subject.model_copy(update={"name": HOSTILE})})
    text, web = page(told, tmp_path, Assumptions(currency=HOSTILE))
    parsed = Page(web)
    assert "onerror" in "".join(parsed.text)
    assert all(address.startswith("data:image/svg+xml;base64,") for address in parsed.addresses)
    assert re.search(r"(?<!\\)<img", text) is None
    for picture in tmp_path.glob("*.svg"):
        ElementTree.fromstring(picture.read_bytes())


def test_a_matrix_that_is_not_square_is_not_drawn() -> None:
    assert figures.confusion_matrix(Confusion(labels=["a", "b"], counts=[[1, 2], [3]])) is None
    assert figures.confusion_matrix(Confusion(labels=[], counts=[])) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StylistError, match="file"):
        write_report(MIXED, Assumptions(), tmp_path / "file")


@settings(deadline=None)  # the first one compiles the template
@given(st.text(max_size=40))
def test_any_text_reads_the_same_in_html(text: str) -> None:
    seen = "".join(Page(render.html(Document("t", "s", [Paragraph(text)]), {})).text)
    assert " ".join("".join(c if c.isprintable() else " " for c in text).split()) in seen


@settings(deadline=None)  # the first one compiles the template
@given(st.text(st.sampled_from("|<>`*_[]()#!&\\-+=~1.: \na"), max_size=20))
def test_any_text_stays_one_cell_in_markdown(text: str) -> None:
    document = Document("t", "s", [Table("c", ["h", "i"], [[text, "end"]]), Bullets([text])])
    row = next(line for line in render.markdown(document).splitlines() if line.endswith("| end |"))
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 3


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b*c", r"a_b\*c"),
        ("_a_ __b__", r"\_a\_ \_\_b\_\_"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("-5.0 points", "-5.0 points"),
        ("# no heading", r"\# no heading"),
        ("<b>", r"\<b\>"),
    ],
)
def test_markup_is_literal_in_markdown(text: str, escaped: str) -> None:
    assert render.escape(text) == escaped
