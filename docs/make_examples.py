"""Makes what the documents show anew: answers of curl and transcripts of `stylist`, or says which are stale.

    python docs/make_examples.py            # writes README.md and docs/*.md
    python docs/make_examples.py --check    # writes nothing; lists blocks that are stale, and fails if there are any

Reads a document as a reader does who pastes every example into one shell, from the top: `sh` blocks are run, and a
block after a line `<!-- made by "make docs": ... -->` is replaced by what came out. After the colon stands

    console                  its own lines that begin with `$ ` are run, and shown with what they print
    answer                   the JSON that the last command before it printed
    answer of COMMAND        the JSON that this command prints

and then, after a semicolon each, `only KEY ...` of the outermost keys, `without KEY ...` at any depth, `on one line`.
Everything is seeded. The README is made with the language model, all else by retrieval alone, which gives the same
on each machine. Knows nothing of the packages but the `stylist` command.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE_MODEL = ("README.md",)
INDEXED = ("docs/api.md", "docs/operations.md")
"""Documents whose reader has an index of the sample store already."""
DOCUMENTS = ("README.md", "docs/api.md", "docs/feeds.md", "docs/operations.md")
ADDRESS = "http://127.0.0.1:8000"
WIDTH = 118
_BLOCK = re.compile(
    r"(?:<!-- made by \"make docs\": (?P<how>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_ENDED = {"done", "failed", "cancelled"}


class ExampleError(Exception):
    """An example that cannot be run; says which and why."""


@dataclass
class Session:
    """One shell of a reader, in a folder of its own: variables and functions of one block are there in the next."""

    folder: Path
    composer: str
    _server: subprocess.Popen[str] | None = None
    _url: str = ADDRESS
    _state: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("inventory_samples", "training"):
            (self.folder / name).symlink_to(ROOT / name)
        command = self.folder / "bin" / "stylist"
        command.parent.mkdir()
        code = "from training.cli import main; main()"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{code}" "$@"\n')
        command.chmod(0o755)

    def run(self, text: str) -> str:
        """What the commands print, errors of `stylist` included. Starts the service when an address is asked."""
        if ADDRESS in text:
            self._serve()
        body = re.sub(r"^stylist serve\b.*$", "", text, flags=re.MULTILINE).replace(ADDRESS, self._url)
        names = set(re.findall(r"^(\w+)=", body, re.MULTILINE))
        functions = set(re.findall(r"^(\w+)\(\) \{", body, re.MULTILINE))
        kept = self.folder / ".kept"
        script = "\n".join(
            [
                *self._state,
                'curl() { command curl -sS "$@" && echo; }',
                body,
                f"{{ {' '.join(f'declare -p {n};' for n in sorted(names))} true; }} > {kept}",
                f"{{ {' '.join(f'declare -f {n};' for n in sorted(functions))} true; }} >> {kept}",
            ]
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if not kept.exists():
            raise ExampleError(f"{text.strip()}\n{done.stdout}{done.stderr}")
        self._state.append(kept.read_text())
        kept.unlink()
        return done.stdout + "".join(re.findall(r"^stylist: .*\n", done.stderr, re.MULTILINE))

    def close(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(60)

    def _serve(self) -> None:
        if self._server is not None:
            return
        with (self.folder / "serve.log").open("w") as log:
            self._server = subprocess.Popen(
                ["stylist", "serve", "--port", "0"],
                cwd=self.folder,
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._server.stdout is not None
        self._url = self._server.stdout.readline().strip()
        for _ in range(1200):
            with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(f"{self._url}/readyz"):
                return
            time.sleep(0.1)
        raise ExampleError(f"the service is not ready; see {self.folder / 'serve.log'}")

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STYLIST_")}
        added = {name: os.environ[name] for name in ("STYLIST_MODEL_DIR",) if name in os.environ}
        return kept | added | {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HF_HUB_OFFLINE": "1",
            "STYLIST_COMPOSER": self.composer,
            "STYLIST_FEED_DIR": str(ROOT / "inventory_samples"),
        }  # fmt: skip


def made(text: str, session: Session) -> str:
    """The document with every marked block made anew."""
    last = ""

    def remade(match: re.Match[str]) -> str:
        nonlocal last
        how, language, body = match["how"], match["language"], match["body"]
        if how is None:
            last = session.run(body) if language == "sh" and runs(body) else last
            return match[0]
        kind, *options = (part.strip() for part in how.split(";"))
        if kind == "console":
            body = "\n".join(_transcript(command, session) for command in commands(body))
        elif kind == "answer" or kind.startswith("answer of "):
            said = session.run(kind.removeprefix("answer of ")) if kind != "answer" else last
            body = _answer(said, options)
        else:
            raise ExampleError(f"made by make docs: {how}: neither console nor answer")
        start = match[0][: match[0].index("```")]
        return f"{start}```{language}\n{body}```"

    return _BLOCK.sub(remade, text)


def runs(body: str) -> bool:
    """Whether a block is one for this shell: it asks the service, or makes what such a block needs."""
    return ADDRESS in body or bool(
        re.search(r"^(?:SHOP|STAFF)=|^\w+\(\) \{|^printf |^grep ", body, re.MULTILINE)
    )


def commands(body: str) -> list[str]:
    return [line.removeprefix("$ ") for line in body.splitlines() if line.startswith("$ ")]


def _transcript(command: str, session: Session) -> str:
    lines = session.run(command).splitlines()
    return "".join(f"{line}\n" for line in [f"$ {command}", *map(_cut, lines)])


def _cut(line: str) -> str:
    """Reports run over the edge of a page; explanations are shown whole."""
    return line if len(line) <= WIDTH or line.startswith(("   why:", "stylist:")) else f"{line[: WIDTH - 1]}…"


def _answer(said: str, options: Sequence[str]) -> str:
    try:
        value = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise ExampleError(f"no JSON: {said.strip()[:500]!r}") from None
    one_line = False
    for option in options:
        name, *keys = option.split()
        if name == "only":
            value = {key: value[key] for key in keys}
        elif name == "without":
            value = _without(value, frozenset(keys))
        elif option == "on one line":
            one_line = True
        else:
            raise ExampleError(f"made by make docs: {option}: no such option")
    return f"{_compact(value) if one_line else written(value)}\n"


def _without(value: Any, keys: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {k: _without(v, keys) for k, v in value.items() if k not in keys}
    return [_without(v, keys) for v in value] if isinstance(value, list) else value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def written(value: Any, indent: int = 0) -> str:
    """JSON as a person sets it: on one line where it fits, else an entry a line."""
    line = _compact(value)
    if not isinstance(value, dict | list) or not value or indent + len(line) <= WIDTH:
        return line
    if isinstance(value, dict):
        if all(not isinstance(v, dict | list) for v in value.values()) and indent >= 4:
            return line
        parts = [f"{_compact(key)}: {written(v, indent + len(key) + 5)}" for key, v in value.items()]
    else:
        parts = [written(v, indent + 1) for v in value]
    opened, closed = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return opened + (",\n" + " " * (indent + 1)).join(parts) + closed


def shape(value: Any) -> Any:
    """What of a JSON value is the same each time: its keys, and words of a fixed choice. Who composed may differ."""
    if isinstance(value, dict):
        return {k: v if k in _FIXED else shape(v) for k, v in value.items() if k != "style"}
    if isinstance(value, list):
        return sorted({_compact(shape(v)) for v in value})
    return "..."


_FIXED = frozenset(
    {"type", "status", "detail", "field", "message", "instance", "checks", "applied", "constraint"}
)


def stable(body: str, language: str) -> Any:
    """What of a block must be the same each time: pieces, ids and figures may be others."""
    if language == "json":
        return shape(json.loads(body))
    lines = [line for line in body.splitlines() if not re.match(r"   |\d+\. |$|composed by ", line)]
    return [re.sub(r"\d[\w:.,-]*", "0", line)[:60] for line in lines]


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """How, language and body of every marked block."""
    for match in _BLOCK.finditer(text):
        if match["how"] is not None:
            yield match["how"], match["language"], match["body"]


def stale(before: str, after: str) -> list[str]:
    """Marked blocks that no longer show what comes out, in words."""
    pairs = zip(blocks(before), blocks(after), strict=True)
    return [
        f"{how}: {body.splitlines()[0][:80]}"
        for (how, language, body), (_, _, new) in pairs
        if stable(body, language) != stable(new, language)
    ]


def remake(documents: Sequence[str], folder: Path, composer: str = "") -> dict[str, str]:
    """Every document made anew, unwritten. `composer`: that of all of them, instead of each one's own."""
    found: dict[str, str] = {}
    index = folder / "index"
    for name in documents:
        own = folder / name.replace("/", "-")
        own.mkdir()
        session = Session(own, composer or ("auto" if name in LANGUAGE_MODEL else "retrieval"))
        if name in INDEXED:
            if index.exists():
                shutil.copytree(index, own / "data" / "index")
            else:
                session.run("stylist index inventory_samples/store.csv")
        try:
            found[name] = made((ROOT / name).read_text(encoding="utf-8"), session)
        except ExampleError as error:
            raise ExampleError(f"{name}: {error}") from None
        finally:
            session.close()
        if name != "docs/feeds.md" and not index.exists():
            shutil.copytree(own / "data" / "index", index)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a block is stale")
    parser.add_argument("documents", nargs="*", help="[all that have such blocks]")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stylist-docs-") as scratch:
        found = remake(given.documents or DOCUMENTS, Path(scratch))
    failed = False
    for name, text in found.items():
        before = (ROOT / name).read_text(encoding="utf-8")
        old = stale(before, text)
        failed = failed or bool(old)
        print(f"{name}: {len(list(blocks(text)))} blocks, {len(old)} stale", *old, sep="\n  ")
        if not given.check:
            (ROOT / name).write_text(text, encoding="utf-8")
    sys.exit(1 if failed and given.check else 0)


if __name__ == "__main__":
    main()
