"""The whole `stylist` command: what the service offers, and training, evaluation and promotion beside it.

Only light modules are imported here, so that `stylist --help` answers at once. Defaults of numbers are those of
`training.trainers` and `training.retriever.trainer`; a test compares them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from service.cli.failing import settings_of
from service.cli.main import app
from service.cli.main import main as run_command
from service.cli.options import DataDir

if TYPE_CHECKING:
    from training.commands.data import Sources

train = typer.Typer(help="Train on looks and feedback.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(train, name="train")

Files = list[Path] | None
File = Path | None
Name = Annotated[str, typer.Option(help="Name of the style.")]
Version = Annotated[str, typer.Option(help="Version of the adapter; each can be published once.")]
Description = Annotated[str, typer.Option(help="One line for people.")]
Looks = Annotated[
    Files, typer.Option(metavar="FILE", help="Lookbook; repeatable. [the packaged house lookbooks]")
]
House = Annotated[bool, typer.Option("--house/--no-house", help="Learn from the packaged lookbooks at all.")]
Polyvore = Annotated[File, typer.Option(metavar="FILE", help="Polyvore outfits, as JSONL.")]
StoreLooks = Annotated[Files, typer.Option(metavar="FILE", help="Looks of the store's own SKUs; repeatable.")]
Orders = Annotated[Files, typer.Option(metavar="FILE", help="Order lines; repeatable.")]
Feedback = Annotated[Files, typer.Option(metavar="FILE", help="Feedback events; repeatable.")]
From = Annotated[str | None, typer.Option("--from", metavar="NAME[@VERSION]", help="Adapter to go on from.")]
Epochs = Annotated[int, typer.Option(min=1)]
Rate = Annotated[float, typer.Option(min=0.0, help="The highest learning rate.")]
Rank = Annotated[int, typer.Option(min=1, help="Rank of the LoRA matrices.")]
Batch = Annotated[int, typer.Option(min=1, help="Examples per update.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same run.")]
Untuned = Annotated[float, typer.Option(min=0, max=1, help="Share of the untuned vector while serving.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many; for a first impression.")]
Against = Annotated[
    Files, typer.Option(metavar="FILE", help="Lookbook of another style, to be told apart from; repeatable.")
]
Match = Annotated[bool, typer.Option("--match", help="Learn looks in the words of the current index, too.")]
Out = Annotated[File, typer.Option(metavar="DIR", help="Work folder; a run begun again goes on there.")]
AdaptersDir = Annotated[
    File, typer.Option(metavar="DIR", help="Where adapters are published. [STYLIST_ADAPTERS_DIR]")
]


@train.command("sft")
def train_sft(
    name: Name,
    version: Version,
    description: Description = "",
    looks: Looks = None,
    house: House = True,
    polyvore: Polyvore = None,
    store_looks: StoreLooks = None,
    orders: Orders = None,
    feedback: Feedback = None,
    start: From = None,
    split: Annotated[Literal["group", "time"], typer.Option(help="How held-out looks are chosen.")] = "group",
    objective: Annotated[
        Literal["listwise", "likelihood"], typer.Option(help="Choose as a stylist does, or plain next-token.")
    ] = "listwise",
    readout: Annotated[
        Literal["head", "likelihood"],
        typer.Option(help="What a piece's score is: a learned head's, or its text's."),
    ] = "head",
    epochs: Epochs = 3,
    learning_rate: Rate = 4e-4,
    rank: Rank = 16,
    batch: Batch = 4,
    seed: Seed = 0,
    limit: Limit = None,
    against: Against = None,
    match: Match = False,
    out: Out = None,
    adapters_dir: AdaptersDir = None,
    data_dir: DataDir = None,
) -> None:
    """Train a style adapter on looks and publish it as candidate."""
    sources = _sources(looks, house, polyvore, store_looks, orders, feedback)
    settings = settings_of(data_dir, adapters_dir=adapters_dir)
    from training.commands.publish import Label
    from training.commands.train_style import SftOptions, run
    from training.trainers.loop import Schedule
    from training.trainers.lora import Lora

    options = SftOptions(
        Label(name, version, description),
        sources,
        Schedule(learning_rate=learning_rate, epochs=epochs, batch=batch, seed=seed),
        Lora(
            rank=rank,
            objective=objective,
            readout="likelihood" if objective == "likelihood" else readout,
            seed=seed,
        ),
        split,
        start,
        limit,
        out,
        tuple(against or ()),
        match,
    )
    _show(run(settings, options))


@train.command("dpo")
def train_dpo(
    name: Name,
    version: Version,
    description: Description = "",
    looks: Looks = None,
    house: House = True,
    feedback: Feedback = None,
    start: From = None,
    beta: Annotated[float, typer.Option(help="How near to stay to the adapter begun from.")] = 1.0,
    epochs: Epochs = 2,
    learning_rate: Rate = 5e-5,
    rank: Rank = 16,
    batch: Batch = 8,
    seed: Seed = 0,
    limit: Limit = None,
    out: Out = None,
    adapters_dir: AdaptersDir = None,
    data_dir: DataDir = None,
) -> None:
    """Train on preferences (swaps, dislikes, near misses) and publish the adapter as candidate."""
    sources = _sources(looks, house, None, None, None, feedback)
    settings = settings_of(data_dir, adapters_dir=adapters_dir)
    from training.commands.publish import Label
    from training.commands.train_preferences import DpoOptions, run
    from training.trainers.loop import Schedule
    from training.trainers.preference import Dpo

    options = DpoOptions(
        Label(name, version, description),
        sources,
        Schedule(learning_rate=learning_rate, epochs=epochs, batch=batch, seed=seed),
        Dpo(beta=beta, rank=rank),
        start,
        limit,
        out,
    )
    _show(run(settings, options))


@train.command("retriever")
def train_retriever(
    version: Version,
    looks: Looks = None,
    house: House = True,
    polyvore: Polyvore = None,
    store_looks: StoreLooks = None,
    orders: Orders = None,
    feedback: Feedback = None,
    epochs: Epochs = 2,
    learning_rate: Rate = 2e-3,
    rank: Rank = 16,
    batch: Batch = 8,
    wish_base: Untuned = 0.0,
    worn_base: Untuned = 0.0,
    seed: Seed = 0,
    limit: Limit = None,
    out: Out = None,
    adapters_dir: AdaptersDir = None,
    data_dir: DataDir = None,
) -> None:
    """Train the query side of retrieval on looks and publish it as candidate."""
    sources = _sources(looks, house, polyvore, store_looks, orders, feedback)
    settings = settings_of(data_dir, adapters_dir=adapters_dir)
    from training.commands.train_retriever import RetrieverRun, run

    bases = (wish_base, worn_base)
    options = RetrieverRun(sources, version, epochs, learning_rate, rank, batch, bases, seed, limit, out)
    _show(run(settings, options))


@app.command()
def evaluate(
    key: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="A style, or retriever.")],
    looks: Looks = None,
    polyvore: Polyvore = None,
    layouts: Annotated[bool, typer.Option("--layouts", help="Compare both prompts, too. Slow.")] = False,
    fidelity: Annotated[
        bool,
        typer.Option("--fidelity", help="Ask which style composed an outfit, too. Needs several styles."),
    ] = False,
    curve: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PERCENT=NAME@VERSION",
            help="An adapter that learned from so many percent of the looks, for the learning curve; repeatable.",
        ),
    ] = None,
    limit: Limit = None,
    wishes: Annotated[int, typer.Option(min=1, help="Most wishes that whole outfits are composed for.")] = 60,
    seed: Seed = 0,
    out: Annotated[File, typer.Option(metavar="DIR", help="Where to write. [beside the adapter]")] = None,
    adapters_dir: AdaptersDir = None,
    data_dir: DataDir = None,
) -> None:
    """Measure an adapter and every baseline on the same held-out cases."""
    sources = _sources(looks, True, None, None, None, None)
    settings = settings_of(data_dir, adapters_dir=adapters_dir)
    from training.commands.evaluate import EvaluateOptions, curve_points, run

    points = curve_points(curve or [])
    options = EvaluateOptions(key, sources, polyvore, layouts, fidelity, limit, seed, out, wishes, points)
    _show(run(settings, options))


@app.command()
def report(
    key: Annotated[str | None, typer.Argument(metavar="[NAME[@VERSION]]", help="[the default style]")] = None,
    evaluation: Annotated[
        File, typer.Option(metavar="DIR", help="A folder with evaluation.json. [the adapter's]")
    ] = None,
    assumptions: Annotated[File, typer.Option(metavar="FILE", help="Prices and hours, as TOML.")] = None,
    out: Annotated[File, typer.Option(metavar="DIR", help="Where to write. [DATA_DIR/reports]")] = None,
    adapters_dir: AdaptersDir = None,
    data_dir: DataDir = None,
) -> None:
    """Answer "prompt or fine-tune?" from an evaluation, as Markdown and HTML."""
    settings = settings_of(data_dir, adapters_dir=adapters_dir)
    from training.commands import registry as shelf

    _show(shelf.report(settings, key, evaluation, assumptions, out))


@app.command()
def adapters(adapters_dir: AdaptersDir = None, data_dir: DataDir = None) -> None:
    """List the published adapters and which of them is served."""
    settings = settings_of(data_dir, adapters_dir=adapters_dir)
    from training.commands.registry import listing, where

    _show(where(settings), err=True)
    _show(listing(settings))


@app.command()
def promote(
    key: Annotated[str, typer.Argument(metavar="NAME@VERSION", help="Alone, its candidate.")],
    max_latency_ratio: Annotated[
        float, typer.Option(min=0.0, help="How many times slower than the champion it may be.")
    ] = 1.5,
    force: Annotated[
        str, typer.Option(metavar="REASON", help="Promote whatever the gate says; the reason is kept.")
    ] = "",
    adapters_dir: AdaptersDir = None,
    data_dir: DataDir = None,
) -> None:
    """Serve a version as its style, or as the retriever, if the gate lets it through."""
    settings = settings_of(data_dir, adapters_dir=adapters_dir)
    from service.registry.gate import Limits
    from training.commands.registry import promote_past_gate

    _show(promote_past_gate(settings, key, Limits(max_latency_ratio), force))


@app.command()
def rollback(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="[the default style]")] = None,
    adapters_dir: AdaptersDir = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the champion before the present one again, of a style or of the retriever."""
    settings = settings_of(data_dir, adapters_dir=adapters_dir)
    from training.commands.registry import roll_back

    _show(roll_back(settings, name))


def main() -> None:
    """Entry point. Exits 0 when done, 1 with a one-line reason, 2 on wrong usage."""
    run_command()


def _sources(
    looks: Files, house: bool, polyvore: File, store_looks: Files, orders: Files, feedback: Files
) -> Sources:
    from training.commands.data import Sources

    def all_of(files: Files) -> tuple[Path, ...]:
        return tuple(files or ())

    return Sources(all_of(looks), house, polyvore, all_of(store_looks), all_of(orders), all_of(feedback))


def _show(lines: list[str], err: bool = False) -> None:
    for line in lines:
        typer.echo(line, err=err)
