"""The whole `stylist` command: what the service offers, and training, evaluation and promotion beside it.

Only light modules are imported here, so that `stylist --help` answers at once. Defaults of numbers are those of
`training.trainers` and `training.retriever.trainer`; a test compares them.
"""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.failing import settings_of
from service.cli.help import GroupedCommand, examples
from service.cli.main import app
from service.cli.main import main as run_command
from service.cli.options import DataDir
from training.commands.options import (
    AdaptersDir,
    Against,
    Batch,
    Beta,
    Description,
    Epochs,
    Feedback,
    File,
    From,
    House,
    Limit,
    Looks,
    Match,
    Name,
    Objective,
    Orders,
    Out,
    Polyvore,
    Rank,
    Rate,
    Readout,
    Seed,
    Split,
    StoreLooks,
    Untuned,
    Version,
    sources_of,
)

_SFT = (
    "stylist train sft --name ours --version 1 --store-looks looks.jsonl --match",
    "stylist train sft --name ours --version 2 --from house --orders orders.csv --epochs 1",
)
_DPO = ("stylist train dpo --name ours --version 3 --from ours@2 --feedback events.jsonl",)
_RETRIEVER = ("stylist train retriever --version 3 --looks looks.jsonl",)
train = typer.Typer(
    help="Train on looks and feedback.",
    epilog=examples(*_SFT[:1], *_DPO, *_RETRIEVER, "stylist evaluate ours@1  # then: stylist promote ours@1"),
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(train, name="train")


@train.command("sft", cls=GroupedCommand, epilog=examples(*_SFT))
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
    split: Split = "group",
    objective: Objective = "listwise",
    readout: Readout = "head",
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
    sources = sources_of(looks, house, polyvore, store_looks, orders, feedback)
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


@train.command("dpo", cls=GroupedCommand, epilog=examples(*_DPO))
def train_dpo(
    name: Name,
    version: Version,
    description: Description = "",
    looks: Looks = None,
    house: House = True,
    feedback: Feedback = None,
    start: From = None,
    beta: Beta = 1.0,
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
    sources = sources_of(looks, house, None, None, None, feedback)
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


@train.command("retriever", cls=GroupedCommand, epilog=examples(*_RETRIEVER))
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
    sources = sources_of(looks, house, polyvore, store_looks, orders, feedback)
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
    sources = sources_of(looks, True, None, None, None, None)
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


def _show(lines: list[str], err: bool = False) -> None:
    for line in lines:
        typer.echo(line, err=err)
