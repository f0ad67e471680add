"""napari's layer data and reader, without napari."""

from __future__ import annotations

import subprocess
import sys

import h5py
import imageio.v3 as iio
import nibabel as nib
import numpy as np
import pytest
import tifffile
import zarr

from patchprobe._layer_data import labels_layer_data, layer_data
from patchprobe._reader import get_reader
from patchprobe.errors import InputError
from patchprobe.io import LabelClass, Stack
from patchprobe.io.label_classes import from_json

DATA = np.arange(3 * 20 * 24, dtype=np.uint16).reshape(3, 20, 24)


def test_grey_levels_with_labels():
    stack = Stack(
        DATA, "zyx", (50, 4, 4), ("nm",) * 3, name="em", labels=DATA > 5, source="em.tif", notes=("Guessed.",)
    )
    (image, about, kind), (labels, about_labels, kind_labels) = layer_data(stack)
    assert (image is DATA, kind, kind_labels) == (True, "image", "labels")
    assert about["name"] == "em"
    assert about["scale"] == about_labels["scale"] == (50, 4, 4)
    assert about["units"] == about_labels["units"] == ("nm",) * 3
    assert about["axis_labels"] == ("z", "y", "x")
    assert about["rgb"] is False
    assert about["contrast_limits"] == (0, 1439)
    assert about["metadata"]["patchprobe"]["source"] == "em.tif"
    assert about["metadata"]["patchprobe"]["notes"] == ["Guessed."]
    assert labels.dtype == np.uint8
    assert "rgb" not in about_labels


def test_colours_have_no_scale_of_their_own():
    ((_, about, _),) = layer_data(Stack(np.zeros((2, 9, 9, 3), np.uint8), "zyxc", rgb=True))
    assert (about["rgb"], about["scale"], about["axis_labels"]) == (True, (1, 1, 1), ("z", "y", "x"))
    assert "contrast_limits" not in about


def test_a_layer_for_each_channel():
    stack = Stack(np.stack([DATA, DATA + 1], -1), "zyxc", name="a", channel_names=("DAPI", "GFP"))
    layers = layer_data(stack)
    assert [about["name"] for _, about, _ in layers] == ["a [DAPI]", "a [GFP]"]
    assert [about["metadata"]["patchprobe"]["channel"] for _, about, _ in layers] == [0, 1]
    np.testing.assert_array_equal(layers[1][0], DATA + 1)


@pytest.mark.parametrize("value", [0, np.nan])
def test_constant_and_empty_planes_leave_the_contrast_to_napari(value):
    ((_, about, _),) = layer_data(Stack(np.full((2, 9, 9), value, np.float32), "zyx"))
    assert "contrast_limits" not in about


def test_labels_of_a_prediction():
    data, about, kind = labels_layer_data(Stack(DATA, "zyx"), DATA, "prediction")
    assert (data is DATA, about["name"], kind) == (True, "prediction", "labels")


def test_a_label_image_that_knows_its_classes_is_opened_as_labels():
    classes = {2: LabelClass("cell", "#ff0000"), 1: LabelClass("rest", "#00ff00")}
    ((data, about, kind),) = layer_data(Stack(DATA, "zyx", name="a labels", classes=classes))
    assert kind == "labels" and about["name"] == "a labels"
    assert about["features"] == {"index": [0, 2, 1], "class": ["none", "cell", "rest"]}
    assert about["colormap"][2] == "#ff0000"
    assert from_json(about["metadata"]["patchprobe"]["classes"]) == classes
    layer = pytest.importorskip("napari.layers").Labels(data, **about)
    np.testing.assert_allclose(layer.colormap.map(2), (1, 0, 0, 1))


def test_napari_takes_the_arguments():
    layers = pytest.importorskip("napari.layers")
    stack = Stack(DATA, "tyx", (1.5, 4, 4), ("s", "nm", "nm"), labels=DATA.astype(np.uint8))
    (image, about, _), (labels, about_labels, _) = layer_data(stack)
    layer = layers.Image(image, **about)
    assert [str(unit) for unit in layer.units] == ["second", "nanometer", "nanometer"]
    assert layer.axis_labels == ("t", "y", "x")
    assert layers.Labels(labels, **about_labels).units == layer.units


@pytest.fixture
def files(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["raw"] = DATA
    nib.save(nib.Nifti1Image(DATA.astype(np.int16), np.eye(4)), tmp_path / "a.nii.gz")
    zarr.create_array(tmp_path / "a.zarr", shape=DATA.shape, dtype="u2")
    np.save(tmp_path / "a.npy", DATA)
    tifffile.imwrite(tmp_path / "a.tif", DATA, photometric="minisblack")
    (tmp_path / "planes").mkdir()
    for i in range(3):
        iio.imwrite(tmp_path / "planes" / f"z{i}.png", DATA[i].astype(np.uint8))
    (tmp_path / "text").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", ["a.h5", "a.nii.gz", "a.zarr", "planes"])
def test_reads_what_napari_does_not(files, name):
    path = str(files / name)
    read = get_reader(path)
    assert read is not None
    ((data, about, kind),) = read(path)
    assert (kind, len(about["scale"]), data.ndim) == ("image", 3, 3)


@pytest.mark.parametrize("name", ["a.npy", "a.tif", "text", "missing.h5", "missing.zarr", "."])
def test_leaves_the_rest_to_napari(files, name):
    assert get_reader(str(files / name)) is None


def test_several_paths_are_left_to_napari(files):
    assert get_reader([str(files / "a.h5"), str(files / "a.h5")]) is None


def test_an_unreadable_file_is_said_when_it_is_read(files):
    (files / "b.h5").write_bytes(b"text")
    read = get_reader(str(files / "b.h5"))
    assert read is not None
    with pytest.raises(InputError, match="text file"):
        read(str(files / "b.h5"))


def test_neither_napari_nor_qt_is_imported():
    code = "import patchprobe._reader, sys; print({'napari', 'qtpy', 'torch'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
