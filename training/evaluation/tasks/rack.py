"""The rack: a stylist's exam. The pieces of a held-out look hang among others, and one outfit is composed of them all.

Over a whole catalogue, thousands of outfits are as good as the author's and finding the very same pieces is luck. A
rack is small: for each slot of the look its own piece and those that `vibe_choice` holds against it. All systems get
the same racks, and compose freely with the code that serves; only scores and their weights differ. Knows no training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from indexer.embedder import Embedder
from service.composition.draft import Plan
from service.lm.scorer import Scores
from service.query.encoder import QueryEncoder
from service.registry.evaluation import Estimate, EvaluationError
from service.retrieval.filter_chain import apply
from service.retrieval.filters import filters, form_filter, size_filter
from service.schemas.outfits import OutfitRequest
from training.data.decisions import ORDER
from training.data.looks import StyledLook
from training.evaluation.bootstrap import Difference, estimate, paired_difference
from training.evaluation.cases.catalog import LookbookCatalogue
from training.evaluation.cases.choice import ChoiceCase, lookbook_cases, random_of
from training.evaluation.cases.wishes import Wish, asked
from training.evaluation.systems.scorers import Contestant
from training.evaluation.tasks.composition import answer

TASK = "rack"
METRICS: Mapping[str, Callable[[Scores], Scores]] = {
    "rack_pieces": lambda share: share,
    "rack_looks": lambda share: np.where(share == 1, 1.0, 0.0),
    "rack_most": lambda share: np.where(share >= 0.5, 1.0, 0.0),
}
"""Of the share of a look's pieces that were chosen: that share, whether it is all of them, and whether half or more."""


@dataclass(frozen=True, slots=True)
class Rack:
    """A look's wish, and one case per slot in the order of composition. The look's own pieces are `options[0]`, for the
    one who counts; who composes sees the options in a drawn order.
    """

    look: str
    wish: Wish
    cases: tuple[ChoiceCase, ...]


@dataclass(frozen=True, slots=True)
class RackResult:
    """What was found. `shares` hold, per system, the share of right pieces of each rack, and `clusters` the wish of
    each, for comparisons rack by rack.
    """

    estimates: list[Estimate]
    shares: dict[str, Scores]
    clusters: list[str]

    def difference(self, metric: str, a: str, b: str, seed: int = 0) -> Difference:
        """How much more `a` has of the metric than `b` on the same racks, with its interval."""
        measure = METRICS[metric]
        return paired_difference(measure(self.shares[a]), measure(self.shares[b]), self.clusters, seed)


def lookbook_racks(
    looks: Sequence[StyledLook], embedder: Embedder, seed: int = 0, limit: int | None = None
) -> list[Rack]:
    """A rack for every look with a wish, of its `vibe_choice` cases; at most `limit`, chosen by their names alone.

    A look is left out when a slot has too few pieces of other vibes.
    """
    cases = {case.id: case for case in lookbook_cases(looks, embedder, seed)}
    racks = []
    for look in (look for look in looks if look.phrasings):
        names = [f"vibe_choice/{look.id}/{slot}" for slot in ORDER if slot in look.pieces]
        if all(name in cases for name in names):
            own = tuple(cases[name] for name in names)
            number = random_of(f"{TASK}/{look.id}", seed).getrandbits(31)
            vibe = own[0].context.vibe
            request = OutfitRequest(vibe=vibe, department=asked(look), count=1, seed=number)
            racks.append(Rack(look.id, Wish(look.group, request), own))
    return sorted(racks, key=lambda rack: rack.wish.request.seed or 0)[:limit]


def rack_plan(
    catalogue: LookbookCatalogue, rack: Rack, seed: int = 0, encoder: QueryEncoder | None = None
) -> Plan:
    """The rack as one outfit to compose, all its slots required and all its pieces on offer, in an order that is drawn.

    Raises EvaluationError naming a piece that the catalogue does not have.
    """
    request, brief = rack.wish.request, catalogue.read(rack.wish.request, encoder)
    shortlists = {}
    for case in rack.cases:
        positions = [catalogue.position(case.slot, text, case.context.department) for text in case.options]
        random_of(f"{TASK}/{case.id}", seed).shuffle(positions)
        shortlists[case.slot] = catalogue.retriever.offer(request, brief, case.slot, positions)
    labels = {slot: [c.label for c in shortlist.candidates] for slot, shortlist in shortlists.items()}
    return Plan(replace(rack.cases[0].context, shortlist=labels), tuple(shortlists), (), shortlists)


