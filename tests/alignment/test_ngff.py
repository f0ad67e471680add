"""Coordinate transformations as OME-Zarr words them."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from patchprobe import Stack, load_stack
from patchprobe.alignment import FieldTransform, Transform
from patchprobe.alignment.ngff import ngff_transformations, place_in_frame
from patchprobe.errors import InputError
from patchprobe.io import save_stack

TURN = Transform([[0.0, -1.0, 5.0], [1.0, 0.0, 2.0], [0.0, 0.0, 1.0]])


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_shift_is_a_translation_the_other_way(version):
    # What lies at p of the frame lies at p + (3, −2) of the section: the section begins at (−3, 2) px.
    scale, moved = ngff_transformations(Transform.translation((3, -2)), (4, 8), version)
    assert scale == {"type": "scale", "scale": [4, 8]}
    assert moved == {"type": "translation", "translation": [-12, 16]}


def test_an_affine_map_takes_pixels_to_the_world():
    (affine,) = ngff_transformations(TURN, (4, 8), "0.6", path="0")
    assert (affine["type"], affine["input"], affine["output"]) == (
        "affine",
        {"path": "0"},
        {"name": "aligned"},
    )
    rows = np.array(affine["affine"])
    assert rows.shape == (2, 3)
    # TURN takes (1, 0) of the frame to (5, 3) of the section.
    np.testing.assert_allclose(rows @ (5, 3, 1), [4, 0])


def test_what_a_version_cannot_hold_is_refused_in_words():
    with pytest.raises(InputError, match=r"0\.5 knows only scale and translation"):
        ngff_transformations(TURN)
    field = FieldTransform(TURN, np.zeros((2, 2, 2)), (5, 5))
    with pytest.raises(InputError, match="JSON"):
        ngff_transformations(field, version="0.6")
    with pytest.raises(InputError, match=r"'1\.0'"):
        ngff_transformations(TURN, version="1.0")


@pytest.mark.parametrize(("axes", "shape"), [("yx", (6, 7)), ("zyx", (1, 6, 7)), ("yxc", (6, 7, 2))])
def test_a_store_says_where_its_section_lies(tmp_path, axes, shape):
    data = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    sizes = (50, 4, 8)[-len(axes.replace("c", "")) :]
    path = save_stack(tmp_path / "section.ome.zarr", Stack(data, axes, sizes, ("nm",) * len(sizes)))
    for shift in ((1, 1), (3, -2)):
        place_in_frame(path, Transform.translation(shift))
    multiscale = zarr.open_group(path, mode="r").attrs["ome"]["multiscales"][0]
    names = [axis["name"] for axis in multiscale["axes"]]
    scale, moved = multiscale["coordinateTransformations"]
    assert scale == {"type": "scale", "scale": [1.0] * len(names)}
    at = dict(zip(names, moved["translation"], strict=True))
    assert (at["y"], at["x"]) == (-12, 16)
    assert all(value == 0 for name, value in at.items() if name not in "yx")
    again = load_stack(path)
    np.testing.assert_array_equal(np.squeeze(again.data), np.squeeze(data))
    assert again.voxel_size[-2:] == (4, 8)


def test_a_store_of_many_sections_is_refused(tmp_path):
    path = save_stack(tmp_path / "stack.ome.zarr", Stack(np.zeros((2, 5, 5), np.uint8), "zyx"))
    with pytest.raises(InputError, match="several planes"):
        place_in_frame(path, Transform.identity())
    with pytest.raises(InputError, match="cannot be read"):
        place_in_frame(tmp_path / "none.zarr", Transform.identity())
