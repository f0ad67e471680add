"""The interface of the reports."""

import numpy as np
import pytest

from patchprobe import DINOv3Backbone, get_backbone
from patchprobe.errors import InputError

TINY = "facebook/dinov3-convnext-tiny"
LARGE = "facebook/dinov3-vit-large"


@pytest.fixture
def images():
    return [np.random.default_rng(0).random((32, 48, 3)), np.eye(64)]


@pytest.mark.parametrize(("name", "dim"), [("placeholder-cnx-t", 384), ("placeholder-vit-l", 1024)])
def test_one_array_for_each_image_patches_row_by_row(images, name, dim):
    found = DINOv3Backbone(name).embed(images)
    assert [array.shape for array in found] == [(2 * 3, dim), (4 * 4, dim)]
    grid = get_backbone(name).embed(images[0]).grids[0].array
    np.testing.assert_array_equal(found[0][4], grid[1, 1])
    for once, again in zip(found, DINOv3Backbone(name).embed(images), strict=True):
        np.testing.assert_array_equal(once, again)


def test_the_ids_of_the_reports_are_the_real_networks(hub, images):
    """The small model stands in their places on the hub; its patches are of 14 px."""
    for hub_id in ("facebook/dinov3-convnext-tiny", "facebook/dinov3-vitl16"):
        hub.models[f"{hub_id}-pretrain-lvd1689m"] = hub.models[hub.small]
    for backbone, name in (
        (DINOv3Backbone(), "dinov3-convnext-tiny"),
        (DINOv3Backbone(LARGE), "dinov3-vitl16"),
    ):
        assert backbone.backbone.spec.name == name
        found = backbone.embed(images)
        assert [(array.shape, array.dtype) for array in found] == [((3 * 4, 64), "f4"), ((5 * 5, 64), "f4")]


@pytest.mark.parametrize(
    ("model_id", "placeholder"), [(TINY, "placeholder-cnx-t"), (LARGE, "placeholder-vit-l")]
)
def test_without_weights_nothing_takes_their_place_but_the_placeholder_is_named(
    empty_hub, model_id, placeholder
):
    with pytest.raises(InputError, match=rf"There is no model.*DINOv3Backbone\('{placeholder}'\)"):
        DINOv3Backbone(model_id)
