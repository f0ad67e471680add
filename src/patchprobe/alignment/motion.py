"""The frames of a movie brought onto one template: motion correction."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from functools import cached_property

import numpy as np

from ..embedding import OnProgress
from ..errors import InputError
from ..io import Stack
from .edges import BLANK, plane_axes_shape
from .frame_matcher import FrameFilter, Template, frame_of
from .frame_template import LEAST_ALIKE, FramePlacer, MeanImage, Placed, make_template
from .level import FloatPlane
from .models import Model, check_model
from .placed_section import Alignment
from .transform import Transform
from .translation import Status

# Frames are matched on at most so many cells; beyond, a fraction of a cell is less than a pixel anyway.
_MOST_CELLS = 1.6e6
# The template is made of at most so many frames, spread over the movie, and of no more bytes than this.
_MOST_FRAMES, _LEAST_FRAMES = 100, 12
_BYTES = 1 << 28
# How far frames are looked for without max_shift, as a share of each side.
_REACH = 0.25
# Log odds against the best other shift. Frames that show something else, mirrored ones and noise came to 4 at
# most, true ones to 40 and more even where noise is ten times as strong as the image.
_SURE, _LIKELY = 10.0, 5.0

FramePlaced = tuple[int, Alignment]


def align_to_template(
    stack: Stack,
    model: Model = "translation",
    *,
    max_shift: float | None = None,
    anchor: int | None = None,
    on_progress: OnProgress | None = None,
) -> Generator[FramePlaced | None, None, None]:
    """Bring each frame of a movie onto a template that is the mean of the others.

    Parameters
    ----------
    stack : Stack
        A movie. Frames follow each other along ``t``, or along the first axis if there is no ``t``; each
        plane of a volume in time has a template and motion of its own.
    model : {"translation", "rigid", "similarity", "affine"}
    max_shift : float, optional
        Largest shift along y or x, in pixels; a quarter of each side if not given.
    anchor : int, optional
        The frame that stays where it is. Without one the median shift of the frames is about 0.
    on_progress : callable, optional
        Called with (frames done, frames in all), with 0 done while the template is made. What it raises stops
        the work.

    Yields
    ------
    tuple of (int, Alignment) or None
        The number of a plane and where it lies; None after each step while the template is made. Closing the
        generator stops the work. No more than the frames of the template are in memory at once.

    Raises
    ------
    InputError
        If the model is elastic or unknown, or an argument out of range.
    """
    check_model(model)
    if model == "elastic":
        raise InputError(
            "A frame is moved as a whole onto a template. Use translation, rigid, similarity or affine."
        )
    if max_shift is not None and not max_shift > 0:
        raise InputError(f"max_shift is a distance in pixels, more than 0, or None; got {max_shift}.")
    if anchor is not None and not 0 <= anchor < stack.n_planes:
        raise InputError(f"The anchor is one of the frames 0 to {stack.n_planes - 1}; got {anchor}.")
    return _walk(_Frames(stack, max_shift), model, anchor, on_progress)


def _walk(
    frames: _Frames, model: Model, anchor: int | None, on_progress: OnProgress | None
) -> Generator[FramePlaced | None, None, None]:
    placer = FramePlacer(frames.filter, model)
    movies: dict[int, _Movie] = {}
    for numbers in frames.movies:
        for _ in (movie := _Movie(frames, placer)).make(numbers):
            yield None
            if on_progress is not None:
                on_progress(0, frames.total)
        movies |= dict.fromkeys(numbers, movie)
    if anchor is not None:
        movies[anchor].hold(anchor)
    for number, movie in sorted(movies.items(), key=lambda item: item[0]):
        yield number, movie.place(number)
        if on_progress is not None:
            on_progress(number + 1, frames.total)


class _Frames:
    """The frames of a stack, read one by one, in cells."""

    def __init__(self, stack: Stack, max_shift: float | None) -> None:
        self._stack = stack
        self.total = stack.n_planes
        height, width = stack.plane_shape
        self.cell = max(1, round(math.sqrt(height * width / _MOST_CELLS)))
        shape = (max(1, height // self.cell), max(1, width // self.cell))
        down, across = (
            min(n - 1, math.ceil(n * _REACH if max_shift is None else max_shift / self.cell)) for n in shape
        )
        self.filter = FrameFilter(shape, (down, across))

    def __getitem__(self, number: int) -> FloatPlane | None:
        return frame_of(self._stack.plane(number), self.cell)

    @property
    def movies(self) -> list[list[int]]:
        """Numbers of the planes that follow each other in time, for each plane of a volume."""
        axes = self._stack.plane_axes
        numbers = np.arange(self.total).reshape(plane_axes_shape(self._stack) or (1,))
        by_time = np.moveaxis(numbers, axes.index("t") if "t" in axes else 0, -1)
        return [[int(n) for n in row] for row in by_time.reshape(-1, by_time.shape[-1])]

    @property
    def most(self) -> int:
        """How many frames a template is made of."""
        return int(np.clip(_BYTES // (4 * math.prod(self.filter.shape)), _LEAST_FRAMES, _MOST_FRAMES))


class _Movie:
    """The frames of one plane in time, and where they lie."""

    def __init__(self, frames: _Frames, placer: FramePlacer) -> None:
        self._frames = frames
        self._placer = placer
        self._mean: MeanImage | None = None
        self._typical = 0.0
        # The common frame to the template, and to the last frame that was found.
        self._from_common = self._held = Transform.identity()

    def make(self, numbers: Sequence[int]) -> Generator[None, None, None]:
        """Make the template of frames spread over all of them."""
        spread = np.unique(np.linspace(0, len(numbers) - 1, min(len(numbers), self._frames.most)).astype(int))
        sample = {}
        for i in spread:
            frame = self._frames[numbers[i]]
            if frame is not None:
                sample[numbers[i]] = frame
            yield
        if sample:
            self._mean, self._typical = yield from make_template(sample, self._placer)

    @cached_property
    def _template(self) -> Template:
        assert self._mean is not None
        return Template(self._placer.filter, self._mean.image)

    def hold(self, number: int) -> None:
        """Let the common frame be that of one frame of the movie."""
        found = self._found(number)
        if found is not None:
            self._from_common = self._held = self._in_pixels(found).inverse()

    def place(self, number: int) -> Alignment:
        """Find where a frame lies in the common frame; one that is not found stays with the one before."""
        found = self._found(number)
        if found is None:
            return Alignment(self._held, "failed", BLANK, 0.0, 0.0)
        status, reason = self._verdict(found)
        if status != "failed":
            self._held = self._from_common.followed_by(self._in_pixels(found))
        return Alignment(self._held, status, reason, found.score, found.distinctness)

    def _found(self, number: int) -> Placed | None:
        frame = self._frames[number]
        if frame is None or self._mean is None:
            return None
        if number in self._mean:
            return self._placer.on_mean(number, frame, self._mean)
        return self._placer.place(frame, self._template)

    def _in_pixels(self, found: Placed) -> Transform:
        return Transform(found.matrix).scaled(self._frames.cell)

    def _verdict(self, found: Placed) -> tuple[Status, str]:
        if found.odds < _LIKELY:
            return "failed", "No shift stands out: the frame does not resemble the others."
        if found.at_rim:
            return "doubtful", "It lies at the end of the shifts that were looked at; raise max_shift."
        if found.score < LEAST_ALIKE * self._typical:
            return "doubtful", (
                f"It resembles the template much less ({found.score:.2f}) than most frames do "
                f"({self._typical:.2f})."
            )
        if found.odds < _SURE:
            return "doubtful", "Another shift explains the frame nearly as well."
        return "ok", ""
