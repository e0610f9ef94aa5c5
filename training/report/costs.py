"""What 1,000 outfits cost by each route: measured latency and tokens times assumed prices. Recommends nothing.

Every price is an assumption that the store replaces with its own. The hosted route was never run: all of its
figures are arithmetic on assumptions, and are labelled so.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path

from indexer.errors import StylistError
from training.report.facts import PROMPTED, Facts


class AssumptionError(StylistError):
    """An assumption that cannot be used; names the file if there is one, and the field."""


def _assume(default: float, meaning: str) -> float:
    value: float = field(default=default, metadata={"meaning": meaning})
    return value


@dataclass(frozen=True)
class Assumptions:
    """Prices, volumes and hours; the defaults are round examples. Raises AssumptionError naming a bad field."""

    currency: str = field(default="EUR", metadata={"meaning": "currency of all prices"})
    machine_hour: float = _assume(0.20, "price of an hour of the serving machine")
    busy_share: float = _assume(0.25, "share of that hour spent on requests (above 0, at most 1)")
    training_machine_hour: float = _assume(0.20, "price of an hour of the training machine")
    training_hours: float = _assume(6.0, "machine hours of one training")
    trainings: float = _assume(4.0, "trainings over the whole period")
    staff_hour: float = _assume(30.0, "price of a staff hour")
    staff_hours_looks: float = _assume(40.0, "staff hours to write and check looks, once")
    staff_hours_guide: float = _assume(8.0, "staff hours to write a style guide, once")
    months: float = _assume(12.0, "months over which one-off work is spread")
    outfits_per_month: float = _assume(30_000.0, "outfits a month")
    outfits_per_request: float = _assume(3.0, "outfits in one request, as in the latency runs")
    hosted_input_price: float = _assume(2.50, "hosted large model: price of a million input tokens")
    hosted_cached_price: float = _assume(1.25, "the same for tokens that repeat (the style guide)")
    hosted_output_price: float = _assume(10.0, "the same for a million output tokens")
    style_guide_tokens: float = _assume(3000.0, "tokens of the style guide in every prompt")
    shortlist_tokens: float = _assume(
        1500.0, "tokens of wish and candidates in every prompt, where not measured"
    )
    answer_tokens: float = _assume(120.0, "output tokens of one outfit")

    def __post_init__(self) -> None:
        if not isinstance(self.currency, str) or not self.currency.strip():
            raise AssumptionError("currency: must be a name such as EUR")
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "currency":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise AssumptionError(f"{item.name}: {value!r} is not a number")
            if not math.isfinite(value) or value < 0:
                raise AssumptionError(f"{item.name}: {value} is not a number of at least 0")
        for name in ("busy_share", "months", "outfits_per_month", "outfits_per_request"):
            if getattr(self, name) == 0:
                raise AssumptionError(f"{name}: must be above 0")
        if self.busy_share > 1:
            raise AssumptionError(f"busy_share: {self.busy_share} is above 1")

    @property
    def outfits(self) -> float:
        """Outfits over the whole period."""
        return self.months * self.outfits_per_month


def read_assumptions(path: Path) -> Assumptions:
    """Assumptions from a TOML file of `field = value` lines; what it leaves out keeps its default.

    Raises AssumptionError naming file and field.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AssumptionError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AssumptionError(f"{path}: not TOML: {error}") from error
    if unknown := set(values) - {item.name for item in fields(Assumptions)}:
        raise AssumptionError(f"{path}: {min(unknown)}: no such assumption")
    try:
        return Assumptions(**values)
    except AssumptionError as error:
        raise AssumptionError(f"{path}: {error}") from error


@dataclass(frozen=True, slots=True)
class Route:
    """One way to get outfits. Amounts are per 1,000 outfits; `running` is None when latency was not measured."""

    name: str
    running: float | None
    once: float
    """One-off work, spread over the outfits of the period."""
    basis: str
    assumed: bool = False
    """Whether nothing of it was measured."""

    @property
    def total(self) -> float | None:
        return None if self.running is None else self.running + self.once


RETRIEVAL, PROMPT, TUNED, HOSTED = (
    "retrieval only",
    "prompt-only, local",
    "tuned, local",
    "hosted large model (assumed)",
)


def routes(facts: Facts, assumptions: Assumptions) -> list[Route]:
    """The four routes, in a fixed order: retrieval, prompt-only, tuned, hosted."""
    a = assumptions
    tuning = a.staff_hour * a.staff_hours_looks + a.trainings * a.training_hours * a.training_machine_hour
    guide = a.staff_hour * a.staff_hours_guide
    return [
        _local(RETRIEVAL, facts, a, ("retrieval-only",), 0.0),
        _local(PROMPT, facts, a, PROMPTED, 0.0),
        _local(TUNED, facts, a, ("tuned", "tuned-only"), tuning),
        Route(HOSTED, _hosted(facts, a), 1000 * guide / a.outfits, "assumption, not measured", assumed=True),
    ]


def _local(name: str, facts: Facts, a: Assumptions, systems: tuple[str, ...], once: float) -> Route:
    """Machine time of a request at the median, shared by its outfits, on a machine that is not always busy."""
    p50 = facts.milliseconds("p50_ms", systems)
    running = None
    if p50 is not None:
        hours = p50.value / 3_600_000 / a.outfits_per_request / a.busy_share
        running = 1000 * hours * a.machine_hour
    basis = "measured latency, assumed prices" if p50 else "latency not measured"
    return Route(name, running, 1000 * once / a.outfits, basis)


def _hosted(facts: Facts, a: Assumptions) -> float:
    """Tokens of one request at the assumed prices. Wish and candidates are as long as in the measured prompt of the
    `listed` layout, counted by the local model's tokenizer.
    """
    listed = facts.tokens.get("listed")
    request = (
        (listed.value if listed else a.shortlist_tokens) * a.hosted_input_price
        + a.style_guide_tokens * a.hosted_cached_price
        + a.answer_tokens * a.outfits_per_request * a.hosted_output_price
    ) / 1e6
    return 1000 * request / a.outfits_per_request


def break_even(cheaper_to_run: Route, cheaper_to_begin: Route, assumptions: Assumptions) -> float | None:
    """Outfits after which the first route has earned its one-off work; None if it never does or is unknown."""
    if cheaper_to_run.running is None or cheaper_to_begin.running is None:
        return None
    saved = cheaper_to_begin.running - cheaper_to_run.running
    extra = (cheaper_to_run.once - cheaper_to_begin.once) * assumptions.outfits / 1000
    if extra <= 0:
        return 0.0 if saved >= 0 else None
    return 1000 * extra / saved if saved > 0 else None


def stated(assumptions: Assumptions) -> Iterable[tuple[str, str, str]]:
    """Every assumption as (field, value, meaning)."""
    for item in fields(assumptions):
        value = getattr(assumptions, item.name)
        text = value if isinstance(value, str) else f"{value:,.10g}"
        yield item.name, text, str(item.metadata["meaning"])
