"""What the widgets share, without Qt: mutable wishes, and the frozen snapshot that is computed from.

A widget writes wishes into `ProbeState` and listens to its signals; a job gets a `Snapshot` and nothing
else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
from psygnal import SignalGroupDescriptor

from .class_colors import PALETTE
from .compute import Compute
from .errors import InputError
from .io import Stack

if TYPE_CHECKING:
    from ._predicting import View
    from .probe import Probe, TrainingRows

MAX_CLASSES = len(PALETTE)


@dataclass(frozen=True)
class ProbeClass:
    """One class of strokes.

    The number stays with the class for good. It is the label in strokes, predictions and files, on planes
    and images that are not even open, so nothing that is done to a list of classes may change it. The key
    that chooses a class is its number too: what is pressed is what is seen in the row and found in the file.

    Parameters
    ----------
    number : int
        Label in strokes and prediction, 1 or more; also the key that chooses it.
    name : str
        What the user calls it.
    color : str
        ``"#rrggbb"``, the same in strokes, overlay, tables and plots.
    """

    number: int
    name: str
    color: str


class OverlayKind(Enum):
    """What the overlay shows."""

    LABELS = "labels"
    PROBABILITY = "probability"
    UNCERTAINTY = "uncertainty"


@dataclass(frozen=True)
class Overlay:
    """The overlay that is wanted.

    Parameters
    ----------
    kind : OverlayKind
    number : int
        Class whose probability is shown; ignored for what is of all classes.
    """

    kind: OverlayKind = OverlayKind.LABELS
    number: int = 1


def default_classes() -> tuple[ProbeClass, ...]:
    """Return the two classes that a new probe starts with."""
    return (new_class((), "background"), ProbeClass(2, "foreground", PALETTE[1]))


def new_class(classes: tuple[ProbeClass, ...], name: str = "", number: int | None = None) -> ProbeClass:
    """Make a class that is not yet in `classes`, with the lowest free number and its colour.

    Raises
    ------
    InputError
        If there are nine already, or the number is taken.
    """
    taken = {known.number for known in classes}
    free = [n for n in range(1, MAX_CLASSES + 1) if n not in taken]
    if number is None:
        if not free:
            raise InputError(f"There are {MAX_CLASSES} classes, as many as number keys. Remove one first.")
        number = free[0]
    elif number in taken:
        raise InputError(f"Class {number} exists already. Choose another number.")
    color = PALETTE[(number - 1) % len(PALETTE)]
    return ProbeClass(number, name or f"class {number}", color)


@dataclass
class ProbeState:
    """The wishes of one Probe widget; every change is announced by a signal of the field's name.

    Parameters
    ----------
    backbone : str
        Registered name of the features.
    classifier : str
        Registered name of what is fitted on them.
    classes : tuple of ProbeClass
        In the order in which they are shown, in the list as in tables; their numbers do not depend on it.
    selected : int
        Number of the class that the brush paints; 0 erases.
    live : bool
        Whether each stroke refits the probe.
    overlay : Overlay
    opacity : float
        Of the overlay, 0 to 1.
    decision_weights : mapping of int to float
        By number of the class; 1 where it is not in it. See `patchprobe.probe.Decision`.
    """

    backbone: str = "filters"
    classifier: str = "linear"
    classes: tuple[ProbeClass, ...] = field(default_factory=default_classes)
    selected: int = 1
    live: bool = True
    overlay: Overlay = Overlay()
    opacity: float = 0.5
    decision_weights: Mapping[int, float] = field(default_factory=dict)

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    def class_of(self, number: int) -> ProbeClass | None:
        """Return the class of that number, or None."""
        return next((known for known in self.classes if known.number == number), None)

    def add_class(self, name: str = "", number: int | None = None) -> ProbeClass:
        """Add a class, by default with the lowest free number, behind those of lower numbers; return it."""
        made = new_class(self.classes, name, number)
        lower = [place for place, known in enumerate(self.classes, start=1) if known.number < made.number]
        place = max(lower, default=0)
        self.classes = (*self.classes[:place], made, *self.classes[place:])
        return made

    def move_class(self, number: int, by: int) -> None:
        """Move a class so many places down in the list, or up; it stops at the ends."""
        order = [known for known in self.classes if known.number != number]
        place = [known.number for known in self.classes].index(number) + by
        order.insert(max(0, place), self.classes[place - by])
        self.classes = tuple(order)

    def remove_class(self, number: int) -> None:
        """Remove the class of that number; the last one stays."""
        if len(self.classes) == 1:
            raise InputError("One class must stay. Rename it instead.")
        self.classes = tuple(known for known in self.classes if known.number != number)
        if self.selected == number:
            self.selected = self.classes[0].number

    def change_class(self, number: int, *, name: str | None = None, color: str | None = None) -> None:
        """Rename or recolour a class. An empty name is ignored."""
        self.classes = tuple(
            replace(known, name=name or known.name, color=color or known.color)
            if known.number == number
            else known
            for known in self.classes
        )

    def take_classes(
        self, numbers: Sequence[int], names: Mapping[int, str], colors: Mapping[int, str]
    ) -> None:
        """Take over the classes of a saved probe; where it does not say, what is known stays."""
        known = {old.number: old for old in self.classes}
        # In the order in which they are named, so that it comes along too.
        order = dict.fromkeys([*names, *known, *sorted(numbers)])
        every = (known.get(number) or new_class((), number=number) for number in order)
        self.classes = tuple(
            replace(old, name=names.get(old.number, old.name), color=colors.get(old.number, old.color))
            for old in every
        )

    def take_probe(self, probe: Probe) -> None:
        """Wish for what a saved probe is: its features, classifier, classes and decision weights."""
        self.backbone, self.classifier = probe.backbone_, probe.name
        numbers = [int(number) for number in probe.classes_]
        self.take_classes(numbers, probe.class_names or {}, probe.class_colors or {})
        self.decision_weights = probe.decision_weights_

    def color_map(self) -> dict[int, str]:
        """Colour of each class by its number."""
        return {known.number: known.color for known in self.classes}


@dataclass(frozen=True, eq=False)
class OtherImage:
    """An image that is not looked at now, whose strokes feed the probe too.

    Parameters
    ----------
    stack : Stack
    source : int
        Identity of the stack's data, for the embedding cache.
    strokes : mapping of int to ndarray of uint8, shape (H, W)
        Strokes by number of plane.
    rows : mapping of int to TrainingRows
        Training rows that were read before.
    """

    stack: Stack
    source: int
    strokes: Mapping[int, npt.NDArray[np.uint8]]
    rows: Mapping[int, TrainingRows] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that one fit and prediction is computed from; nobody changes it any more.

    Parameters
    ----------
    stack : Stack
    source : int
        Identity of the stack's data, for the embedding cache.
    backbone : str
    plane : int
        Number of the plane to predict.
    strokes : mapping of int to ndarray of uint8, shape (H, W)
        Strokes by number of plane, 0 = unlabelled; only planes that carry any.
    fit : bool
        Whether to fit a probe on the strokes; otherwise `probe` predicts.
    uncounted : tuple of int
        Planes whose strokes changed since they were counted.
    rows : mapping of int to TrainingRows
        Training rows that were read before, of planes whose strokes have not changed since.
    view : View, optional
        What of the plane is on the screen, to be predicted first.
    probe : Probe, optional
        Predicts where none can be fitted.
    classifier : str
        Registered name of what is fitted.
    earlier : tuple of TrainingRows
        Rows of a loaded probe, which count besides the strokes.
    decision_weights : mapping of int to float
        Of a probe that is fitted.
    compute : Compute
        How networks are computed.
    others : tuple of OtherImage
        Images whose strokes feed the probe too.
    """

    stack: Stack
    source: int
    backbone: str
    plane: int
    strokes: Mapping[int, npt.NDArray[np.uint8]]
    fit: bool = True
    uncounted: tuple[int, ...] = ()
    rows: Mapping[int, TrainingRows] = field(default_factory=dict)
    view: View | None = None
    probe: Probe | None = None
    classifier: str = "linear"
    earlier: tuple[TrainingRows, ...] = ()
    decision_weights: Mapping[int, float] = field(default_factory=dict)
    compute: Compute = field(default_factory=Compute)
    others: tuple[OtherImage, ...] = ()

    @property
    def images(self) -> tuple[OtherImage, ...]:
        """All images that feed the probe, the one that is looked at first."""
        return (OtherImage(self.stack, self.source, self.strokes, self.rows), *self.others)
