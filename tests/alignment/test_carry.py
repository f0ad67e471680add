"""Labels, strokes and shapes, there and back."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from patchprobe import Stack, StackAlignment
from patchprobe.alignment import Alignment, FieldTransform, Transform, bring_back, carry_shapes, merge_back
from patchprobe.errors import InputError

SHAPE = (40, 50)


def tilted() -> Transform:
    return Transform([[0.98132, -0.12345, 3.31234], [0.10123, 1.01432, -2.71234], [0, 0, 1]])


def wavy() -> FieldTransform:
    return FieldTransform(tilted(), np.random.default_rng(0).normal(0, 1, (5, 6, 2)), (12, 12))


def alignment() -> StackAlignment:
    transforms = (Transform.identity(), Transform.translation((2, -3)), tilted(), wavy())
    return StackAlignment(tuple(Alignment(one) for one in transforms), SHAPE)


def blobs() -> Stack:
    """Two labels per section, well inside."""
    labels = np.zeros((4, *SHAPE), np.uint16)
    labels[:, 12:22, 12:20] = 300
    labels[:, 20:28, 26:38] = 2
    return Stack(labels, "zyx")


@pytest.mark.parametrize("output", ["same", "union", "intersection"])
def test_labels_come_back_but_for_their_rims(output):
    raw = blobs()
    there = alignment().apply(raw, interpolation="nearest", output=output)
    back = bring_back(alignment(), there, output=output)
    assert (back.shape, back.data.dtype) == (raw.shape, raw.data.dtype)
    np.testing.assert_array_equal(back.plane(0), raw.plane(0))
    np.testing.assert_array_equal(back.plane(1), raw.plane(1))
    for plane in (2, 3):
        assert set(np.unique(back.plane(plane))) == {0, 2, 300}
        assert (back.plane(plane) != raw.plane(plane)).sum() < 25


def test_pixels_come_back_by_interpolation():
    y, x = np.indices(SHAPE)
    raw = Stack(np.stack([100 * np.sin(y / 9) + 3 * x] * 4), "zyx")
    there = alignment().apply(raw, interpolation="cubic", output="union")
    back = bring_back(alignment(), there, interpolation="cubic", output="union")
    for plane in range(4):
        # Away from the rim, where the spline feels the fill around the section.
        inside = (slice(10, -10), slice(10, -10))
        np.testing.assert_allclose(back.plane(plane)[inside], raw.plane(plane)[inside], atol=0.05)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("output", ["same", "union", "intersection"])
def test_only_what_was_painted_is_taken_over(output, lazy):
    raw = blobs()
    if lazy:
        raw = Stack(da.from_array(raw.data, chunks=(2, 17, 50)), "zyx")
    shown = alignment().apply(raw, interpolation="nearest", output=output)
    painted = shown.data.compute()
    spot = np.array([[2, 30.0, 10.0]])
    y, x = alignment().apply_to_points(spot, output=output)[0, 1:].round().astype(int)
    painted[2, y - 1 : y + 2, x - 1 : x + 2] = 7
    merged = merge_back(alignment(), raw, Stack(painted, "zyx"), output=output)
    before, after = np.asarray(raw.data), np.asarray(merged.data)
    assert after.dtype == before.dtype
    changed = after != before
    # Nine pixels were painted; all others are as they were, also those that there and back would change.
    assert 7 <= changed.sum() <= 12
    assert (after[changed] == 7).all()
    assert after[2, 30, 10] == 7


def test_what_was_erased_is_erased():
    raw = blobs()
    erased = alignment().apply(raw, interpolation="nearest").data.compute()
    erased[1][erased[1] == 300] = 0
    after = np.asarray(merge_back(alignment(), raw, Stack(erased, "zyx")).data)
    assert set(np.unique(after[1])) == {0, 2}
    np.testing.assert_array_equal(after[[0, 2, 3]], raw.data[[0, 2, 3]])


def test_shapes_go_vertex_by_vertex():
    triangle = [[10, 10], [10, 20], [20, 15]]
    box = [[1, 0.5, 3], [1, 4, 3]]
    moved = carry_shapes(alignment(), [triangle], [1])
    np.testing.assert_array_equal(moved[0], [[8, 13], [8, 23], [18, 18]])
    np.testing.assert_array_equal(carry_shapes(alignment(), moved, [1], back=True)[0], triangle)
    both = carry_shapes(alignment(), [box, [[0, 1, 1]]])
    np.testing.assert_array_equal(both[0], [[1, -1.5, 6], [1, 2, 6]])
    np.testing.assert_array_equal(both[1], [[0, 1, 1]])


def test_refuses_what_does_not_fit():
    with pytest.raises(InputError, match="aligned frame"):
        bring_back(alignment(), Stack(np.zeros((4, 9, 9)), "zyx"))
    with pytest.raises(InputError, match="1 shapes and 2 sections"):
        carry_shapes(alignment(), [[[0, 0]]], [0, 1])
