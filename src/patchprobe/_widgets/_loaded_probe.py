"""The probe that was loaded from a file: it predicts, and its training rows go on counting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from psygnal import Signal

from .._state import ProbeState
from ..backbones import get_backbone
from ..probe import Probe, TrainingRows, load_probe


class LoadedProbe:
    """What was loaded, until it is forgotten.

    Attributes
    ----------
    probe : Probe or None
    name : str
        Of its file.
    differences : tuple of str
        How the image differs from those that the probe in use has learned from.
    changed : Signal()
    """

    changed = Signal()

    def __init__(self) -> None:
        self.probe: Probe | None = None
        self.name = ""
        self.differences: tuple[str, ...] = ()

    def take(self, probe: Probe, path: str) -> None:
        """Take a probe that was read from a file."""
        self.probe, self.name = probe, Path(path).name
        self.changed.emit()

    def forget(self) -> None:
        """Go on without it."""
        self.probe, self.name, self.differences = None, "", ()
        self.changed.emit()

    def tell(self, differences: Sequence[str]) -> None:
        """Note how the image differs from those that the probe has learned from."""
        if tuple(differences) != self.differences:
            self.differences = tuple(differences)
            self.changed.emit()

    @property
    def brings_rows(self) -> bool:
        """Whether new strokes add to those that it has learned from."""
        return self.probe is not None and bool(self.probe.rows_)

    def rows(self, classes: Sequence[int]) -> tuple[TrainingRows, ...]:
        """Training rows that it brings along, of the classes that there are still."""
        if self.probe is None:
            return ()
        return tuple(part.part(np.isin(part.classes, classes)) for part in self.probe.rows_)

    def in_words(self) -> str:
        """Say what is loaded, what new strokes do to it, and how this image differs; in a few sentences."""
        if self.probe is None:
            return " ".join(self.differences)
        if self.brings_rows:
            strokes = sum(self.probe.strokes_.values())
            what = f"{self.name} predicts; new strokes add to its {strokes}."
        else:
            what = f"{self.name} predicts until you paint two classes: it keeps no training rows to add to."
        return " ".join([what, *self.differences])


def read_probe(path: str) -> Probe:
    """Read a probe whose features can be computed here.

    Raises
    ------
    InputError
        If the file is no probe, or there is no backbone of that name.
    """
    probe = load_probe(path)
    get_backbone(probe.backbone_)
    return probe


def named(probe: Probe, state: ProbeState) -> Probe:
    """Return a probe with the names and colours of its classes."""
    probe.class_names = {known.number: known.name for known in state.classes}
    probe.class_colors = state.color_map()
    return probe
