"""The main job on one stack: embed, fit on sparse strokes, predict every plane, align neighbours, judge."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .. import metrics
from ..alignment import StackAlignment, align_stack
from ..backbones import get_backbone
from ..embedding import Embedding, embed
from ..errors import InputError
from ..io import Stack
from ..normalisation import Normalisation
from ..prediction import predict_stack
from ..probe import LinearProbe
from ..synthetic import serial_sections
from .part import take_part
from .shifts import Agreement, judge_alignment
from .strokes import draw_strokes
from .suggest import suggest_classes

OnStep = Callable[[str, int, int], None]

# The first two colours of the widgets' palette.
COLORS = {1: "#56b4e9", 2: "#e69f00"}
_SAMPLE_PLANES, _SAMPLE_SIZE, _SAMPLE_TURN = 12, 384, 0.25


@dataclass(frozen=True)
class Scores:
    """Agreement of the prediction with the truth on some planes.

    Parameters
    ----------
    planes : tuple of int
    accuracy : float
        Share of pixels, 0 to 1.
    f1, iou : float
        Of class 2, 0 to 1.
    """

    planes: tuple[int, ...]
    accuracy: float
    f1: float
    iou: float


@dataclass(frozen=True, eq=False)
class Demo:
    """Everything that the demonstration computed.

    Parameters
    ----------
    stack : Stack
        The part of the stack that was worked on.
    strokes : ndarray of uint8, shape (H, W)
        On plane `painted`; 0 = unlabelled.
    painted : int
    strokes_from : str
        Where the strokes come from, in a sentence for people.
    suggested : bool
        Whether the strokes are a guess, not drawn from truth.
    embedding : Embedding
        Of the painted plane.
    probe : LinearProbe
    prediction : ndarray of uint8
        In the shape of the stack without ``c``.
    alignment : StackAlignment or None
        None for a single plane.
    agreement : Agreement or None
        How well neighbouring planes agree before and after alignment.
    seen, unseen : Scores or None
        On the painted plane and on all others; None without truth.
    seed : int
    seconds : dict of str to float
        How long each step took.
    notes : tuple of str
        What was left out or guessed, in sentences.
    """

    stack: Stack
    strokes: npt.NDArray[np.uint8]
    painted: int
    strokes_from: str
    suggested: bool
    embedding: Embedding
    probe: LinearProbe
    prediction: npt.NDArray[np.uint8]
    alignment: StackAlignment | None
    agreement: Agreement | None
    seen: Scores | None
    unseen: Scores | None
    seed: int
    seconds: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def class_names(self) -> dict[int, str]:
        """Name of each class."""
        return dict(self.probe.class_names or {})

    def predicted_plane(self, plane: int) -> npt.NDArray[np.uint8]:
        """Predicted labels (H, W) of one plane."""
        return np.asarray(self.prediction[self.stack.plane_index(plane)])


def sample_stack(seed: int = 0) -> tuple[Stack, npt.NDArray[np.float64]]:
    """Return the stack that the demonstration takes when it is given none, and its true transforms.

    Returns
    -------
    stack : Stack
        Synthetic serial sections with truth, one folded and one missing.
    transforms : ndarray of float64, shape (n, 3, 3)
        As in `patchprobe.synthetic.SerialSections`.
    """
    sections = serial_sections(_SAMPLE_PLANES, _SAMPLE_SIZE, seed, rotation=_SAMPLE_TURN)
    return sections.to_stack(), sections.transforms


def run_demo(
    stack: Stack,
    backbone: str = "filters",
    seed: int = 0,
    transforms: npt.NDArray[np.float64] | None = None,
    on_step: OnStep | None = None,
) -> Demo:
    """Do the main job on one stack.

    Parameters
    ----------
    stack : Stack
        Of any size; see `take_part`. Where it has truth (`Stack.labels` with classes 1 and 2), strokes are
        drawn from that on one plane; else they are suggested (`suggest_classes`).
    backbone : str
    seed : int
        Of the strokes.
    transforms : ndarray, shape (n, 3, 3), optional
        True transforms of the sections, from section to frame.
    on_step : callable, optional
        Called with (what is done, done so far, in all).

    Returns
    -------
    Demo

    Raises
    ------
    InputError
        If the stack is too small, constant or without a finite pixel.
    """
    tell = on_step or _silent
    seconds: dict[str, float] = {}
    with _timed(seconds, "load"):
        part, notes = take_part(stack)
        normalisation = part.normalisation()
        _check_range(part, normalisation)
    painted = _plane_to_paint(part)
    tell("features", 0, 1)
    with _timed(seconds, "embed"):
        embedding = embed(part.plane(painted), get_backbone(backbone), normalisation)
    tell("features", 1, 1)
    strokes, names, source = _strokes(part, painted, normalisation, seed)
    with _timed(seconds, "fit"):
        probe = LinearProbe(class_names=names, class_colors=COLORS).fit(embedding, strokes, part)
    with _timed(seconds, "predict"):
        prediction = _predict(part, probe, painted, embedding, tell)
    alignment = agreement = None
    if part.n_planes > 1:
        with _timed(seconds, "align"):
            alignment = align_stack(part, backbone, on_progress=lambda done, n: tell("alignment", done, n))
        agreement = judge_alignment(part, alignment, transforms if part.n_planes == stack.n_planes else None)
    else:
        notes = (*notes, "There is one plane only, so there is nothing to align.")
    others = [plane for plane in range(part.n_planes) if plane != painted]
    return Demo(
        part,
        strokes,
        painted,
        source,
        part.labels is None,
        embedding,
        probe,
        prediction,
        alignment,
        agreement,
        _scores(part, prediction, [painted]),
        _scores(part, prediction, others),
        seed,
        seconds,
        (*stack.notes, *notes),
    )


def _silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[step] = round(time.perf_counter() - began, 3)


def _check_range(stack: Stack, normalisation: Normalisation) -> None:
    if normalisation.low == normalisation.high:
        raise InputError(
            f"{stack.name} is constant ({normalisation.low:g} everywhere), so there is nothing to segment. "
            "Check that the right file, data set or channel was opened."
        )


def _plane_to_paint(stack: Stack) -> int:
    """Return the first plane that is not much emptier than the others."""
    contrast = np.array([_contrast(plane) for plane in stack.planes()])
    good = np.flatnonzero(contrast >= 0.5 * np.median(contrast[contrast > 0]))
    return int(good[0])


def _contrast(plane: npt.NDArray[np.generic]) -> float:
    values = plane[np.isfinite(plane)]
    return float(values.std(dtype=np.float64)) if values.size else 0.0


def _strokes(
    stack: Stack, plane: int, normalisation: Normalisation, seed: int
) -> tuple[npt.NDArray[np.uint8], dict[int, str], str]:
    truth = stack.label_plane(plane)
    if truth is not None:
        names = {1: "cell", 2: "membrane"}
        return draw_strokes(truth, seed=seed), names, f"drawn from the truth of section {plane}"
    suggestion = suggest_classes(stack.plane(plane), normalisation)
    return draw_strokes(suggestion.classes, seed=seed), suggestion.names, f"suggested: {suggestion.how}"


def _predict(
    stack: Stack, probe: LinearProbe, painted: int, embedding: Embedding, tell: OnStep
) -> npt.NDArray[np.uint8]:
    """Predict all planes; the painted one is embedded already."""
    lazy = predict_stack(stack, probe)
    prediction = np.empty(lazy.shape, np.uint8)
    for plane in range(stack.n_planes):
        prediction[stack.plane_index(plane)] = (
            probe.predict(embedding) if plane == painted else lazy.plane(plane)
        )
        tell("prediction", plane + 1, stack.n_planes)
    return prediction


def _scores(stack: Stack, prediction: npt.NDArray[np.uint8], planes: list[int]) -> Scores | None:
    """Compare with the truth where there is some."""
    known = [p for p in planes if stack.labels is not None and np.any(stack.label_plane(p))]
    if not known:
        return None
    truth = np.stack([np.asarray(stack.label_plane(plane)) for plane in known])
    found = np.stack([prediction[stack.plane_index(plane)] for plane in known])
    return Scores(
        tuple(known),
        metrics.accuracy(truth, found),
        metrics.f1_score(truth, found, label=2),
        metrics.iou(truth, found, label=2),
    )
