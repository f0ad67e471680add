"""From painted labels to training rows."""

from dataclasses import replace

import numpy as np
import pytest

from patchprobe import LinearProbe
from patchprobe.errors import InputError
from patchprobe.probe.strokes import check_labels, check_same_source, find_strokes, read_rows, thin

PAINTED = np.array(
    [
        [1, 1, 0, 2],
        [0, 0, 1, 2],
        [0, 0, 0, 0],
        [2, 0, 0, 1],
    ]
)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_strokes_are_connected_pixels_of_one_class(dtype):
    points, strokes = find_strokes(PAINTED.astype(dtype))
    found = {
        (int(PAINTED[tuple(points[strokes == s][0])]), tuple(map(tuple, points[strokes == s].tolist())))
        for s in range(strokes.max() + 1)
    }
    # Diagonal neighbours belong together; a touching stroke of another class does not.
    assert found == {
        (1, ((0, 0), (0, 1), (1, 2))),
        (1, ((3, 3),)),
        (2, ((0, 3), (1, 3))),
        (2, ((3, 0),)),
    }
    assert (np.diff(strokes) >= 0).all()


def test_nothing_painted_gives_no_rows(toy_backbone):
    points, strokes = find_strokes(np.zeros((4, 4), int))
    assert points.shape == (0, 2)
    assert strokes.shape == (0,)
    rows = read_rows(toy_backbone.embed(np.eye(8)), np.zeros((8, 8), int))
    assert len(rows.features) == len(rows.classes) == len(rows.weights) == 0
    assert rows.reference.count == 64


def test_thinning_keeps_thin_strokes_whole():
    # 10 rows in strokes of 1, 2 and 7; with 6 the long one gets what the others leave.
    kept, stands_for = thin(np.array([0, 1, 1, 2, 2, 2, 2, 2, 2, 2]), 6)
    assert kept[:3].tolist() == [0, 1, 2]
    assert len(kept) == 6
    np.testing.assert_allclose(stands_for, [1, 1, 1, 7 / 3, 7 / 3, 7 / 3])


def test_thinning_keeps_one_row_of_each_stroke():
    kept, stands_for = thin(np.repeat(np.arange(5), 3), 2)
    assert kept.tolist() == [0, 3, 6, 9, 12]
    assert stands_for.sum() == 15


def test_equal_rows_of_a_stroke_are_merged(toy_backbone, as_it_is):
    # Left of the outermost centre (1.5) a feature does not change along x.
    labels = np.zeros((8, 8), int)
    labels[2, :2] = 1
    labels[6, :2] = 1
    plane = np.zeros((8, 8), np.float32)
    plane[:4] = 1
    rows = read_rows(toy_backbone.embed(plane, as_it_is), labels)
    # At row 2 an eighth of the way from 1 to 0; row 6 is beyond the last centre.
    np.testing.assert_allclose(rows.features, [[0.875, 0], [0, 0]])
    assert rows.weights.tolist() == [2, 2]
    assert rows.strokes.tolist() == [0, 1]
    assert rows.classes.tolist() == [1, 1]


def test_merged_and_unmerged_rows_give_the_same_probe(toy_backbone, as_it_is):
    noise = np.random.default_rng(0)
    plane = noise.random((32, 32)).astype(np.float32)
    embedding = toy_backbone.embed(plane, as_it_is)
    labels = np.zeros((32, 32), int)
    labels[4:8, 0:2], labels[20:24, 0:2] = 1, 2
    merged = read_rows(embedding, labels)
    points, strokes = find_strokes(labels)
    assert len(merged.features) < len(points)
    assert merged.weights.sum() == len(points)
    unmerged = replace(
        merged,
        features=embedding.sample(points),
        classes=labels[tuple(points.T)],
        strokes=strokes,
        weights=np.ones(len(points)),
    )
    probes = [LinearProbe(C=1.0).fit_rows([rows]) for rows in (merged, unmerged)]
    np.testing.assert_allclose(probes[0].coef_[0], probes[1].coef_[0], rtol=1e-3, atol=1e-4)


def test_large_fills_are_bounded(toy_backbone):
    plane = np.random.default_rng(0).random((128, 128))
    labels = np.full((128, 128), 1)
    labels[0], labels[1] = 2, 0
    rows = read_rows(toy_backbone.embed(plane), labels)
    assert len(rows.features) <= 4096
    assert rows.weights.sum() == pytest.approx(np.count_nonzero(labels))
    assert rows.weights[rows.classes == 2].sum() == pytest.approx(128)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_any_whole_numbers_are_labels(dtype):
    np.testing.assert_array_equal(check_labels(np.eye(3, dtype=dtype), (3, 3)), np.eye(3))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((4, 5), int), r"\(4, 5\).*\(5, 4\)"),
        (np.zeros((5, 4)), "float64"),
        (np.full((5, 4), -1), "from -1 to -1"),
        (np.full((5, 4), 256), "instances"),
    ],
)
def test_labels_that_cannot_be_used_are_named(labels, message):
    with pytest.raises(InputError, match=message):
        check_labels(labels, (5, 4))


def test_embeddings_of_different_backbones_do_not_mix(toy_backbone):
    one = toy_backbone.embed(np.eye(8))
    check_same_source([one, toy_backbone.embed(np.ones((12, 8)))])
    with pytest.raises(InputError, match="embeddings of one backbone"):
        check_same_source([one, replace(one, version="2")])
