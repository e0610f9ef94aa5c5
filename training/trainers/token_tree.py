"""A look as one token tree: the answer is the trunk, the options not taken are branches. Knows no training loop.

All decisions of a look share one forward pass over prompt and tree, as serving shares its caches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from service.lm.prompt import line_end, line_start
from training.data.decisions import Example

Encode = Callable[[str], list[int]]


@dataclass(slots=True)
class Tree:
    """Tokens with each one's parent (-1: none) and, per decision, the token positions of every option."""

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    options: list[list[list[int]]] = field(default_factory=list)

    def grow(self, tokens: list[int], parent: int) -> list[int]:
        """Append a path below `parent`; returns its positions."""
        positions = []
        for token in tokens:
            self.depths.append(self.depths[parent] + 1 if parent >= 0 else 0)
            self.tokens.append(token)
            self.parents.append(parent)
            parent = len(self.tokens) - 1
            positions.append(parent)
        return positions

    def mask(self, width: int) -> Tensor:
        """(width, width) of bool: every token sees itself and its ancestors; padding sees itself alone."""
        seen = torch.eye(width, dtype=torch.bool)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                seen[i] |= seen[parent]
        return seen


def build_tree(prompt: list[int], example: Example, encode: Encode) -> Tree:
    """The tree of one example. The first option of each decision is the trunk that later decisions stand on."""
    tree = Tree()
    trunk = tree.grow(prompt, -1)[-1]
    for decision in example.decisions:
        start = tree.grow(encode(line_start(decision.slot)), trunk)[-1]
        paths = [tree.grow(encode(line_end(option)), start) for option in decision.options]
        tree.options.append(paths)
        trunk = paths[0][-1]
    return tree
