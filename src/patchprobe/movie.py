"""A movie as one plane: what each pixel does over time, as channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .embedding import OnProgress
from .errors import InputError
from .io import Stack
from .normalisation import estimate_normalisation

SUMMARIES = ("mean", "max", "std", "correlation")
# Half of the eight neighbours (rows, columns): the others see the same pairs.
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))

Plane = npt.NDArray[np.float64]


def summarise_movie(
    movie: Stack, summaries: Sequence[str] = SUMMARIES, on_progress: OnProgress | None = None
) -> Stack:
    """Summarise what each pixel of a movie does over time, in one pass over the frames.

    - ``mean``: the average; noise goes.
    - ``max``: the brightest moment; cells that were active once stay.
    - ``std``: the standard deviation; what never changes goes.
    - ``correlation``: the mean correlation over time with the eight neighbouring pixels (Smith & Häusser
      2010). Pixels of a cell flicker together, noise does not.

    Parameters
    ----------
    movie : Stack
        Axes ``"tyx"`` or ``"tzyx"``.
    summaries : sequence of str
        Some of these, in the order of the channels. The backbone ``filters`` takes up to four, networks
        take one or three.
    on_progress : callable, optional
        Called with (frames done, frames in all).

    Returns
    -------
    Stack
        Axes ``"yxc"`` or ``"zyxc"``, without ``c`` for a single summary; float32, about 0 to 1: each summary
        is stretched to its own range, since all channels of a plane share one when it is embedded.

    Raises
    ------
    InputError
        If there is no axis ``t``, there are channels, or a summary is not known.
    """
    _check(movie, summaries)
    moments = _Moments(movie.shape[1:], with_neighbours="correlation" in summaries)
    for t in range(movie.shape[0]):
        moments.add(np.asarray(movie.data[t]))
        if on_progress is not None:
            on_progress(t + 1, movie.shape[0])
    channels = [_stretched(_SUMMARISE[name](moments)) for name in summaries]
    data: Any = channels[0] if len(channels) == 1 else np.stack(channels, axis=-1)
    return replace(
        movie,
        data=data,
        axes=movie.axes[1:] + ("c" if len(channels) > 1 else ""),
        voxel_size=movie.voxel_size[1:],
        units=movie.units[1:],
        name=f"{movie.name} [{', '.join(summaries)}]",
        labels=None,
        channel_names=tuple(summaries) if len(channels) > 1 else (),
    )


class _Moments:
    """Sums over frames (Z, Y, X) or (Y, X), of differences to the first one: so they stay exact."""

    def __init__(self, shape: tuple[int, ...], with_neighbours: bool) -> None:
        self.count = 0
        self.first: Plane = np.zeros(shape)
        self.sum: Plane = np.zeros(shape)
        self.squares: Plane = np.zeros(shape)
        self.highest: Plane = np.full(shape, -np.inf)
        self.products = [np.zeros(_pair(self.sum, shift)[0].shape) for shift in _NEIGHBOURS]
        self._with_neighbours = with_neighbours

    def add(self, frame: npt.NDArray[Any]) -> None:
        values = np.nan_to_num(frame.astype(np.float64), posinf=0.0, neginf=0.0)
        if self.count == 0:
            self.first = values
        self.count += 1
        change = values - self.first
        self.sum += change
        self.squares += change * change
        np.maximum(self.highest, values, out=self.highest)
        if self._with_neighbours:
            for product, shift in zip(self.products, _NEIGHBOURS, strict=True):
                one, other = _pair(change, shift)
                product += one * other

    @property
    def mean(self) -> Plane:
        return self.first + self.sum / self.count

    @property
    def std(self) -> Plane:
        variance = self.squares / self.count - (self.sum / self.count) ** 2
        return np.asarray(np.sqrt(np.maximum(variance, 0)), dtype=np.float64)

    def correlation(self) -> Plane:
        """Mean correlation with the neighbours; 0 where nothing changes."""
        total, neighbours = np.zeros_like(self.sum), np.zeros_like(self.sum)
        mean, std = self.sum / self.count, self.std
        for product, shift in zip(self.products, _NEIGHBOURS, strict=True):
            (one, other), (of_one, of_other) = _pair(mean, shift), _pair(std, shift)
            spread = of_one * of_other
            covariance = product / self.count - one * other
            with np.errstate(divide="ignore", invalid="ignore"):
                pair = np.where(spread > 0, covariance / spread, 0.0)
            for into in _pair(total, shift):
                into += pair
            for into in _pair(neighbours, shift):
                into += 1
        return np.asarray(total / np.maximum(neighbours, 1), dtype=np.float64)


_SUMMARISE: dict[str, Callable[[_Moments], Plane]] = {
    "mean": lambda moments: moments.mean,
    "max": lambda moments: moments.highest,
    "std": lambda moments: moments.std,
    "correlation": lambda moments: moments.correlation(),
}


def _pair(plane: Plane, shift: tuple[int, int]) -> tuple[Plane, Plane]:
    """View a plane (…, Y, X) twice, so that each pixel lies on its neighbour."""
    dy, dx = shift
    height, width = plane.shape[-2:]
    one = plane[..., : height - dy, max(0, -dx) : width - max(0, dx)]
    other = plane[..., dy:, max(0, dx) : width - max(0, -dx)]
    return one, other


def _stretched(plane: Plane) -> npt.NDArray[np.float32]:
    return estimate_normalisation(plane.reshape(-1, *plane.shape[-2:])).apply(plane)


def _check(movie: Stack, summaries: Sequence[str]) -> None:
    if "t" not in movie.axes or movie.axes.endswith("c"):
        what = "channels" if movie.axes.endswith("c") else "no axis t"
        raise InputError(
            f"{movie.name} has the axes {movie.axes!r}, with {what}; a summary over time takes 'tyx' or "
            "'tzyx'. Name the axes of the file with axes, or choose one channel (Stack.channel)."
        )
    unknown = [name for name in summaries if name not in SUMMARIES]
    if unknown or not summaries:
        raise InputError(
            f"Summaries {', '.join(unknown) or '(none)'} are not known. Use some of {', '.join(SUMMARIES)}."
        )
