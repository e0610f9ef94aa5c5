"""What the sections of a report are written from, put together once. Knows no wording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.registry.evaluation import Evaluation
from training.report.costs import Assumptions, Route
from training.report.document import Block, Figure
from training.report.facts import Facts
from training.report.recommend import Recommendation, Rules


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page tells of. `pictures` are the names of the figures that could be drawn."""

    evaluation: Evaluation
    facts: Facts
    recommendation: Recommendation
    routes: Sequence[Route]
    assumptions: Assumptions
    rules: Rules
    pictures: frozenset[str]

    def picture(self, file: str, alt: str, caption: str) -> Iterator[Block]:
        """The figure, if it could be drawn."""
        if file in self.pictures:
            yield Figure(file, alt, caption)
