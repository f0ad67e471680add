"""The built-in backbone: a dense multi-scale filter bank, no download.

A linear probe can only weigh its channels, so the bank also brings what a linear map cannot make of
smooth filters: eigenvalues and magnitudes, their rectified parts and the density of these around a
pixel, contrast relative to the neighbourhood, and the intensity as overlapping bins (a linear map of
these is any piecewise linear curve of intensity, which a tissue of middling brightness needs).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..grid import PatchGrid
from ..memory import share_of_memory
from ..tiles import TiledFeatures, Window, widened
from .base import Backbone, BackboneSpec
from .kernels import TRUNCATE, Plane, correlate, derivative, line_kernels, symmetric_eigenvalues

_SCALES = (1.0, 2.0, 4.0, 8.0)
_TENSOR_SCALES = (2.0, 4.0)
# Between the octaves of the Hessian, whose trace already is the Laplacian there.
_LAPLACIAN_SCALES = (1.5, 3.0, 6.0)
_CONTRAST_SCALES = (1.0, 2.0, 4.0)
# Standard deviations across and along; long ones follow a membrane through its gaps.
_LINES = ((1.5, 4.0), (2.0, 8.0), (3.0, 10.0))
_ORIENTATIONS = 8
_BIN_SCALES = (0.0, 2.0)
_BINS = 9
_CHROMA_SCALES = (1.0, 2.0, 4.0, 8.0)
_CHROMA_BINS = 7
# Keeps flat regions flat: about the noise of an 8-bit image.
_CONTRAST_FLOOR = 0.03
_MOST_CHANNELS = 4
_GREY_CHANNELS = 69
_CHROMA_CHANNELS = 15
# How far a feature sees, in pixels: the density at the largest scale, a Gaussian of a Gaussian's derivative.
REACH = TRUNCATE * int(_SCALES[-1] + 2 * _SCALES[-1])
# Features of one plane may take this part of the memory; larger ones are computed as they are read.
MEMORY_SHARE = 8

# Luminance (ITU-R BT.601) and two opponent colours; rows sum to 1, 0, 0.
_OPPONENT = np.array([[0.299, 0.587, 0.114], [0.5, -0.5, 0.0], [0.25, 0.25, -0.5]], dtype=np.float32)


class FilterBank(Backbone):
    """Dense filters at several scales, for greyscale, colour and multi-channel planes.

    Greyscale gives 69 channels (see `grey_features`). Three channels are taken as red, green and blue:
    the luminance gets the full bank, the two opponent colours `chroma_features`. Two or four channels
    get the full bank each.
    """

    spec = BackboneSpec(
        name="filters",
        summary="edges, lines, blobs and texture at several scales",
        patch_size=1,
        channels=_GREY_CHANNELS,
        licence="BSD-3-Clause",
        version="1",
    )

    def grids(self, plane: npt.NDArray[np.float32]) -> tuple[PatchGrid, ...]:
        """Compute one dense block, float16 in channel-first memory. See `Backbone.grids`.

        A plane whose features would take more than an eighth of the machine's memory is computed tile by
        tile when it is read, with the same values.
        """
        shape = (plane.shape[0], plane.shape[1])
        images = _images(plane)

        def compute(window: Window) -> npt.NDArray[np.float16]:
            wide, inner = widened(window, REACH, shape)
            return _features([(image[wide], bank) for image, bank in images])[inner]

        channels = sum(_GREY_CHANNELS if bank is grey_features else _CHROMA_CHANNELS for _, bank in images)
        bound = share_of_memory(MEMORY_SHARE)
        tiled = TiledFeatures((*shape, channels), compute, bound // 2)
        held = tiled if 2 * channels * plane.shape[0] * plane.shape[1] > bound else tiled.whole()
        return (PatchGrid(held, 1, (0, 0), shape, "filters"),)


Job = Callable[[], list[Plane]]
Bank = Callable[[Plane], Iterator[Job]]


def _features(images: list[tuple[Plane, Bank]]) -> npt.NDArray[np.float16]:
    """Features (H, W, channels) of images, each by its bank; channel-first in memory."""
    jobs = [job for image, bank in images for job in bank(np.ascontiguousarray(image))]
    # Which thread computes what does not change a result: each job is one sequence of float32 steps.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        done = list(pool.map(lambda job: [f.astype(np.float16) for f in job()], jobs))
    return np.moveaxis(np.stack([channel for group in done for channel in group]), 0, 2)


def _images(plane: npt.NDArray[np.float32]) -> list[tuple[Plane, Bank]]:
    """Split a plane into greyscale images, each with the bank that it gets."""
    if plane.ndim == 2:
        return [(plane, grey_features)]
    count = plane.shape[2]
    if count > _MOST_CHANNELS:
        raise InputError(
            f"The backbone 'filters' takes up to {_MOST_CHANNELS} channels; the plane has {count}. "
            "Choose one channel (Stack.channel), or check the axes of the stack."
        )
    if count == 3:
        luminance, *chroma = np.moveaxis(plane @ _OPPONENT.T, 2, 0)
        return [(luminance, grey_features), *((c, chroma_features) for c in chroma)]
    return [(plane[:, :, c], grey_features) for c in range(count)]


def grey_features(image: Plane) -> Iterator[Job]:
    """List the jobs of the full bank on one greyscale image; together they give 69 channels."""
    yield from (partial(_edges_and_ridges, image, s) for s in _SCALES)
    yield from (partial(_structure_tensor, image, s) for s in _TENSOR_SCALES)
    yield from (partial(_laplacian, image, s) for s in _LAPLACIAN_SCALES)
    yield from (partial(_local_contrast, image, s) for s in _CONTRAST_SCALES)
    yield from (partial(_lines, image, across, along) for across, along in _LINES)
    yield from (partial(_intensity_bins, image, s, 0.0, 1.0, _BINS) for s in _BIN_SCALES)


def chroma_features(image: Plane) -> Iterator[Job]:
    """List the jobs on one opponent colour, which is smooth where luminance carries the detail."""
    yield partial(_smooth_and_edges, image)
    yield partial(_intensity_bins, image, 2.0, -0.5, 0.5, _CHROMA_BINS)


def _edges_and_ridges(image: Plane, sigma: float) -> list[Plane]:
    """Gaussian, gradient magnitude, Hessian eigenvalues, their dark and bright parts, density of these."""
    at = partial(derivative, image, sigma)
    larger, smaller = symmetric_eigenvalues(at(2, 0), at(1, 1), at(0, 2))
    dark, bright = np.maximum(larger, 0), np.maximum(-smaller, 0)
    density = [derivative(part, 2 * sigma) for part in (dark, bright)]
    return [at(), np.hypot(at(1, 0), at(0, 1)), larger, smaller, dark, bright, *density]


def _structure_tensor(image: Plane, sigma: float) -> list[Plane]:
    """Square roots of the eigenvalues of the structure tensor: contrast across and along the texture."""
    dy, dx = derivative(image, sigma, 1, 0), derivative(image, sigma, 0, 1)
    smooth = (derivative(product, 1.5 * sigma) for product in (dy * dy, dy * dx, dx * dx))
    return [np.sqrt(np.maximum(value, 0)) for value in symmetric_eigenvalues(*smooth)]


def _laplacian(image: Plane, sigma: float) -> list[Plane]:
    return [derivative(image, sigma, 2, 0) + derivative(image, sigma, 0, 2)]


def _local_contrast(image: Plane, sigma: float) -> list[Plane]:
    """Intensity relative to mean and standard deviation of the neighbourhood."""
    mean = derivative(image, 4 * sigma)
    variance = derivative(image * image, 4 * sigma) - mean * mean
    deviation: Plane = np.sqrt(np.maximum(variance, np.float32(0)))
    return [(derivative(image, sigma) - mean) / (deviation + np.float32(_CONTRAST_FLOOR))]


def _lines(image: Plane, across: float, along: float) -> list[Plane]:
    """Strongest and weakest response over the orientations, and how far the strongest stands out."""
    first, *kernels = line_kernels(across, along, _ORIENTATIONS)
    strongest = correlate(image, first)
    weakest, total = strongest.copy(), strongest.copy()
    for kernel in kernels:
        response = correlate(image, kernel)
        np.maximum(strongest, response, out=strongest)
        np.minimum(weakest, response, out=weakest)
        total += response
    return [strongest, weakest, strongest - total / np.float32(_ORIENTATIONS)]


def _intensity_bins(image: Plane, sigma: float, low: float, high: float, bins: int) -> list[Plane]:
    """Overlapping triangular bins of the smoothed intensity; they sum to 1 at every pixel."""
    smooth = derivative(image, sigma) if sigma else image
    position = (np.clip(smooth, low, high) - np.float32(low)) * np.float32((bins - 1) / (high - low))
    return [np.maximum(1 - np.abs(position - np.float32(b)), 0) for b in range(bins)]


def _smooth_and_edges(image: Plane) -> list[Plane]:
    smooth = [derivative(image, s) for s in _CHROMA_SCALES]
    edges = [np.hypot(derivative(image, s, 1, 0), derivative(image, s, 0, 1)) for s in _CHROMA_SCALES]
    return [*smooth, *edges]
