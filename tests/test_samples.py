"""The samples of the menu File → Open Sample."""

from __future__ import annotations

import inspect

import npe2
import numpy as np
import pytest

from patchprobe import _samples, datasets, synthetic
from patchprobe.errors import InputError

EVERY = npe2.PluginManifest.from_distribution("patchprobe").contributions.sample_data
PUBLIC = [spec.name.replace("-", "_") for spec in datasets.list_datasets()]
SAMPLES = [sample for sample in EVERY if sample.key not in PUBLIC]
COLOURED = ("mri", "histology", "atlas")


def provider(key):
    return getattr(_samples, key)


def test_every_modality_and_the_serial_sections_are_in_the_menu():
    assert [sample.key for sample in SAMPLES] == ["em_membranes", "em_displaced", *synthetic.MODALITIES]
    made = [
        n for n, f in inspect.getmembers(_samples, inspect.isfunction) if f.__module__ == _samples.__name__
    ]
    assert {name for name in made if not name.startswith("_")} == {sample.key for sample in EVERY}
    assert [sample.key for sample in EVERY if sample.key in PUBLIC] == PUBLIC


def test_names_in_the_menu_differ_and_read_well():
    names = [sample.display_name for sample in EVERY]
    assert len(set(names)) == len(names)
    assert all(" " in name and "_" not in name for name in names)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_each_gives_an_image_and_its_truth_with_axes_and_scale(sample):
    (image, about_image, kind), (truth, about_truth, truth_kind) = provider(sample.key)()
    assert (kind, truth_kind) == ("image", "labels")
    assert about_image["rgb"] is (sample.key in COLOURED)
    assert image.shape[:3] == truth.shape
    assert truth.dtype.kind == "u"
    assert about_image["axis_labels"] == (("t" if sample.key == "tracking" else "z"), "y", "x")
    for key in ("scale", "units", "axis_labels"):
        assert about_image[key] == about_truth[key]
    assert "pixel" not in about_image["units"]
    assert about_image["name"] in sample.display_name
    assert about_truth["name"] == f"{about_image['name']}: truth"
    assert (about_image.get("visible", True), about_truth["visible"]) == (True, False)


def test_sections_to_paint_are_undisturbed_and_those_to_align_are_not():
    still, displaced = provider("em_membranes")()[0][0], provider("em_displaced")()[0][0]
    assert all(plane.std() > 10 for plane in still)
    assert [plane.max() == 0 for plane in displaced].count(True) == 1
    np.testing.assert_array_equal(np.unique(provider("em_membranes")()[1][0]), [1, 2])


@pytest.mark.parametrize("key", PUBLIC)
def test_public_data_sets_say_size_and_licence_and_download_nothing(tmp_path, monkeypatch, key):
    monkeypatch.setenv("PATCHPROBE_DATASETS", str(tmp_path))
    with pytest.raises(InputError, match=r"is not on this computer.*Size: .*Licence: .*To get it: "):
        provider(key)()
    assert list(tmp_path.iterdir()) == []


def test_public_data_sets_open_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("PATCHPROBE_DATASETS", str(tmp_path))
    datasets.miniature("neurofinder", tmp_path / "neurofinder", 48)
    (_, image, kind), (_, truth, truth_kind) = provider("neurofinder")()
    assert (kind, truth_kind) == ("image", "labels")
    assert (image["name"], truth["name"]) == ("Neurofinder", "Neurofinder: truth")
