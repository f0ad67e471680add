"""A backbone that adds each cell's place to what the cell shows, and its removal."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe import Stack, estimate_translation
from patchprobe.alignment import align_stack, estimate_position, remove_position
from patchprobe.backbones import Backbone, BackboneSpec
from patchprobe.errors import InputError
from patchprobe.grid import PatchGrid

PLACE = 4.0


class PlacedBackbone(Backbone):
    """Sixteen intensities of each 4 × 4 patch, and besides, much stronger, a fixed pattern of the grid."""

    spec = BackboneSpec("placed", "patches with their place", patch_size=4, channels=16, licence="none")

    def grids(self, plane):
        rows, cols = plane.shape[0] // 4, plane.shape[1] // 4
        patches = (
            plane[: rows * 4, : cols * 4].reshape(rows, 4, cols, 4).swapaxes(1, 2).reshape(rows, cols, 16)
        )
        place = PLACE * np.random.default_rng(9).normal(size=(rows, cols, 16))
        return (PatchGrid((patches + place).astype(np.float32), 4, (1.5, 1.5), plane.shape, "placed"),)


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def test_place_hides_the_shift_and_removal_shows_it():
    world = noise((96, 96))
    fixed, moving = world[8:72, 8:72], world[:64, 16:80]
    backbone = PlacedBackbone()
    embeddings = [backbone.embed(plane) for plane in (fixed, moving)]
    assert estimate_translation(*embeddings).shift == pytest.approx((0, 0), abs=0.5)

    position = estimate_position([world], backbone, shape=(64, 64))
    assert position.blocks[0].shape == (16, 16, 16)
    found = estimate_translation(*(remove_position(e, position) for e in embeddings))
    assert found.shift_patches == pytest.approx((2, -2), abs=0.2)
    assert found.status == "ok"


def test_position_is_the_mean_over_crops():
    # Constant planes show nothing, so what is left is the place and the constant.
    position = estimate_position([np.zeros((16, 16)), np.ones((16, 16))], PlacedBackbone(), crops=2)
    place = PLACE * np.random.default_rng(9).normal(size=(4, 4, 16))
    np.testing.assert_allclose(position.blocks[0], place + 0.5, atol=1e-5)


def test_deterministic_by_seed():
    planes = [noise((32, 32), seed) for seed in range(3)]
    first, second = (estimate_position(planes, PlacedBackbone(), crops=4, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first.blocks[0], second.blocks[0])


@pytest.mark.parametrize("shape", [(20, 24), (64, 48), (90, 90)])
def test_crops_of_any_size(shape):
    position = estimate_position([noise((64, 48))], PlacedBackbone(), crops=3, shape=shape)
    assert position.blocks[0].shape == (shape[0] // 4, shape[1] // 4, 16)


def test_a_stack_with_its_position():
    planes = np.stack([noise((80, 80))[i * 4 : i * 4 + 64, 8:72] for i in range(3)])
    stack = Stack(planes, "zyx")
    position = estimate_position(stack, PlacedBackbone())
    shifts = align_stack(stack, PlacedBackbone(), method="max-correlation", position=position).shifts
    np.testing.assert_allclose(shifts, [(0, 0), (-4, 0), (-8, 0)])


def test_refuses_another_grid_or_backbone(toy_backbone):
    position = estimate_position([noise((32, 32))], PlacedBackbone(), crops=1)
    with pytest.raises(InputError, match=r"shape=\(40, 32\)"):
        remove_position(PlacedBackbone().embed(noise((40, 32))), position)
    with pytest.raises(InputError, match="same backbone"):
        remove_position(toy_backbone.embed(noise((32, 32))), position)
    with pytest.raises(InputError, match="at least one plane"):
        estimate_position([], PlacedBackbone())
