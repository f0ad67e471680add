"""The shipped samples are what the committed script makes, to the last pixel."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from patchprobe import load_stack

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "sample_data"
NAMES = sorted(path.name for path in SHIPPED.iterdir() if path.suffix != ".md")
IMAGES = [name for name in NAMES if f"{Path(name).stem}_truth.tif" in NAMES]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location(
        "make_sample_data", ROOT / "scripts" / "make_sample_data.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(script, tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    script.write_all(folder)
    return folder


def test_the_script_makes_these_files_and_no_others(made):
    assert sorted(path.name for path in made.iterdir()) == NAMES


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".tif")])
def test_stacks_are_equal_to_the_last_pixel(made, name):
    shipped, new = load_stack(SHIPPED / name), load_stack(made / name)
    assert np.asarray(shipped.data).dtype == np.asarray(new.data).dtype
    np.testing.assert_array_equal(np.asarray(shipped.data), np.asarray(new.data))
    assert (shipped.axes, shipped.units) == (new.axes, new.units)
    np.testing.assert_allclose(shipped.voxel_size, new.voxel_size, rtol=1e-12)
    assert not shipped.notes


def test_displacements_are_equal(made):
    shipped, new = (
        json.loads((folder / "sections_truth.json").read_text("utf-8")) for folder in (SHIPPED, made)
    )
    np.testing.assert_allclose(shipped.pop("transforms"), new.pop("transforms"), rtol=0, atol=1e-12)
    assert shipped == new
    assert (shipped["fold"], shipped["missing"]) == (1, 3)


def test_every_modality_is_there_with_its_truth(script):
    assert sorted(IMAGES) == sorted([*(f"{name}.tif" for name in script.PLANES), "sections.tif"])
    for name in IMAGES:
        image, truth = load_stack(SHIPPED / name), load_stack(SHIPPED / f"{Path(name).stem}_truth.tif")
        assert truth.shape == image.shape[:3]
        np.testing.assert_allclose(truth.voxel_size, image.voxel_size)
        assert truth.units == image.units


@pytest.mark.parametrize("name", ["em", "sections"])
def test_strokes_are_on_the_first_plane_and_in_their_class(name):
    strokes = np.asarray(load_stack(SHIPPED / f"{name}_strokes.tif").data)
    truth = np.asarray(load_stack(SHIPPED / f"{name}_truth.tif").data)
    assert set(np.unique(strokes[0])) == {0, 1, 2}
    assert not strokes[1:].any()
    np.testing.assert_array_equal(strokes[strokes > 0], truth[strokes > 0])


def test_they_stay_small():
    assert sum((SHIPPED / name).stat().st_size for name in NAMES) < 600_000


def test_the_readme_names_every_image():
    text = (SHIPPED / "README.md").read_text("utf-8")
    assert all(f"`{name}`" in text for name in IMAGES)
