"""The `stylist` command: what it is called, what it takes, and how it fails. The work is done elsewhere.

Only light modules are imported here, so that `stylist --help` answers at once.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Annotated

import typer

from service.cli.critique import critique
from service.cli.failing import run, settings_of
from service.cli.help import examples, show_version
from service.cli.options import DataDir, FeedFormat, LinesFile, Scope, Texts

app = typer.Typer(
    help="Whole outfits from a store's own stock, composed by vibe.",
    epilog=examples(
        "stylist index inventory_samples/store.csv",
        'stylist compose "rooftop jazz night, warm evening" --count 3 --explain',
        "stylist serve",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Keys of the HTTP API.", no_args_is_help=True, rich_markup_mode=None)
models = typer.Typer(help="The base language model.", no_args_is_help=True, rich_markup_mode=None)
feedback = typer.Typer(help="What shoppers did with outfits.", no_args_is_help=True, rich_markup_mode=None)
shoppers = typer.Typer(help="What is kept of shoppers.", no_args_is_help=True, rich_markup_mode=None)
looks = typer.Typer(help="Looks that staff approved.", no_args_is_help=True, rich_markup_mode=None)
corrections = typer.Typer(help="What staff said of pieces.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(corrections, name="corrections")
app.add_typer(keys, name="keys")
app.add_typer(feedback, name="feedback")
app.add_typer(looks, name="looks")
app.add_typer(shoppers, name="shoppers")
app.add_typer(models, name="models")


@app.callback()
def stylist(
    show: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Takes what stands before the name of a command."""


