"""`stylist train sft`: looks in, a published candidate out. What an update does is `training.trainers.lora`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.embedder import Embedder, load_embedder
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.registry.adapter import Adapter, load_adapter
from service.registry.lifecycle import find_style
from service.settings import Settings
from training.commands.data import Gathered, SourceError, Sources, SplitBy, gather, some_of, split
from training.commands.evaluate import tuned_encoder
from training.commands.publish import Label, Made, finish, next_steps
from training.data.decisions import Draw, Example, Pool, draw_examples
from training.data.looks import Split, StyledLook, digest, read_looks, split_by_group
from training.data.stocked import Stocked, in_stock
from training.evaluation.cases.choice import first_of_each_task, lookbook_cases
from training.evaluation.systems.features import Feature, build_table
from training.evaluation.systems.linear import score_weights, weights_of
from training.evaluation.systems.scorers import Kinds
from training.evaluation.systems.text_scores import text_scores
from training.evaluation.tasks.choice import FIT_TASKS
from training.trainers.loop import Run, Schedule
from training.trainers.lora import Lora, Trainer
from training.trainers.neutral_cache import read_neutral

_CHECKED = 150
"""Looks per source that are judged after each epoch."""
_SHOP = 0.35
"""Share of the looks in training that are worded as a shop would."""
_FITTED = 200
"""Cases per task that the weights of the score are fitted on."""
Splits = dict[Split, list[StyledLook]]


@dataclass(frozen=True)
class SftOptions:
    """Everything that a run depends on, beside the settings. `start` is NAME[@VERSION] of an adapter."""

    label: Label
    sources: Sources
    schedule: Schedule
    lora: Lora
    split: SplitBy = "group"
    start: str | None = None
    limit: int | None = None
    out: Path | None = None
    against: tuple[Path, ...] = ()
    """Lookbooks of other styles: what they wear for the same wishes is what this style does not."""
    match: bool = False
    """Learn the looks in the words of the current index, too."""


def run(settings: Settings, options: SftOptions) -> list[str]:
    """Train, or go on with a run that was interrupted, and publish. Returns lines to print.

    Raises StylistError subclasses: for data that cannot be read or leaks, a version that is published already, an
    adapter to go on from that does not fit, a folder that belongs to another run.
    """
    label = options.label
    label.check_free(settings.adapters_dir)
    out = options.out or label.run_folder(settings.data_dir)
    found = gather(options.sources, settings.data_dir, label.name)
    splits = split(found.looks, options.split)
    splits["train"] = some_of(splits["train"], options.limit, options.schedule.seed)
    embedder = load_embedder(settings.embedder)
    stocked = Stocked()
    if options.match:
        held_out = [*splits["valid"], *splits["test"]]
        stocked = in_stock(splits["train"], held_out, settings.data_dir, embedder)
        splits["train"] = [*splits["train"], *stocked.looks]
    parent, base_digest = _train(settings, options, splits, stocked.pool, embedder, out)
    made = Made(
        base_digest=base_digest,
        data_digest=digest(splits["train"]),
        seed=options.schedule.seed,
        licence=options.sources.licence(),
        provenance=_provenance(options),
        parent=str(parent.key) if parent else "",
        score_weights=fit_score_weights(settings, splits, embedder, out, options.schedule.seed)
        or (dict(parent.manifest.score_weights.items()) if parent else {}),
    )
    adapter, notes = finish(out, label, made, settings)
    return [*_told(found, splits), *stocked.notes, *notes, next_steps(adapter)]


def _provenance(options: SftOptions) -> str:
    others = ", ".join(path.name for path in options.against)
    told_apart = f"; told apart from {others}" if others else ""
    return options.sources.provenance() + told_apart + ("; also matched to the store's items" * options.match)


def starting_adapter(settings: Settings, model: ScoringEngine, key: str | None) -> Adapter | None:
    """The adapter that training goes on from. Raises StylistError when there is none or it is of another model."""
    if key is None:
        return None
    return load_adapter(find_style(settings.adapters_dir, key).folder, model.digest)


def fit_score_weights(
    settings: Settings, splits: Splits, embedder: Embedder, out: Path, seed: int
) -> dict[str, float]:
    """Weights of the composer's score for the adapter in `out`, fitted on held-out decisions of looks with a wish.

    Empty when there are too few to fit anything on.
    """
    cases = first_of_each_task(lookbook_cases(splits["valid"], embedder, seed), _FITTED)
    if len(cases) < _FITTED:
        return {}
    model = ScoringEngine(settings)  # a fresh one: training has put its adapter into the other
    model.add_adapter("new", out)
    neutral = PmiBaseline(model)
    read_neutral(neutral, model.digest, [], out.parent)
    table = build_table(cases, embedder, Kinds(splits["train"]), tuned_encoder(embedder, settings))
    scorer = LmScorer(model, "new", "scored", neutral)
    text: Feature = "odds_tuned" if scorer.log_odds else "pmi_tuned"
    table = table.with_column(text, text_scores(scorer, cases))
    return score_weights(weights_of("tuned", table.of_tasks(FIT_TASKS)))


def _train(
    settings: Settings,
    options: SftOptions,
    splits: Splits,
    stock: Sequence[StyledLook],
    embedder: Embedder,
    out: Path,
) -> tuple[Adapter | None, str]:
    """Weights and curve into `out`. `stock` is for negatives alone. Returns the adapter that training began from,
    and the base's digest.
    """
    model = ScoringEngine(settings)
    parent = starting_adapter(settings, model, options.start)
    lora = _lora(options.lora, parent)
    checks = _checks(splits["valid"], options.against, embedder, options.schedule.seed)
    trainer = Trainer(model, lora, parent.folder if parent else None)
    looks, others = contrasted(splits["train"], options.against, "train")
    run = Run(
        trainer,
        looks,
        checks,
        # Read by likelihood, a text needs its neutral score, and those are of the texts as they were written.
        Draw(shop=_SHOP if lora.readout == "head" else 0.0),
        options.schedule,
        out,
        Pool([*looks, *others, *stock], embedder),
        parent.digest if parent else "",
    )
    run.train()
    return parent, model.digest


def contrasted(
    looks: Sequence[StyledLook], against: Sequence[Path], split: Split
) -> tuple[list[StyledLook], list[StyledLook]]:
    """The looks, and those of other styles in the same split. With other styles each style is one group, so that
    negatives are other styles' pieces, for the same wish too.
    """
    if not against:
        return list(looks), []
    own = {look.id for look in looks}
    others: list[StyledLook] = []
    for path in against:
        read = read_looks([path])
        if own.isdisjoint(look.id for look in read):  # the style's own lookbook is not against it
            others += [replace(look, group=path.stem) for look in split_by_group(read)[split]]
    return [replace(look, group="") for look in looks], others


def _lora(lora: Lora, parent: Adapter | None) -> Lora:
    """What is trained: read out as the adapter begun from is."""
    if parent is None:
        return lora
    if lora.objective == "likelihood" and parent.manifest.readout == "head":
        raise SourceError("--objective likelihood: the adapter to go on from is read by its score head")
    return replace(lora, readout=parent.manifest.readout)


def _checks(
    held_out: list[StyledLook], against: Sequence[Path], embedder: Embedder, seed: int
) -> dict[str, list[Example]]:
    """Held-out decisions by source; their negatives are held out too."""
    looks, others = contrasted(held_out, against, "valid")
    by_source = {source: [k for k in looks if k.source == source] for source in {k.source for k in looks}}
    return {
        f"valid_{source}": draw_examples(
            some_of(own, _CHECKED, seed), Pool([*own, *others], embedder), Draw(shuffle=0.0), seed
        )
        for source, own in sorted(by_source.items())
    }


def _told(found: Gathered, splits: Splits) -> list[str]:
    sizes = ", ".join(f"{len(splits[name])} {name}" for name in splits)
    return [*found.notes, f"looks: {sizes}"]
