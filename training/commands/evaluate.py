"""`stylist evaluate`: one style and every baseline on the same held-out cases, written beside its weights.

How the query encoder is measured is `training.commands.evaluate_retriever`'s.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.embedder import Embedder, load_embedder
from indexer.errors import ModelError
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import PmiBaseline
from service.query.encoder import QueryEncoder
from service.registry.adapter import Adapter, load_adapter
from service.registry.evaluation import Confusion, Estimate, Evaluation, EvaluationError, Subject
from service.registry.lifecycle import RegistryError, find_style, now
from service.registry.live_encoder import champion_encoder
from service.registry.style_key import RETRIEVER, StyleKey
from service.settings import Settings
from training.commands import evaluate_retriever
from training.commands.data import Sources, designer_lookbooks, gather, split
from training.commands.evaluate_retriever import RetrieverEvaluation
from training.data.looks import Split, StyledLook, read_looks
from training.evaluation.cases.catalog import LookbookCatalogue, lookbook_catalogue
from training.evaluation.cases.choice import first_of_each_task, lookbook_cases
from training.evaluation.cases.wishes import Wish, wishes_of
from training.evaluation.systems.scorers import Contestant, all_systems
from training.evaluation.tasks.choice import Choices, evaluate_choices, learning_point
from training.evaluation.tasks.composition import evaluate_composition
from training.evaluation.tasks.fidelity import evaluate_fidelity
from training.evaluation.tasks.latency import measure_latency, prompt_tokens
from training.evaluation.tasks.layouts import both_layouts, compare_layouts
from training.evaluation.tasks.rack import evaluate_racks, lookbook_racks
from training.report.write import results
from training.trainers.neutral_cache import read_neutral

_COUNT = 3
_TIMED = 20
_LAYOUT_CASES = 100
_TIMED_SYSTEMS = ("retrieval-only", "tuned-retrieval", "prompt-only", "prompt+retrieval", "tuned")
Splits = dict[Split, list[StyledLook]]


@dataclass(frozen=True)
class EvaluateOptions:
    """`key`: NAME, NAME@VERSION, NAME@candidate. `limit` bounds the cases of each task, wishes included; `wishes` the
    wishes that whole outfits are composed for. All are drawn by the seed, so that two evaluations ask the same.
    """

    key: str
    sources: Sources
    polyvore: Path | None = None
    layouts: bool = False
    fidelity: bool = False
    limit: int | None = None
    seed: int = 0
    out: Path | None = None
    wishes: int = 60
    curve: tuple[tuple[int, str], ...] = ()
    """Percent of the looks, and NAME@VERSION of the adapter that learned from them alone."""

    @property
    def most_wishes(self) -> int:
        return self.wishes if self.limit is None else min(self.wishes, self.limit)


def curve_points(given: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """`30=house@2` -> (30, "house@2"). Raises EvaluationError naming what is no such pair."""
    points = []
    for text in given:
        percent, _, key = text.partition("=")
        try:
            whole = StyleKey.parse(key).version != ""
        except ModelError:
            whole = False
        if not (percent.isdecimal() and 0 < int(percent) < 100 and whole):
            raise EvaluationError(f"--curve: {text!r} is not PERCENT=NAME@VERSION with 1 to 99 percent")
        points.append((int(percent), key))
    return tuple(sorted(points))


def run(settings: Settings, options: EvaluateOptions) -> list[str]:
    """Evaluate and save. Returns lines to print; raises StylistError."""
    if StyleKey.parse(options.key).name == RETRIEVER:
        return evaluate_retriever.run(settings, _of_retriever(options))
    found = find_style(settings.adapters_dir, options.key)
    model = ScoringEngine(settings)
    adapter = load_adapter(found.folder, model.digest)
    model.add_adapter(adapter.digest, adapter.folder)
    embedder = load_embedder(settings.embedder)
    splits = split(gather(options.sources, settings.data_dir).looks, "group")
    encoder = tuned_encoder(embedder, settings)
    bench = _Bench(settings, options, model, adapter, embedder, encoder, splits)
    evaluation = bench.evaluate()
    return results(evaluation, options.out or adapter.folder)


def _of_retriever(options: EvaluateOptions) -> RetrieverEvaluation:
    """Raises EvaluationError naming an option that only styles can be measured by."""
    others = {
        "--polyvore": options.polyvore is not None,
        "--layouts": options.layouts,
        "--fidelity": options.fidelity,
        "--curve": bool(options.curve),
    }
    if given := [name for name, is_given in others.items() if is_given]:
        raise EvaluationError(f"{', '.join(given)}: of styles; the query encoder is measured without")
    return RetrieverEvaluation(options.key, options.sources, options.limit, options.seed, options.out)


def tuned_encoder(embedder: Embedder, settings: Settings) -> QueryEncoder | None:
    """The query encoder that is served, None when none is published. Raises ModelError."""
    found = champion_encoder(embedder, settings.adapters_dir)
    return found if found.tuned else None


@dataclass(frozen=True)
class _Bench:
    """One evaluation under way."""

    settings: Settings
    options: EvaluateOptions
    model: ScoringEngine
    adapter: Adapter
    embedder: Embedder
    encoder: QueryEncoder | None
    splits: Splits

    def evaluate(self) -> Evaluation:
        o = self.options
        with tempfile.TemporaryDirectory(prefix="stylist-evaluate-") as scratch:
            choices = self._choices()
            estimates, asked = self._composed(Path(scratch) / "catalogue")
            confusion = None
            if o.fidelity:
                found = self._fidelity(Path(scratch) / "designers")
                estimates += found[0]
                confusion = found[1]
        if o.layouts:
            estimates += self._layouts()
        if o.curve:
            estimates += self._curve()
        return Evaluation(
            subject=self._subject(choices.cases_digest, asked),
            created=now(),
            seed=o.seed,
            estimates=[*choices.estimates, *estimates],
            confusion=confusion,
            notes=self._notes(choices),
        )

    @property
    def _scores(self) -> Path:
        """Keeps what the models said of a set of cases: the next evaluation does not ask again."""
        folder = self.settings.data_dir / "scores"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _choices(self) -> Choices:
        o = self.options
        return evaluate_choices(
            self.model,
            self.adapter.digest,
            self.embedder,
            self.splits,
            o.polyvore,
            encoder=self.encoder,
            folder=self._scores,
            seed=o.seed,
            limit=o.limit,
        )

    def _composed(self, folder: Path) -> tuple[list[Estimate], Sequence[Wish]]:
        """Composition, racks, latency and prompt length over a catalogue of the held-out looks, and what was asked.

        The racks need no place in the identity of the cases: they hold pieces of choice cases that have one.
        """
        o, test = self.options, self.splits["test"]
        lookbook_catalogue(test, folder, self.embedder, seed=o.seed)
        catalogue = LookbookCatalogue(folder, self.embedder)
        try:
            wished = [look for look in test if look.phrasings]
            wishes = wishes_of(wished, {k.id: catalogue.cost(k) for k in wished}, _COUNT, o.seed)
            wishes = random.Random(o.seed).sample(wishes, min(len(wishes), o.most_wishes))
            if not wishes:
                raise EvaluationError("no held-out look has a wish to compose for; more lookbooks are needed")
            racks = lookbook_racks(test, self.embedder, o.seed, o.limit)
            named = self._contestants(catalogue)
            timed = {name: named[name] for name in _TIMED_SYSTEMS if name in named}
            return [
                *(evaluate_racks(catalogue, racks, named, o.seed).estimates if racks else ()),
                *evaluate_composition(catalogue, wishes, named, seed=o.seed),
                *measure_latency(catalogue, wishes[:_TIMED], timed, counts=(_COUNT,), seed=o.seed),
                *prompt_tokens(catalogue, wishes[:_TIMED], self.model, seed=o.seed),
            ], wishes
        finally:
            catalogue.close()

    def _contestants(self, catalogue: LookbookCatalogue) -> dict[str, Contestant]:
        """Every system, having read the catalogue's pieces in the neutral prompt, all at once."""
        neutral = PmiBaseline(self.model)
        read_neutral(neutral, self.model.digest, catalogue.labels(), self._scores)
        systems = all_systems(
            self.model, self.adapter.folder, self.splits["train"], self.options.seed, self.encoder, neutral
        )
        return {str(name): contestant for name, contestant in systems.items()}

    def _curve(self) -> list[Estimate]:
        """The learning curve; the adapter at hand is its last point."""
        o, found = self.options, []
        for percent, key in (*o.curve, (100, o.key)):
            adapter = load_adapter(find_style(self.settings.adapters_dir, key).folder, self.model.digest)
            self.model.add_adapter(adapter.digest, adapter.folder)
            found += learning_point(
                self.model,
                adapter.digest,
                self.embedder,
                self.splits,
                percent,
                encoder=self.encoder,
                seed=o.seed,
                limit=o.limit,
            )
        return found

    def _layouts(self) -> list[Estimate]:
        cases = [
            c for c in lookbook_cases(self.splits["test"], self.embedder, self.options.seed)
            if c.task == "vibe_choice_hard"
        ]  # fmt: skip
        kept = first_of_each_task(cases, min(_LAYOUT_CASES, self.options.limit or _LAYOUT_CASES))
        scorers = both_layouts(self.model, self.adapter.digest, PmiBaseline(self.model))
        return compare_layouts(kept, scorers, self.options.seed)

    def _fidelity(self, folder: Path) -> tuple[list[Estimate], Confusion]:
        """Which style composed this? Among the champions of the packaged designers' styles, and the one at hand."""
        o, own = self.options, self.adapter
        looks = {style: read_looks([path]) for style, path in designer_lookbooks().items()}
        folders: dict[str, Path] = {}
        for style in looks:
            try:
                folders[style] = find_style(self.settings.adapters_dir, style).folder
            except RegistryError:
                continue  # not trained yet
        if own.manifest.name in looks:
            folders[own.manifest.name] = own.folder
        if len(folders) < 2:
            raise EvaluationError(
                f"--fidelity: compares styles, but {len(folders)} of {len(looks)} is published"
            )
        house = self.splits["test"]
        found = evaluate_fidelity(
            self.model,
            folders,
            looks,
            house,
            self.embedder,
            folder,
            limit=o.most_wishes,
            seed=o.seed,
            encoder=self.encoder,
        )
        return found.estimates, found.confusion

    def _subject(self, choices: str, wishes: Sequence[Wish]) -> Subject:
        asked = [choices, *(f"{w.group} {w.request.model_dump_json()}" for w in wishes)]
        m = self.adapter.manifest
        return Subject(
            name=m.name,
            version=m.version,
            digest=self.adapter.digest,
            base_model=m.base_model,
            base_digest=m.base_digest,
            layout=m.layout,
            cases_digest=hashlib.sha256("\n".join(asked).encode()).hexdigest()[:16],
        )

    def _notes(self, choices: Choices) -> list[str]:
        o = self.options
        notes = [f"held-out looks of: {o.sources.provenance()}"]
        fitted = ", ".join(f"{name} {value:.3g}" for name, value in choices.score_weights.items())
        notes += [f"score weights fitted on the validation cases: {fitted}"] if fitted else []
        return notes + ([f"limited to {o.limit} cases per task"] if o.limit is not None else [])
