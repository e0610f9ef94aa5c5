"""The document of the architecture names what there is: every room of the service, and no file that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_room_of_the_service_is_told() -> None:
    (tree,) = re.findall(r"^```\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    told = {line.split()[0] for line in tree.splitlines()}
    rooms = {p.name for p in (ROOT / "service").iterdir() if (p / "__init__.py").is_file()}
    assert told == rooms


def test_every_path_is_there() -> None:
    paths = set(re.findall(r"`((?:service|indexer|training|tests)/[\w./-]+)", DOCUMENT))
    assert len(paths) > 20
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_picture_has_the_levels_of_the_contract_in_their_order() -> None:
    (picture,) = re.findall(r"^```text\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    contract = (ROOT / ".importlinter").read_text(encoding="utf-8")
    (levels,) = re.findall(r"containers = service\nlayers =\n((?: {4}.*\n)+)", contract)
    at = 0
    for level in levels.splitlines():
        rooms = re.findall(r"\w+", level)
        places = [re.search(rf"\b{room}\b", picture) for room in rooms]
        assert None not in places, rooms
        first = min(place.start() for place in places if place)
        assert first >= at, rooms
        at = first
