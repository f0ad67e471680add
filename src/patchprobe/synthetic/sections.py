"""Serial EM sections as a microscope delivers them: displaced, uneven, one folded, one lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from .registry import Size, check_request
from .shapes import Shape, scale_of
from .tissue import Cut, Tissue, WaveField

_VOXEL_NM = (50.0, 4.0, 4.0)
_MARGIN = 160
_FOLD_WIDTH = 0.045
_TEXTURE = 0.045
_SHOT_NOISE = 0.03

Which = int | None | Literal["auto"]


@dataclass(frozen=True)
class SerialSections:
    """A stack of displaced sections and what is true of it.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, H, W)
        The missing section is 0 throughout.
    labels : ndarray of uint8, shape (n, H, W)
        1 inside a cell, 2 membrane; 0 where there is nothing to see (missing section, inside the fold).
    transforms : ndarray of float64, shape (n, 3, 3)
        ``transforms[i] @ (row, col, 1)`` takes a pixel of section `i` to where it belongs in the ideal,
        undisplaced block, whose frame is that of section 0. To align, resample section `i` with the
        inverse: the aligned pixel p shows section `i` at ``inv(transforms[i]) @ p``. What the fold pulls
        together is not in it.
    fold : int or None
        Which section has a fold.
    missing : int or None
        Which section is missing.
    source : str
        How the stack was made.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    transforms: npt.NDArray[np.float64]
    fold: int | None
    missing: int | None
    source: str = "patchprobe.synthetic.serial_sections"

    def to_stack(self) -> Stack:
        """Return images and labels as a stack with axes ``"zyx"`` and voxels of 50 × 4 × 4 nm."""
        return Stack(
            data=self.images,
            axes="zyx",
            voxel_size=_VOXEL_NM,
            units=("nm", "nm", "nm"),
            name="Synthetic EM",
            labels=self.labels,
            source=self.source,
        )

    def truth_as_json(self) -> str:
        """Write down what displaces each section, and which are folded and missing."""
        about = {
            "about": "matrices on (row, col, 1) from each section to the frame of section 0, in pixels",
            "transforms": self.transforms.tolist(),
            "fold": self.fold,
            "missing": self.missing,
        }
        return json.dumps(about, indent=1) + "\n"


