"""What several tests of the evaluation compose over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexer.embedder import load_embedder
from training.data.looks import StyledLook
from training.evaluation.cases.catalog import LookbookCatalogue, lookbook_catalogue


@pytest.fixture(scope="module")
def catalogue(
    looks: list[StyledLook], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LookbookCatalogue]:
    """A store of the pieces of the module's own `looks`."""
    folder = lookbook_catalogue(looks, tmp_path_factory.mktemp("catalogue"), load_embedder())
    catalogue = LookbookCatalogue(folder, load_embedder())
    yield catalogue
    catalogue.close()
