"""Strokes are voxels: they are strokes in all three orientations, and are held out in all of them."""

from dataclasses import replace

import numpy as np
import pytest

from patchprobe import LinearProbe, embed
from patchprobe.errors import InputError
from patchprobe.fusion import read_triplanar_rows
from patchprobe.probe import read_rows


@pytest.fixture
def strokes(volume):
    """Three voxels of class 1 in a row and two of class 2 in a column of plane 5, one more in plane 6."""
    painted = np.zeros(volume.shape, np.uint8)
    painted[5, 2, 10:13] = 1
    painted[5, 9:11, 14] = 2
    painted[6, 9, 14] = 2
    return painted


def test_each_stroke_keeps_its_number_in_all_orientations(volume, strokes):
    rows = read_triplanar_rows(volume, enumerate(strokes))
    assert len(rows.classes) == 3 * 6
    np.testing.assert_array_equal(np.bincount(rows.strokes), [9, 6, 3])
    np.testing.assert_array_equal(rows.classes, [1] * 9 + [2] * 9)
    np.testing.assert_allclose(np.bincount(rows.strokes, weights=rows.weights), [3, 2, 1])


def test_features_are_those_of_the_planes_across(volume, strokes):
    rows = read_triplanar_rows(volume, enumerate(strokes), views=("yz",))
    plane = embed(volume.data[:, :, 14], normalisation=volume.normalisation())
    np.testing.assert_array_equal(rows.features[3:], plane.sample([[5, 9], [5, 10], [6, 9]]))
    np.testing.assert_array_equal(rows.points[3:], [[5, 9], [5, 10], [6, 9]])


def test_the_own_planes_alone_give_the_rows_of_each_plane(volume, strokes):
    rows = read_triplanar_rows(volume, enumerate(strokes), views=("xy",))
    embedding = embed(volume.plane(5), normalisation=volume.normalisation())
    expected = read_rows(embedding, strokes[5])
    np.testing.assert_array_equal(rows.features[:5], expected.features)


def test_of_many_planes_those_with_most_strokes_are_looked_at(volume, strokes, monkeypatch):
    monkeypatch.setattr("patchprobe.fusion.training._MOST_PLANES", 1)
    seen = []
    rows = read_triplanar_rows(
        volume, enumerate(strokes), on_progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    # Planes 5 and 6 themselves, y = 9 with half of stroke 1 and all of stroke 2, and x = 14 with all of both.
    np.testing.assert_array_equal(np.bincount(rows.strokes), [3 + 0 + 0, 2 + 1 + 2, 1 + 1 + 1])
    np.testing.assert_allclose(np.bincount(rows.strokes, weights=rows.weights), [3, 2, 1])


def test_flat_voxels_are_sampled_in_stretched_planes(volume, strokes):
    flat = replace(volume, voxel_size=(2.0, 1.0, 1.0))
    rows = read_triplanar_rows(flat, enumerate(strokes), views=("xz",))
    np.testing.assert_array_equal(rows.points[0], [round(10.5), 10])


def test_a_probe_is_fitted_and_judged_on_them(volume):
    painted = np.zeros(volume.shape, np.uint8)
    for z in (4, 7):
        painted[z, 1::3, 1:-1] = volume.labels[z, 1::3, 1:-1]
    probe = LinearProbe().fit_rows([read_triplanar_rows(volume, enumerate(painted))])
    assert probe.held_out_.accuracy > 0.8
    assert sum(probe.strokes_.values()) == sum(
        LinearProbe()
        .fit_rows([read_triplanar_rows(volume, enumerate(painted), views=("xy",))])
        .strokes_.values()
    )


def test_nothing_painted_is_said(volume):
    with pytest.raises(InputError, match="nothing is painted"):
        read_triplanar_rows(volume, [(0, np.zeros((16, 20), np.uint8))])
