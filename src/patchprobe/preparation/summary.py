"""A movie as one plane: what each pixel does over time, as channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..embedding import OnProgress
from ..errors import InputError
from ..io import Stack
from ..normalisation import estimate_normalisation
from .moments import Moments, Plane

SUMMARIES = ("mean", "max", "std", "correlation")


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
    moments = Moments(movie.shape[1:], with_neighbours="correlation" in summaries)
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


_SUMMARISE: dict[str, Callable[[Moments], Plane]] = {
    "mean": lambda moments: moments.mean,
    "max": lambda moments: moments.highest,
    "std": lambda moments: moments.std,
    "correlation": Moments.correlation,
}


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
