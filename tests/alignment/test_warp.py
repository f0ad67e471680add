"""Pulling planes: what bends, tiles of large planes, what is read."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
from scipy import ndimage

from patchprobe import Stack
from patchprobe.alignment import Box, FieldTransform, Transform, warp
from patchprobe.alignment.warp import Pull, warp_plane, warp_stack
from patchprobe.tiles import TILE

# Without round numbers, whose positions lie half-way between pixels and may be rounded either way.
TILTED = Transform([[0.98132, -0.12345, 3.31234], [0.10123, 1.01432, -4.71234], [0, 0, 1]])


def picture(shape=(80, 90), seed=0, dtype=np.uint8) -> np.ndarray:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2)
    return np.clip(128 + 300 * noise, 0, 255).astype(dtype)


def wavy(affine: Transform | None = None) -> FieldTransform:
    nodes = np.random.default_rng(2).normal(0, 2.5, (6, 6, 2))
    return FieldTransform(affine or Transform.identity(), nodes, (20, 20), (-5, -5))


@pytest.fixture
def in_tiles(monkeypatch):
    """Every plane counts as large, and a tile has 32 px."""
    monkeypatch.setattr(warp, "_WHOLE_PLANE_BYTES", 1)
    monkeypatch.setattr(warp, "_TILE_EDGE", 32)


def test_a_field_pulls_what_its_points_say():
    plane = picture()
    out = warp_plane(plane.astype(np.float64), wavy(), Pull(Box((0, 0), plane.shape)))
    y, x = np.indices(plane.shape)
    there = wavy().points(np.stack([y.ravel(), x.ravel()], axis=1))
    expected = ndimage.map_coordinates(plane.astype(np.float64), there.T, order=1).reshape(plane.shape)
    np.testing.assert_allclose(out, expected, atol=1e-9)


def test_a_field_without_displacements_is_its_affine_part():
    flat = FieldTransform(TILTED, np.zeros((3, 3, 2)), (40, 40))
    pull = Pull(Box((-4, 5), (60, 70)), "cubic", 9)
    np.testing.assert_allclose(
        warp_plane(picture(dtype=np.float32), flat, pull),
        warp_plane(picture(dtype=np.float32), TILTED, pull),
        atol=1e-3,
    )


def test_equal_displacements_copy_the_outermost_pixels_too():
    plane = picture()
    shift = FieldTransform(Transform.identity(), np.broadcast_to((2.0, -3.0), (4, 4, 2)), (30, 30))
    for interpolation in ("nearest", "linear", "cubic"):
        out = warp_plane(plane, shift, Pull(Box((0, 0), plane.shape), interpolation, 7))
        np.testing.assert_array_equal(out[:78, 3:], plane[2:, :87])
        assert (out[78:] == 7).all()


@pytest.mark.parametrize(
    "transform", [TILTED, wavy(), wavy(TILTED).inverse(), Transform.translation((3, -2))]
)
@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
def test_tiled_equals_whole(in_tiles, transform, interpolation):
    data = np.stack([picture(), picture(seed=1)])
    pull = Pull(Box((-6, 4), (85, 75)), interpolation, 3)
    tiled = warp_stack(Stack(da.from_array(data, chunks=(1, 25, 33)), "zyx"), [transform] * 2, pull).data
    assert tiled.chunks == ((1, 1), (32, 32, 21), (32, 32, 11))
    whole = np.stack([warp_plane(plane, transform, pull) for plane in data])
    # The spline of a tile begins 16 px before it, which is felt in the ninth digit.
    assert (tiled.compute() != whole).mean() < 1e-3
    assert np.abs(tiled.compute().astype(int) - whole).max() <= 1


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
def test_a_right_angle_loses_no_pixel(interpolation):
    plane = picture((30, 30))
    c, s = np.cos(np.pi / 2), np.sin(np.pi / 2)
    turn = Transform([[c, -s, 29], [s, c, 0], [0, 0, 1]])
    out = warp_plane(plane, turn, Pull(Box((0, 0), (30, 30)), interpolation, 1))
    # (y, x) shows what was at (29 − x, y).
    np.testing.assert_array_equal(out, np.rot90(plane, -1))


def test_channels_and_labels_are_tiled_too(in_tiles):
    data = np.stack([picture(), picture(seed=1)], axis=2)[None]
    labels = (data[..., 0] > 128).astype(np.uint16) * 5
    pull = Pull(Box((0, 0), (80, 90)))
    out = warp_stack(Stack(data, "zyxc", labels=labels), [wavy()], pull)
    np.testing.assert_array_equal(out.plane(0)[..., 1], warp_plane(data[0, ..., 1], wavy(), pull))
    assert set(np.unique(out.label_plane(0))) == {0, 5}


def test_a_part_is_pulled_alone(in_tiles):
    data = picture()[None]
    pull = Pull(Box((0, 0), (80, 90)))
    out = warp_stack(Stack(data, "zyx"), [wavy()], pull).data
    whole = out.compute()
    np.testing.assert_array_equal(out[0, 7:50:3, 70:20:-2].compute(), whole[0, 7:50:3, 70:20:-2])
    np.testing.assert_array_equal(out[0, 11, 5:9].compute(), whole[0, 11, 5:9])
    np.testing.assert_array_equal(out[:, :, 33].compute(), whole[:, :, 33])


def test_of_a_large_plane_only_the_neighbourhood_is_read(in_tiles):
    read = []

    class Large:
        shape, ndim, dtype = (1, 100_000, 100_000), 3, np.dtype(np.uint8)

        def __getitem__(self, key):
            read.append(key)
            return np.full([part.stop - part.start for part in key[1:]], 8, np.uint8)

    moved = warp_stack(Stack(Large(), "zyx"), [TILTED], Pull(Box((0, 0), (100_000, 100_000))))
    assert (moved.data[0, 50_000:50_004, 50_000:50_004].compute() == 8).all()
    (_, rows, cols), *others = read
    assert not others
    assert rows.stop - rows.start < 64
    assert cols.stop - cols.start < 64
    # What the plane does not reach is not read at all.
    assert (moved.data[0, :32, 99_968:].compute() == 0).all()
    assert len(read) == 1


def test_planes_are_pulled_in_tiles_of_a_fixed_raster():
    plane = picture((TILE + 40, 64))
    box = Box((0, 0), plane.shape)
    out = warp_plane(plane, TILTED, Pull(box, "linear"))
    expected = ndimage.affine_transform(
        plane.astype(np.float32),
        TILTED.matrix[:2, :2],
        TILTED.matrix[:2, 2],
        output_shape=plane.shape,
        order=1,
    )
    assert np.abs(out - np.rint(expected)).max() <= 1
    assert (out != np.rint(expected)).mean() < 1e-3
