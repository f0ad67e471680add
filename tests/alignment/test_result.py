"""Applying, saving and loading what `align_stack` found; answers from transforms given by hand."""

from __future__ import annotations

import json

import dask.array as da
import numpy as np
import pytest

from patchprobe import Stack, StackAlignment
from patchprobe.alignment import (
    Alignment,
    Box,
    FieldTransform,
    Transform,
    load_transform,
    save_transform,
)
from patchprobe.alignment.pixel_size import PixelSize
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


def bent(height: float = 1.0) -> FieldTransform:
    nodes = np.zeros((4, 4, 2))
    nodes[1, 2] = height, -height
    return FieldTransform(Transform.translation((0.5, 0)), nodes, (2, 2))


def test_save_and_load_what_bends(tmp_path):
    both = bent().compose(bent(0.5).inverse())
    alignment = StackAlignment((Alignment(bent()), Alignment(both), Alignment(Transform.identity())), (5, 6))
    path = alignment.save(tmp_path / "alignment.json")
    content = json.loads(path.read_text())
    assert content["version"] == 2
    assert "transform" not in content["sections"][2]
    assert StackAlignment.load(path) == alignment
    one = save_transform(tmp_path / "one.json", both)
    assert load_transform(one) == both
    assert json.loads(one.read_text())["units"] == "pixel"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("{}", "not a transform"),
        ('{"format": "patchprobe-transform", "version": 9}', "version 9"),
        ('{"format": "patchprobe-transform", "version": 1}', "damaged"),
        ('{"format": "patchprobe-transform", "version": 1, "transform": {"type": "swirl"}}', "swirl"),
    ],
)
def test_load_transform_refuses_in_words(tmp_path, content, said):
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(InputError, match=said):
        load_transform(tmp_path / "t.json")


def test_files_of_version_1_are_read(tmp_path):
    section = {
        "section": 0,
        "status": "doubtful",
        "reason": "Why.",
        "shift": [2.0, -3.0],
        "matrix": [[1.0, 0.0, 2.0], [0.0, 1.0, -3.0], [0.0, 0.0, 1.0]],
        "score": 0.5,
        "distinctness": None,
        "reference": None,
        "step": [0.0, 0.0],
    }
    content = {
        "format": "patchprobe-alignment",
        "version": 1,
        "plane_shape": [5, 6],
        "backbone": "",
        "method": "whole-shift",
        "reference": "previous",
        "sections": [section],
    }
    (tmp_path / "old.json").write_text(json.dumps(content))
    only = Alignment(Transform.translation((2, -3)), "doubtful", "Why.", 0.5)
    assert StackAlignment.load(tmp_path / "old.json") == StackAlignment((only,), (5, 6))


def test_what_only_shifts_is_written_as_before(tmp_path):
    content = json.loads(alignment_of((0, 0), (1, 2)).save(tmp_path / "a.json").read_text())
    assert content["version"] == 1
    assert content["sections"][1]["matrix"] == [[1, 0, 1], [0, 1, 2], [0, 0, 1]]
    assert "transform" not in content["sections"][1]


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


@pytest.mark.parametrize("output", ["same", "union", "intersection", Box((-1, 2), (3, 4))])
def test_points_go_there_and_back(output):
    alignment = alignment_of((0, 0), (2, -3))
    marked = np.array([[1, 3, 2], [0, 1, 1], [1, 0.5, 4]])
    moved = alignment.apply_to_points(marked, output=output)
    np.testing.assert_array_equal(moved[:, 0], marked[:, 0])
    origin = alignment.box(output).origin
    np.testing.assert_array_equal(moved[:, 1:] + origin, [[1, 5], [1, 1], [-1.5, 7]])
    np.testing.assert_array_equal(alignment.points_back(moved, output=output), marked)
    np.testing.assert_array_equal(alignment.points_back(moved[:1, 1:], 1, output), marked[:1, 1:])


