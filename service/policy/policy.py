"""All tables together, checked against each other, and the ones that this process goes by. Knows no items, no wishes.

A process serves one store, so that it has one policy. Whoever opens a store says which folder its rows are in; until
somebody does, it is the folder of the settings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import get_args

from service.policy.compatibility_table import CompatibilityTable
from service.policy.conditions import Marks, Names, Sets, When
from service.policy.files import RawTable, check_folder, read_table
from service.policy.formality_table import FormalityTable
from service.policy.size_table import SizeTable
from service.policy.slot_table import Role, SlotTable, read_slots
from service.policy.suitability_table import About, Rule, RuleRow, RuleTable
from service.policy.template_table import TemplateTable, read_templates
from service.policy.weather_table import WeatherTable
from service.policy.weight_table import WeightTable

SLOTS, TEMPLATES, FORMALITY, WEATHER = "slots.toml", "templates.toml", "formality.toml", "weather.toml"
WEIGHTS, COMPATIBILITY, SIZES = "weights.toml", "compatibility.toml", "size_charts.toml"
SUITABILITY = "suitability.toml"
TABLES = (SLOTS, TEMPLATES, FORMALITY, WEATHER, WEIGHTS, COMPATIBILITY, SIZES, SUITABILITY)


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """The tables. `rules` are those of all tables, by what they are about; `digest` tells all that decides anything."""

    slots: SlotTable
    templates: TemplateTable
    formality: FormalityTable
    weather: WeatherTable
    weights: WeightTable
    compatibility: CompatibilityTable
    sizes: SizeTable
    sets: dict[str, tuple[str, ...]]
    rules: dict[About, tuple[Rule, ...]]
    digest: str
    raw: dict[str, RawTable]

    def conditions(self) -> Iterator[tuple[RawTable, tuple[str, ...], When]]:
        """Every condition on a wish, with the table and the place where it stands."""
        rows = [
            *((TEMPLATES, "join", name, row.when) for name, row in self.templates.join.items()),
            (TEMPLATES, "suit", "whole", self.templates.suit.whole.when),
            *((FORMALITY, "said", name, row.when) for name, row in self.formality.said.items()),
            *((WEIGHTS, "lean", name, row.when) for name, row in self.weights.lean.items()),
        ]
        for rules in self.rules.values():
            for rule in rules:
                spares = (when for spared in rule.row.spares for when in spared.when)
                file = FORMALITY if rule.name in self.formality.rule else SUITABILITY
                rows.append((file, "rule", rule.name, (*rule.row.when, *spares)))
        for file, section, name, whens in rows:
            yield from ((self.raw[file], (section, name), when) for when in whens)

    def senses(self) -> Iterator[tuple[RawTable, tuple[str, ...], tuple[str, ...]]]:
        """Senses that are named outside of conditions, with the table and the place where they stand."""
        yield self.raw[FORMALITY], ("settled", "senses"), self.formality.settled.senses
        yield from ((self.raw[WEATHER], ("said", sense), (sense,)) for sense in self.weather.said)


_current: Policy | None = None
_lock = Lock()


def load_policy(folder: Path | None) -> Policy:
    """The shipped tables, with the rows of the tables in `folder` over them. Raises PolicyError."""
    if folder is not None:
        check_folder(folder, frozenset(TABLES))
    raw = {name: read_table(name, folder) for name in TABLES}
    slots = read_slots(raw[SLOTS])
    weather, words = raw[WEATHER].parse(WeatherTable), _sets(raw[SUITABILITY])
    roles = {role: slots.of(role) for role in get_args(Role)}
    names = Names(_marks(raw[FORMALITY]), weather.mark, {**roles, **words})
    read = {name: names.resolved(raw[name]) for name in (TEMPLATES, FORMALITY, WEIGHTS, SUITABILITY)}
    pairs = Names({}, {}, _sets(raw[COMPATIBILITY])).resolved(raw[COMPATIBILITY])
    formality = read[FORMALITY].parse(FormalityTable)
    return Policy(
        slots=slots,
        templates=read_templates(read[TEMPLATES], slots),
        formality=formality,
        weather=weather,
        weights=read[WEIGHTS].parse(WeightTable),
        compatibility=pairs.parse(CompatibilityTable),
        sizes=raw[SIZES].parse(SizeTable),
        sets=words,
        rules=_rules(raw[FORMALITY], formality.rule, read[SUITABILITY].parse(RuleTable).rule),
        digest=_digest(raw),
        raw=raw,
    )


def use_policy(folder: Path | None) -> Policy:
    """Go by the tables with the rows in `folder` from now on. Raises PolicyError, and then goes by those before."""
    global _current
    found = load_policy(folder)
    with _lock:
        if _current is None or _current.digest != found.digest:
            _current = found
        return _current


def policy() -> Policy:
    """The tables that this process goes by."""
    if _current is not None:
        return _current
    from service.settings import Settings  # loads numpy, and mostly somebody has said already

    return use_policy(Settings().policy_dir)


def _marks(table: RawTable) -> dict[str, float]:
    """The marks of a table, for other rows to name. Raises PolicyError."""
    return table.with_sections({"mark": table.sections.get("mark", {})}).parse(Marks).mark


def _sets(table: RawTable) -> dict[str, tuple[str, ...]]:
    return table.with_sections({"set": table.sections.get("set", {})}).parse(Sets).set


def _rules(
    table: RawTable, of_formality: dict[str, RuleRow], others: dict[str, RuleRow]
) -> dict[About, tuple[Rule, ...]]:
    if twice := next((name for name in of_formality if name in others), None):
        raise table.fault(("rule", twice), f"{SUITABILITY} has a rule of this name too")
    rules = [Rule(name, row) for name, row in (*others.items(), *of_formality.items())]
    return {about: tuple(r for r in rules if r.row.about == about) for about in get_args(About)}


def _digest(raw: dict[str, RawTable]) -> str:
    told = json.dumps({name: table.effects() for name, table in raw.items()}, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]
