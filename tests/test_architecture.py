"""The rules of the architecture, checked on the source: who imports whom, what is banned, how long things are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = [name for name in ("indexer", "service", "training") if (ROOT / name).is_dir()]
MODULES = {
    p.relative_to(ROOT).as_posix(): p for name in PACKAGES for p in sorted((ROOT / name).rglob("*.py"))
}

FORBIDDEN = {
    "indexer": {"service", "training", "fastapi", "starlette", "uvicorn", "peft", "gguf", "typer"},
    "service": {"training"},
    "training": {"fastapi", "starlette", "uvicorn"},
}
UNSAFE_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
UNSAFE_CALLS = {"eval", "exec", "torch.load", "torch.jit.load", "pandas.read_pickle", "yaml.load"}
MAY_TOUCH_ENVIRONMENT = {"service/cli/main.py"}  # sets OMP_WAIT_POLICY before torch is imported
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 60


def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"), filename=name)


def imported(root: ast.AST) -> Iterator[str]:
    """Full names of everything imported anywhere, under `if TYPE_CHECKING` and inside functions too."""
    for node in ast.walk(root):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide who imports whom"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def unsafe(root: ast.AST) -> Iterator[str]:
    """What could run code that lies in data, by name."""
    yield from (name for name in imported(root) if name.partition(".")[0] in UNSAFE_MODULES)
    yield from (name for name in imported(root) if name in UNSAFE_CALLS)
    for node in ast.walk(root):
        if isinstance(node, ast.Call):
            if ast.unparse(node.func) in UNSAFE_CALLS:
                yield ast.unparse(node.func)
            yield from (
                f"{keyword.arg}={ast.unparse(keyword.value)}"
                for keyword in node.keywords
                if (keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False")
                or (keyword.arg == "trust_remote_code" and ast.unparse(keyword.value) != "False")
                or (keyword.arg == "use_safetensors" and ast.unparse(keyword.value) != "True")
            )


def touches_environment(root: ast.AST) -> bool:
    names = {ast.unparse(node) for node in ast.walk(root) if isinstance(node, ast.Attribute)}
    names |= set(imported(root))
    return bool(names & {"os.environ", "os.environb", "os.getenv", "os.putenv", "os.getenvb"})


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name: str) -> None:
    tops = {module.partition(".")[0] for module in imported(tree(name))}
    assert tops & FORBIDDEN[name.partition("/")[0]] == set()


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_unpickled_or_evaluated(name: str) -> None:
    assert list(unsafe(tree(name))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "def f():\n    from joblib import load",
        "import torch\ntorch.load('x')",
        "from torch import load",
        "numpy.load(f, allow_pickle=True)",
        "eval('1')",
        "AutoModel.from_pretrained(x, trust_remote_code=True)",
        "AutoModel.from_pretrained(x, use_safetensors=False)",
    ],
)
def test_the_check_for_unsafe_loading_finds_it(source: str) -> None:
    assert list(unsafe(ast.parse(source)))


def test_only_the_command_line_touches_the_environment() -> None:
    assert {name for name in MODULES if touches_environment(tree(name))} == MAY_TOUCH_ENVIRONMENT
    readers = {name for name in MODULES if "pydantic_settings.BaseSettings" in imported(tree(name))}
    assert readers == {"service/settings.py"}


def test_the_command_line_only_sets_how_libraries_behave() -> None:
    calls = [
        ast.unparse(node) for node in ast.walk(tree("service/cli/main.py")) if isinstance(node, ast.Call)
    ]
    assert [c for c in calls if "environ" in c] == [
        "os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')",
        "os.environ.setdefault('ONEDNN_PRIMITIVE_CACHE_CAPACITY', '32')",
        "os.environ.setdefault('LRU_CACHE_CAPACITY', '32')",
    ]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(tree(name))


@pytest.mark.parametrize("name", [name for name in MODULES if name.endswith("/__init__.py")])
def test_packages_hold_no_logic(name: str) -> None:
    assert len(tree(name).body) == 1  # the docstring


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc"}
    assert [name for name in MODULES if drawers & set(Path(name).with_suffix("").parts)] == []


@pytest.mark.parametrize("name", MODULES)
def test_modules_and_functions_are_short(name: str) -> None:
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES
    functions = [n for n in ast.walk(tree(name)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in functions}
    assert {f: lines for f, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}


ROOMS = sorted({p.parent for p in MODULES.values()})
ROOM_SIZE = 13


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.relative_to(ROOT).as_posix())
def test_a_room_can_be_taken_in_at_a_glance(room: Path) -> None:
    files = [p.name for p in room.glob("*.py") if p.name != "__init__.py"]
    assert len(files) <= ROOM_SIZE, "make a room inside, or merge"


def test_statements_are_in_one_place() -> None:
    """Who imports sqlalchemy: the rooms of the databases, and of those only the repositories know the shop's rows."""
    users = {name for name in MODULES if any(m.startswith("sqlalchemy") for m in imported(tree(name)))}
    assert {name for name in users if not name.startswith(("service/db/", "indexer/storage/"))} == set()
    rows = re.compile(r"service\.db\.tables\.(?!Table$)")
    readers = {name for name in MODULES if any(rows.match(m) for m in imported(tree(name)))}
    assert {name for name in readers if not name.startswith("service/db/")} == ROWS_ELSEWHERE


ROWS_ELSEWHERE = {"service/indexing/job_info.py", "service/indexing/runner.py"}
"""A job's row is what its runner works with; they read what the repository gave them."""

MODELS = {"torch", "transformers", "sentence_transformers", "peft"}
HTTP = {"fastapi", "starlette", "uvicorn"}


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("service.schemas.outfits", {*MODELS, *HTTP, "faiss", "sqlalchemy", "numpy"}),
        ("service.policy.policy", {*MODELS, *HTTP, "faiss", "sqlalchemy", "numpy"}),
        ("service.lm.prompt", {*MODELS, *HTTP, "faiss", "sqlalchemy", "numpy"}),
        ("service.catalog.columns", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.query.parser", {*MODELS, *HTTP, "sqlalchemy"}),
        ("service.retrieval.filters", {*MODELS, *HTTP, "sqlalchemy"}),
        ("service.retrieval.retriever", {*MODELS, *HTTP}),
        ("service.composition.constraints", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.composition.weights", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.composition.compatibility", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.composition.composer", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.composition.planner", {*MODELS, *HTTP}),
        ("service.registry.adapter", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.registry.store", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.registry.gate", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.registry.lifecycle", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.registry.live_encoder", {*MODELS, *HTTP, "faiss", "sqlalchemy"}),
        ("service.recommender.recommender", {*HTTP}),
        ("service.recommender.protocol", {*MODELS, *HTTP}),
        ("service.cli.main", {*MODELS, *HTTP, "faiss", "pyarrow", "sqlalchemy", "numpy"}),
        ("service.api.app", MODELS),
        ("training.data.lookbook", {*MODELS, *HTTP, "faiss", "sqlalchemy", "numpy"}),
        *(
            (f"service.registry.{module}", {*MODELS, *HTTP, "faiss", "sqlalchemy"})
            for module in ("evaluation", "gate", "lifecycle", "style_key")
        ),
    ],
)
def test_importing_a_light_module_loads_nothing_heavy(module: str, heavy: set[str]) -> None:
    code = f"import {module}, sys; print(*sorted(set(sys.modules) & set({sorted(heavy)})))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
