"""The options of training's commands, and the groups that `--help` lists them in. Loads nothing heavy."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from training.commands.data import Sources

_label = partial(typer.Option, rich_help_panel="Label")
_data = partial(typer.Option, rich_help_panel="Data")
_recipe = partial(typer.Option, rich_help_panel="Recipe")
_output = partial(typer.Option, rich_help_panel="Output")

Files = list[Path] | None
File = Path | None
Name = Annotated[str, _label(help="Name of the style.")]
Version = Annotated[str, _label(help="Version of the adapter; each can be published once.")]
Description = Annotated[str, _label(help="One line for people.")]
Looks = Annotated[Files, _data(metavar="FILE", help="Lookbook; repeatable. [the packaged house lookbooks]")]
House = Annotated[bool, _data("--house/--no-house", help="Learn from the packaged lookbooks at all.")]
Polyvore = Annotated[File, _data(metavar="FILE", help="Polyvore outfits, as JSONL.")]
StoreLooks = Annotated[Files, _data(metavar="FILE", help="Looks of the store's own SKUs; repeatable.")]
Orders = Annotated[Files, _data(metavar="FILE", help="Order lines; repeatable.")]
Feedback = Annotated[Files, _data(metavar="FILE", help="Feedback events; repeatable.")]
From = Annotated[str | None, _recipe("--from", metavar="NAME[@VERSION]", help="Adapter to go on from.")]
Epochs = Annotated[int, _recipe(min=1, help="How often every example is learned from.")]
Rate = Annotated[float, _recipe(min=0.0, help="The highest learning rate.")]
Rank = Annotated[int, _recipe(min=1, help="Rank of the LoRA matrices.")]
Batch = Annotated[int, _recipe(min=1, help="Examples per update.")]
Seed = Annotated[int, _recipe(min=0, help="The same seed gives the same run.")]
Untuned = Annotated[float, _recipe(min=0, max=1, help="Share of the untuned vector while serving.")]
Limit = Annotated[int | None, _data(min=1, help="At most so many; for a first impression.")]
Against = Annotated[
    Files, _data(metavar="FILE", help="Lookbook of another style, to be told apart from; repeatable.")
]
Match = Annotated[bool, _data("--match", help="Learn looks in the words of the current index, too.")]
Out = Annotated[File, _output(metavar="DIR", help="Work folder; a run begun again goes on there.")]
Split = Annotated[Literal["group", "time"], _data(help="How held-out looks are chosen.")]
Objective = Annotated[
    Literal["listwise", "likelihood"], _recipe(help="Choose as a stylist does, or plain next-token.")
]
Readout = Annotated[
    Literal["head", "likelihood"], _recipe(help="What a piece's score is: a learned head's, or its text's.")
]
Beta = Annotated[float, _recipe(help="How near to stay to the adapter begun from.")]
AdaptersDir = Annotated[
    File, _output(metavar="DIR", help="Where adapters are published. [STYLIST_ADAPTERS_DIR]")
]


def sources_of(
    looks: Files, house: bool, polyvore: File, store_looks: Files, orders: Files, feedback: Files
) -> Sources:
    """What the options of data name."""
    from training.commands.data import Sources

    def all_of(files: Files) -> tuple[Path, ...]:
        return tuple(files or ())

    return Sources(all_of(looks), house, polyvore, all_of(store_looks), all_of(orders), all_of(feedback))
