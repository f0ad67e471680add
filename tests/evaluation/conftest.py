"""What the tests of the evaluation share: parts that take no time, and real data made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import imageio.v3 as iio
import nibabel
import numpy as np
import pytest
import tifffile

from patchprobe.evaluation import parts, run
from patchprobe.evaluation.charts import heatmaps
from patchprobe.evaluation.parts import Part
from patchprobe.evaluation.result import Findings
from patchprobe.evaluation.table import make_table


@dataclass
class ToyParts:
    """Two parts that count how often they are made; the second can be interrupted, or need data."""

    made: list[str] = field(default_factory=list)
    interrupted: bool = False

    def part(self, name: str, data: str = "") -> Part:
        def make(settings, tell):
            tell(name, 0, 1)
            if self.interrupted and name == "second":
                raise KeyboardInterrupt
            self.made.append(name)
            table = make_table(name, f"Table <{name}>", ["what", "value"], [["a|b", 0.5], ["c", None]])
            figure = heatmaps(name, f"Figure {name}", {"m": np.eye(2)}, ["a", "b"], ["a", "b"])
            return Findings((table,), (figure,), (f"A note on {name}.",), f"How {name} was made.")

        return Part(name, name.capitalize(), make, ("filters",), data)


@pytest.fixture
def toy_parts(monkeypatch) -> ToyParts:
    """The parts "first" and "second", asked for as "both", and "third", which needs a folder of data."""
    toys = ToyParts()
    table = {name: toys.part(name) for name in ("first", "second")} | {"third": toys.part("third", "set")}
    monkeypatch.setattr(parts, "PARTS", table)
    both = ("first", "second")
    monkeypatch.setattr(parts, "WHAT", {"both": both, "first": ("first",), "real": ("third",), "all": table})
    monkeypatch.setattr(run, "versions", lambda: {"python": "3"})
    return toys


@pytest.fixture
def real_data(tmp_path) -> Path:
    """A folder with all sets of real data in their layout, small: bright discs on dark noise."""
    data = tmp_path / "data"
    rng = np.random.default_rng(0)

    def discs(planes, height, width):
        y, x = np.mgrid[:height, :width]
        mask = ((y % 24 - 12) ** 2 + (x % 24 - 12) ** 2 < 60).astype(np.uint8)
        image = (mask * 150 + rng.normal(50, 10, (planes, height, width))).clip(0, 255).astype(np.uint8)
        numbers = mask * (1 + y // 24 * (width // 24 + 1) + x // 24)
        return image, np.repeat(mask[None], planes, axis=0), numbers.astype(np.uint16)

    def write(name, **files):
        folder = data / name
        folder.mkdir(parents=True)
        for stem, array in files.items():
            tifffile.imwrite(folder / f"{stem}.tif", array)
        return folder

    image, mask, _ = discs(5, 72, 72)
    folder = write("em_isbi2012", image=image, label=(1 - mask) * 255)
    strokes = np.zeros((72, 72), np.uint8)
    strokes[0, :20], strokes[12, 8:16] = 1, 2
    np.savez(folder / "scribbles_seed0.npz", scribbles=strokes)
    image, mask, _ = discs(10, 224, 224)
    write("em_vnc", image=image, mitochondria=mask * 255)
    image, mask, numbers = discs(1, 72, 144)
    write("nuclei_fluorescence", image=image[0], mask=numbers)
    image, mask, numbers = discs(10, 72, 72)
    write("tracking_hela", image=image, mask=np.repeat(numbers[None], 10, axis=0))

    folder = data / "atlas_mouse_slice"
    folder.mkdir()
    ids = np.full((72, 144), 1, np.uint32)
    ids[:10] = 0
    for number, region in enumerate((382, 961, 672)):
        ids[20 + 16 * number : 34 + 16 * number] = region
    iio.imwrite(folder / "downsampled.tiff", (ids % 7 * 30).astype(np.float32))
    iio.imwrite(folder / "registered_atlas.tiff", ids)

    folder = data / "mri_mni152"
    folder.mkdir()
    grey, white = (np.zeros((48, 48, 124), np.uint8) for _ in range(2))
    grey[10:24], white[24:38] = 255, 255
    for kind, volume in (("t1", grey // 3 + white // 2), ("gm", grey), ("wm", white)):
        path = folder / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz"
        nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), path)
    return data
