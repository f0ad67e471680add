"""One small file for a head: exact, readable without running code, never half written."""

import json
import os

import numpy as np
import pytest
from safetensors import safe_open

from patchprobe.errors import InputError
from patchprobe.probe.storage import read_head, write_head

TENSORS = {"coef.0": np.array([[1.5, -2], [np.pi, 0]], np.float32), "intercept": np.zeros(2, np.float32)}


def test_what_is_written_is_read(tmp_path):
    path = write_head(tmp_path / "a.safetensors", "kind", {"classes": [1, 2], "name": "Zellkörper"}, TENSORS)
    card, tensors = read_head(path, "kind")
    assert card == {"classes": [1, 2], "name": "Zellkörper"}
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(tensors[name], tensor)


def test_any_memory_layout_is_kept(tmp_path):
    turned = np.arange(6, dtype=np.float32).reshape(2, 3).T
    _, tensors = read_head(write_head(tmp_path / "a", "kind", {}, {"x": turned}), "kind")
    np.testing.assert_array_equal(tensors["x"], turned)


def test_a_suffix_is_added_only_where_there_is_none(tmp_path):
    assert write_head(tmp_path / "a", "kind", {}, TENSORS).name == "a.safetensors"
    assert write_head(tmp_path / "a.probe", "kind", {}, TENSORS).name == "a.probe"


def test_the_file_is_plain_safetensors_and_json(tmp_path):
    path = write_head(tmp_path / "a", "kind", {"C": 1.0}, TENSORS)
    with safe_open(path, framework="numpy") as file:
        assert json.loads(file.metadata()["card"]) == {"C": 1.0}
    header = path.read_bytes()
    assert int.from_bytes(header[:8], "little") < len(header)
    assert header[8:9] == b"{"


def test_nothing_is_left_beside_it(tmp_path):
    path = write_head(tmp_path / "a", "kind", {}, TENSORS)
    write_head(path, "kind", {"again": True}, TENSORS)
    assert [file.name for file in tmp_path.iterdir()] == ["a.safetensors"]
    assert read_head(path, "kind")[0] == {"again": True}


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = write_head(tmp_path / "a", "kind", {}, TENSORS)

    def no_space(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr("patchprobe.io.replace_file.os.replace", no_space)
    with pytest.raises(InputError, match="No space left"):
        write_head(path, "kind", {"new": True}, TENSORS)
    assert read_head(path, "kind")[0] == {}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")
def test_others_may_read_the_file_as_any_other(tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    path = write_head(tmp_path / "a", "kind", {}, TENSORS)
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="There is no folder"):
        write_head(tmp_path / "none" / "a", "kind", {}, TENSORS)


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"\xff" * 64, "cut"])
def test_damaged_files_are_named(tmp_path, content):
    path = write_head(tmp_path / "a", "kind", {}, TENSORS)
    path.write_bytes(path.read_bytes()[:-3] if content == "cut" else content)
    with pytest.raises(InputError, match="damaged or not a saved kind"):
        read_head(path, "kind")


def test_missing_files_and_other_kinds_are_named(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_head(tmp_path / "none", "kind")
    with pytest.raises(InputError, match="holds 'kind', not a other kind"):
        read_head(write_head(tmp_path / "a", "kind", {}, TENSORS), "other kind")
