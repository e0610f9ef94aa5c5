"""What `--help` shows beside the options: examples that can be typed, and groups."""

from __future__ import annotations

import re
import shlex

import pytest
from reading_docs import commands
from typer.testing import CliRunner

from training.cli import app


def shown(command: str) -> str:
    run = CliRunner().invoke(app, [*command.split(), "--help"])
    assert run.exit_code == 0
    return run.output


@pytest.mark.parametrize(
    "command", ["", "index", "compose", "serve", "train", "train sft", "train dpo", "train retriever"]
)
def test_it_ends_with_examples_of_calls_that_are_possible(command: str) -> None:
    calls = shown(command).partition("Examples:\n")[2].splitlines()
    assert calls
    known = commands()
    for words in (shlex.split(call, comments=True) for call in calls):
        names = [name for name in known if words[: len(name.split())] == name.split()]
        assert names, words
        own = {option for parameter in known[names[0]].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= own, words


def test_options_of_training_are_listed_in_groups() -> None:
    heads = re.findall(r"^(\w+):", shown("train sft"), re.MULTILINE)
    assert heads == ["Usage", "Label", "Data", "Recipe", "Output", "Options"]