def evaluate_racks(
    catalogue: LookbookCatalogue,
    racks: Sequence[Rack],
    contestants: Mapping[str, Contestant],
    seed: int = 0,
) -> RackResult:
    """Every metric of every system with its interval over vibes. As system `rules`, `reachable`: the share of looks of
    which the store's own rules would offer every piece for the wish; the rack itself offers all.

    Raises EvaluationError when there is no rack, and naming a piece that the catalogue does not have.
    """
    if not racks:
        raise EvaluationError(f"{TASK}: no held-out look has a wish and enough others to hang beside it")
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for rack in tqdm(racks, desc=TASK, unit="look"):
        plans: dict[str | None, Plan] = {}
        for name, contestant in contestants.items():
            encoder = contestant.encoder
            key = None if encoder is None else encoder.digest
            if key not in plans:
                plans[key] = rack_plan(catalogue, rack, seed, encoder)
            found[name].append(_share(catalogue, rack, plans[key], contestant))
    shares = {name: np.array(own, dtype=np.float64) for name, own in found.items()}
    clusters = [rack.wish.group for rack in racks]
    chances = _chances(racks)
    estimates = [
        estimate(TASK, metric, name, of(own), clusters, chance=chances[metric], seed=seed)
        for name, own in shares.items()
        for metric, of in METRICS.items()
    ]
    offered = [float(_offered(catalogue, rack)) for rack in racks]
    estimates.append(estimate(TASK, "reachable", "rules", offered, clusters, seed=seed))
    return RackResult(estimates, shares, clusters)


def _share(catalogue: LookbookCatalogue, rack: Rack, plan: Plan, contestant: Contestant) -> float:
    """Share of the look's pieces in the outfit; none where no outfit was composed."""
    outfits = answer(rack.wish, [plan], contestant).outfits
    chosen = {(c.slot, c.position) for outfit in outfits for c in outfit}
    return sum(own in chosen for own in _own(catalogue, rack)) / len(rack.cases)


def _own(catalogue: LookbookCatalogue, rack: Rack) -> list[tuple[str, int]]:
    """Slot and position of the look's own pieces."""
    return [(c.slot, catalogue.position(c.slot, c.options[0], c.context.department)) for c in rack.cases]


def _offered(catalogue: LookbookCatalogue, rack: Rack) -> bool:
    """Whether the filters of serving let all of the look's own pieces through."""
    request, columns = rack.wish.request, catalogue.retriever.view.columns
    brief = catalogue.read(request)
    lane = rack.cases[0].context.department or "unisex"
    shared = filters(columns, request, brief, lane, brief.kids_line if lane == "kids" else "")
    for case in rack.cases:
        chain = [*shared, *form_filter(columns, case.slot, suits=False)]
        mask, _, _ = apply(columns, case.slot, [*chain, *size_filter(columns, request, brief, case.slot)])
        if not mask[catalogue.position(case.slot, case.options[0], case.context.department)]:
            return False
    return True


def _chances(racks: Sequence[Rack]) -> dict[str, float]:
    """What blind choices would get of each metric: the mean over racks of its expectation."""
    found: dict[str, list[float]] = {metric: [] for metric in METRICS}
    for rack in racks:
        likely = np.ones(1)  # of 0, 1, ... right pieces
        for case in rack.cases:
            likely = np.convolve(likely, [1 - 1 / len(case.options), 1 / len(case.options)])
        shares = np.arange(len(likely)) / len(rack.cases)
        for metric, of in METRICS.items():
            found[metric].append(float(likely @ of(shares)))
    return {metric: float(np.mean(own)) for metric, own in found.items()}
