"""What the commands share: options that several take, the settings of a run, and how one ends early.

Only light modules are imported here, so that `stylist --help` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from pydantic import ValidationError

    from service.settings import Settings

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


def settings_of(data_dir: Path | None, **overrides: Any) -> Settings:
    from pydantic import ValidationError

    from service.settings import Settings

    given = {k: v for k, v in {"data_dir": data_dir, **overrides}.items() if v is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        exit_with(_settings_reason(error, given), 2)


def _settings_reason(error: ValidationError, given: dict[str, Any]) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0])
    shown = f"--{name.replace('_', '-')}" if name in given else f"STYLIST_{name.upper()}"
    return f"{shown}: {first['msg']}"


def exit_with(reason: str, code: int) -> NoReturn:
    print(f"stylist: {' '.join(reason.split())}", file=sys.stderr)
    sys.exit(code)
