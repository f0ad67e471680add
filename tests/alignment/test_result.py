"""Applying, saving and loading what `align_stack` found; answers from transforms given by hand."""

from __future__ import annotations

import json

import dask.array as da
import numpy as np
import pytest

from patchprobe import Stack, StackAlignment
from patchprobe.alignment import Alignment, Transform
from patchprobe.errors import InputError


def alignment_of(*shifts, plane_shape=(5, 6)) -> StackAlignment:
    return StackAlignment(tuple(Alignment(Transform.translation(s)) for s in shifts), plane_shape)


def numbered(n=2, dtype=np.uint8, channels=()) -> np.ndarray:
    return (
        (np.arange(n * 30 * int(np.prod(channels, dtype=int))) % 100 + 1)
        .reshape(n, 5, 6, *channels)
        .astype(dtype)
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.float32, bool])
def test_whole_pixels_are_copied(dtype):
    data = numbered(dtype=dtype)
    out = alignment_of((0, 0), (1, -2)).apply(Stack(data, "zyx")).data.compute()
    assert out.dtype == dtype
    np.testing.assert_array_equal(out[0], data[0])
    # What lay at p + (1, −2) in the section lies at p.
    np.testing.assert_array_equal(out[1, :4, 2:], data[1, 1:, :4])
    assert not out[1, 4].any() and not out[1, :, :2].any()


def test_parts_of_a_pixel_are_interpolated_and_rounded():
    data = np.zeros((1, 5, 6), np.uint8)
    data[0, 2, 2] = 101
    out = alignment_of((0, 0.25)).apply(Stack(data, "zyx")).plane(0)
    # Position (2, 2) shows what was at column 2.25.
    assert out[2, 2] == 76
    assert out[2, 1] == 25
    assert out.dtype == np.uint8


def test_cubic_stays_in_range():
    data = np.zeros((1, 9, 9), np.uint8)
    data[0, 4:] = 255
    out = alignment_of((0.5, 0), plane_shape=(9, 9)).apply(Stack(data, "zyx"), interpolation="cubic").plane(0)
    # A spline swings beyond 0 and 255 beside the edge; neither may wrap around.
    assert out[2, 4] == 0
    assert out[4, 4] == 255


@pytest.mark.parametrize("interpolation", ["linear", "cubic", "nearest"])
def test_nan_stays_where_it_was(interpolation):
    data = np.ones((1, 9, 9), np.float32)
    data[0, 4, 4] = np.nan
    out = alignment_of((0.5, 0.5), plane_shape=(9, 9)).apply(Stack(data, "zyx"), interpolation=interpolation)
    assert 1 <= np.isnan(out.plane(0)).sum() <= 4


def test_labels_move_along_without_mixing():
    data = numbered()
    labels = np.where(data > 30, 7, 2).astype(np.uint16)
    aligned = alignment_of((0, 0), (1.4, 0.4)).apply(Stack(data, "zyx", labels=labels), fill=9)
    out = aligned.label_plane(1)
    assert out.dtype == np.uint16
    assert set(np.unique(out)) <= {0, 2, 7}
    np.testing.assert_array_equal(out[:3, :5], labels[1, 1:4, :5])


@pytest.mark.parametrize(
    ("axes", "shape", "rgb"),
    [
        ("yx", (5, 6), False),
        ("zyx", (2, 5, 6), False),
        ("zyxc", (2, 5, 6, 3), True),
        ("tzyx", (2, 3, 5, 6), False),
        ("tzyxc", (1, 2, 5, 6, 2), False),
        ("yxc", (5, 6, 3), True),
    ],
)
def test_every_kind_of_stack_keeps_what_it_is(axes, shape, rgb):
    spatial = axes.replace("c", "")
    data = np.random.default_rng(0).integers(1, 200, shape).astype(np.uint16)
    stack = Stack(data, axes, tuple(range(1, len(spatial) + 1)), ("nm",) * len(spatial), labels=None, rgb=rgb)
    shifts = [(0, 1.5)] * stack.n_planes
    aligned = alignment_of(*shifts).apply(stack)
    assert (aligned.axes, aligned.voxel_size, aligned.units, aligned.rgb) == (
        axes,
        stack.voxel_size,
        stack.units,
        rgb,
    )
    assert aligned.shape == shape
    assert aligned.data.dtype == np.uint16
    expected = (data[..., 1, :].astype(float) + data[..., 2, :]) / 2 if rgb or axes.endswith("c") else None
    if expected is not None:
        np.testing.assert_allclose(np.asarray(aligned.data)[..., 0, :], expected, atol=0.51)


def test_union_holds_every_pixel():
    data = numbered()
    alignment = alignment_of((0, 0), (2, -3))
    box = alignment.box("union")
    # Section 1 lies 2 up and 3 right of the frame.
    assert (box.origin, box.shape) == ((-2, 0), (7, 9))
    out = alignment.apply(Stack(data, "zyx"), output="union").data.compute()
    np.testing.assert_array_equal(out[0, 2:, :6], data[0])
    np.testing.assert_array_equal(out[1, :5, 3:], data[1])
    assert (out > 0).sum() == 2 * 30


