"""`stylist adapters`, `promote`, `rollback` and `report`: what is published, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

from indexer.errors import ModelError
from service.registry.store import CANDIDATE, CHAMPION, style_folder, style_folders
from service.settings import Settings
from training.evaluation import result
from training.evaluation.result import Evaluation
from training.gate import Limits, Refusal, check
from training.registry import VersionInfo, evaluation_of, find, promote, rollback, versions
from training.report.costs import Assumptions, read_assumptions
from training.report.write import write_report


def listing(settings: Settings) -> list[str]:
    """Every version of every style, one a line."""
    lines = []
    for style in style_folders(settings.adapters_dir):
        try:
            lines += [_line(found) for found in versions(settings.adapters_dir, style.name)]
        except ModelError as error:
            lines.append(f"{style.name}  broken  {error}")
    return lines or [f"no adapter is published in {settings.adapters_dir}"]


def _line(found: VersionInfo) -> str:
    m = found.manifest
    evaluated = "evaluated" if found.evaluated else "not evaluated"
    role = found.role or "-"
    return f"{m.name}@{m.version}  {role}  {evaluated}  {m.created or '-'}  {m.description}"


def promote_past_gate(settings: Settings, key: str, limits: Limits, force: str) -> list[str]:
    """Promote if the gate lets it through, or by force. Returns lines to print; raises StylistError."""
    name, at, _ = key.partition("@")
    adapter = find(settings.adapters_dir, key if at else f"{name}@{CANDIDATE}")
    version = adapter.manifest.version
    refusals = _refusals(settings, name, version, limits, force)
    aliases = promote(settings.adapters_dir, name, version, refusals, force)
    lines = [f"overridden: {refusal}" for refusal in refusals]
    return [*lines, f"{name}@{aliases.champion} is served: {aliases.log[-1].reason}"]


def roll_back(settings: Settings, name: str | None) -> list[str]:
    """Go back to the champion before. Returns lines to print; raises StylistError."""
    name = name or settings.default_style
    aliases = rollback(settings.adapters_dir, name)
    return [f"{name}@{aliases.champion} is served: {aliases.log[-1].reason}"]


def report(
    settings: Settings, key: str | None, evaluation: Path | None, assumptions: Path | None, out: Path | None
) -> list[str]:
    """Write the decision report of an adapter's evaluation. Returns the paths; raises StylistError."""
    found = _evaluation(settings, key, evaluation)
    prices = read_assumptions(assumptions) if assumptions else Assumptions()
    subject = found.subject
    folder = out or settings.data_dir / "reports" / f"{subject.name}-{subject.version}"
    return [str(path) for path in write_report(found, prices, folder)]


def _evaluation(settings: Settings, key: str | None, folder: Path | None) -> Evaluation:
    if folder is not None:
        return result.load(folder)
    return evaluation_of(find(settings.adapters_dir, key or settings.default_style))


def _refusals(settings: Settings, name: str, version: str, limits: Limits, force: str) -> list[Refusal]:
    adapter = find(settings.adapters_dir, f"{name}@{version}")
    if force and not (adapter.folder / result.FILE).is_file():
        return [Refusal("evaluation", "none", "required", "was never evaluated")]
    candidate = evaluation_of(adapter)
    champion = style_folder(settings.adapters_dir, name).aliases().champion
    if champion is None or champion == version:
        return check(candidate, None, limits)
    serving = find(settings.adapters_dir, f"{name}@{CHAMPION}")
    if force and not (serving.folder / result.FILE).is_file():
        return [Refusal("evaluation", "there", f"champion {champion} has none", "cannot be compared")]
    return check(candidate, evaluation_of(serving), limits)
