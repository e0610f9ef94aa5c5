"""`stylist adapters`, `promote`, `rollback` and `report`: what is published, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

from indexer.errors import ModelError
from service.registry.evaluation import Evaluation, read_evaluation
from service.registry.gate import Limits
from service.registry.lifecycle import VersionInfo, evaluation_of, find_style, promote, rollback, versions
from service.registry.store import Aliases, artifact_folders
from service.registry.style_key import StyleKey
from service.settings import Settings, adapters_source
from training.report.costs import Assumptions, read_assumptions
from training.report.write import write_report


def listing(settings: Settings) -> list[str]:
    """Every version of every style, one a line, and those of the query encoder."""
    lines = []
    for folder in artifact_folders(settings.adapters_dir):
        try:
            lines += [_line(found) for found in versions(folder)]
        except ModelError as error:
            lines.append(f"{folder.name}  broken  {error}")
    return lines or [f"no adapter is published in {settings.adapters_dir}"]


def where(settings: Settings) -> list[str]:
    """Which folder is listed, and why; and the one that somebody might have meant."""
    lines = [f"adapters of {settings.adapters_dir.resolve()}: {adapters_source(settings)}"]
    here = Path("adapters").resolve()
    by_default = "adapters_dir" not in settings.model_fields_set
    if by_default and here.is_dir() and here != settings.adapters_dir.resolve():
        lines.append(f"{here} is not used; STYLIST_ADAPTERS_DIR=adapters would")
    return lines


def _line(found: VersionInfo) -> str:
    made = found.artifact
    evaluated = "evaluated" if found.evaluated else "not evaluated"
    role = found.role or "-"
    forced = f"  [forced: {found.forced}]" if found.forced else ""
    return f"{made.key}  {role}  {evaluated}  {made.created or '-'}  {made.description or '-'}{forced}"


def promote_past_gate(settings: Settings, key: str, limits: Limits, force: str) -> list[str]:
    """Promote if the gate lets it through, or by force. Returns lines to print; raises StylistError."""
    aliases = promote(settings.adapters_dir, key, limits=limits, force=force)
    overridden = [f"overridden: {refusal}" for refusal in aliases.log[-1].refused]
    return [*overridden, _served(key, aliases)]


def roll_back(settings: Settings, name: str | None) -> list[str]:
    """Go back to the champion before. Returns lines to print; raises StylistError."""
    name = name or settings.default_style
    return [_served(name, rollback(settings.adapters_dir, name))]


def _served(key: str, aliases: Aliases) -> str:
    served = StyleKey.parse(key).of(aliases.champion or "")
    return f"{served} is served: {aliases.log[-1].reason}"


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
        return read_evaluation(folder)
    return evaluation_of(find_style(settings.adapters_dir, key or settings.default_style))
