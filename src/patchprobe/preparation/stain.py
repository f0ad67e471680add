"""Stains of histology brought to a common colour, after Macenko."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError

Matrix = npt.NDArray[np.float64]

# Light that no stain takes away.
_WHITE = 240.0
# Optical density below which a pixel is glass, and the share of pixels taken for outliers on either side.
_GLASS = 0.15
_OUTLIERS_PERCENT = 1.0
_LEAST_PIXELS = 50


@dataclass(frozen=True)
class StainReference:
    """The colours of haematoxylin and eosin in an image.

    Parameters
    ----------
    stains : ndarray of float64, shape (2, 3)
        Optical density of each stain in red, green and blue, of length 1; haematoxylin first.
    strengths : ndarray of float64, shape (2,)
        How much of each the most stained pixels have (99th percentile).
    """

    stains: Matrix
    strengths: Matrix


# As in the paper's reference image.
STANDARD = StainReference(
    np.array([[0.5626, 0.7201, 0.4062], [0.2159, 0.8012, 0.5581]]), np.array([1.9705, 1.0308])
)


def estimate_stains(pixels: npt.NDArray[Any]) -> StainReference:
    """Find the two stains of an image and their strength.

    The optical densities of stained pixels lie in a plane; the stains are its extreme directions
    (Macenko et al. 2009, section 2).

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3) or (N, 3)

    Raises
    ------
    InputError
        If hardly any pixel is stained, or all have one colour.
    """
    density = _density(pixels).reshape(-1, 3)
    stained = density[(density >= _GLASS).all(axis=1)]
    if len(stained) < _LEAST_PIXELS:
        raise InputError(
            f"Only {len(stained)} pixels are stained; {_LEAST_PIXELS} are needed to tell the stains. Take a "
            "tile with more tissue, or give a reference."
        )
    _, vectors = np.linalg.eigh(np.cov(stained, rowvar=False))
    # The plane of the two largest, turned so that densities are positive in it.
    plane = vectors[:, [2, 1]]
    plane *= np.where(plane[0] < 0, -1, 1)
    angles = np.arctan2(*(stained @ plane).T[::-1])
    low, high = np.percentile(angles, [_OUTLIERS_PERCENT, 100 - _OUTLIERS_PERCENT])
    if high - low < 1e-3:
        raise InputError("All stained pixels have one colour, so that two stains cannot be told apart.")
    first, second = (np.abs(plane @ np.array([np.cos(a), np.sin(a)])) for a in (low, high))
    # Haematoxylin takes more of the red.
    stains = np.array([first, second] if first[0] > second[0] else [second, first])
    strengths = np.percentile(_concentrations(stained, stains), 99, axis=0)
    return StainReference(stains, strengths)


def normalise_stains(
    pixels: npt.NDArray[Any], reference: StainReference = STANDARD, source: StainReference | None = None
) -> npt.NDArray[np.uint8]:
    """Give an image the stains of a reference.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    reference : StainReference
        Of another image, by `estimate_stains`, or the paper's.
    source : StainReference, optional
        Stains of this image. Estimated from it if not given; give those of the whole slide for its tiles,
        so that neighbours keep their colours.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)

    References
    ----------
    Macenko M. et al., A method for normalizing histology slides for quantitative analysis, IEEE
    International Symposium on Biomedical Imaging (2009) 1107-1110.
    """
    own = estimate_stains(pixels) if source is None else source
    amounts = _concentrations(_density(pixels).reshape(-1, 3), own.stains)
    scaled = amounts * (reference.strengths / own.strengths)
    light = _WHITE * np.exp(-scaled @ reference.stains)
    return np.rint(np.clip(light, 0, 255)).astype(np.uint8).reshape(pixels.shape)


def _density(pixels: npt.NDArray[Any]) -> Matrix:
    """Beer and Lambert: density = -log(light / white)."""
    if pixels.dtype != np.uint8 or pixels.shape[-1] != 3:
        raise InputError(
            f"Stains are told in pixels of 8 bit with three colours; got {pixels.dtype} of the shape "
            f"{pixels.shape}."
        )
    return np.asarray(-np.log((pixels.astype(np.float64) + 1) / _WHITE))


def _concentrations(density: Matrix, stains: Matrix) -> Matrix:
    """How much of each stain a pixel has: least squares of density = amounts @ stains."""
    amounts, *_ = np.linalg.lstsq(stains.T, density.T, rcond=None)
    return np.asarray(amounts.T)