def test_intersection_is_what_every_section_shows():
    data = numbered()
    alignment = alignment_of((0, 0), (2, -3))
    # Section 1 lies at rows −2 to 2 and columns 3 to 8 of the frame.
    assert alignment.box("intersection") == Box((0, 3), (3, 3))
    out = alignment.apply(Stack(data, "zyx"), output="intersection").data.compute()
    np.testing.assert_array_equal(out, [data[0, :3, 3:], data[1, 2:, :3]])


@pytest.mark.parametrize("thinned", [False, True])
def test_scaled_to_the_full_resolution(thinned):
    """What is estimated on every second pixel, or the mean of 2 × 2, moves the full one by twice as much."""
    full = np.random.default_rng(0).integers(1, 200, (2, 10, 12)).astype(np.uint8)
    alignment = StackAlignment(
        (Alignment(Transform.identity()), Alignment(Transform.translation((1, -2)), step=(1, -2))), (5, 6)
    )
    large = alignment.scaled(2, thinned=thinned)
    assert large.plane_shape == (10, 12)
    np.testing.assert_array_equal(large.shifts, [(0, 0), (2, -4)])
    assert large[1].step == (2, -4)
    out = large.apply(Stack(full, "zyx")).data.compute()
    np.testing.assert_array_equal(out[1, :8, 4:], full[1, 2:, :8])
    assert alignment.scaled((2, 4), (11, 24)).plane_shape == (11, 24)


def test_scaled_and_reduced_again_is_the_same_picture():
    """A turn and a quarter pixel: the full stack aligned, then averaged, is the averaged one aligned."""
    y, x = np.indices((96, 96)) / 96
    full = (100 * np.sin(5 * y + 2 * x) + 50 * np.cos(4 * x))[None]
    reduced = full.reshape(1, 24, 4, 24, 4).mean(axis=(2, 4))
    turn = Transform([[0.995, -0.0998, 1.25], [0.0998, 0.995, -0.6], [0, 0, 1]])
    alignment = StackAlignment((Alignment(turn),), (24, 24))
    large = alignment.scaled(4).apply(Stack(full, "zyx"), interpolation="cubic").plane(0)
    small = alignment.apply(Stack(reduced, "zyx"), interpolation="cubic").plane(0)
    again = large.reshape(24, 4, 24, 4).mean(axis=(1, 3))
    # Half a pixel of the full plane too far would be wrong by 1.
    np.testing.assert_allclose(again[6:-6, 6:-6], small[6:-6, 6:-6], atol=0.05)


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


def test_residuals_are_told_in_the_unit_of_the_stack(tmp_path):
    stack = Stack(numbered(), "zyx", voxel_size=(50, 4, 6), units=("nm",) * 3)
    sections = (Alignment(Transform.identity()), Alignment(Transform.translation((1, 0)), residual=0.5))
    alignment = StackAlignment(sections, stack.plane_shape, pixel=PixelSize.of_stack(stack))
    assert alignment.pixel == PixelSize((4.0, 6.0), "nm")
    np.testing.assert_allclose(alignment.residuals_physical, [np.nan, 2.5])
    # Twice as many pixels of half the size, so that what is left is as long as before.
    np.testing.assert_allclose(alignment.scaled((2, 2)).residuals_physical, [np.nan, 2.5])
    assert StackAlignment.load(alignment.save(tmp_path / "a.json")) == alignment
    assert json.loads((tmp_path / "a.json").read_text())["pixel_unit"] == "nm"
    mixed = Stack(numbered(), "zyx", voxel_size=(1, 1, 2), units=("s", "nm", "mm"))
    assert not PixelSize.of_stack(mixed).is_known


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
    with pytest.raises(InputError, match=r"alignment\.scaled\(2, \(10, 12\)\)"):
        alignment.apply(Stack(np.zeros((2, 10, 12), np.uint8), "zyx"))
    with pytest.raises(InputError, match="sections 0 to 1"):
        alignment.apply_to_points([[0, 0]], 2)
    with pytest.raises(InputError, match="sections 0 to 1"):
        alignment.apply_to_points([[2, 0, 0]])
    for points in ([[0, 0]], [[0.5, 0, 0]]):
        with pytest.raises(InputError, match="plane, y, x"):
            alignment.apply_to_points(points)
