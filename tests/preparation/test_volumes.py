"""Three directions, bias, brightness and cubes of volumes."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from patchprobe.datasets.miniature.content import head
from patchprobe.errors import InputError
from patchprobe.io import Stack
from patchprobe.preparation import (
    back_to_volume,
    correct_bias,
    normalise_intensity,
    resample_isotropic,
    tri_planar,
)

# Value = 100 z + 10 y + x.
VOLUME = np.add.outer(100 * np.arange(3), np.add.outer(10 * np.arange(4), np.arange(5)))
STACK = Stack(VOLUME, "zyx", (3.0, 2.0, 1.0), ("mm",) * 3, labels=VOLUME % 7)


def test_three_directions_show_the_same_voxels():
    cuts = tri_planar(STACK)
    assert [(cut.shape, cut.voxel_size) for cut in cuts.values()] == [
        ((3, 4, 5), (3, 2, 1)),
        ((4, 3, 5), (2, 3, 1)),
        ((5, 3, 4), (1, 3, 2)),
    ]
    z, y, x = 2, 3, 1
    assert cuts["axial"].data[z, y, x] == cuts["coronal"].data[y, z, x] == 231
    assert cuts["sagittal"].data[x, z, y] == 231
    for direction, cut in cuts.items():
        np.testing.assert_array_equal(back_to_volume(cut.data, direction), VOLUME)
        np.testing.assert_array_equal(back_to_volume(cut.labels, direction), STACK.labels)
        assert np.shares_memory(cut.data, VOLUME)
    with pytest.raises(InputError, match="axial, coronal, sagittal"):
        back_to_volume(VOLUME, "oblique")
    with pytest.raises(InputError, match="three directions need a volume"):
        tri_planar(Stack(VOLUME, "tyx"))


def test_three_directions_of_colours():
    stack = Stack(np.zeros((3, 4, 5, 3), np.uint8), "zyxc", rgb=True)
    assert [cut.shape for cut in tri_planar(stack).values()] == [(3, 4, 5, 3), (4, 3, 5, 3), (5, 3, 4, 3)]


def test_cubes_keep_the_numbers_of_labels():
    labels = np.array([[[1, 9]], [[5, 5]]])
    stack = Stack(np.zeros((2, 1, 2)), "zyx", (3.0, 1.0, 1.0), ("mm",) * 3, labels=labels)
    # Planes at 0, 1, 2 and 3 mm: the nearer of those at 0 and 3.
    expected = np.array([[[1, 9]], [[1, 9]], [[5, 5]], [[5, 5]]])
    np.testing.assert_array_equal(np.asarray(resample_isotropic(stack).labels), expected)
    within = Stack(np.zeros((2, 1, 2)), "zyx", (1.0, 1.0, 2.0), ("mm",) * 3, labels=labels)
    assert np.asarray(resample_isotropic(within).labels)[0, 0].tolist() == [1, 1, 9]


def test_brightness_is_scaled_once_for_the_volume():
    stack = Stack(np.stack([np.full((2, 2), 0), np.full((2, 2), 10), np.full((2, 2), 20)]), "zyx")
    # The mean is 10, so the body is the last plane, of one value.
    with pytest.raises(InputError, match="one value throughout its body, 20"):
        normalise_intensity(stack)
    body = np.zeros((3, 2, 2), bool)
    body[1:] = True
    scaled = normalise_intensity(stack, mask=body)
    # Mean 15, standard deviation 5.
    assert [float(scaled.plane(i)[0, 0]) for i in range(3)] == [-3, -1, 1]
    assert scaled.data.dtype == np.float32
    percent = normalise_intensity(stack, "percentile", body)
    assert [round(float(percent.plane(i)[0, 0]), 3) for i in range(3)] == [0, 0, 1]
    with pytest.raises(InputError, match="is empty"):
        normalise_intensity(stack, mask=np.zeros((3, 2, 2)))
    with pytest.raises(InputError, match="mask has the shape"):
        normalise_intensity(stack, mask=np.zeros((2, 2)))


def test_n4_takes_out_a_slope():
    clean, tissues = head(32, 0)
    clean, tissues = (values.transpose(2, 1, 0) for values in (clean, tissues))
    slope = np.linspace(0.6, 1.4, clean.shape[1])[:, None]
    stack = Stack(np.maximum(clean, 1) * slope, "zyx", (1.0,) * 3, ("mm",) * 3)
    corrected = correct_bias(stack, tissues > 0, shrink=2)

    def unevenness(values):
        white = tissues == 3
        front, back = white.copy(), white.copy()
        front[:, :16], back[:, 16:] = False, False
        return abs(np.median(values[front]) / np.median(values[back]) - 1)

    assert unevenness(stack.data) > 0.15
    assert unevenness(corrected.data) < 0.05
    assert corrected.data.dtype == np.float32


def test_n4_refuses_what_it_cannot_take(monkeypatch):
    with pytest.raises(InputError, match="mask has the shape"):
        correct_bias(STACK, np.ones((2, 2, 2)))
    with pytest.raises(InputError, match="takes a volume"):
        correct_bias(Stack(VOLUME, "tyx"))
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    with pytest.raises(InputError, match=r"pip install 'patchprobe\[preparation\]'"):
        correct_bias(STACK)
