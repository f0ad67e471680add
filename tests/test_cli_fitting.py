"""``patchprobe fit`` with other classifiers, and going on from a saved probe."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from patchprobe import load_probe
from patchprobe.cli import main
from patchprobe.io import save_labels, save_stack
from patchprobe.probe import CLASSIFIERS


def strokes_on(truth, start=5):
    """Every tenth row of the truth, in pieces of 6 px."""
    strokes = np.zeros(truth.shape, np.uint8)
    strokes[start::10] = truth[start::10]
    strokes[:, 6::7] = 0
    return strokes


@pytest.fixture
def files(tmp_path, em_stack, monkeypatch):
    """A stack with strokes on its first section, and another with strokes on its second."""
    monkeypatch.chdir(tmp_path)
    for name, plane in (("one", 0), ("two", 1)):
        save_stack(f"{name}.ome.tif", em_stack)
        strokes = np.zeros(em_stack.shape, np.uint8)
        strokes[plane] = strokes_on(em_stack.labels[plane])
        save_labels(f"{name}_strokes.ome.tif", strokes, em_stack)
    return tmp_path


def fit(*arguments):
    return main(["fit", *arguments, "--quiet"])


def as_json(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments, "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *arguments):
    capsys.readouterr()
    assert main(list(arguments)) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note: ")]
    return line


ONE = ("one.ome.tif", "one_strokes.ome.tif")
TWO = ("two.ome.tif", "two_strokes.ome.tif")


@pytest.mark.parametrize("name", list(CLASSIFIERS))
def test_every_classifier_is_fitted_and_saved(name, files, capsys):
    about = as_json(capsys, "fit", *ONE, "--classifier", name, "--output", "probe")
    assert about["classifier"] == name
    assert about["held_out"]["accuracy"] > 0.8
    assert load_probe(about["output"]).name == name


@pytest.mark.parametrize("name", ["linear", "forest"])
def test_going_on_is_as_if_fitted_at_once(name, files, capsys):
    assert fit(*ONE, "--classifier", name, "--class-names", "cell,membrane", "--output", "old") == 0
    assert fit(*TWO, "--continue", "old.safetensors", "--output", "new") == 0
    assert fit(*ONE, *TWO, "--classifier", name, "--output", "both") == 0
    continued, at_once = load_probe("new.safetensors"), load_probe("both.safetensors")
    assert continued.name == name
    assert continued.class_names == {1: "cell", 2: "membrane"}
    assert continued.strokes_ == at_once.strokes_
    for mine, theirs in zip(continued._tensors().values(), at_once._tensors().values(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_going_on_with_another_classifier_and_a_new_name(files):
    assert fit(*ONE, "--class-names", "cell,membrane", "--output", "old") == 0
    wishes = ("--classifier", "mlp", "--class-names", ",border")
    assert fit(*TWO, "--continue", "old.safetensors", *wishes, "--output", "new") == 0
    probe = load_probe("new.safetensors")
    assert (probe.name, probe.class_names) == ("mlp", {1: "cell", 2: "border"})


def test_what_cannot_be_continued_is_refused(files, capsys):
    assert fit(*ONE, "--no-rows", "--output", "bare") == 0
    going_on = ("fit", *TWO, "--output", "new", "--continue")
    assert "keeps no training rows" in refusal(capsys, *going_on, "bare.safetensors")
    assert "no file nowhere" in refusal(capsys, *going_on, "nowhere.safetensors")
    assert fit(*ONE, "--output", "old") == 0
    other = (*going_on, "old.safetensors", "--backbone", "placeholder-cnx-t")
    assert "was fitted on 'filters'" in refusal(capsys, *other)
    around = (*going_on, "old.safetensors", "--classifier", "auto-context")
    assert "images of all strokes" in refusal(capsys, *around)
    assert not (files / "new.safetensors").exists()


def test_the_best_is_chosen_and_the_others_are_listed(files, capsys):
    assert main(["fit", *ONE, "--classifier", "best", "--output", "probe"]) == 0
    printed = capsys.readouterr().out
    assert all(kind.title in printed for kind in CLASSIFIERS.values())
    assert "Recommended: " in printed
    about = as_json(capsys, "fit", *ONE, "--classifier", "best", "--output", "probe")
    (chosen,) = [each["classifier"] for each in about["comparison"] if each["recommended"]]
    assert about["classifier"] == chosen == load_probe("probe.safetensors").name


def test_predict_says_how_the_image_differs(files, em_stack, capsys):
    assert fit(*ONE, "--output", "probe") == 0
    save_stack("coarse.ome.tif", replace(em_stack, voxel_size=(50.0, 12.0, 12.0)))
    for image, notes in (("one.ome.tif", 0), ("coarse.ome.tif", 1)):
        capsys.readouterr()
        assert main(["predict", image, "probe.safetensors", "--output", "labels.tif"]) == 0
        told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
        assert len(told) == notes
    assert "12 × 12 nm here and 4 × 4 nm" in told[0]
