"""Reading nested JSON of any shape without falling over: a value under one of several names, as text, list or object.

Knows no format: which names there are is said by whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from indexer.feeds.values.flatten import scalar_text

Node = Mapping[str, object]
NOTHING: Node = {}

_EDGES = ("edges", "nodes")


def node(value: object) -> Node:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else NOTHING


def nodes(value: object) -> Iterator[Node]:
    """The objects of a list, or of a GraphQL connection ({"edges": [{"node": ...}]}, {"nodes": [...]})."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in _EDGES if key in value), None)
    if isinstance(value, list):
        for entry in value:
            inner = node(entry)
            found = node(inner["node"]) if "node" in inner else inner
            if found:
                yield found


def text_of(source: Node, *names: str) -> str:
    """The first plain value under one of the names that says anything, as text; "" for none."""
    for name in names:
        value = source.get(name)
        if value is not None and not isinstance(value, Mapping | list):
            text = scalar_text(value).strip()
            if text:
                return text
    return ""


def inside(source: Node, *path: str) -> str:
    """The plain value at the end of a path of keys, as text; "" where it breaks off."""
    for name in path[:-1]:
        source = node(source.get(name))
    return text_of(source, path[-1])


def texts(value: object) -> list[str]:
    """The plain values of a list, or the parts of a text between commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list):
        plain = (scalar_text(v).strip() for v in value if not isinstance(v, Mapping | list))
        return [text for text in plain if text]
    return []


def picture(*values: object) -> str:
    """The address of the first picture among addresses, objects with one, and lists of either."""
    for value in values:
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, Mapping):
            found = text_of(value, "src", "url", "originalSrc", "transformedSrc")
            found = found or picture(value.get("image"), value.get("preview"))
            if not found and any(key in value for key in _EDGES):
                found = picture(list(nodes(value)))
            if found:
                return found
        if isinstance(value, list):
            found = next((p for v in value[:20] if not isinstance(v, list) and (p := picture(v))), "")
            if found:
                return found
    return ""
