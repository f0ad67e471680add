"""Segmentation from a few strokes as a value: planes, what may be painted, and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..demo.strokes import draw_strokes
from ..io import Stack
from ..synthetic import MODALITIES, generate

Labels = npt.NDArray[np.uint8]
Strokes = Mapping[int, Labels]

PER_CLASS = 10


@dataclass(frozen=True)
class Task:
    """Some planes are painted, and others, or other parts, are predicted.

    Parameters
    ----------
    name : str
        Stem of its tables.
    title : str
    stack : Stack
        The planes that are painted or judged, in one range of intensities.
    paint : mapping of int to ndarray of uint8, each (H, W)
        For each painted plane, the class that may be painted at each pixel; 0 none.
    judged : mapping of int to ndarray of uint8, each (H, W)
        For each judged plane, the true class of each pixel; 0 does not count.
    class_names : mapping of int to str
    given : tuple of ndarray of uint8, each (H, W)
        Scribbles of the first painted plane that came with the data; drawn where there are none.
    objects : mapping of int to ndarray of int, each (H, W)
        For each judged plane, the number of the object at each pixel, of class 2; 0 none. Empty where
        objects are not told apart.
    about : str
        What was painted and what is judged, in a sentence.
    """

    name: str
    title: str
    stack: Stack
    paint: Mapping[int, Labels]
    judged: Mapping[int, Labels]
    class_names: Mapping[int, str]
    given: tuple[Labels, ...] = ()
    objects: Mapping[int, npt.NDArray[np.integer]] = field(default_factory=dict)
    about: str = ""

    @property
    def classes(self) -> tuple[int, ...]:
        """Numbers of the classes, ascending."""
        return tuple(sorted(self.class_names))

    def strokes(self, seed: int, per_class: int = PER_CLASS) -> dict[int, Labels]:
        """Paint some strokes of each class, spread over the painted planes.

        Parameters
        ----------
        seed : int
            Equal seeds give equal strokes.
        per_class : int
            Strokes of each class in all; fewer where there is no room.

        Returns
        -------
        dict of int to ndarray of uint8, each (H, W)
            For each plane that got strokes, 0 unlabelled, else the class.
        """
        planes = list(self.paint)
        shares = [per_class // len(planes) + (i < per_class % len(planes)) for i in range(len(planes))]
        return {
            plane: draw_strokes(self.paint[plane], share, seed + 1000 * i)
            for i, (plane, share) in enumerate(zip(planes, shares, strict=True))
            if share
        }

    def scribbles(self, count: int, seed: int) -> list[dict[int, Labels]]:
        """Return that many sets of strokes: those that came with the data first, then drawn ones."""
        first = next(iter(self.paint))
        given = [{first: strokes} for strokes in self.given[:count]]
        return given + [self.strokes(seed + i) for i in range(len(given), count)]


def synthetic_task(modality: str, painted: int, judged: int, size: int, seed: int) -> Task:
    """Return a task on synthetic images: strokes on the first ones, truth of the others."""
    images, masks = generate(modality, painted + judged, size, seed)
    classes = (masks > 0).astype(np.uint8) + np.uint8(1)
    return Task(
        name=modality,
        title=MODALITIES[modality].title,
        stack=Stack(images, "zyxc", rgb=True, name=modality),
        paint={plane: classes[plane] for plane in range(painted)},
        judged={plane: classes[plane] for plane in range(painted, painted + judged)},
        class_names={1: "background", 2: MODALITIES[modality].foreground},
    )
