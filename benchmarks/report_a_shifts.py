"""Report A, §3.4: recover shifts by whole patches, with the placeholders, in every modality.

The report gives 2.33 patches everywhere: (2 + 2 + 3) / 3, the error of always answering "no shift". Run it:

    python benchmarks/report_a_shifts.py
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from patchprobe import embed, estimate_translation, get_backbone
from patchprobe.normalisation import estimate_normalisation
from patchprobe.synthetic import MODALITIES, generate

SHIFTS = ((1, 1), (0, 2), (-2, -1))
BACKBONES = ("placeholder-cnx-t", "placeholder-vit-l")
METHODS = ("whole-shift", "median", "max-correlation")
REPORT_A = 2.33


def shifted(image: npt.NDArray[np.floating], shift: tuple[int, int]) -> npt.NDArray[np.floating]:
    """Roll an image (H, W, 3) by (dy, dx) pixels and zero what wrapped around."""
    out = np.roll(image, shift, axis=(0, 1))
    for axis, step in enumerate(shift):
        wrapped = slice(0, step) if step > 0 else slice(image.shape[axis] + step, None)
        if step:
            out[(slice(None),) * axis + (wrapped,)] = 0
    return out


def shift_error(image: npt.NDArray[np.floating], backbone: str, method: str) -> float:
    """Mean |error of dy| + |error of dx| over the three shifts of one image, in patches."""
    patch = get_backbone(backbone).spec.patch_size
    normalisation = estimate_normalisation([image])
    fixed = embed(image, backbone, normalisation)
    errors = []
    for shift in SHIFTS:
        moving = embed(shifted(image, (shift[0] * patch, shift[1] * patch)), backbone, normalisation)
        found = estimate_translation(fixed, moving, method)
        errors.append(np.abs(np.subtract(found.shift_patches, shift)).sum())
    return float(np.mean(errors))


def run(images: int = 5, size: int = 128, seed: int = 0) -> dict[str, dict[str, float]]:
    """Mean error in patches, as ``{"modality / backbone": {method: error}}``."""
    table = {}
    for modality in MODALITIES:
        samples, _ = generate(modality, images, size, seed)
        for backbone in BACKBONES:
            table[f"{modality} / {backbone}"] = {
                method: float(np.mean([shift_error(image, backbone, method) for image in samples]))
                for method in METHODS
            }
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=5, help="images of each modality")
    parser.add_argument("--size", type=int, default=128, help="side of an image in pixels")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "report_a_shifts.json"
    )
    options = parser.parse_args()

    table = run(options.images, options.size)
    print(f"Mean shift error in patches, {options.images} images of {options.size} px, shifts {SHIFTS}")
    print(f"{'':36}{'report A':>17}" + "".join(f"{method:>17}" for method in METHODS))
    for row, errors in table.items():
        print(f"{row:36}{REPORT_A:17.2f}" + "".join(f"{errors[method]:17.2f}" for method in METHODS))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    result = {"images": options.images, "size": options.size, "shifts": SHIFTS, "error_patches": table}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
