from __future__ import annotations

import os

import numpy as np


def test_toy_features_by_hand(toy_backbone, as_it_is):
    plane = np.zeros((9, 8), np.float32)
    plane[0, 4] = 1.0  # in the upper right patch; the ninth row belongs to none
    (grid,) = toy_backbone.embed(plane, as_it_is).grids
    np.testing.assert_allclose(grid.features, [[[0, 0], [1 / 16, 1]], [[0, 0], [0, 0]]])
    assert (grid.stride, grid.origin, grid.image_shape) == (4, (1.5, 1.5), (9, 8))


def test_toy_section_moves_one_pixel(em_stack):
    np.testing.assert_array_equal(em_stack.labels[0, :, :-1], em_stack.labels[1, :, 1:])
    assert em_stack.data[em_stack.labels == 2].mean() < 70 < 160 < em_stack.data[em_stack.labels == 1].mean()


def test_settings_of_the_user_are_out_of_reach():
    assert "patchprobe-tests-" in os.environ["NAPARI_CONFIG"]
