"""What to do now, in one line."""

from __future__ import annotations

from ._layers import shows_planes
from ._live_probe import LiveProbe


def hint(live: LiveProbe) -> str:
    """Say what the user can do next."""
    state = live.state
    if not live.n_planes:
        return "Open or drop an image, or take one from File → Open Sample → patchprobe."
    if not shows_planes(live.viewer):
        return "To paint, turn back to the 2D view of y and x."
    painted = live.painted()
    waiting = [known for known in state.classes if known.number not in painted]
    if live.loaded.brings_rows:
        return "Paint where the overlay is wrong."
    if not painted:
        first = state.class_of(state.selected) or state.classes[0]
        return f"Paint a little of each class. Class {first.number}: {first.name}."
    if waiting:
        return f"Now press {waiting[0].number} and paint some {waiting[0].name}."
    if not state.live and live.needs_fit:
        return "Live is off: Refit uses the strokes painted since."
    return "Paint where the overlay is wrong."
