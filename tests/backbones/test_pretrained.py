"""Pretrained networks, by small random ones of the real architectures."""

import json
from itertools import pairwise

import numpy as np
import pytest

from patchprobe import LinearProbe, embed, get_backbone
from patchprobe.backbones import model_folder, pretrained, torch_network
from patchprobe.backbones.model_folder import ModelFolder
from patchprobe.backbones.name import BackboneName
from patchprobe.errors import InputError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")


def _dinov3():
    config = transformers.DINOv3ViTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        num_register_tokens=4,
    )
    return transformers.DINOv3ViTModel(config)


def _dinov2():
    config = transformers.Dinov2Config(
        hidden_size=24, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2, image_size=56, patch_size=14
    )
    return transformers.Dinov2Model(config)


def _vit():
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64, image_size=64
    )
    return transformers.ViTModel(config)


def _convnext():
    config = transformers.DINOv3ConvNextConfig(hidden_sizes=[8, 12, 16, 20], depths=[1, 1, 2, 1])
    return transformers.DINOv3ConvNextModel(config)


MODELS = {"dinov3": _dinov3, "dinov2": _dinov2, "vit": _vit, "convnext": _convnext}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder for each architecture, as save_pretrained writes it."""
    torch.manual_seed(0)
    made = {}
    for name, make in MODELS.items():
        made[name] = tmp_path_factory.mktemp(name)
        make().eval().save_pretrained(made[name])
    return made


@pytest.fixture
def plane():
    return np.random.default_rng(0).normal(100, 20, (75, 110))


@pytest.mark.parametrize(
    ("model", "stride", "channels", "grid"),
    [
        ("dinov3", 16, 32, (5, 7)),
        ("dinov2", 14, 24, (6, 8)),
        ("vit", 16, 32, (5, 7)),
        ("convnext", 16, 16, (5, 7)),
    ],
)
def test_each_architecture_gives_a_grid_of_its_patches(folders, plane, model, stride, channels, grid):
    backbone = get_backbone(f"path:{folders[model]}")
    features = backbone.embed(plane).grids[0]
    assert (features.stride, features.channels, features.shape) == (stride, channels, grid)
    assert (backbone.spec.patch_size, backbone.spec.channels) == (stride, channels)
    assert features.origin == ((stride - 1) / 2,) * 2
    assert np.isfinite(features.array).all() and features.array.std() > 0


def test_features_are_those_of_the_whole_model(folders, monkeypatch):
    """Layers behind the wanted block are left out, which must not change it; the last one is normalised."""
    monkeypatch.setattr(torch_network, "has_bfloat16", lambda torch: False)
    plane = np.random.default_rng(1).random((56, 84)).astype(np.float32)
    name = BackboneName(f"path:{folders['dinov2']}", blocks=(4,))
    backbone = pretrained.PretrainedBackbone(name, ModelFolder(folders["dinov2"]))
    model = transformers.Dinov2Model.from_pretrained(folders["dinov2"]).eval()
    mean, std = np.array(backbone.spec.mean), np.array(backbone.spec.std)
    image = torch.tensor(((plane[:, :, None] - mean) / std).transpose(2, 0, 1)[None], dtype=torch.float32)
    with torch.no_grad():
        wanted = model(image).last_hidden_state[0, 1:].reshape(4, 6, -1).numpy()
    np.testing.assert_allclose(backbone.grids(plane)[0].array, wanted, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("size", [(64, 64), (96, 160)])
def test_lower_precision_keeps_the_direction_of_every_token(folders, monkeypatch, model, size):
    folder = ModelFolder(folders[model])
    block = folder.default_block
    side = folder.stride(block)
    shape = (1, 3, *(length // side * side for length in size))
    images = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    features = []
    for lowers in (False, True):
        monkeypatch.setattr(torch_network, "has_bfloat16", lambda torch, lowers=lowers: lowers)
        features.append(torch_network.TorchNetwork(folder, (block,))(images)[0])
    single, lowered = features
    norms = np.linalg.norm(single, axis=-1) * np.linalg.norm(lowered, axis=-1)
    assert ((single * lowered).sum(axis=-1) / norms).min() > 0.999


def test_several_blocks_are_several_grids(folders, plane):
    grids = get_backbone(f"path:{folders['dinov3']}?blocks=1,4").embed(plane).grids
    assert [grid.name for grid in grids] == ["block 1", "block 4"]
    assert not np.allclose(grids[0].array, grids[1].array)


def test_refinement_makes_the_grid_finer(folders, plane):
    grid = get_backbone(f"path:{folders['dinov2']}?refine=2").embed(plane).grids[0]
    assert (grid.stride, grid.origin, grid.shape) == (7, (3, 3), (11, 16))


def test_the_refined_image_lies_where_the_plane_does(folders):
    """An enlarged ramp has, at the centre of each patch, the value of the ramp there."""
    backbone = get_backbone(f"path:{folders['dinov2']}?refine=2")
    ramp = np.repeat(np.linspace(0, 0.59, 60, dtype=np.float32)[None], 40, axis=0)
    cut = backbone._cut(ramp, pretrained._Tile(1, 2, 2, 3))
    unit = cut * np.array(backbone.spec.std)[:, None, None] + np.array(backbone.spec.mean)[:, None, None]
    centres = unit[:, 10].reshape(3, 3, 14).mean(axis=2)
    np.testing.assert_allclose(centres, [0.03 + 0.07 * np.array([2, 3, 4])] * 3, atol=2e-4)


@pytest.mark.parametrize("refine", [1, 2, 3])
def test_a_tile_is_the_same_part_of_the_plane_wherever_it_is_cut(folders, refine):
    backbone = get_backbone(f"path:{folders['dinov2']}?refine={refine}")
    plane = np.random.default_rng(4).random((90, 100)).astype(np.float32)
    whole = backbone._cut(plane, pretrained._Tile(0, 0, 6, 7))
    part = backbone._cut(plane, pretrained._Tile(2, 3, 3, 2))
    np.testing.assert_allclose(part, whole[:, 28:70, 42:70], atol=1e-4)


def test_tiles_of_one_patch_row_cover_everything_and_blend_without_seams(folders, monkeypatch):
    """Convolutions see little, so that tiles with a wide overlap give what the whole plane gives."""
    plane = np.random.default_rng(2).random((160, 160)).astype(np.float32)
    backbone = get_backbone(f"path:{folders['convnext']}?blocks=1")
    whole = backbone.grids(plane)[0].array.astype(np.float32)
    monkeypatch.setattr(pretrained, "_TILE", 80)
    tiled = backbone.grids(plane)[0].array.astype(np.float32)
    assert np.abs(tiled - whole).mean() < 0.02 * whole.std()


@pytest.mark.parametrize(("length", "side"), [(1, 32), (32, 32), (33, 32), (100, 32), (715, 37)])
def test_tiles_overlap_and_end_with_the_grid(length, side):
    starts = pretrained._starts(length, side)
    assert starts[0] == 0 and starts[-1] == max(0, length - side)
    assert all(b - a <= side - max(1, round(side / 6)) for a, b in pairwise(starts))


def test_a_sum_with_the_filters_is_painted_on(folders, plane):
    backbone = f"path:{folders['dinov2']}+filters"
    embedding = embed(plane, backbone)
    strokes = np.zeros(plane.shape, np.uint8)
    strokes[5:9, 5:40], strokes[60:64, 50:90] = 1, 2
    probe = LinearProbe().fit(embedding, strokes)
    assert probe.backbone_ == backbone
    assert probe.predict(embedding).shape == plane.shape


def test_colour_is_kept_and_other_channels_are_refused(folders):
    backbone = get_backbone(f"path:{folders['dinov2']}")
    colours = np.random.default_rng(0).random((28, 28, 3))
    grey = np.repeat(colours.mean(axis=2, keepdims=True), 3, axis=2)
    assert not np.allclose(backbone.embed(colours).grids[0].array, backbone.embed(grey).grids[0].array)
    with pytest.raises(InputError, match="greyscale or RGB"):
        backbone.embed(np.zeros((28, 28, 2)))


def test_version_follows_the_weights(folders, tmp_path):
    torch.manual_seed(1)
    _dinov2().save_pretrained(tmp_path)
    assert ModelFolder(tmp_path).version != ModelFolder(folders["dinov2"]).version
    assert ModelFolder(folders["dinov2"]).version == ModelFolder(folders["dinov2"]).version


def test_large_weights_are_told_apart_by_samples(tmp_path, monkeypatch):
    monkeypatch.setattr(model_folder, "_HASHED_WHOLE", 1000)
    (tmp_path / "config.json").write_text("{}")
    weights = tmp_path / "model.safetensors"
    versions = []
    for content in (bytes(200_000), bytes(199_999) + b"1", bytes(200_001)):
        weights.write_bytes(content)
        model_folder._hash_of.cache_clear()
        versions.append(ModelFolder(tmp_path).version)
    assert len(set(versions)) == 3


def test_settings_that_a_model_does_not_have_are_refused(folders):
    with pytest.raises(InputError, match="has 4"):
        get_backbone(f"path:{folders['dinov2']}?blocks=5")
    with pytest.raises(InputError, match="different resolution"):
        get_backbone(f"path:{folders['convnext']}?blocks=2,3")
    with pytest.raises(InputError, match="does not have"):
        get_backbone("filters?refine=2")


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no config\.json"):
        get_backbone(f"path:{tmp_path}")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        get_backbone(f"path:{tmp_path}")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "num_hidden_layers": 2}))
    with pytest.raises(InputError, match="patch_size"):
        get_backbone(f"path:{tmp_path}")


def test_weights_that_are_missing_pickled_or_damaged_are_refused(folders, tmp_path, plane):
    config = (folders["dinov2"] / "config.json").read_text()
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(InputError, match="holds no"):
        get_backbone(f"path:{tmp_path}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match="pickled"):
        get_backbone(f"path:{tmp_path}")
    (tmp_path / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(InputError, match="cannot be loaded"):
        get_backbone(f"path:{tmp_path}").embed(plane)
