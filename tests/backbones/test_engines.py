"""What computes networks: each engine gives what PyTorch gives in single precision."""

import sys

import numpy as np
import pytest

from patchprobe.backbones.engines import choice, load_network
from patchprobe.backbones.engines.choice import chosen_engine
from patchprobe.backbones.engines.kept import KeptNetworks
from patchprobe.backbones.model_folder import ModelFolder
from patchprobe.compute import Compute
from patchprobe.errors import InputError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

from patchprobe.backbones.engines import openvino_network, torch_network  # noqa: E402
from patchprobe.backbones.engines.openvino_network import OpenVINONetwork, import_openvino  # noqa: E402
from patchprobe.backbones.engines.torch_network import TorchNetwork  # noqa: E402

SINGLE = Compute(engine="torch", precision="single")


@pytest.fixture
def openvino():
    return pytest.importorskip("openvino", reason="OpenVINO is not installed")


@pytest.fixture
def kept(tmp_path):
    return KeptNetworks(tmp_path / "networks")


def images(folder, size, count=1):
    """Random images of about `size`, whole patches, and the default block of a model."""
    block = folder.default_block
    side = folder.stride(block)
    shape = (count, 3, *(length // side * side for length in size))
    return np.random.default_rng(3).normal(size=shape).astype(np.float32), (block,)


def least_cosine(a, b):
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return ((a * b).sum(axis=-1) / norms).min()


# One network is used for both sizes, so that a change of the size of images is part of it.
SIZES = ((64, 64), (96, 160))


def test_bfloat16_keeps_the_direction_of_every_token(folders, architecture, monkeypatch):
    folder = ModelFolder(folders[architecture])
    monkeypatch.setattr(torch_network, "has_bfloat16", lambda torch: True)
    exact = lowered = None
    for size in SIZES:
        batch, blocks = images(folder, size)
        exact = exact or TorchNetwork(folder, blocks, SINGLE)
        lowered = lowered or TorchNetwork(folder, blocks)
        assert least_cosine(exact(batch)[0], lowered(batch)[0]) > 0.999
    assert "bfloat16" in lowered.label and "float32" in exact.label


@pytest.mark.parametrize("precision", ["auto", "single"])
def test_openvino_keeps_the_direction_of_every_token(folders, architecture, openvino, kept, precision):
    folder = ModelFolder(folders[architecture])
    network = None
    for size in SIZES:
        batch, blocks = images(folder, size, count=2)
        network = network or OpenVINONetwork(folder, blocks, Compute(precision=precision), kept)
        exact = TorchNetwork(folder, blocks, SINGLE)(batch)
        given = network(batch)
        assert least_cosine(exact[0], given[0]) > 0.999
        assert given[0].dtype == np.float32
    assert "OpenVINO" in network.label and not network.note


def test_a_network_is_converted_once(folders, openvino, kept, monkeypatch):
    folder = ModelFolder(folders["dinov2"])
    batch, blocks = images(folder, (56, 56))
    first = OpenVINONetwork(folder, blocks, kept=kept)(batch)
    assert kept.contents()[0] == 1
    monkeypatch.setattr(openvino_network, "load_tapped", lambda *_: pytest.fail("converted again"))
    np.testing.assert_allclose(OpenVINONetwork(folder, blocks, kept=kept)(batch), first, rtol=1e-5, atol=1e-5)


def test_a_damaged_conversion_is_made_again(folders, openvino, kept):
    folder = ModelFolder(folders["dinov2"])
    batch, blocks = images(folder, (56, 56))
    first = OpenVINONetwork(folder, blocks, kept=kept)(batch)
    (file,) = kept.folder.glob("*/*.xml")
    file.write_text("<net")
    np.testing.assert_allclose(OpenVINONetwork(folder, blocks, kept=kept)(batch), first, rtol=1e-5, atol=1e-5)


def test_what_openvino_computes_otherwise_pytorch_computes(folders, openvino, kept, monkeypatch):
    folder = ModelFolder(folders["dinov2"])
    batch, blocks = images(folder, (56, 56))
    monkeypatch.setattr(openvino_network, "_least_cosine", lambda *_: 0.9)
    network = OpenVINONetwork(folder, blocks, Compute(precision="single"), kept)
    np.testing.assert_allclose(
        network(batch), TorchNetwork(folder, blocks, SINGLE)(batch), rtol=1e-4, atol=1e-4
    )
    assert "PyTorch" in network.label and "cosine 0.9000" in network.note
    assert kept.contents() == (0, 0)


def test_openvino_is_imported_without_its_reports(openvino, monkeypatch):
    monkeypatch.delitem(sys.modules, "openvino_telemetry", raising=False)
    import_openvino()
    assert "openvino_telemetry" not in sys.modules


def test_converted_networks_go_when_they_were_not_used_for_longest(tmp_path):
    kept = KeptNetworks(tmp_path, max_bytes=25)
    for name in "abc":
        kept.keep(kept.place((name,)), lambda folder: (folder / "network.bin").write_bytes(b"x" * 10))
    assert kept.contents() == (2, 20)
    assert kept.clear() == 20
    assert kept.contents() == (0, 0)


class OutOfMemory(torch.nn.Module):
    """A network that takes two images at a time and no more."""

    def __init__(self, most):
        super().__init__()
        self.most = most

    def forward(self, batch):
        if len(batch) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return (batch.mean(dim=1)[..., None],)


@pytest.fixture
def small_card(folders, monkeypatch):
    """Makes a network with a batch of eight whose memory takes fewer."""

    def make(most):
        monkeypatch.setattr(torch_network, "load_tapped", lambda *_: OutOfMemory(most))
        network = TorchNetwork(ModelFolder(folders["dinov2"]), (1,), SINGLE)
        network.batch = 8
        return network

    return make


def test_a_batch_that_does_not_fit_is_halved_and_that_is_said(small_card):
    network = small_card(most=2)
    batch = np.random.default_rng(0).random((11, 3, 4, 4), dtype=np.float32)
    (features,) = network(batch)
    np.testing.assert_allclose(features[..., 0], batch.mean(axis=1), rtol=1e-6)
    assert network.batch == 2 and "2 tiles at a time" in network.note


def test_a_single_image_that_does_not_fit_is_refused_in_words(small_card):
    with pytest.raises(InputError, match="smaller network"):
        small_card(most=0)(np.zeros((1, 3, 4, 4), np.float32))


def test_other_errors_of_pytorch_are_not_taken_for_a_lack_of_memory(small_card):
    network = small_card(most=8)
    network._module.most = None
    with pytest.raises(TypeError):
        network(np.zeros((1, 3, 4, 4), np.float32))


def test_the_fastest_engine_that_is_installed_is_chosen(monkeypatch):
    monkeypatch.setattr(choice, "_has_card", lambda: False)
    monkeypatch.setattr(choice, "find_spec", lambda name: name)
    assert chosen_engine(Compute()) == "openvino"
    assert chosen_engine(Compute(engine="torch")) == "torch"
    assert chosen_engine(Compute(device="cuda")) == "torch"
    monkeypatch.setattr(choice, "_has_card", lambda: True)
    assert chosen_engine(Compute()) == "torch"
    assert chosen_engine(Compute(device="cpu")) == "openvino"


def test_a_card_computes_several_tiles_at_once(monkeypatch):
    monkeypatch.setattr(choice, "_has_card", lambda: True)
    assert choice.usual_batch(Compute(engine="torch")) == 8
    assert choice.usual_batch(Compute(engine="torch", device="cpu")) == 1
    monkeypatch.setattr(choice, "_has_card", lambda: False)
    assert choice.usual_batch(Compute()) == 1


def test_an_engine_that_is_not_installed_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"patchprobe\[fast\]"):
        chosen_engine(Compute(engine="openvino"))
    assert chosen_engine(Compute(device="cpu")) == "torch"


def test_a_device_that_is_not_there_is_refused_in_words(folders):
    if torch.cuda.is_available():
        pytest.skip("there is such a device here")
    with pytest.raises(InputError, match="no device 'cuda'"):
        TorchNetwork(ModelFolder(folders["dinov2"]), (1,), Compute(device="cuda"))


def test_equal_wishes_share_one_network(folders):
    folder = ModelFolder(folders["dinov2"])
    first, second = (load_network(folder, folder.version, (1,), SINGLE) for _ in range(2))
    assert first is second


def test_features_that_are_no_numbers_are_no_match():
    none = np.full((1, 2, 2, 3), np.nan, np.float32)
    assert openvino_network._least_cosine([none], [np.ones_like(none)]) == -1


def test_threads_are_bounded(folders):
    before = torch.get_num_threads()
    folder = ModelFolder(folders["dinov2"])
    batch, blocks = images(folder, (56, 56))
    try:
        TorchNetwork(folder, blocks, Compute(engine="torch", threads=1))(batch)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
