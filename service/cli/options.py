"""Options that several commands take.

Only light modules are imported here, so that `stylist --help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where index, keys and outfits live. [STYLIST_DATA_DIR, else ./data]"),
]
LinesFile = Annotated[Path, typer.Argument(metavar="FILE", help="Where to; - is standard output.")]
FeedFormat = Literal[
    "auto",
    "csv",
    "xlsx",
    "jsonl",
    "parquet",
    "shopify",
    "shopify-json",
    "google",
    "woocommerce",
    "acp",
    "ucp",
]
Scope = Literal["shopper", "staff", "publishable"]
Texts = list[str] | None
