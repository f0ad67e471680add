"""The decision weights that ``patchprobe fit`` gives a probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from .terminal import Terminal

if TYPE_CHECKING:
    from ..backbones import Backbone
    from ..io import Stack
    from ..probe import Probe

# Planes that suggested weights are estimated on.
_PLANES_TO_SUGGEST = 4


def weighed(
    probe: Probe,
    wanted: Mapping[int, float] | Literal["suggest"] | None,
    seen: Sequence[tuple[Backbone, Stack, int]],
    terminal: Terminal,
) -> Probe:
    """Give a probe the decision weights that are wanted; suggested ones are estimated on a few planes."""
    from ..probe import suggest_weights
    from ..store import default_store

    if wanted is None:
        return probe
    if wanted != "suggest":
        return probe.with_decision_weights(wanted)
    logits = [
        probe.predict_logits(backbone.embed(stack.plane(plane), stack.normalisation(), default_store(stack)))
        for backbone, stack, plane in seen[:_PLANES_TO_SUGGEST]
    ]
    suggestion = suggest_weights(logits, [int(c) for c in probe.classes_], probe.training_prior_)
    names = probe.class_names or {}
    terminal.say(
        "Decision weights: "
        + ", ".join(
            f"{names.get(c, f'class {c}')} {weight:.2f} (about {suggestion.prior[c]:.0%} of the image)"
            for c, weight in suggestion.weights.items()
        )
    )
    return probe.with_decision_weights(suggestion.weights)
