"""``patchprobe carry`` and ``align --apply-to``: the same as the API, to the bit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from patchprobe import Stack, StackAlignment, load_stack
from patchprobe.alignment import Alignment, Box, Transform
from patchprobe.alignment.carry import bring_back
from patchprobe.cli import main
from patchprobe.io import save_labels, save_stack
from patchprobe.io.label_classes import LabelClass


@pytest.fixture
def alignment(tmp_path, monkeypatch):
    """Two sections of 12 × 14 px; in the current folder with a channel, labels and points of them."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    found = StackAlignment(
        (Alignment(Transform.identity()), Alignment(Transform.translation((2, -3.5)))), (12, 14)
    )
    found.save("t.json")
    channel = Stack(rng.integers(0, 200, (2, 12, 14)).astype(np.uint8), "zyx", (50, 4, 4), ("nm",) * 3)
    save_stack("channel.ome.tif", channel)
    save_labels("labels.ome.tif", (channel.data > 90) * np.uint16(300), channel)
    (tmp_path / "points.csv").write_text("plane,y,x\n1,5,6\n")
    return found


def as_json(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *arguments):
    capsys.readouterr()
    assert main(list(arguments)) == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "how"),
    [
        ([], {}),
        (["--output-box", "union", "--fill", "7"], {"output": "union", "fill": 7}),
        (
            ["--output-box", "intersection", "--interpolation", "cubic"],
            {"output": "intersection", "interpolation": "cubic"},
        ),
        (["--output-box=-2,3,8,9"], {"output": Box((-2, 3), (8, 9))}),
    ],
)
def test_another_channel(alignment, capsys, options, how):
    about = as_json(capsys, "carry", "t.json", "channel.ome.tif", *options, "--output", "c.ome.tif")
    moved = load_stack(about["output"])
    expected = alignment.apply(load_stack("channel.ome.tif"), **how)
    np.testing.assert_array_equal(moved.data, expected.data)
    assert moved.voxel_size == (50, 4, 4)


def test_labels_there_and_back(alignment, capsys):
    as_json(capsys, "carry", "t.json", "labels.ome.tif", "--labels", "--output", "there.ome.tif")
    as_json(capsys, "carry", "t.json", "there.ome.tif", "--labels", "--back", "--output", "back.ome.tif")
    there = alignment.apply(load_stack("labels.ome.tif"), interpolation="nearest")
    np.testing.assert_array_equal(load_stack("there.ome.tif").data, there.data)
    np.testing.assert_array_equal(load_stack("back.ome.tif").data, bring_back(alignment, there).data)


def test_labels_that_name_their_classes_need_no_option(alignment, capsys):
    labels = load_stack("labels.ome.tif")
    classes = {300: LabelClass("nucleus", "#ff8800")}
    save_labels("named.ome.tif", labels.data, labels, classes=classes)
    about = as_json(capsys, "carry", "t.json", "named.ome.tif", "--output", "moved.ome.tif")
    assert about["interpolation"] == "nearest"
    moved = load_stack("moved.ome.tif")
    assert moved.classes == classes
    assert set(np.unique(moved.data)) == {0, 300}


def test_points(alignment, capsys):
    assert as_json(capsys, "carry", "t.json", "points.csv", "--output", "moved.csv")["points"] == 1
    with open("moved.csv") as file:
        assert file.read().split() == ["plane,y,x", "1,3,9.5"]
    as_json(capsys, "carry", "t.json", "moved.csv", "--back", "--output", "back.csv")
    with open("back.csv") as file:
        assert file.read().split() == ["plane,y,x", "1,5,6"]


def test_full_resolution(alignment, capsys):
    # Of 25 rows, two times twelve were kept when it was reduced.
    full = Stack(np.random.default_rng(1).integers(0, 200, (2, 25, 28)).astype(np.uint8), "zyx")
    save_stack("full.npy", full)
    assert "--scale 2" in refusal(capsys, "carry", "t.json", "full.npy", "--output", "f.npy")
    as_json(capsys, "carry", "t.json", "full.npy", "--scale", "2", "--output", "f.npy")
    np.testing.assert_array_equal(load_stack("f.npy").data, alignment.scaled(2, (25, 28)).apply(full).data)
    assert "factor" in refusal(capsys, "carry", "t.json", "full.npy", "--scale", "0", "--output", "f.npy")
    as_json(capsys, "carry", "t.json", "points.csv", "--scale", "2,3", "--output", "scaled.csv")
    moved = alignment.scaled((2, 3)).apply_to_points([(5.0, 6.0)], section=1)[0]
    with open("scaled.csv") as file:
        np.testing.assert_allclose([float(one) for one in file.read().split()[1].split(",")[1:]], moved)


@pytest.mark.parametrize("scale", ["2,3,4", "much", "2,"])
def test_a_scale_is_one_number_or_two(alignment, capsys, scale):
    with pytest.raises(SystemExit):
        main(["carry", "t.json", "points.csv", "--scale", scale, "--output", "scaled.csv"])
    assert "two along y and x" in capsys.readouterr().err


def test_align_moves_others_along(alignment, em_stack, capsys):
    save_stack("stack.ome.tif", em_stack)
    save_stack("other.ome.tif", Stack(255 - np.asarray(em_stack.data), em_stack.axes))
    about = as_json(
        capsys,
        "align",
        "stack.ome.tif",
        "--apply-to",
        "other.ome.tif",
        "--output-box",
        "union",
        "--fill",
        "7",
        "--output",
        "a.ome.tif",
    )
    (other,) = about["moved along"]
    assert other.endswith("a_other.ome.tif")
    found = StackAlignment.load(about["transforms"])
    for made, source in ((other, "other.ome.tif"), (about["output"], "stack.ome.tif")):
        np.testing.assert_array_equal(
            load_stack(made).data, found.apply(load_stack(source), output="union", fill=7).data
        )