def serial_sections(
    n: int = 10,
    size: Size = 256,
    seed: int = 0,
    *,
    drift: float = 4.0,
    rotation: float = 0.8,
    contrast: float = 0.12,
    fold: Which = "auto",
    missing: Which = "auto",
) -> SerialSections:
    """Cut a block of imaginary neuropil into sections and image them imperfectly.

    Cells with dark membranes and mitochondria change smoothly from section to section; texture and noise
    are new in each. Structures have a fixed size in pixels (cells about 27 across, as at 4–8 nm a
    pixel), so larger images show more of them.

    Parameters
    ----------
    n : int
        Number of sections.
    size : int or (int, int)
        Side of a section, or (H, W), in pixels.
    seed : int
        Not negative. Section `i` does not depend on `n` unless it is the folded or the missing one.
    drift : float
        Standard deviation of the step from one section to the next along y and along x, in pixels. The
        steps add up. Section 0 is not displaced.
    rotation : float
        The same for the turn about the centre of the image, in degrees.
    contrast : float
        Standard deviation of the gain of a section around 1; its brightness varies by a third of that.
    fold, missing : int, None or "auto"
        Number of the section with a fold and of the one that is blank. "auto" takes sections
        ``n // 3`` and ``2 * n // 3`` if `n` is at least 4, else none.

    Returns
    -------
    SerialSections

    Raises
    ------
    InputError
        If an argument is out of range.
    """
    shape = check_request(n, size, seed)
    if min(drift, rotation, contrast) < 0:
        raise InputError("drift, rotation and contrast are standard deviations; give 0 or more for each.")
    fold, missing = _which("fold", fold, n, n // 3), _which("missing", missing, n, 2 * n // 3)
    root = np.random.SeedSequence([seed, 1000])
    block, *sections = (np.random.Generator(np.random.PCG64(child)) for child in root.spawn(n + 1))
    tissue = Tissue(block, max(shape) + _MARGIN)

    images = np.zeros((n, *shape), dtype=np.uint8)
    labels = np.zeros((n, *shape), dtype=np.uint8)
    transforms = np.tile(np.eye(3), (n, 1, 1))
    shift, angle = np.zeros(2), 0.0
    for i, rng in enumerate(sections):
        step, turn = rng.normal(0, 1, 2) * drift, rng.normal() * np.deg2rad(rotation)
        if i > 0:
            shift, angle = shift + step, angle + turn
        transforms[i] = _rigid(shift, angle, shape)
        if i != missing:
            images[i], labels[i] = _image(rng, tissue, transforms[i], shape, i, contrast, i == fold)
    source = f"patchprobe.synthetic.serial_sections(n={n}, size={size}, seed={seed}, …)"
    return SerialSections(images, labels, transforms, fold, missing, source)


def _which(what: str, chosen: Which, n: int, automatic: int) -> int | None:
    """Resolve which section is meant."""
    if chosen == "auto":
        return automatic if n >= 4 else None
    if chosen is not None and not 0 <= int(chosen) < n:
        raise InputError(f"{what} is {chosen}, but the sections are 0 to {n - 1}; give one of them or None.")
    return None if chosen is None else int(chosen)


def _rigid(shift: npt.NDArray[np.float64], angle: float, shape: Shape) -> npt.NDArray[np.float64]:
    """Turn about the image centre, then shift: 3 × 3, acting on (row, col, 1)."""
    centre = (np.array(shape) - 1) / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.eye(3)
    matrix[:2, :2] = turn
    matrix[:2, 2] = centre - turn @ centre + shift
    return matrix


def _image(
    rng: np.random.Generator,
    tissue: Tissue,
    transform: npt.NDArray[np.float64],
    shape: Shape,
    z: int,
    contrast: float,
    folded: bool,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Image one section: the cut, its fold, texture, contrast, noise."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    shade, hidden = np.ones(shape), np.zeros(shape, dtype=bool)
    seen_y, seen_x = y, x
    if folded:
        seen_y, seen_x, shade, hidden = _fold(rng, y, x)
    points = np.stack([seen_y, seen_x, np.ones(shape)], axis=-1) @ transform.T
    cut = tissue.cut(points[..., 0], points[..., 1], float(z))
    image = _develop(rng, cut, contrast) * shade
    image += rng.normal(0, _SHOT_NOISE, shape)
    labels = np.where(hidden, np.uint8(0), cut.labels)
    # Not quite black or white: 0 is kept for what was never imaged.
    return np.clip(np.rint(image * 255), 1, 255).astype(np.uint8), labels


def _develop(rng: np.random.Generator, cut: Cut, contrast: float) -> npt.NDArray[np.float64]:
    """Add the cytoplasm's texture, blur as the beam does, and set the section's own gain and brightness."""
    noise = rng.standard_normal(cut.image.shape)
    fine, coarse = cv2.GaussianBlur(noise, (0, 0), 1.1), cv2.GaussianBlur(noise, (0, 0), 3.0)
    texture = _standardised(fine) + 0.6 * _standardised(coarse)
    image = cv2.GaussianBlur(cut.image + _TEXTURE * cut.granularity * texture, (0, 0), 0.7)
    gain, brightness = 1 + contrast * rng.normal(), contrast / 3 * rng.normal()
    middle = 0.55
    return np.asarray((image - middle) * max(gain, 0.2) + middle + brightness)


def _standardised(noise: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Scale to unit variance; a single pixel has none, and gets no texture."""
    deviation = noise.std()
    return noise / deviation if deviation > 0 else np.zeros_like(noise)


def _fold(
    rng: np.random.Generator, y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], ...]:
    """Fold the section along a wavy line.

    Returns
    -------
    seen_y, seen_x : ndarray, shape (H, W)
        Where the tissue seen at each pixel lies in the flat section: towards the line it is pulled in from
        either side, so that a strip as wide as the fold is not seen at all.
    shade : ndarray, shape (H, W)
        Transmitted light; the fold is several layers thick and dark.
    hidden : ndarray of bool, shape (H, W)
        Pixels in the fold.
    """
    shape = (y.shape[0], y.shape[1])
    width = max(4.0, _FOLD_WIDTH * scale_of(shape))
    angle = rng.uniform(0, np.pi)
    normal = np.array([np.cos(angle), np.sin(angle)])
    centre = (np.array(shape) - 1) / 2 + rng.uniform(-0.15, 0.15, 2) * shape
    wave = WaveField(rng, 0.8 * scale_of(shape) + 8, 1.0, waves=6)
    distance = (y - centre[0]) * normal[0] + (x - centre[1]) * normal[1] + 0.6 * width * wave(y, x, 0.0)
    pulled = 0.5 * width * np.sign(distance) * np.exp(-np.abs(distance) / (0.3 * scale_of(shape)))
    thickness = np.exp(-((2 * distance / width) ** 4))
    ripple = np.clip(1 + 0.15 * np.sin(distance * 2.2), 0.8, 1.2)
    shade = 1 - 0.62 * thickness * ripple
    return y + pulled * normal[0], x + pulled * normal[1], shade, np.abs(distance) < width / 2
