"""The tables of the policy: what ships is sound, a store's rows win one by one, and what is wrong is named by line."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.item import COVERED_BY_DRESS, SLOTS
from service.api.app import create_app
from service.policy import files
from service.policy.files import PolicyError
from service.policy.policy import TABLES, Policy, load_policy, policy, use_policy
from service.query.conditions import check
from service.settings import Settings

ROOT = Path(__file__).parent.parent.parent
Overlay = Callable[..., Path]


@pytest.fixture
def overlay(tmp_path: Path) -> Iterator[Overlay]:
    """Makes a store's own folder of tables, by name without `.toml`; the shipped ones hold again afterwards."""
    folder = tmp_path / "policy"
    folder.mkdir()

    def write(**tables: str) -> Path:
        for name, text in tables.items():
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        return folder

    yield write
    use_policy(None)


def loaded(folder: Path) -> Policy:
    found = load_policy(folder)
    check(found)
    return found


def test_the_table_of_slots_has_every_slot_in_order() -> None:
    slots = policy().slots
    assert tuple(sorted(SLOTS, key=lambda slot: slots[slot].place)) == SLOTS
    assert slots.of("core") == ("top", "bottom", "dress")
    assert slots.covers("dress") == slots.separates == COVERED_BY_DRESS == ("top", "bottom")
    assert slots.clashes(["shoes", "bottom", "dress"]) == ("dress", "bottom")
    assert slots.clashes(["top", "dress"]) is None  # a top goes under a pinafore dress
    assert [slots.dresses(s) for s in (("dress",), ("top", "bottom"), ("top", "shoes"))] == [
        True,
        True,
        False,
    ]


def test_what_ships_is_sound() -> None:
    shipped = load_policy(None)
    check(shipped)
    rules = [rule for found in shipped.rules.values() for rule in found]
    assert len({rule.name for rule in rules}) == len(rules) > 40
    assert all(rule.row.sentence[0].islower() and rule.row.sentence[-1] != "." for rule in rules)


def test_a_row_of_the_store_wins_and_the_others_stay(overlay: Overlay) -> None:
    found = loaded(
        overlay(
            compatibility='[colour]\npetrol = "turquoise"\nnavy = "blue"\n',
            weights="[score]\nharmony = 2\n",
            suitability='[rule]\nnightwear = false\n[rule.kilts]\nsentence = "kilts are for the games"\n'
            'about = "occasion"\nwhen = { activity_not = ["@active"] }\nbars = { kinds = ["kilt"] }\n',
        )
    )
    colours, shipped = found.compatibility.colour, load_policy(None).compatibility.colour
    assert colours == shipped | {"petrol": "turquoise", "navy": "blue"}
    assert (found.weights.score.harmony, found.weights.score.rest) == (2.0, 0.4)
    names = {rule.name for rule in found.rules["occasion"]}
    assert "kilts" in names
    assert "nightwear" not in names
    assert "hosiery" in names


