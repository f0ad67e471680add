"""Writing stacks and reading them back."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import tifffile
import zarr

from patchprobe.errors import InputError
from patchprobe.io import Stack, label_classes, load_stack, save_labels, save_stack
from patchprobe.io.lazy import dask_array

SUFFIXES = [".tif", ".ome.tif", ".zarr", ".ome.zarr", ".npy"]
SIZES = {"t": (1.5, "s"), "z": (50.0, "nm"), "y": (4.0, "nm"), "x": (3.7, "nm")}
LENGTHS = {"t": 2, "z": 3, "y": 19, "x": 23, "c": 2}


def make(axes, dtype="u1", rgb=False, sized=True):
    shape = tuple(3 if rgb and a == "c" else LENGTHS[a] for a in axes)
    data = (np.arange(np.prod(shape)).reshape(shape) % 120).astype(dtype)
    spatial = axes.replace("c", "")
    return Stack(
        data,
        axes,
        tuple(SIZES[a][0] for a in spatial) if sized else (),
        tuple(SIZES[a][1] for a in spatial) if sized else (),
        name="made",
        rgb=rgb,
    )


def check_same(loaded, stack):
    assert loaded.axes == stack.axes
    assert loaded.units == stack.units
    assert loaded.voxel_size == pytest.approx(stack.voxel_size, rel=1e-6)
    assert loaded.rgb == stack.rgb
    np.testing.assert_array_equal(np.asarray(loaded.data), np.asarray(stack.data))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("axes", ["yx", "zyx", "tyx", "tzyx", "yxc", "zyxc", "tyxc", "tzyxc"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_round_trip(tmp_path, suffix, axes, dtype):
    stack = make(axes, dtype)
    path = save_stack(tmp_path / f"made{suffix}", stack)
    loaded = load_stack(path)
    check_same(loaded, stack)
    assert loaded.data.dtype == dtype
    assert loaded.name == "made"
    assert not [note for note in loaded.notes if "not name its axes" in note or "voxel size" in note]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("axes", ["yxc", "zyxc", "tzyxc"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_round_trip_of_colours(tmp_path, suffix, axes, dtype):
    stack = make(axes, dtype, rgb=True)
    loaded = load_stack(save_stack(tmp_path / f"a{suffix}", stack))
    check_same(loaded, stack)
    assert not any("rgb" in note for note in loaded.notes)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", ["?", "i1", "i2", "i4", "u4", "f2", "f8", ">u2", "i8", "u8"])
def test_round_trip_of_other_dtypes(tmp_path, suffix, dtype):
    stack = make("zyx", dtype)
    loaded = load_stack(save_stack(tmp_path / f"a{suffix}", stack))
    np.testing.assert_array_equal(np.asarray(loaded.data), stack.data)
    assert loaded.axes == "zyx"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_a_voxel_size_none_is_invented(tmp_path, suffix):
    loaded = load_stack(save_stack(tmp_path / f"a{suffix}", make("zyx", sized=False)))
    assert (loaded.voxel_size, loaded.units) == ((1, 1, 1), ("pixel",) * 3)


@pytest.mark.parametrize("suffix", [".ome.tif", ".zarr", ".npy"])
def test_names_of_channels(tmp_path, suffix):
    stack = make("zyxc")
    object.__setattr__(stack, "channel_names", ("DAPI", "GFP"))
    assert load_stack(save_stack(tmp_path / f"a{suffix}", stack)).channel_names == ("DAPI", "GFP")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i8", "?"])
def test_labels(tmp_path, suffix, dtype):
    stack = make("zyxc")
    labels = (np.arange(3 * 19 * 23).reshape(3, 19, 23) % 2).astype(dtype)
    loaded = load_stack(save_labels(tmp_path / f"a{suffix}", labels, stack))
    assert (loaded.axes, loaded.units) == ("zyx", ("nm",) * 3)
    np.testing.assert_array_equal(np.asarray(loaded.data), labels)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4"])
def test_names_and_colours_of_classes_come_back_in_their_order(tmp_path, suffix, dtype):
    classes = label_classes({2: "Zellkern & <Rand> µ", 1: "background"}, {2: "#e69f00"})
    labels = np.ones((3, 19, 23), dtype)
    loaded = load_stack(save_labels(tmp_path / f"a{suffix}", labels, make("zyx"), classes=classes))
    assert loaded.classes == classes and list(loaded.classes) == [2, 1]
    assert load_stack(save_stack(tmp_path / f"b{suffix}", make("zyx"))).classes == {}


def test_classes_in_the_words_of_ome_zarr(tmp_path):
    classes = label_classes({1: "background", 2: "membrane"}, {1: "#56b4e9", 2: "#e69f00"})
    save_labels(tmp_path / "a.zarr", np.ones((3, 19, 23), "u1"), make("zyx"), classes=classes)
    assert zarr.open_group(tmp_path / "a.zarr").attrs["ome"]["image-label"] == {
        "properties": [{"label-value": 1, "name": "background"}, {"label-value": 2, "name": "membrane"}],
        "colors": [
            {"label-value": 1, "rgba": [86, 180, 233, 255]},
            {"label-value": 2, "rgba": [230, 159, 0, 255]},
        ],
    }


def test_imagej_shows_classes_in_their_colours(tmp_path):
    classes = label_classes({2: "membrane"}, {2: "#e69f00"})
    save_labels(tmp_path / "a.tif", np.full((3, 19, 23), 2, "u1"), make("zyx"), classes=classes)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tuple(np.reshape(tif.imagej_metadata["LUTs"], (3, 256))[:, 2]) == (230, 159, 0)
        assert '"membrane"' in tif.imagej_metadata["Info"]


def test_labels_that_do_not_fit(tmp_path):
    with pytest.raises(InputError, match=r"\(3, 19, 23\)"):
        save_labels(tmp_path / "a.tif", np.zeros((3, 19, 22), int), make("zyx"))
    with pytest.raises(InputError, match="integers"):
        save_labels(tmp_path / "a.tif", np.zeros((3, 19, 23)), make("zyx"))


def test_numbers_beyond_tiff_are_refused_and_nothing_is_left(tmp_path):
    stack = make("zyx", "i8")
    stack.data[1, 1, 1] = 1 << 40
    with pytest.raises(InputError, match="zarr"):
        save_stack(tmp_path / "a.tif", stack)
    assert list(tmp_path.iterdir()) == []


def test_fiji_finds_its_own_words(tmp_path):
    save_stack(tmp_path / "a.tif", make("tzyxc"))
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.is_imagej
        meta = tif.imagej_metadata
        assert (meta["unit"], meta["spacing"], meta["finterval"]) == ("nm", 50.0, 1.5)
        assert (meta["frames"], meta["slices"], meta["channels"]) == (2, 3, 2)
        assert tif.series[0].axes == "TZCYX"
    save_stack(tmp_path / "a.ome.tif", make("zyx"))
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as tif:
        assert tif.is_ome
        assert 'PhysicalSizeZ="50.0" PhysicalSizeZUnit="nm"' in tif.ome_metadata


def test_ome_zarr_is_as_the_specification_says(tmp_path):
    save_stack(tmp_path / "a.ome.zarr", make("tzyxc"))
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    assert group.metadata.zarr_format == 3
    ome = group.attrs["ome"]
    assert ome["version"] == "0.5"
    (multiscale,) = ome["multiscales"]
    assert [axis["name"] for axis in multiscale["axes"]] == list("tczyx")
    assert [axis["type"] for axis in multiscale["axes"]] == ["time", "channel", "space", "space", "space"]
    (dataset,) = multiscale["datasets"]
    assert dataset["coordinateTransformations"] == [{"type": "scale", "scale": [1.5, 1.0, 50.0, 4.0, 3.7]}]
    assert group["0"].shape == (2, 2, 3, 19, 23)
    assert group["0"].chunks == (1, 1, 1, 19, 23)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_progress_and_stopping_keep_what_was_there(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    stack = make("zyx")
    calls = []
    save_stack(path, stack, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    before = sorted(tmp_path.rglob("*"))

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_stack(path, make("tzyx"), stop)
    assert sorted(tmp_path.rglob("*")) == before
    check_same(load_stack(path), stack)
    save_stack(path, make("tzyx"))
    assert load_stack(path).axes == "tzyx"
    assert len(list(tmp_path.iterdir())) == (2 if suffix == ".npy" else 1)


def test_planes_are_written_one_by_one(tmp_path):
    """No more than one plane of a lazy stack is asked for at a time."""

    class Planes:
        shape, dtype, ndim = (40, 16, 16), np.dtype("u1"), 3

        def __getitem__(self, key):
            assert isinstance(key, tuple)
            assert isinstance(key[0], int)
            return np.full((16, 16), key[0], np.uint8)

    for suffix in SUFFIXES:
        loaded = load_stack(save_stack(tmp_path / f"a{suffix}", Stack(Planes(), "zyx")))
        assert loaded.plane(39).max() == 39


@pytest.mark.parametrize("axes", ["yx", "zyx", "tzyxc"])
def test_planes_in_tiles_are_written_tile_by_tile(tmp_path, monkeypatch, axes):
    monkeypatch.setattr("patchprobe.io.save_zarr._TILE_EDGE", 8)
    stack = make(axes)
    asked = []

    class Source:
        shape, ndim, dtype = stack.data.shape, stack.data.ndim, stack.data.dtype

        def __getitem__(self, key):
            asked.append(max(part.stop - part.start for part in key[-3:] if isinstance(part, slice)))
            return stack.data[key]

    chunks = tuple({"y": 8, "x": 8, "c": 2}.get(letter, 1) for letter in axes)
    tiled = replace(stack, data=dask_array(Source(), chunks))
    seen = []
    save_stack(tmp_path / "a.ome.zarr", tiled, lambda done, total: seen.append((done, total)))
    check_same(load_stack(tmp_path / "a.ome.zarr"), stack)
    assert max(asked) <= 8
    assert seen == [(i + 1, stack.n_planes) for i in range(stack.n_planes)]


def test_a_loaded_stack_can_replace_its_own_file(tmp_path):
    for suffix in SUFFIXES:
        path = save_stack(tmp_path / f"a{suffix}", make("zyx"))
        save_stack(path, load_stack(path))
        check_same(load_stack(path), make("zyx"))


def test_sidecar_is_plain_json(tmp_path):
    save_stack(tmp_path / "a.npy", make("tyx"))
    about = json.loads((tmp_path / "a.npy.json").read_text(encoding="utf-8"))
    assert about["axes"] == "tyx"
    assert about["patchprobe_stack"] == 1
    (tmp_path / "a.npy.json").write_text("{")
    with pytest.raises(InputError, match=r"a\.npy"):
        load_stack(tmp_path / "a.npy")


@pytest.mark.parametrize("name", ["a.png", "a", "a.h5", "missing/a.tif"])
def test_unusable_names(tmp_path, name):
    with pytest.raises(InputError, match=r"written|no folder"):
        save_stack(tmp_path / name, make("zyx"))


def test_a_folder_with_other_things_is_not_replaced(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="not replaced"):
        save_stack(tmp_path / "a.zarr", make("zyx"))
    assert (tmp_path / "a.zarr" / "thesis.txt").exists()