def test_a_turn_is_applied_by_the_same_matrix():
    data = np.zeros((1, 5, 5), np.uint8)
    data[0, 1, 3] = 50
    turn = Transform([[0.0, -1.0, 4.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    alignment = StackAlignment((Alignment(turn),), (5, 5))
    out = alignment.apply(Stack(data, "zyx")).plane(0)
    # turn takes (3, 3) to (4 − 3, 3) = (1, 3).
    np.testing.assert_array_equal(np.argwhere(out), [[3, 3]])
    np.testing.assert_allclose(alignment.apply_to_points([[1, 3]], 0), [[3, 3]], atol=1e-12)


@pytest.mark.parametrize("output", ["same", "union"])
def test_points_land_on_their_pixels(output):
    data = np.zeros((2, 5, 6), np.uint8)
    data[1, 3, 2] = 9
    alignment = alignment_of((0, 0), (2, -3))
    out = alignment.apply(Stack(data, "zyx"), output=output).plane(1)
    np.testing.assert_array_equal(np.argwhere(out), alignment.apply_to_points([[3, 2]], 1, output))


def test_planes_are_read_when_they_are_wanted():
    read = []

    class Lazy:
        shape, ndim, dtype = (3, 5, 6), 3, np.dtype(np.uint8)

        def __getitem__(self, index):
            read.append(index)
            return np.full((5, 6), index[0], np.uint8)

    aligned = alignment_of((0, 0), (0, 1), (0, 2)).apply(Stack(Lazy(), "zyx"))
    assert read == []
    assert aligned.plane(1)[0, 0] == 1
    assert read == [(1,)]


def test_chunked_equals_whole():
    data = numbered(3)
    alignment = alignment_of((0, 0), (0.5, 1), (1, -0.3))
    whole = alignment.apply(Stack(data, "zyx")).data.compute()
    chunked = alignment.apply(Stack(da.from_array(data, chunks=(2, 3, 4)), "zyx")).data.compute()
    np.testing.assert_array_equal(chunked, whole)


def test_save_and_load(tmp_path):
    sections = (
        Alignment(Transform.identity()),
        Alignment(Transform.translation((1.5, -2)), "doubtful", "Why.", 0.4, 1.2, 0, (1.5, -2.0)),
        Alignment(Transform.translation((1.5, -2)), "failed", "Blank.", 0.0, 0.0, None, residual=0.7, part=1),
    )
    alignment = StackAlignment(sections, (5, 6), "filters", "whole-shift", "first", ("Two parts.",))
    path = alignment.save(tmp_path / "alignment.json")
    assert StackAlignment.load(path) == alignment
    assert [p.name for p in tmp_path.iterdir()] == ["alignment.json"]
    content = json.loads(path.read_text())
    assert (content["format"], content["units"]) == ("patchprobe-alignment", "pixel")
    assert "(row, col, 1)" in content["axes"]
    assert alignment.summary() == "3 sections: 1 ok, 1 doubtful (section 1), 1 failed (section 2)"


def test_residuals_and_parts_of_files_that_have_none(tmp_path):
    path = alignment_of((0, 0), (1, 2)).save(tmp_path / "alignment.json")
    content = json.loads(path.read_text())
    del content["notes"]
    for section in content["sections"]:
        del section["residual"], section["part"]
    path.write_text(json.dumps(content))
    loaded = StackAlignment.load(path)
    assert loaded == alignment_of((0, 0), (1, 2))
    assert np.isnan(loaded.residuals).all()
    assert (loaded.parts, loaded.reasons, loaded.notes) == ((0, 0), ("", ""), ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"format": "patchprobe-alignment", "version": 99}',
        '{"format": "patchprobe-alignment", "version": 1}',
        '{"format": "patchprobe-alignment", "version": 1, "plane_shape": [2, 2], "sections": [{}]}',
    ],
)
def test_load_refuses_in_words(tmp_path, text):
    path = tmp_path / "alignment.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"alignment\.json"):
        StackAlignment.load(path)
    with pytest.raises(InputError, match=r"nothing\.json"):
        StackAlignment.load(tmp_path / "nothing.json")


def test_apply_refuses_what_does_not_fit():
    alignment = alignment_of((0, 0), (1, 1))
    with pytest.raises(InputError, match="2 planes"):
        alignment.apply(Stack(numbered(3), "zyx"))
    with pytest.raises(InputError, match="fill"):
        alignment.apply(Stack(numbered(), "zyx"), fill=300)
    with pytest.raises(InputError, match="Interpolation"):
        alignment.apply(Stack(numbered(), "zyx"), interpolation="best")
    with pytest.raises(InputError, match="output"):
        alignment.apply(Stack(numbered(), "zyx"), output="all")
    with pytest.raises(InputError, match="sections 0 to 1"):
        alignment.apply_to_points([[0, 0]], 2)
