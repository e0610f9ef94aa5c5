"""The rules of the architecture, checked on the source: who imports whom, what is banned, how long things are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
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

BY_RESOURCE = {
    "service/schemas",
    "service/api/routes",
    "service/db/repositories",
    "service/cli",
    "service/web/shop",
    "service/web/staff",
    "training/commands",
    "training/importers",
    "training/evaluation/cases",
    "training/evaluation/tasks",
}
"""Rooms with a file for each resource, or each kind of data: the same name in two of them is the same thing."""
NAMESAKES = {
    "drawing": "how a piece is drawn, and how pages send it",
    "conditions": "in policy what a condition is, in query whether a wish meets it",
    "engine": "one of a database, one of a language model",
    "errors": "problems, and how HTTP answers with them",
    "images": "in pipeline fetching them, in storage keeping them",
    "prices": "in columns where they stand, in pipeline what they mean",
    "tables": "of a database, and of attributes",
    "trainer": "of the retriever, and of the reader of wishes",
}
"""Names that two modules of a package bear all the same."""


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_is_known_by_its_name(package: str) -> None:
    names = [
        Path(name).stem
        for name in MODULES
        if name.startswith(f"{package}/")
        and not name.endswith("/__init__.py")
        and Path(name).parent.as_posix() not in BY_RESOURCE
    ]
    assert {name for name in names if names.count(name) > 1} <= {*NAMESAKES}


FREE_OF_NUMBERS = [
    "service/policy/score_weights.py",
    *(f"service/retrieval/{name}.py" for name in ("suitability", "attribute_fit", "filters", "retriever")),
    *(f"service/composition/{name}.py" for name in ("templates", "compatibility", "planner")),
    "service/query/parser.py",
]


@pytest.mark.parametrize("name", FREE_OF_NUMBERS)
def test_numbers_of_taste_stand_in_tables(name: str) -> None:
    """What may come and what suits is decided by `service/policy/*.toml`: code holds no weight but none and all."""
    numbers = {
        n.value for n in ast.walk(tree(name)) if isinstance(n, ast.Constant) and type(n.value) is float
    }
    assert numbers <= {0.0, 1.0}


MODELS = {"torch", "transformers", "sentence_transformers", "peft"}
HTTP = {"fastapi", "starlette", "uvicorn"}


DATA = {"faiss", "sqlalchemy"}


def loaded_by(modules: Sequence[str], heavy: set[str]) -> list[str]:
    """What of the heavy modules a fresh interpreter has after it imported these."""
    code = f"import sys, {', '.join(modules)}; print(*sorted(set(sys.modules) & set({sorted(heavy)})))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.split()


@pytest.mark.parametrize(
    ("room", "heavy"),
    [
        ("service/schemas", {*MODELS, *HTTP, *DATA, "numpy"}),
        ("service/policy", {*MODELS, *HTTP, *DATA}),
        ("service/lm", {*MODELS - {"torch"}, *HTTP, *DATA}),
        ("service/query", {*MODELS, *HTTP, *DATA}),
        ("service/query/reading", {*MODELS, *HTTP, *DATA}),
        ("service/retrieval", {*MODELS, *HTTP, *DATA}),
        ("service/composition", {*MODELS, *HTTP, *DATA}),
        ("service/pictures", {*MODELS, *HTTP, *DATA, "numpy"}),
        ("service/db", {*MODELS, *HTTP, "faiss"}),
        ("service/db/repositories", {*MODELS, *HTTP, "faiss"}),
        ("service/registry", {*HTTP, "faiss"}),
        ("service/indexing", {*MODELS, *HTTP}),
        ("service/recommender", {*MODELS, *HTTP}),
        ("service/api", MODELS),
        ("service/api/routes", MODELS),
        ("training/report", {*MODELS, *HTTP, *DATA}),
    ],
)
def test_a_room_loads_nothing_heavy(room: str, heavy: set[str]) -> None:
    names = [
        name.removesuffix(".py").replace("/", ".") for name in MODULES if Path(name).parent == Path(room)
    ]
    assert loaded_by([name for name in names if not name.endswith(".__init__")], heavy) == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("service.lm.prompt", {*MODELS, *HTTP, *DATA, "numpy"}),
        ("service.policy.policy", {*MODELS, *HTTP, *DATA, "numpy"}),
        ("service.catalog.columns", {*MODELS, *HTTP, *DATA}),
        ("service.catalog.view", {*MODELS, *HTTP, *DATA}),
        ("service.cli.main", {*MODELS, *HTTP, *DATA, "pyarrow", "numpy"}),
        ("training.data.lookbook", {*MODELS, *HTTP, *DATA, "numpy"}),
        *(
            (f"service.registry.{module}", {*MODELS, *HTTP, *DATA})
            for module in ("adapter", "evaluation", "gate", "lifecycle", "live_encoder", "store", "style_key")
        ),
    ],
)
def test_importing_a_light_module_loads_nothing_heavy(module: str, heavy: set[str]) -> None:
    assert loaded_by([module], heavy) == []
