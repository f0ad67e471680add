"""Whether tiles of a pretrained network show: features of a section in tiles, beside those of it as one tile.

Printed are the cosine between the two for cells that are not at the border of the section, and two measures
of seams. *Step*: how much neighbouring cells differ where a tile begins or ends, divided by how much they
differ elsewhere. *Drift*: how much the mean of the strip of cells on one side of the middle of an overlap
differs from that on the other side, divided by how much such strips differ elsewhere; it sees what blending
only stretches, such as a part of the features that tells where in a tile they are. Both are 1 where tiles do
not show; what the section itself has there counts as well, so the same is given for the section as one tile,
and for tiles laid side by side without blending. A picture of the features is written to look at. Run it:

    python benchmarks/tile_seams.py --data DIR --model FOLDER      # or PATCHPROBE_DATA=DIR

DIR/em_vnc holds image.tif. FOLDER is a model as Hugging Face transformers saves it.
"""

from __future__ import annotations

import argparse
import json
import os
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from patchprobe import get_backbone, load_stack
from patchprobe.backbones.name import BackboneName, parse_names
from patchprobe.backbones.patch_tiles import TileLayout
from patchprobe.backbones.pretrained import PretrainedBackbone
from patchprobe.feature_picture import fit_feature_colors

Features = npt.NDArray[np.float32]

# Cells beside the border of the section that are not compared.
RIM = 2
# Cells across a strip.
STRIP = 9


class AsOneTile(PretrainedBackbone):
    """The same network, which sees a whole plane at once."""

    def layout(self, shape: tuple[int, int]) -> TileLayout:
        """Give one tile; see `PretrainedBackbone.layout`."""
        tiled = super().layout(shape)
        return TileLayout(tiled.rows, tiled.cols, max(tiled.rows, tiled.cols))


def side_by_side(backbone: PretrainedBackbone, plane: Features) -> tuple[Features, list[int], list[int]]:
    """Features of tiles without overlap or blending, and the rows and columns where tiles begin."""
    layout = backbone.layout(plane.shape)
    rows, cols = (-(-length // -(-length // layout.usual)) for length in (layout.rows, layout.cols))
    tops, lefts = range(0, layout.rows, rows), range(0, layout.cols, cols)
    bands = []
    for top in tops:
        images = [
            backbone.cut(plane, top * backbone.stride, x * backbone.stride, (rows, cols)) for x in lefts
        ]
        bands.append(np.concatenate(list(backbone.raw_features(np.stack(images))[0]), axis=1))
    return np.concatenate(bands)[: layout.rows, : layout.cols], list(tops)[1:], list(lefts)[1:]


def borders(starts: list[int], side: int) -> list[int]:
    """Cells that begin a tile, or follow the end of one."""
    return sorted({*starts[1:], *(start + side for start in starts[:-1])})


def middles(starts: list[int], side: int) -> list[int]:
    """Cells that follow the middle of an overlap."""
    return [(start + before + side) // 2 for before, start in pairwise(starts)]


def step(features: Features, rows: list[int], cols: list[int]) -> float:
    """Mean difference of neighbours across the given rows and columns, over that elsewhere."""
    at, elsewhere = [], []
    for axis, places in ((0, rows), (1, cols)):
        steps = np.linalg.norm(np.diff(features, axis=axis), axis=2).mean(axis=1 - axis)
        is_border = np.isin(np.arange(1, len(steps) + 1), places)
        at.extend(steps[is_border])
        elsewhere.extend(steps[~is_border])
    return float(np.mean(at) / np.mean(elsewhere))


def drift(features: Features, rows: list[int], cols: list[int]) -> float:
    """Mean difference of the strips beside the given rows and columns, over that elsewhere."""
    at, elsewhere = [], []
    for axis, places in ((0, rows), (1, cols)):
        sums = np.cumsum(features.mean(axis=1 - axis), axis=0)
        strips = (sums[STRIP:] - sums[:-STRIP]) / STRIP
        differences = np.linalg.norm(strips[STRIP:] - strips[:-STRIP], axis=1)
        # The first difference is that of the strips before and behind cell STRIP + 1.
        distance = np.abs(np.arange(len(differences))[:, None] + STRIP + 1 - np.array(places)).min(axis=1)
        at.extend(differences[distance == 0])
        elsewhere.extend(differences[distance > STRIP])
    return float(np.mean(at) / np.mean(elsewhere))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("PATCHPROBE_DATA"))
    parser.add_argument("--model", type=Path, required=True, help="folder of a pretrained network")
    parser.add_argument("--setting", default="", help="of the network, such as '?blocks=6'")
    parser.add_argument("--section", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "tile_seams.json")
    options = parser.parse_args()
    if options.data is None:
        parser.error("give the folder that holds em_vnc by --data or PATCHPROBE_DATA")

    stack = load_stack(Path(options.data) / "em_vnc" / "image.tif", axes="zyx")
    normalisation = stack.normalisation()
    pixels = stack.plane(options.section)
    name = str(BackboneName(f"path:{options.model.resolve()}")) + options.setting
    backbone = get_backbone(name).for_stack(stack)
    assert isinstance(backbone, PretrainedBackbone)
    one_tile = AsOneTile(parse_names(name)[0], backbone.folder).for_stack(stack)
    embedding = backbone.embed(pixels, normalisation)
    whole_embedding = one_tile.embed(pixels, normalisation)
    tiled, whole = (e.grids[0].array.astype(np.float32) for e in (embedding, whole_embedding))
    hard, hard_rows, hard_cols = side_by_side(backbone, normalisation.apply(pixels))

    layout = backbone.layout(pixels.shape)
    sides = tuple(zip((layout.tops, layout.lefts), layout.tile_shape, strict=True))
    edges, centres = [borders(*side) for side in sides], [middles(*side) for side in sides]
    inner = (slice(RIM, -RIM), slice(RIM, -RIM))
    norms = np.linalg.norm(tiled, axis=2) * np.linalg.norm(whole, axis=2)
    cosine = ((tiled * whole).sum(axis=2) / norms)[inner]
    result = {
        "tiles": layout.count,
        "tile_px": layout.tile_shape[0] * backbone.stride,
        "cosine_median": float(np.median(cosine)),
        "cosine_first_percentile": float(np.percentile(cosine, 1)),
        "step_in_tiles": step(tiled, *edges),
        "step_as_one_tile": step(whole, *edges),
        "step_side_by_side": step(hard, hard_rows, hard_cols),
        "drift_in_tiles": drift(tiled, *centres),
        "drift_as_one_tile": drift(whole, *centres),
        "drift_side_by_side": drift(hard, hard_rows, hard_cols),
    }
    for key, value in result.items():
        print(f"{key:26} {value:8.3f}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    pictures = [fit_feature_colors(e).apply(e) for e in (embedding, whole_embedding)]
    picture = np.concatenate([*pictures, np.repeat(pixels[:, :, None], 3, axis=2)], axis=1)
    cv2.imwrite(str(options.out.with_suffix(".png")), picture[:, :, ::-1])
    print(f"Written to {options.out}, with a picture: in tiles, as one tile, the section")


if __name__ == "__main__":
    main()
