"""Predicting into a file: equal to predicting at once, and going on where it was stopped or killed."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from patchprobe import LinearProbe, embed, load_stack
from patchprobe.errors import InputError
from patchprobe.io import LabelClass
from patchprobe.prediction import predict_stack
from patchprobe.prediction_file import PredictionFile, partial_path, predict_to
from patchprobe.steps import finish


def fitted(stack, C=1.0):
    labels = np.zeros_like(stack.labels[0])
    labels[5::10] = stack.labels[0, 5::10]
    embedding = embed(stack.plane(0), normalisation=stack.normalisation())
    names = {1: "cell", 2: "membrane"}
    return LinearProbe(C=C, class_names=names, class_colors={1: "#56b4e9"}).fit(embedding, labels)


@pytest.fixture
def probe(em_stack):
    return fitted(em_stack)


def assert_is_prediction(path, stack, probe, kind="labels", planes=None):
    written, expected = load_stack(path), predict_stack(stack, probe, planes, kind)
    assert (written.axes, written.voxel_size, written.units) == (
        expected.axes,
        stack.voxel_size,
        stack.units,
    )
    for plane in range(stack.n_planes):
        np.testing.assert_array_equal(written.plane(plane), expected.plane(plane))


@pytest.mark.parametrize("name", ["p.ome.zarr", "p.zarr", "p.ome.tif", "p.tif", "p.npy"])
def test_every_format_holds_what_is_predicted_at_once(name, em_stack, probe, tmp_path):
    steps = list(predict_to(tmp_path / name, em_stack, probe))
    assert [(step.plane, step.done, step.total) for step in steps] == [
        (-1, 0, 3),
        (0, 1, 3),
        (1, 2, 3),
        (2, 3, 3),
    ]
    assert_is_prediction(tmp_path / name, em_stack, probe)
    left = {path.name for path in tmp_path.iterdir()} - {"strokes"}
    assert left == ({name, f"{name}.json"} if name.endswith(".npy") else {name})


def test_probabilities_and_a_choice_of_planes(em_stack, probe, tmp_path):
    path = tmp_path / "p.ome.zarr"
    finish(predict_to(path, em_stack, probe, planes=[2, 0], kind="probabilities"))
    assert_is_prediction(path, em_stack, probe, "probabilities", [0, 2])


@pytest.mark.parametrize("name", ["p.ome.zarr", "p.ome.tif"])
def test_a_run_that_was_stopped_goes_on(name, em_stack, probe, tmp_path):
    path = tmp_path / name
    run = predict_to(path, em_stack, probe)
    list(islice(run, 3))  # two planes
    run.close()
    assert not path.exists()
    half = load_stack(partial_path(path))
    np.testing.assert_array_equal(half.plane(1), predict_stack(em_stack, probe).plane(1))
    assert not half.plane(2).any(), "the partial store can be looked at"
    steps = list(predict_to(path, em_stack, probe))
    assert [step.plane for step in steps] == [-1, 2]
    assert "2 of 3 planes are there" in steps[0].note
    assert_is_prediction(path, em_stack, probe)
    assert not partial_path(path).exists()


def test_a_plane_that_was_half_written_is_predicted_again(em_stack, probe, tmp_path):
    path = tmp_path / "p.ome.zarr"
    file = PredictionFile(path, em_stack, probe)
    with pytest.raises(KeyboardInterrupt):
        file._marks = _Interrupted(file._marks)
        file.put(0, np.full((64, 48), 9, np.uint8))
    finish(predict_to(path, em_stack, probe))
    assert_is_prediction(path, em_stack, probe)


class _Interrupted(np.ndarray):
    def __new__(cls, marks):
        return marks.view(cls)

    def __setitem__(self, key, value):
        raise KeyboardInterrupt


@pytest.mark.parametrize("what", ["probe", "stack", "planes", "kind"])
def test_a_run_of_something_else_begins_anew_and_says_so(what, em_stack, probe, tmp_path):
    path = tmp_path / "p.ome.zarr"
    next(run := predict_to(path, em_stack, probe))
    next(run)
    run.close()
    stack, options = em_stack, {}
    if what == "probe":
        probe = fitted(em_stack, C=0.01)
    elif what == "stack":
        stack = replace(em_stack, data=255 - em_stack.data)
    else:
        options = {"planes": {"planes": [1, 2]}, "kind": {"kind": "probabilities"}}[what]
    first, *_ = list(predict_to(path, stack, probe, **options))
    assert first.done == 0 and "another probe, stack or setting" in first.note
    assert_is_prediction(path, stack, probe, options.get("kind", "labels"), options.get("planes"))


def test_restart_begins_anew(em_stack, probe, tmp_path):
    path = tmp_path / "p.ome.zarr"
    list(islice(predict_to(path, em_stack, probe), 2))
    first = next(predict_to(path, em_stack, probe, restart=True))
    assert (first.done, first.note) == (0, "")


def test_a_damaged_partial_store_is_replaced(em_stack, probe, tmp_path):
    path = tmp_path / "p.ome.zarr"
    list(islice(predict_to(path, em_stack, probe), 2))
    (partial_path(path) / "zarr.json").write_text("{")
    finish(predict_to(path, em_stack, probe))
    assert_is_prediction(path, em_stack, probe)


def test_the_old_file_stays_until_the_new_one_is_complete(em_stack, probe, tmp_path):
    path = tmp_path / "p.ome.zarr"
    finish(predict_to(path, em_stack, probe))
    other = fitted(em_stack, C=0.01)
    run = predict_to(path, em_stack, other)
    list(islice(run, 2))
    run.close()
    assert_is_prediction(path, em_stack, probe)
    finish(predict_to(path, em_stack, other))
    assert_is_prediction(path, em_stack, other)


@pytest.mark.parametrize("name", ["p.ome.zarr", "p.ome.tif", "p.tif", "p.npy"])
def test_classes_travel_along(name, em_stack, probe, tmp_path):
    finish(predict_to(tmp_path / name, em_stack, probe))
    assert load_stack(tmp_path / name).classes == {
        1: LabelClass("cell", "#56b4e9"),
        2: LabelClass("membrane"),
    }


def test_bad_targets_are_refused_before_anything_is_computed(em_stack, probe, tmp_path):
    with pytest.raises(InputError, match=r"\.jpg"):
        next(predict_to(tmp_path / "p.jpg", em_stack, probe))
    with pytest.raises(InputError, match="plane 7"):
        next(predict_to(tmp_path / "p.zarr", em_stack, probe, planes=[7]))
    with pytest.raises(InputError, match="no folder"):
        next(predict_to(tmp_path / "missing" / "p.zarr", em_stack, probe))
    (tmp_path / "mine.partial.zarr").mkdir()
    (tmp_path / "mine.partial.zarr" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="in the way"):
        next(predict_to(tmp_path / "mine.zarr", em_stack, probe))


def test_a_full_disk_is_said_and_what_is_finished_stays(em_stack, probe, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, os.strerror(28))

    run = predict_to(tmp_path / "p.zarr", em_stack, probe)
    list(islice(run, 2))
    with monkeypatch.context() as patch, pytest.raises(InputError, match="No space left"):
        patch.setattr("patchprobe.prediction_file.put_plane", full)
        next(run)
    assert next(predict_to(tmp_path / "p.zarr", em_stack, probe)).done == 1


_KILLED = """
import sys
import numpy as np
from patchprobe import LinearProbe, load_stack
from patchprobe.prediction_file import predict_to
folder = sys.argv[1]
stack = load_stack(f"{folder}/stack.npy", axes="zyx")
for step in predict_to(f"{folder}/p.ome.zarr", stack, LinearProbe.load(f"{folder}/probe.safetensors")):
    sys.stdout.write(f"{step.done}\\n")
    sys.stdout.flush()
"""


def test_a_process_that_is_killed_goes_on(em_stack, probe, tmp_path):
    np.save(tmp_path / "stack.npy", np.tile(em_stack.data, (10, 1, 1)))
    probe.save(tmp_path / "probe.safetensors")
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    )
    with process:
        while process.stdout.readline() != b"4\n":
            pass
        process.kill()
    stack = load_stack(tmp_path / "stack.npy", axes="zyx")
    loaded = LinearProbe.load(tmp_path / "probe.safetensors")
    first, *rest = list(predict_to(tmp_path / "p.ome.zarr", stack, loaded))
    assert first.done >= 4 and len(rest) == 30 - first.done
    assert_is_prediction(tmp_path / "p.ome.zarr", stack, loaded)
