"""Pretrained networks, by small random ones of the real architectures."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from patchprobe import LinearProbe, embed, get_backbone
from patchprobe.backbones import model_folder, pretrained
from patchprobe.backbones.engines import Network
from patchprobe.backbones.model_folder import ModelFolder
from patchprobe.backbones.name import BackboneName, parse_names
from patchprobe.compute import Compute
from patchprobe.errors import InputError
from patchprobe.io import Stack
from patchprobe.steps import finish
from patchprobe.store import EmbeddingStore

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")


def run(work):
    """Run a generator to its end; return what it yielded, and what it returned."""
    steps = []
    while True:
        try:
            steps.append(next(work))
        except StopIteration as end:
            return steps, end.value


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


def test_features_are_those_of_the_whole_model(folders):
    """Layers behind the wanted block are left out, which must not change it; the last one is normalised."""
    plane = np.random.default_rng(1).random((56, 84)).astype(np.float32)
    name = BackboneName(f"path:{folders['dinov2']}", blocks=(4,))
    single = Compute(engine="torch", precision="single")
    backbone = pretrained.PretrainedBackbone(name, ModelFolder(folders["dinov2"]), compute=single)
    model = transformers.Dinov2Model.from_pretrained(folders["dinov2"]).eval()
    mean, std = np.array(backbone.spec.mean), np.array(backbone.spec.std)
    image = torch.tensor(((plane[:, :, None] - mean) / std).transpose(2, 0, 1)[None], dtype=torch.float32)
    with torch.no_grad():
        wanted = model(image).last_hidden_state[0, 1:].reshape(4, 6, -1).numpy()
    np.testing.assert_allclose(backbone.grids(plane)[0].array, wanted, rtol=2e-3, atol=2e-3)


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
    cut = backbone.cut(ramp, 14, 28, (2, 3))
    unit = cut * np.array(backbone.spec.std)[:, None, None] + np.array(backbone.spec.mean)[:, None, None]
    centres = unit[:, 10].reshape(3, 3, 14).mean(axis=2)
    np.testing.assert_allclose(centres, [0.03 + 0.07 * np.array([2, 3, 4])] * 3, atol=2e-4)


@pytest.mark.parametrize("refine", [1, 2, 3])
def test_a_tile_is_the_same_part_of_the_plane_wherever_it_is_cut(folders, refine):
    backbone = get_backbone(f"path:{folders['dinov2']}?refine={refine}")
    plane = np.random.default_rng(4).random((90, 100)).astype(np.float32)
    whole = backbone.cut(plane, 0, 0, (6, 7))
    part = backbone.cut(plane, 28, 42, (3, 2))
    np.testing.assert_allclose(part, whole[:, 28:70, 42:70], atol=1e-4)


def test_beyond_the_border_a_plane_is_mirrored(folders):
    backbone = get_backbone(f"path:{folders['dinov2']}")
    plane = np.random.default_rng(4).random((30, 40)).astype(np.float32)
    cut = backbone.cut(plane, -10, 20, (2, 3))
    inside = backbone.cut(plane, 0, 0, (2, 2))
    np.testing.assert_allclose(cut[:, 10:28, 0:8], inside[:, :18, 20:28], atol=1e-6)
    np.testing.assert_allclose(cut[:, 0:10, :8], inside[:, 10:0:-1, 20:28], atol=1e-6)


class MeanOfPatches(Network):
    """In place of a network: the mean of each patch, so that answers can be worked out."""

    label = "mean"

    def __init__(self, stride, batch=1):
        self.stride, self.batch, self.sizes = stride, batch, []

    def __call__(self, images):
        self.sizes.append(len(images))
        n, _, height, width = images.shape
        s = self.stride
        return [images[:, 0].reshape(n, height // s, s, width // s, s).mean(axis=(2, 4))[..., None]]


@pytest.fixture
def mean_network(folders, monkeypatch):
    """Makes a backbone whose features are the means of its patches, as the network sees them."""

    def make(settings="", batch=1):
        (name,) = parse_names(f"path:{folders['dinov2']}{settings}")
        backbone = pretrained.PretrainedBackbone(name, ModelFolder(folders["dinov2"]))
        network = MeanOfPatches(14, batch)
        monkeypatch.setattr(pretrained, "load_network", lambda *_: network)
        return backbone

    return make


@pytest.mark.parametrize("settings", ["", "?refine=2", "?shifts=2", "?shifts=3", "?refine=2&shifts=2"])
def test_each_cell_has_the_feature_of_the_place_where_its_centre_lies(mean_network, settings):
    """On a ramp, the mean of a patch is the value of the ramp at its centre."""
    backbone = mean_network(settings)
    ramp = np.add.outer(np.linspace(0, 0.3, 90), np.linspace(0, 0.4, 130)).astype(np.float32)
    (grid,) = backbone.grids(ramp)
    rows, cols = grid.shape
    assert grid.stride == 14 / backbone.spec.fineness
    assert (rows, cols) == tuple(-(-side * backbone.spec.fineness // 14) for side in (90, 130))
    inner = np.stack(np.meshgrid(np.arange(20, 70, 5), np.arange(20, 110, 5), indexing="ij"), -1).reshape(
        -1, 2
    )
    values = grid.sample(inner)[:, 0] * backbone.spec.std[0] + backbone.spec.mean[0]
    np.testing.assert_allclose(values, ramp[tuple(inner.T)], atol=2e-3)


def test_tiles_of_several_planes_are_computed_together(mean_network):
    backbone = mean_network(batch=4)
    planes = [np.full((28, 42), value, np.float32) for value in (0.1, 0.2, 0.3, 0.4, 0.5)]
    steps, found = run(backbone.steps(planes))
    assert backbone.network.sizes == [4, 1]
    assert [(step.done, step.total) for step in steps] == [(4, 5)]
    single = [mean_network().grids(plane)[0].array for plane in planes]
    np.testing.assert_array_equal([grids[0].array for grids in found], single)


def test_as_many_planes_at_once_as_a_batch_has_room_for(mean_network, monkeypatch):
    monkeypatch.setattr(pretrained, "usual_batch", lambda compute: 8)
    assert mean_network().planes_at_once((28, 42)) == 8
    assert mean_network("?shifts=2").planes_at_once((28, 42)) == 2
    assert mean_network("?shifts=3").planes_at_once((28, 42)) == 1


def test_equal_weights_and_settings_share_kept_features_wherever_they_lie(folders, tmp_path):
    copy = shutil.copytree(folders["dinov2"], tmp_path / "elsewhere")
    here, there = (get_backbone(f"path:{folder}") for folder in (folders["dinov2"], copy))
    assert here.identity == there.identity
    others = ("?blocks=1", "?refine=2", "?shifts=2", "?position=removed")
    assert (
        len({here.identity, *(get_backbone(f"path:{copy}{settings}").identity for settings in others)}) == 5
    )


def test_planes_of_different_size_go_into_batches_of_their_own(mean_network):
    backbone = mean_network(batch=4)
    planes = [np.zeros(shape, np.float32) for shape in ((28, 28), (28, 28), (42, 28))]
    backbone_shapes = [grids[0].shape for grids in finish(backbone.steps(planes))]
    assert backbone_shapes == [(2, 2), (2, 2), (3, 2)]
    assert backbone.network.sizes == [2, 1]


def test_work_stops_after_any_tile(mean_network, monkeypatch):
    monkeypatch.setattr(pretrained, "_TILE", 28)
    backbone = mean_network()
    work = backbone.steps([np.zeros((280, 280), np.float32)])
    step = next(work)
    work.close()
    assert (step.done, step.total, backbone.network.sizes) == (1, backbone.count_steps([(280, 280)]), [1])


def test_the_position_part_of_features_is_removed(mean_network, monkeypatch):
    """Where in the tile it is, which this network adds to each feature, is not seen any more."""

    class Placed(MeanOfPatches):
        def __call__(self, images):
            (features,) = super().__call__(images)
            return [features + np.arange(features.shape[2])[:, None] / 10]

    random = np.random.default_rng(0)
    stack = Stack(random.random((3, 70, 112)), "zyx")
    for settings, varies in (("", True), ("?position=removed", False)):
        backbone = mean_network(settings)
        monkeypatch.setattr(pretrained, "load_network", lambda *_: Placed(14))
        prepared = backbone.for_stack(stack)
        (grid,) = prepared.embed(stack.plane(0), stack.normalisation()).grids
        slope = np.polyfit(np.arange(8), grid.array.astype(float).mean(axis=(0, 2)), 1)[0]
        assert (abs(slope) > 0.05) == varies
        assert bool(prepared.measured) != varies


def test_the_position_is_measured_once_for_a_stack(mean_network, tmp_path):
    stack = Stack(np.random.default_rng(0).random((3, 70, 112)), "zyx")
    store = EmbeddingStore(tmp_path)
    first = mean_network("?position=removed")
    prepared = first.for_stack(stack, store)
    assert len(first.network.sizes) == 24
    second = mean_network("?position=removed")
    again = second.for_stack(stack, store)
    assert second.network.sizes == [] and again.identity == prepared.identity
    assert prepared.for_stack(stack) is prepared
    other = Stack(np.random.default_rng(1).random((3, 70, 112)), "zyx")
    assert mean_network("?position=removed").for_stack(other).identity != prepared.identity


def test_a_position_of_other_tiles_is_refused(mean_network):
    stack = Stack(np.random.default_rng(0).random((3, 70, 112)), "zyx")
    backbone = mean_network("?position=removed")
    prepared = backbone.for_stack(stack)
    with pytest.raises(InputError, match="planes of another size"):
        prepared.embed(np.zeros((70, 70)))


def test_tiles_of_one_patch_row_cover_everything_and_blend_without_seams(folders, monkeypatch):
    """Convolutions see little, so that tiles with a wide overlap give what the whole plane gives."""
    plane = np.random.default_rng(2).random((160, 160)).astype(np.float32)
    backbone = get_backbone(f"path:{folders['convnext']}?blocks=1")
    whole = backbone.grids(plane)[0].array.astype(np.float32)
    monkeypatch.setattr(pretrained, "_TILE", 80)
    tiled = backbone.grids(plane)[0].array.astype(np.float32)
    assert np.abs(tiled - whole).mean() < 0.02 * whole.std()


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


def test_version_follows_the_weights(folders, tmp_path, save_random_model):
    save_random_model("dinov2", tmp_path, seed=1)
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


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"patch_size": None}, "patch_size of None"),
        ({"patch_size": []}, "patch_size of"),
        ({"patch_size": [16, 8]}, "square"),
        ({"patch_size": "16"}, "patch_size of '16'"),
        ({"patch_size": 0}, "1 to 256"),
        ({"num_hidden_layers": 0}, "0 layers"),
        ({"vision_config": None, "patch_size": 500}, "1 to 256"),
    ],
)
def test_odd_configurations_are_refused_in_words(folders, tmp_path, changed, message):
    folder = shutil.copytree(folders["dinov2"], tmp_path / "odd")
    config = json.loads((folder / "config.json").read_text()) | changed
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=message):
        get_backbone(f"path:{folder}")


@pytest.mark.parametrize(
    ("mean", "wanted"), [(0.5, (0.5,) * 3), ([0.5], (0.5,) * 3), ([0.1, 0.2, 0.3], (0.1, 0.2, 0.3))]
)
def test_one_mean_may_stand_for_three(folders, tmp_path, mean, wanted):
    folder = shutil.copytree(folders["dinov2"], tmp_path / "model")
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": mean}))
    assert get_backbone(f"path:{folder}").spec.mean == wanted
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": "grey"}))
    with pytest.raises(InputError, match="three numbers"):
        ModelFolder(folder).mean_and_std  # noqa: B018


def test_weights_that_are_missing_are_not_made_up(folders, tmp_path, plane):
    folder = shutil.copytree(folders["dinov2"], tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    left = {name: tensor for name, tensor in tensors.items() if ".layer.0." not in name}
    save_file(left, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"do not fit its config\.json"):
        get_backbone(f"path:{folder}").embed(plane)


def test_a_network_without_a_feature_for_each_patch_is_refused(tmp_path, plane):
    config = transformers.ViTMAEConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=64
    )
    transformers.ViTMAEModel(config).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="one feature for each patch"):
        get_backbone(f"path:{tmp_path}").embed(plane)


def test_weights_that_were_replaced_in_their_folder_are_seen(folders, tmp_path, save_random_model, plane):
    folder = shutil.copytree(folders["dinov2"], tmp_path / "model")
    first = get_backbone(f"path:{folder}")
    save_random_model("dinov2", folder, seed=5)
    second = get_backbone(f"path:{folder}")
    assert first.spec.version != second.spec.version
    with pytest.raises(InputError, match="replaced meanwhile"):
        first.embed(plane)


def test_position_that_was_not_measured_on_a_stack_is_that_of_the_planes_given(mean_network, tmp_path):
    planes = np.random.default_rng(0).random((2, 70, 112))
    backbone, store = mean_network("?position=removed"), EmbeddingStore(tmp_path)
    finish(backbone.embedding(planes, store=store))
    alone, kept = backbone.embed(planes[0]), backbone.embed(planes[0], store=store)
    np.testing.assert_array_equal(alone.grids[0].array, kept.grids[0].array)
