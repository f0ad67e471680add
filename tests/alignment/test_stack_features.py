"""Planes of a stack embedded for comparison: reduced if large, by a backbone that knows the stack."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe import Stack
from patchprobe.alignment import stack_features
from patchprobe.alignment.stack_features import StackFeatures


@pytest.mark.parametrize("channels", [(), (3,)])
def test_large_planes_are_reduced_and_their_grid_is_in_pixels_of_the_full_one(
    toy_backbone, monkeypatch, channels
):
    data = np.random.default_rng(0).random((2, 33, 26, *channels)).astype(np.float32)
    stack = Stack(data, "zyxc" if channels else "zyx")
    whole = StackFeatures(stack, toy_backbone, 64).grid(1)
    assert (whole.stride, whole.origin) == (4, (1.5, 1.5))
    monkeypatch.setattr(stack_features, "_EMBEDDED_SIDE", 17)
    grid = StackFeatures(stack, toy_backbone, 64).grid(1)
    # Patches of 4 cells of 2 px: the middle of the first one lies between pixels 3 and 4.
    assert (grid.stride, grid.origin, grid.image_shape) == (8, (3.5, 3.5), (33, 26))
    assert grid.shape == (4, 3)
    grey = data[1].mean(axis=2) if channels else data[1]
    np.testing.assert_allclose(grid.array[0, 0, 0], grey[:8, :8].mean(), rtol=1e-3)


def test_the_backbone_is_prepared_for_the_stack_once(toy_backbone, monkeypatch):
    asked = []

    def for_stack(stack):
        asked.append((stack.plane_shape, stack.plane(2).mean()))
        return toy_backbone

    monkeypatch.setattr(toy_backbone, "for_stack", for_stack, raising=False)
    monkeypatch.setattr(stack_features, "_EMBEDDED_SIDE", 12)
    features = StackFeatures(
        Stack(np.stack([np.full((24, 20), float(i)) for i in range(3)]), "zyx"), toy_backbone, 64
    )
    features.grid(0), features.grid(2)
    assert asked == [((12, 10), 2.0)]
