"""``patchprobe objects`` and decision weights: the same pixels as the library's."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from patchprobe import LinearProbe, embed, load_stack
from patchprobe.cli import main
from patchprobe.io import save_labels, save_stack
from patchprobe.objects import ObjectSettings, find_objects_in_stack
from patchprobe.prediction import predict_stack
from patchprobe.probe import suggest_weights


@pytest.fixture
def files(tmp_path, em_stack, monkeypatch):
    """A folder with a stack and a probe of its cells (1) and membranes (2); the current folder."""
    monkeypatch.chdir(tmp_path)
    save_stack("stack.ome.tif", em_stack)
    strokes = np.zeros(em_stack.shape, np.uint8)
    strokes[0, 4:16:3, :40] = em_stack.labels[0, 4:16:3, :40]
    save_labels("strokes.ome.tif", strokes, em_stack)
    assert main([*FIT, "--output", "probe.safetensors", "--quiet"]) == 0
    return tmp_path


FIT = ("fit", "stack.ome.tif", "strokes.ome.tif", "--class-names", "cell,membrane")


def as_json(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments, "--quiet"]) == 1
    return capsys.readouterr().err


def objects_of(settings, prediction_kind="labels"):
    stack = load_stack("stack.ome.tif")
    probe = LinearProbe.load("probe.safetensors")
    prediction = predict_stack(stack, probe, kind=prediction_kind)
    return find_objects_in_stack(stack, prediction, settings, probe.classes_)


@pytest.mark.parametrize("output", ["objects.ome.tif", "objects.tif", "objects.ome.zarr"])
def test_objects_of_a_probe_are_those_of_the_library(files, capsys, output):
    given = ("--class", "cell", "--min-size", "20", "--fill-holes", "5", "--split", "16")
    said = as_json(capsys, "objects", "stack.ome.tif", "probe.safetensors", *given, "--output", output)
    settings = ObjectSettings(number=1, min_size=20, fill_holes=5, split_diameter=16)
    found = objects_of(settings, "probabilities")
    written = load_stack(output)
    assert written.voxel_size == (50, 4, 4) and written.units == ("nm",) * 3
    assert written.data.dtype == np.uint16
    np.testing.assert_array_equal(np.stack(list(written.planes())), found.labels)
    assert (said["objects"], said["class"]) == (found.count, 1)


def test_the_table_has_a_line_for_each_object(files, capsys):
    as_json(
        capsys,
        *("objects", "stack.ome.tif", "probe.safetensors", "--class", "1"),
        *("--output", "objects.tif", "--table", "objects.csv"),
    )
    found = objects_of(ObjectSettings(number=1))
    with open("objects.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(found.table)
    assert [int(row["label"]) for row in rows] == found.table["label"].tolist()
    np.testing.assert_allclose(
        [float(row["centroid_x_nm"]) for row in rows], found.table["centroid_x_nm"], rtol=1e-8
    )


@pytest.mark.parametrize("kind", [(), ("--probabilities",)])
@pytest.mark.parametrize("suffix", [".ome.tif", ".tif", ".zarr"])
def test_objects_of_a_written_prediction_are_the_same(files, capsys, kind, suffix):
    as_json(capsys, "predict", "stack.ome.tif", "probe.safetensors", *kind, "--output", f"predicted{suffix}")
    given = ("--class", "1", "--join-planes", "--physical", "--min-size", "8000")
    as_json(capsys, "objects", "stack.ome.tif", f"predicted{suffix}", *given, "--output", "objects.npy")
    found = objects_of(ObjectSettings(number=1, join_planes=True, physical=True, min_size=8000))
    np.testing.assert_array_equal(np.load("objects.npy"), found.labels)


def test_weights_given_for_a_prediction_are_those_of_the_probe(files, capsys):
    as_json(
        capsys,
        *("predict", "stack.ome.tif", "probe.safetensors", "--decision-weights", "2=0.2"),
        *("--output", "labels.tif"),
    )
    probe = LinearProbe.load("probe.safetensors").with_decision_weights({2: 0.2})
    stack = load_stack("stack.ome.tif")
    embedding = embed(stack.plane(1), "filters", stack.normalisation())
    np.testing.assert_array_equal(load_stack("labels.tif").plane(1), probe.predict(embedding))


def test_weights_suggested_on_fitting_are_saved(files, capsys):
    said = as_json(capsys, *FIT, "--decision-weights", "suggest", "--output", "weighed.safetensors")
    stack, plain = load_stack("stack.ome.tif"), LinearProbe.load("probe.safetensors")
    logits = plain.predict_logits(embed(stack.plane(0), "filters", stack.normalisation()))
    suggestion = suggest_weights(logits, (1, 2), plain.training_prior_)
    assert LinearProbe.load("weighed.safetensors").decision_weights_ == suggestion.weights
    assert said["decision_weights"] == {str(c): weight for c, weight in suggestion.weights.items()}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--class", "nucleus"), "1 cell, 2 membrane"),
        (("--class", "5"), "no class 5"),
        (("--threshold", "1.5"), "probability"),
        (("--min-size", "-1"), "min_size"),
        (("--decision-weights", "2=0"), "above 0"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(files, capsys, arguments, said):
    message = refusal(
        capsys, "objects", "stack.ome.tif", "probe.safetensors", *arguments, "--output", "objects.tif"
    )
    assert said in message and "defect" not in message
    assert sorted(path.name for path in files.iterdir()) == [
        "probe.safetensors",
        "stack.ome.tif",
        "strokes.ome.tif",
    ]


def test_a_bad_output_is_said_before_the_work(files, capsys):
    arguments = ("objects", "stack.ome.tif", "probe.safetensors", "--output")
    assert ".ome.zarr" in refusal(capsys, *arguments, "objects.png")
    assert "no folder" in refusal(capsys, *arguments, "nowhere/objects.tif")
    assert ".csv" in refusal(capsys, *arguments, "objects.tif", "--table", "objects.xlsx")
    assert not (files / "objects.tif").exists()


def test_a_prediction_of_another_size_is_refused(files, capsys, em_stack):
    np.save("small.npy", np.ones((3, 8, 8), np.uint8))
    message = refusal(capsys, "objects", "stack.ome.tif", "small.npy", "--output", "objects.tif")
    assert "(3, 8, 8)" in message


def test_weights_that_are_none_are_refused_by_the_parser(files, capsys):
    with pytest.raises(SystemExit):
        main(["predict", "a", "b", "--output", "c", "--decision-weights", "2:0.5"])
    assert "2=0.3" in capsys.readouterr().err
