"""From a name to a backbone, and sums of them."""

import sys

import numpy as np
import pytest

from patchprobe import get_backbone, list_backbones
from patchprobe.backbones import Backbone, registry
from patchprobe.backbones.catalogue import CATALOGUE
from patchprobe.backbones.registry import hub_ids
from patchprobe.errors import InputError


def test_all_known_ones_are_listed_the_default_first():
    specs = list_backbones()
    built_in = [spec.name for spec in specs if not spec.weights]
    assert built_in == ["filters", "placeholder-cnx-t", "placeholder-vit-l"]
    assert [spec.name for spec in specs[3:]] == list(CATALOGUE)
    assert all(spec.licence and spec.summary and spec.channels for spec in specs)


def test_those_without_weights_can_be_used_at_once():
    specs = list_backbones(on_disk=True)
    assert [spec.name for spec in specs] == ["filters", "placeholder-cnx-t", "placeholder-vit-l"]
    assert all(spec.on_disk and spec.download_mb == 0 for spec in specs)


def test_those_that_are_not_here_are_told_apart():
    listed = {spec.name: spec for spec in list_backbones()}
    dinov3, dinov2 = listed["dinov3-vits16"], listed["dinov2-small"]
    assert (dinov3.on_disk, dinov3.is_gated, dinov3.version) == (False, True, "")
    assert (dinov2.on_disk, dinov2.is_gated, dinov2.download_mb) == (False, False, 88)
    assert listed["dinov3-vitl16-sat"].mean == (0.430, 0.411, 0.296)


def test_without_the_packages_networks_are_listed_all_the_same(monkeypatch):
    monkeypatch.setattr(registry, "can_run", lambda: False)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert [spec.on_disk for spec in list_backbones()] == [True] * 3 + [False] * len(CATALOGUE)


@pytest.mark.parametrize(
    ("name", "hub_id"),
    [
        ("dinov3-convnext-tiny", "facebook/dinov3-convnext-tiny-pretrain-lvd1689m"),
        ("facebook/dinov3-convnext-tiny", "facebook/dinov3-convnext-tiny-pretrain-lvd1689m"),
        ("facebook/dinov3-vit-large", "facebook/dinov3-vitl16-pretrain-lvd1689m"),
        ("facebook/dinov3-vits16-pretrain-lvd1689m", "facebook/dinov3-vits16-pretrain-lvd1689m"),
        ("hf:facebook/dinov3-vits16-pretrain-lvd1689m", "facebook/dinov3-vits16-pretrain-lvd1689m"),
        ("hf:owner/name?refine=2", "owner/name"),
    ],
)
def test_a_model_is_known_by_each_of_its_names(name, hub_id):
    assert hub_ids(f"filters+{name}") == [hub_id]


def test_what_is_in_a_folder_or_built_in_needs_nothing_of_the_hub():
    assert hub_ids("path:some/folder+filters") == []


@pytest.mark.parametrize("spec", list_backbones(on_disk=True), ids=lambda spec: spec.name)
def test_a_spec_tells_what_comes_out(spec):
    grid = get_backbone(spec.name).embed(np.eye(32)).grids[0]
    assert (grid.channels, grid.stride) == (spec.channels, spec.patch_size)


def test_a_name_gives_the_same_backbone_each_time():
    assert get_backbone("filters") is get_backbone("filters")


def test_a_backbone_is_returned_as_it_is(toy_backbone):
    assert get_backbone(toy_backbone) is toy_backbone


@pytest.mark.parametrize("name", ["placeholder-cnx-t+filters", " placeholder-cnx-t + filters "])
def test_a_sum_has_the_blocks_of_both(name):
    plane = np.random.default_rng(0).random((32, 48))
    both = get_backbone(name).embed(plane)
    parts = [get_backbone(part).embed(plane) for part in ("placeholder-cnx-t", "filters")]
    assert both.backbone == "placeholder-cnx-t+filters"
    assert both.channels == parts[0].channels + parts[1].channels
    for grid, part in zip(both.grids, parts, strict=True):
        np.testing.assert_array_equal(grid.array, part.grids[0].array)


def test_adding_is_naming():
    added = get_backbone("placeholder-cnx-t") + get_backbone("filters")
    named = get_backbone("placeholder-cnx-t+filters")
    assert added.spec == named.spec
    assert named.spec.patch_size == 16
    assert named.spec.channels == sum(part.spec.channels for part in named.parts)
    assert isinstance(added + get_backbone("placeholder-vit-l"), Backbone)


def test_a_sum_needs_a_plane_for_its_largest_patch():
    with pytest.raises(InputError, match="16 × 16 px"):
        get_backbone("filters+placeholder-cnx-t").embed(np.eye(12))


@pytest.mark.parametrize("name", ["nothing", "filters+nothing", ""])
def test_unknown_names_are_answered_with_those_that_there_are(name):
    with pytest.raises(InputError, match=r"There is no backbone.*filters, placeholder-cnx-t"):
        get_backbone(name)


def test_settings_that_a_backbone_does_not_have():
    with pytest.raises(InputError, match="settings that filters does not have"):
        get_backbone("filters?refine=2")