@pytest.mark.parametrize(
    ("table", "text", "line", "said"),
    [
        ("weights", "[score]\nharmony = \n", 2, "Invalid value"),
        ("weights", "[score]\nharmony = 'a lot'\n", 2, "score.harmony"),
        ("weights", "[score]\nrest = 1\nharmoni = 1.0\n", 3, "score.harmoni"),
        ("weights", "harmony = 1.0\n", 1, "stands in no section"),
        ("weights", "\n[scores]\nharmony = 1.0\n", 2, "no such section; there are: score, fit"),
        ("weights", "[reading]\ntrusted = 0.9\n", None, "trusted is not below sure"),
        ("suitability", "[rule]\n# none\npyjamas = false\n", 3, "no such row to leave out"),
        ("suitability", "[rule.x]\nsentence = 'too odd'\nabout = 'weather'\n", 1, "rule.x.bars"),
        (
            "suitability",
            "[rule.x]\nsentence = 'too odd'\nabout = 'weather'\nwhen = { heat_from = 'boiling' }\nbars = {}\n",
            4,
            "'boiling' is none of: deep-winter",
        ),
        (
            "suitability",
            "[rule.x]\nsentence = 'too odd'\nabout = 'weather'\n\nbars = { tags = ['@odd'] }\n",
            5,
            "'odd' is none of: core",
        ),
        (
            "suitability",
            "[rule.x]\nsentence = 'too odd'\nabout = 'weather'\nbars = {}\nwhen = { says = ['wyrd'] }\n",
            1,
            "'wyrd' is no sense; there are: black tie",
        ),
        (
            "suitability",
            "[rule.x]\nsentence = 'too odd'\nabout = 'weather'\nbars = {}\nwhen = { activity = ['chess'] }\n",
            1,
            "'chess' is no activity; there are: ethnic",
        ),
        (
            "formality",
            "[rule.nightwear]\nsentence = 'too odd'\nabout = 'occasion'\nbars = {}\n",
            1,
            "suitability.toml has a rule of this name too",
        ),
        ("weather", "[said]\nwindy = { heat = -0.5 }\n", 2, "'windy' is no sense"),
        ("weather", "[mark]\ncool = false\n", None, "cool is missing"),
        ("templates", "[core]\nkids = [['top']]\n", 2, "top are no whole outfit"),
        ("templates", "[core]\nkids = [['dress', 'bottom']]\n", 2, "nobody wears dress and bottom together"),
        ("slots", "[slot.bag]\nplace = 6\nshown = 1\nroles = []\n", 3, "dress has the same"),
        ("slots", "[slot.hat]\nplace = 9\nshown = 9\nroles = []\n", 1, "slot.hat"),
        ("compatibility", "[colour]\npetrol = 'teal'\n", None, "'teal' is neither neutral nor on the wheel"),
        ("size_charts", "[women]\nxs = [32, 'about 34']\n", 2, "women.xs.1"),
        ("size_charts", "[range]\nwomen = [57, 28]\n", 2, "the first is more than the last"),
        ("size_charts", "[european]\nkids = 50\n", None, "kids is no row of it"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_line(
    overlay: Overlay, table: str, text: str, line: int | None, said: str
) -> None:
    folder = overlay(**{table: text})
    with pytest.raises(PolicyError) as raised:
        loaded(folder)
    assert said in str(raised.value)
    if line is not None:
        assert str(raised.value).startswith(f"{folder / table}.toml:{line}: ")


def test_a_folder_that_cannot_be_meant_is_named(overlay: Overlay, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"STYLIST_POLICY_DIR: .*gone is no folder"):
        load_policy(tmp_path / "gone")
    with pytest.raises(PolicyError, match=r"wheights\.toml: there is no such table; there are: "):
        load_policy(overlay(wheights=""))


def test_a_broken_table_ends_the_start_and_changes_nothing(overlay: Overlay, tmp_path: Path) -> None:
    before = policy().digest
    with pytest.raises(PolicyError, match=r"weights\.toml:1"):
        create_app(Settings(data_dir=tmp_path / "data", policy_dir=overlay(weights="[score")))
    assert policy().digest == before


def test_the_digest_is_of_what_decides(overlay: Overlay) -> None:
    plain = load_policy(None).digest
    assert load_policy(overlay(weights="# ours\n[score]\nharmony = 1.0  # as it was\n")).digest == plain
    said = '[rule.nightwear]\nsentence = "nobody goes out in it"\nabout = "occasion"\nbars = { tags = ["sleep"] }\n'
    assert load_policy(overlay(suitability=said)).digest == plain
    assert load_policy(overlay(weights="[score]\nharmony = 1.1\n")).digest != plain


names = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
tables = st.dictionaries(names, st.dictionaries(names, st.integers(), min_size=1, max_size=4), max_size=4)


@given(tables, st.integers(0, 3))
def test_every_row_is_found_on_its_line(sections: dict[str, dict[str, int]], blank: int) -> None:
    lines: list[str] = []
    expected = {}
    for section, rows in sections.items():
        lines += ["# a remark = 1"] * blank + [f"[{section}]"]
        for row, value in rows.items():
            lines.append(f"{row} = {value}")
            expected[section, row] = len(lines)
    found = files._parse("x.toml", "\n".join(lines))
    assert found.sections == sections
    assert {path: line for path, line in found.lines.items() if len(path) == 2} == expected


@given(st.text(max_size=60) | st.text("[]={}\"'.#\n ab01,", max_size=60))
def test_any_text_is_a_table_or_a_policy_error(text: str) -> None:
    try:
        files._parse("x.toml", text)
    except PolicyError as error:
        assert str(error).startswith("x.toml")  # noqa: PT017 - either is fine


def test_numbers_live_in_the_tables() -> None:
    for name in ("retrieval/suitability", "retrieval/attribute_fit", "composition/templates"):
        tree = ast.parse((ROOT / "service" / f"{name}.py").read_text(encoding="utf-8"))
        numbers = [
            n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)
        ]
        assert numbers == [], name


def test_every_example_of_the_document_is_a_table(overlay: Overlay) -> None:
    told = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    examples = dict(re.findall(r"^## (\w+)\.toml\n.*?^```toml\n(.*?)^```$", told, re.MULTILINE | re.DOTALL))
    assert {f"{name}.toml" for name in examples} == set(TABLES)
    assert loaded(overlay(**examples)).digest != load_policy(None).digest


def test_every_table_ships_and_is_explained() -> None:
    shipped = {path.name for path in (ROOT / "service" / "policy").glob("*.toml")}
    assert shipped == set(TABLES)
    told = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    assert [name for name in TABLES if f"## {name}" not in told] == []
