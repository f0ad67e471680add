"""What holds for every data set."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from patchprobe import datasets
from patchprobe.errors import InputError

NAMES = tuple(spec.name for spec in datasets.list_datasets())
WITH_TRUTH = {
    "cremi": 8,
    "snemi3d": 6,
    "neurofinder": 16,
    "cell-tracking": 2,
    "allen-mouse": 3,
    "ixi": 3,
    "oasis3": 5,
    "tcga": 2,
}


def fingerprint(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@pytest.mark.parametrize("name", NAMES)
def test_specs_say_everything(name):
    spec = datasets.get_dataset(name)
    for text in (
        spec.title,
        spec.summary,
        spec.licence,
        spec.citation,
        spec.size,
        spec.homepage,
        spec.access,
    ):
        assert len(text) > 2
    assert spec.homepage.startswith("https://")
    assert len(spec.layout.splitlines()) > 1
    for file in spec.files:
        assert file.checksum is None or len(file.checksum.partition(":")[2]) in (32, 64)
    assert set(spec.default_parts) <= set(spec.parts)


def test_names_are_taken_however_they_are_spelt():
    assert datasets.get_dataset("Cell_Tracking").name == "cell-tracking"
    assert datasets.get_dataset("OASIS-3").name == "oasis3"
    with pytest.raises(InputError, match=r"no data set 'kremi'\. Use one of cremi, snemi3d"):
        datasets.get_dataset("kremi")


@pytest.mark.parametrize("name", NAMES)
def test_each_folder_is_recognised_as_what_it_is(folders, name):
    assert datasets.recognise(folders[name]) == name
    others = [other for other in NAMES if other != name and datasets.items(other, folders[name])]
    assert others == []


@pytest.mark.parametrize("name", NAMES)
def test_each_opens_lazily_with_truth_axes_and_size(folders, name):
    stack = datasets.load(name, folders[name])
    assert not isinstance(stack.data, np.ndarray) or isinstance(stack.data, np.memmap)
    assert "pixel" not in stack.units
    labels = stack.label_plane(stack.n_planes // 2)
    assert labels.shape == stack.plane_shape
    assert np.dtype(stack.labels.dtype).kind in "iu"
    assert len(np.unique(labels)) >= WITH_TRUTH[name]
    assert Path(stack.source).exists()


@pytest.mark.parametrize("name", NAMES)
def test_open_path_gives_the_same(folders, name):
    ours, theirs = datasets.open_path(folders[name]), datasets.load(name, folders[name])
    np.testing.assert_array_equal(ours.plane(0), theirs.plane(0))
    assert ours.labels is not None


@pytest.mark.parametrize("name", NAMES)
def test_every_item_opens_by_its_name(folders, name):
    found = datasets.items(name, folders[name])
    for item in found:
        assert datasets.load(name, folders[name], item).plane(0).size
    with pytest.raises(InputError, match=r"holds no item 'nothing'.*choose one of these"):
        datasets.load(name, folders[name], "nothing")
    if len(found) > 1:
        assert found[1] in datasets.load(name, folders[name]).notes[-1]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_another_set_is_named(folders, name):
    other = "ixi" if name != "ixi" else "cremi"
    with pytest.raises(InputError, match=f"looks like the data set '{other}'") as refused:
        datasets.load(name, folders[other])
    assert datasets.get_dataset(name).layout in str(refused.value)


def test_what_is_half_downloaded_or_packed_is_named(tmp_path):
    with pytest.raises(InputError, match="no file or folder"):
        datasets.load("cremi", tmp_path / "absent")
    with pytest.raises(InputError, match=r"not laid out as CREMI\. Wanted"):
        datasets.load("cremi", tmp_path)
    (tmp_path / "neurofinder.00.00.zip").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"neurofinder\.00\.00\.zip, which is still packed"):
        datasets.load("neurofinder", tmp_path)
    (tmp_path / "neurofinder.00.00.zip.part").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"not complete\. 'patchprobe datasets get neurofinder --to"):
        datasets.load("neurofinder", tmp_path)


def test_other_files_and_folders_are_left_to_load_stack(tmp_path, em_stack):
    from patchprobe.io import save_stack

    save_stack(tmp_path / "em.ome.tif", em_stack)
    assert datasets.recognise(tmp_path) is None
    assert datasets.recognise(tmp_path / "em.ome.tif") is None
    assert datasets.recognise(tmp_path / "absent") is None
    assert datasets.open_path(tmp_path / "em.ome.tif").shape == em_stack.shape


@pytest.mark.parametrize("name", ["neurofinder", "cell-tracking", "tcga"])
def test_miniatures_are_equal_for_equal_seeds(folders, name, tmp_path):
    again = datasets.miniature(name, tmp_path / "again", 64)
    other = datasets.miniature(name, tmp_path / "other", 64, seed=5)
    assert fingerprint(again).keys() == fingerprint(folders[name]).keys()
    ours, theirs = fingerprint(again), fingerprint(folders[name])
    # gzip writes the time of day.
    assert [path for path in ours if not path.endswith(".gz") and ours[path] != theirs[path]] == []
    first = datasets.load(name, again).plane(0)
    np.testing.assert_array_equal(first, datasets.load(name, folders[name]).plane(0))
    assert not np.array_equal(first, datasets.load(name, other).plane(0))


def test_miniatures_refuse_sizes_that_show_nothing(tmp_path):
    with pytest.raises(InputError, match="at least 32 px"):
        datasets.miniature("cremi", tmp_path, 8)


def test_a_missing_package_is_told(folders, monkeypatch, tmp_path):
    for module in ("pydicom", "openslide", "nrrd", "pooch"):
        monkeypatch.setitem(sys.modules, module, None)
    shutil.copytree(folders["tcga"], tmp_path / "tcga")
    series = next((tmp_path / "tcga").rglob("*.dcm")).parent
    with pytest.raises(InputError, match=r"pydicom.*patchprobe\[datasets\]"):
        datasets.open_path(series)
    with pytest.raises(InputError, match=r"pynrrd.*patchprobe\[datasets\]"):
        datasets.open_path(folders["allen-mouse"])
    with pytest.raises(InputError, match=r"pooch.*patchprobe\[datasets\]"):
        datasets.download("cremi", tmp_path)


def test_importing_pulls_in_no_optional_package():
    code = (
        "import sys, patchprobe.datasets as d; d.list_datasets();"
        "print(sorted({'nibabel', 'openslide', 'nrrd', 'pooch', 'torch', 'napari'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
