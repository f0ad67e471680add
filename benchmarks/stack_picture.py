"""A y–z cut of a drawn stack of serial sections, as imaged and after `align_stack`: a picture for the docs.

python benchmarks/stack_picture.py --out docs/images/stack_cut.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import numpy.typing as npt

from patchprobe import align_stack
from patchprobe.synthetic import serial_sections

Image = npt.NDArray[np.uint8]

SECTIONS, SIDE, THICK, GAP = 40, 320, 8, 12


def cut(planes: Image) -> Image:
    """Cut through the middle column: sections from left to right, each `THICK` pixels wide."""
    middle = planes[:, :, planes.shape[2] // 2]
    return np.repeat(middle.T, THICK, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "stack_cut.png")
    options = parser.parse_args()
    stack = serial_sections(SECTIONS, SIDE, seed=3, drift=9.0, rotation=2.0).to_stack()
    alignment = align_stack(stack, None, reference="neighbours", model="rigid")
    print(alignment.summary())
    aligned = alignment.apply(stack)
    before, after = (cut(np.stack(list(one.planes()))) for one in (stack, aligned))
    white = np.full((before.shape[0], GAP), 255, np.uint8)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    imageio.imwrite(options.out, np.hstack([before, white, after]))
    print(f"Written to {options.out}: before on the left, after on the right; a section is {THICK} px wide.")


if __name__ == "__main__":
    main()