@app.command(
    epilog=examples(
        "stylist index inventory_samples/store.csv",
        "stylist index products_export.csv --currency EUR",
        "stylist index stock.csv --map title=NAME --map price=RRP",
        "stylist index https://shop.example/feed.xml",
    )
)
def index(
    feeds: Annotated[
        list[str], typer.Argument(metavar="FEED...", help="Inventory feeds: files or http(s) addresses.")
    ],
    format: Annotated[FeedFormat, typer.Option(help="Format of the feeds.")] = "auto",
    map: Annotated[
        Texts, typer.Option(metavar="FIELD=COLUMN", help="Which column holds a field; repeatable.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of prices that name none.")] = None,
    allow_rejects: Annotated[
        bool, typer.Option("--allow-rejects", help="Go on although most rows are rejected.")
    ] = False,
    minor_units: Annotated[
        bool, typer.Option("--minor-units", help="All prices are in minor units (cents).")
    ] = False,
    confirm_prices: Annotated[
        bool, typer.Option("--confirm-prices", help="Prices are right, however high.")
    ] = False,
    embedder: Annotated[str | None, typer.Option(help="Embedding model: an id or a folder.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Build the index from inventory feeds and make it current."""
    from service.cli.index import IndexOptions, run

    settings = settings_of(data_dir, currency=currency, embedder=embedder)
    options = IndexOptions(format, map or [], allow_rejects, minor_units, confirm_prices)
    typer.echo(run(settings, feeds, options))


@app.command(
    epilog=examples(
        'stylist compose "rooftop jazz night, warm evening" --count 3 --explain',
        'stylist compose "office in winter" --department men --budget 400 --size shoes=43',
        'stylist compose "first snow walk" --temperature -2 --snow --exclude-material wool',
        'stylist compose "warmer, and no skirt" --refine ID --image look.svg',
    )
)
def compose(
    vibe: Annotated[str, typer.Argument(help='What the outfit is for: "rooftop jazz night".')],
    count: Annotated[int | None, typer.Option(help="How many outfits.")] = None,
    style: Annotated[str | None, typer.Option(help="Style adapter.")] = None,
    department: Annotated[str | None, typer.Option(help="women, men, unisex or kids.")] = None,
    occasion: Annotated[str | None, typer.Option(help="Such as wedding or office.")] = None,
    budget: Annotated[float | None, typer.Option(help="The most that one outfit may cost.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of the budget.")] = None,
    season: Annotated[str | None, typer.Option(help="spring, summer, autumn or winter.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Degrees Celsius.")] = None,
    rain: Annotated[bool, typer.Option("--rain", help="It rains.")] = False,
    snow: Annotated[bool, typer.Option("--snow", help="It snows.")] = False,
    size: Annotated[
        Texts, typer.Option(metavar="SLOT=SIZE", help="A size that fits, as in top=M; repeatable.")
    ] = None,
    anchor: Annotated[Texts, typer.Option(metavar="SKU", help="A piece to build around; repeatable.")] = None,
    slot: Annotated[Texts, typer.Option(help="Compose exactly these slots; repeatable.")] = None,
    exclude_sku: Annotated[Texts, typer.Option(help="Repeatable.")] = None,
    exclude_brand: Annotated[Texts, typer.Option(help="Repeatable.")] = None,
    exclude_color: Annotated[Texts, typer.Option(help="Repeatable.")] = None,
    exclude_material: Annotated[Texts, typer.Option(help="Repeatable.")] = None,
    exclude_kind: Annotated[Texts, typer.Option(help="Such as skirt or heels; repeatable.")] = None,
    exclude_pattern: Annotated[Texts, typer.Option(help="Repeatable.")] = None,
    exclude_attribute: Annotated[Texts, typer.Option(help="Such as tight or heel; repeatable.")] = None,
    include_kind: Annotated[Texts, typer.Option(help="A piece it must have; repeatable.")] = None,
    include_color: Annotated[Texts, typer.Option(help="Repeatable.")] = None,
    include_material: Annotated[Texts, typer.Option(help="Repeatable.")] = None,
    include_brand: Annotated[Texts, typer.Option(help="Repeatable.")] = None,
    include_pattern: Annotated[Texts, typer.Option(help="Repeatable.")] = None,
    attribute: Annotated[Texts, typer.Option(help="Such as flat, modest or vegan; repeatable.")] = None,
    own: Annotated[
        Texts, typer.Option(metavar="TEXT", help="A piece you have and wear with it; repeatable.")
    ] = None,
    refine: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Change the outfit of this id: the vibe says how, as in 'warmer'."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same answer.")] = None,
    explain: Annotated[bool, typer.Option(help="Say why the pieces go together.")] = False,
    image: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the outfits there, side by side: FILE.svg or FILE.png."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the body that POST /v1/outfits would answer.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Compose outfits for a vibe."""
    options = {name: value for name, value in locals().items() if name not in ("image", "json", "data_dir")}
    from service.cli.compose import run

    typer.echo(run(settings_of(data_dir), options, as_json=json, image=image))


@app.command(
    epilog=examples(
        "stylist serve",
        "stylist serve --port 8080 --data-dir /var/lib/stylist",
        "stylist keys add --scope staff  # before --host 0.0.0.0: beyond this machine a key is wanted",
    )
)
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0: any free one. [8000]")] = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the HTTP API until interrupted."""
    from service.cli.serve import run

    run(settings_of(data_dir, host=host, port=port))


app.command("critique")(critique)


@app.command()
def doctor(data_dir: DataDir = None) -> None:
    """Look through state, keys and index, and say what is wrong and how it is mended."""
    from service.cli.doctor import run

    typer.echo(run(settings_of(data_dir)))


@keys.command("add")
def keys_add(
    scope: Annotated[Scope, typer.Option(help="What the key is for.")],
    name: Annotated[str | None, typer.Option(help="Who has it; shown in the list.")] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            metavar="DAYS|DATE", help="When it ends: in so many days, or with a day, YYYY-MM-DD (UTC)."
        ),
    ] = None,
    origin: Annotated[
        Texts, typer.Option(help="Of a publishable key: pages it is good from, https://HOST; repeatable.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key. It is printed once, alone on the last line, and cannot be shown again."""
    from service.cli.keys import add

    typer.echo(add(settings_of(data_dir), scope, name, expires, origin or ()))


@keys.command("list")
def keys_list(
    scope: Annotated[Scope | None, typer.Option(help="Only keys of this scope.")] = None,
    data_dir: DataDir = None,
) -> None:
    """List the keys that were not revoked."""
    from service.cli.keys import listing

    typer.echo(listing(settings_of(data_dir), scope))


@keys.command("revoke")
def keys_revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, or the key itself.")],
    data_dir: DataDir = None,
) -> None:
    """End a key for good."""
    from service.cli.keys import revoke

    typer.echo(revoke(settings_of(data_dir), key))


@feedback.command("export")
def feedback_export(
    file: LinesFile,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only what was received from then on; ISO 8601.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only what was received before; ISO 8601.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write events as JSON lines, as `stylist train dpo --feedback` reads them."""
    from service.cli.export import export_events

    typer.echo(export_events(settings_of(data_dir), file, since, until), nl=file != Path("-"))


@feedback.command("forget")
def feedback_forget(
    shopper: Annotated[str, typer.Argument(metavar="SHOPPER", help="The pseudonym that the shop sends.")],
    data_dir: DataDir = None,
) -> None:
    """Delete a shopper's events, for good."""
    from service.cli.export import forget

    typer.echo(forget(settings_of(data_dir), shopper))


@shoppers.command("export")
def shoppers_export(
    shopper: Annotated[str, typer.Argument(metavar="ID", help="The pseudonym that the shop sends.")],
    data_dir: DataDir = None,
) -> None:
    """Write all that is kept of a shopper to standard output, as JSON lines."""
    from service.cli.export import export_shopper

    export_shopper(settings_of(data_dir), shopper)


@looks.command("export")
def looks_export(file: LinesFile, data_dir: DataDir = None) -> None:
    """Write approved looks as JSON lines, as `stylist train sft --store-looks` reads them."""
    from service.cli.export import export_looks

    typer.echo(export_looks(settings_of(data_dir), file), nl=file != Path("-"))


@corrections.command("export")
def corrections_export(file: LinesFile, data_dir: DataDir = None) -> None:
    """Write what staff said of pieces as JSON lines, as `python -m training.garments --corrections` reads them."""
    from service.cli.export import export_corrections

    typer.echo(export_corrections(settings_of(data_dir), file), nl=file != Path("-"))


@models.command("fetch")
def models_fetch(data_dir: DataDir = None) -> None:
    """Bring the base model into the cache, verified, and print its folder."""
    from service.lm.base_model import fetch

    typer.echo(fetch(settings_of(data_dir)))


def main() -> None:
    """Entry point. Exits 0 when done, 1 with a one-line reason, 2 on wrong usage."""
    # Before torch is imported: threads that spin while they wait for work take the cores from those that have some.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Every wish has another length, and oneDNN, and torch above it, keep a routine of some megabytes for each of 1,024.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")
    os.environ.setdefault("LRU_CACHE_CAPACITY", "32")
    # peft asks transformers by an old name; nothing that a user could do about it.
    warnings.filterwarnings("ignore", ".*is_gradient_checkpointing.*", FutureWarning)
    run(app)
