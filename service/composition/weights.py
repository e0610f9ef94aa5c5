"""What each part of a piece's score counts. Plain numbers: knows neither pieces nor outfits."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.policy.policy import policy


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of the score counts, in units of cosine similarity: by the policy's tables, where
    `weights.toml` says what each is. An adapter may bring its own.
    """

    text: float = field(default_factory=lambda: policy().weights.score.text)
    most_text: float = field(default_factory=lambda: policy().weights.score.most_text)
    vibe: float = field(default_factory=lambda: policy().weights.score.vibe)
    rest: float = field(default_factory=lambda: policy().weights.score.rest)
    harmony: float = field(default_factory=lambda: policy().weights.score.harmony)
    repeat: float = field(default_factory=lambda: policy().weights.score.repeat)
    noise: float = field(default_factory=lambda: policy().weights.score.noise)
    skip: float = field(default_factory=lambda: policy().weights.score.skip)


def tuned_weights() -> Weights:
    """The weights where worn pieces are encoded by a tuned query encoder, for styles that bring none."""
    return Weights(rest=policy().weights.score.tuned_rest)
