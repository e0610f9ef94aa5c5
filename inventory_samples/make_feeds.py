"""Writes the sample store in every feed format that the indexer reads: `python -m inventory_samples.make_feeds`.

The same source gives the same bytes. Knows which file is written by which format, and no format itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from inventory_samples.google import write_tsv, write_xml
from inventory_samples.plain import write_csv, write_jsonl, write_parquet
from inventory_samples.protocols import write_acp, write_ucp
from inventory_samples.shopify import write_shopify
from inventory_samples.shopify_json import write_bulk, write_products
from inventory_samples.store import Product, load_products
from inventory_samples.woocommerce import write_woocommerce
from inventory_samples.workbook import write_workbook

FEEDS: dict[str, Callable[[Sequence[Product], Path], None]] = {
    "store.csv": write_csv,
    "store.jsonl": write_jsonl,
    "store.parquet": write_parquet,
    "store.shopify.csv": write_shopify,
    "store.google.xml": write_xml,
    "store.google.tsv": write_tsv,
    "store.woocommerce.csv": write_woocommerce,
    "store.xlsx": write_workbook,
    "store.products.json": write_products,
    "store.bulk.jsonl.gz": write_bulk,
    "store.acp.jsonl.gz": write_acp,
    "store.ucp.json.gz": write_ucp,
}


def make_feeds(folder: Path) -> list[Path]:
    """Write every feed into `folder`, which must exist, and return their paths. Raises SourceError."""
    products = load_products()
    paths = []
    for name, write in FEEDS.items():
        write(products, folder / name)
        paths.append(folder / name)
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample store in every feed format.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent, help="where to")
    for path in make_feeds(parser.parse_args().folder):
        print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
