"""Every image of a folder is predicted; bad ones are named, finished ones passed over."""

import json
import os
from itertools import takewhile

import numpy as np
import pytest

from patchprobe import LinearProbe, embed, load_stack
from patchprobe.errors import InputError
from patchprobe.folder_prediction import ImageDone, apply_to_folder, find_images
from patchprobe.io import save_stack
from patchprobe.prediction import predict_stack
from patchprobe.steps import finish


@pytest.fixture
def probe(em_stack):
    labels = np.zeros_like(em_stack.labels[0])
    labels[5::10] = em_stack.labels[0, 5::10]
    return LinearProbe(C=1.0).fit(embed(em_stack.plane(0)), labels)


@pytest.fixture
def folder(em_stack, tmp_path):
    """Two stacks, a single plane, a file that is damaged, and things that are no images."""
    images = tmp_path / "images"
    images.mkdir()
    save_stack(images / "a.ome.tif", em_stack)
    save_stack(images / "b.ome.zarr", em_stack)
    np.save(images / "plane.npy", em_stack.plane(1))
    (images / "damaged.tif").write_bytes(b"II*\0 and then nothing")
    (images / "notes.txt").write_text("no image")
    (images / ".hidden.tif").write_bytes(b"")
    (images / "deeper").mkdir()
    return images


def names(results, what):
    return [result.path.name for result in results if what(result)]


def test_images_of_a_folder(folder):
    assert [path.name for path in find_images(folder)] == [
        "a.ome.tif",
        "b.ome.zarr",
        "damaged.tif",
        "plane.npy",
    ]
    assert [path.name for path in find_images(folder, "*.npy")] == ["plane.npy"]
    with pytest.raises(InputError, match=r"no image.*named \*\.png"):
        find_images(folder, "*.png")
    with pytest.raises(InputError, match="no folder"):
        find_images(folder / "missing")


def test_each_is_predicted_as_if_alone_and_the_bad_one_is_named(folder, probe, tmp_path):
    results = finish(apply_to_folder(folder, probe, tmp_path / "out"))
    assert names(results, lambda r: r.error) == ["damaged.tif"]
    assert "damaged" in results[2].error
    for name in ("a", "b"):
        written = load_stack(tmp_path / "out" / f"{name}_prediction.ome.tif")
        expected = predict_stack(load_stack(folder / "a.ome.tif"), probe)
        for plane in range(3):
            np.testing.assert_array_equal(written.plane(plane), expected.plane(plane))
    assert load_stack(tmp_path / "out" / "plane_prediction.ome.tif").axes == "yx"


def test_what_is_finished_is_passed_over_unless_image_or_probe_changed(folder, probe, tmp_path):
    out = tmp_path / "out"
    finish(apply_to_folder(folder, probe, out))
    again = finish(apply_to_folder(folder, probe, out))
    assert names(again, lambda r: r.skipped) == ["a.ome.tif", "b.ome.zarr", "plane.npy"]
    os.utime(folder / "plane.npy")
    (out / "a_prediction.ome.tif").unlink()
    again = finish(apply_to_folder(folder, probe, out))
    assert names(again, lambda r: r.skipped) == ["b.ome.zarr"]
    probe.class_names = {1: "cell"}
    assert not names(finish(apply_to_folder(folder, probe, out)), lambda r: r.skipped)
    assert not names(finish(apply_to_folder(folder, probe, out, restart=True)), lambda r: r.skipped)


def test_a_stop_keeps_the_planes_that_are_finished(folder, probe, tmp_path):
    out = tmp_path / "out"
    run = apply_to_folder(folder, probe, out, "a*")
    assert len(list(takewhile(lambda step: step.plane.done < 2, run))) == 2
    run.close()
    steps = list(apply_to_folder(folder, probe, out, "a*"))
    assert "2 of 3 planes are there" in steps[0].plane.note
    assert isinstance(steps[-1], ImageDone) and len(steps) == 3


def test_equal_names_do_not_overwrite_each_other(em_stack, probe, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    np.save(images / "a.npy", em_stack.plane(0))
    save_stack(images / "a.tif", em_stack)
    results = finish(apply_to_folder(images, probe, tmp_path / "out", suffix=".npy"))
    assert [result.output.name for result in results] == ["a.npy_prediction.npy", "a.tif_prediction.npy"]


def test_probabilities_as_zarr(folder, probe, tmp_path):
    options = {"kind": "probabilities", "suffix": ".ome.zarr", "pattern": "a*"}
    [result] = finish(apply_to_folder(folder, probe, tmp_path / "out", **options))
    assert result.output.name == "a_probabilities.ome.zarr"
    assert load_stack(result.output).axes == "zyxc"


def test_the_folder_of_the_images_is_refused(folder, probe):
    with pytest.raises(InputError, match="Choose another folder"):
        next(apply_to_folder(folder, probe, folder))


def test_a_record_that_is_damaged_is_made_again(folder, probe, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "patchprobe.json").write_text("{")
    finish(apply_to_folder(folder, probe, out, "plane*"))
    assert list(json.loads((out / "patchprobe.json").read_text())["files"]) == ["plane_prediction.ome.tif"]
