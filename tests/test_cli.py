from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import zarr

from patchprobe import LinearProbe, StackAlignment, embed_stack, load_stack
from patchprobe.alignment import Alignment, AlignmentEdits, EditedAlignment, StackEdges, Transform
from patchprobe.cli import main
from patchprobe.embedding_file import load_embedding
from patchprobe.io import label_classes, save_labels, save_stack
from patchprobe.project import Project, ProjectImage, ProjectView
from patchprobe.strokes_file import StrokeClass


@pytest.fixture
def files(tmp_path, em_stack, monkeypatch):
    """A folder with a stack, strokes on its first section and its truth; the current folder."""
    monkeypatch.chdir(tmp_path)
    save_stack("stack.ome.tif", em_stack)
    save_labels("truth.ome.tif", em_stack.labels, em_stack)
    strokes = np.zeros(em_stack.shape, np.uint8)
    strokes[0, 4:16:3, :40] = em_stack.labels[0, 4:16:3, :40]
    strokes[0, 1, :40] = 2
    save_labels("strokes.ome.tif", strokes, em_stack)
    np.save("plane.npy", strokes[0])
    np.savez("plane.npz", scribbles=strokes[0])
    return tmp_path


@pytest.fixture
def probe(files):
    assert main(["fit", "stack.ome.tif", "strokes.ome.tif", "--output", "probe.safetensors", "--quiet"]) == 0
    return "probe.safetensors"


def as_json(capsys, *arguments):
    """Run a command that must succeed with --json and give its object."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *arguments):
    """Run a command that must fail and give its one line."""
    capsys.readouterr()
    assert main(list(arguments)) == 1
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1
    assert lines[0].startswith("patchprobe: ")
    assert "defect" not in lines[0]
    return lines[0]


# --- what the commands do ---


def test_info_lists_versions_and_backbones(capsys):
    about = as_json(capsys, "info")
    assert about["versions"]["numpy"] == np.__version__
    assert {"filters", "placeholder-cnx-t"} <= {backbone["name"] for backbone in about["backbones"]}
    assert all(backbone["licence"] for backbone in about["backbones"])


def test_info_describes_a_stack(files, capsys):
    about = as_json(capsys, "info", "stack.ome.tif")
    assert about["shape"] == [3, 64, 48]
    assert about["voxel_size"] == [50.0, 4.0, 4.0]
    assert main(["info", "stack.ome.tif"]) == 0
    assert "3 planes of 48 × 64" in capsys.readouterr().out


def test_options_override_the_file(files, capsys):
    about = as_json(capsys, "info", "stack.ome.tif", "--axes", "tyx", "--voxel-size", "2,8,8 nm")
    assert about["axes"] == "tyx"
    assert about["voxel_size"][1:] == [8.0, 8.0]


def test_samples_are_listed_and_written(tmp_path, capsys):
    assert {"em", "tracking", "sections"} <= set(as_json(capsys, "samples")["samples"])
    written = as_json(
        capsys,
        "samples",
        "sections",
        "--n",
        "3",
        "--size",
        "48",
        "--output",
        str(tmp_path / "new" / "folder"),
    )
    stack = load_stack(written["files"][0])
    assert stack.shape == load_stack(written["files"][1]).shape == (3, 48, 48)
    assert len(json.loads(Path(written["files"][2]).read_text("utf-8"))["transforms"]) == 3


@pytest.mark.parametrize("modality", ["em", "histology", "tracking"])
def test_sample_of_each_kind_comes_back(tmp_path, capsys, modality):
    written = as_json(capsys, "samples", modality, "--n", "2", "--size", "32", "--output", str(tmp_path))
    image, truth = map(load_stack, written["files"])
    assert image.n_planes == truth.n_planes == 2
    assert image.data.dtype == np.uint8
    assert image.rgb == (modality == "histology")


@pytest.mark.parametrize("backbone", ["filters", "placeholder-cnx-t", "placeholder-cnx-t+filters"])
def test_embed_writes_what_the_api_computes(files, capsys, backbone):
    arguments = ("--backbone", backbone, "--planes", "0,2", "--output", "features.zarr")
    about = as_json(capsys, "embed", "stack.ome.tif", *arguments)
    assert about["planes"] == 2
    expected = dict(embed_stack(load_stack("stack.ome.tif"), backbone, [0, 2]))
    for plane in (0, 2):
        stored = load_embedding("features.zarr", plane)
        assert (stored.backbone, stored.version) == (expected[plane].backbone, expected[plane].version)
        assert stored.normalisation == expected[plane].normalisation
        for mine, theirs in zip(stored.grids, expected[plane].grids, strict=True):
            assert (mine.stride, mine.origin, mine.image_shape) == (
                theirs.stride,
                theirs.origin,
                theirs.image_shape,
            )
            np.testing.assert_array_equal(mine.features, theirs.features.astype(np.float16))


def test_features_describe_themselves(files):
    assert main(["embed", "stack.ome.tif", "--output", "features.zarr", "--quiet"]) == 0
    store = zarr.open_group("features.zarr", mode="r")
    assert store.attrs["backbone"] == "filters"
    assert store.attrs["stack"]["axes"] == "zyx"
    assert store["0"].attrs["stride"] == 1
    assert store["0/features"].shape[:3] == (3, 64, 48)
    assert store["0/features"].dtype == np.float16


def test_fit_equals_the_api(files, probe, capsys):
    stack, strokes = load_stack("stack.ome.tif"), load_stack("strokes.ome.tif")
    ours = LinearProbe().fit(next(embed_stack(stack, planes=[0]))[1], strokes.plane(0))
    saved = LinearProbe.load(probe)
    np.testing.assert_array_equal(saved.intercept_, ours.intercept_)
    np.testing.assert_array_equal(saved.coef_[0], ours.coef_[0])


@pytest.mark.parametrize("labels", ["plane.npy", "plane.npz"])
def test_fit_on_labels_of_one_plane(files, probe, capsys, labels):
    about = as_json(
        capsys,
        "fit",
        "stack.ome.tif",
        labels,
        "--plane",
        "0",
        "--class-names",
        "cell,membrane",
        "--output",
        "b",
    )
    assert about["classes"] == {"1": "cell", "2": "membrane"}
    np.testing.assert_array_equal(
        LinearProbe.load("b.safetensors").coef_[0], LinearProbe.load(probe).coef_[0]
    )


def test_names_and_colours_of_classes_travel_from_labels_to_labels(files, capsys):
    stack, strokes = load_stack("stack.ome.tif"), load_stack("strokes.ome.tif")
    classes = label_classes({1: "cell", 2: "membrane"}, {1: "#112233", 2: "#445566"})
    save_labels("named.zarr", strokes.data, stack, classes=classes)
    about = as_json(capsys, "fit", "stack.ome.tif", "named.zarr", "--output", "named")
    assert about["classes"] == {"1": "cell", "2": "membrane"}
    as_json(capsys, "predict", "stack.ome.tif", about["output"], "--output", "labels.ome.tif")
    assert load_stack("labels.ome.tif").classes == classes
    assert main(["info", "labels.ome.tif"]) == 0
    assert "labels: 1 cell, 2 membrane" in capsys.readouterr().out
    predict = ("predict", "stack.ome.tif", about["output"], "--probabilities", "--output")
    for output in ("p.ome.tif", "p.tif", "p.zarr"):
        as_json(capsys, *predict, output)
    assert load_stack("p.ome.tif").classes == classes == load_stack("p.tif").classes
    channels = zarr.open_group("p.zarr").attrs["ome"]["omero"]["channels"]
    assert [(c["label"], c["color"]) for c in channels] == [("cell", "112233"), ("membrane", "445566")]


def test_fit_on_a_project_equals_fit_on_its_strokes(files, probe, capsys):
    stack = replace(load_stack("stack.ome.tif"), source=str(files / "stack.ome.tif"))
    strokes = {0: load_stack("strokes.ome.tif").plane(0)}
    classes = (StrokeClass(1, "cell", "#56b4e9"), StrokeClass(2, "membrane", "#e69f00"))
    Project((ProjectImage(stack, strokes),), ProjectView("filters", classes)).save("project.json")
    about = as_json(capsys, "fit", "--project", "project.json", "--output", "other")
    assert about["classes"] == {"1": "cell", "2": "membrane"}
    np.testing.assert_array_equal(
        LinearProbe.load("other.safetensors").coef_[0], LinearProbe.load(probe).coef_[0]
    )
    both = ("fit", "stack.ome.tif", "strokes.ome.tif", "--project", "project.json", "--output", "o")
    assert "not both" in refusal(capsys, *both)
    assert "--project" in refusal(capsys, "fit", "--output", "o")


def test_fit_on_several_pairs(files, probe, capsys):
    pair = ("stack.ome.tif", "strokes.ome.tif")
    once = LinearProbe.load(probe).strokes_
    twice = as_json(capsys, "fit", *pair, *pair, "--output", "two")["strokes"]
    assert {int(c): n for c, n in twice.items()} == {c: 2 * n for c, n in once.items()}


@pytest.mark.parametrize("output", ["labels.ome.tif", "labels.tif", "labels.zarr", "labels.npy"])
def test_predict_equals_the_api_to_the_bit(files, probe, capsys, output):
    about = as_json(capsys, "predict", "stack.ome.tif", probe, "--output", output)
    assert about["kind"] == "labels"
    stack, written, fitted = load_stack("stack.ome.tif"), load_stack(output), LinearProbe.load(probe)
    for plane, embedding in embed_stack(stack, "filters"):
        np.testing.assert_array_equal(written.plane(plane), fitted.predict(embedding))
    assert written.axes == stack.axes
    assert written.voxel_size == pytest.approx(stack.voxel_size)


def test_probabilities_of_chosen_planes(files, probe, capsys):
    as_json(
        capsys,
        "predict",
        "stack.ome.tif",
        probe,
        "--probabilities",
        "--planes",
        "1-2",
        "--output",
        "p.ome.tif",
    )
    stack, written, fitted = load_stack("stack.ome.tif"), load_stack("p.ome.tif"), LinearProbe.load(probe)
    assert written.axes == "zyxc"
    assert not written.plane(0).any()
    for plane, embedding in embed_stack(stack, "filters", [1, 2]):
        np.testing.assert_array_equal(written.plane(plane), fitted.predict_proba(embedding))


def test_the_cache_is_described_and_cleared(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATCHPROBE_CACHE", str(tmp_path))
    features, network = tmp_path / "features" / "ab", tmp_path / "networks" / "abcd"
    for folder, file, size in ((features, "abcd.safetensors", 1000), (network, "network.bin", 500)):
        folder.mkdir(parents=True)
        (folder / file).write_bytes(b"x" * size)
    held = as_json(capsys, "cache", "info")
    assert (held["entries"], held["bytes"], held["folder"]) == (1, 1000, str(tmp_path / "features"))
    assert (held["converted_networks"]["entries"], held["converted_networks"]["bytes"]) == (1, 500)
    assert as_json(capsys, "cache", "clear")["freed_bytes"] == 1500
    held = as_json(capsys, "cache", "info")
    assert (held["entries"], held["converted_networks"]["entries"]) == (0, 0)


def test_align_writes_stack_labels_and_transforms(files, capsys):
    about = as_json(
        capsys,
        "align",
        "stack.ome.tif",
        "--labels",
        "truth.ome.tif",
        "--max-shift",
        "6",
        "--output",
        "a.ome.tif",
    )
    alignment = StackAlignment.load(about["transforms"])
    assert about["transforms"].endswith("a_transforms.json")
    stack = load_stack("stack.ome.tif")
    np.testing.assert_array_equal(load_stack("a.ome.tif").data, alignment.apply(stack).data)
    assert load_stack(about["labels"]).shape == stack.shape


def test_align_places_all_sections_at_once(files, capsys):
    asked = ("align", "stack.ome.tif", "--reference", "neighbours", "--neighbours", "2", "--anchor", "0")
    about = as_json(capsys, *asked, "--output", "a.ome.tif")
    alignment = StackAlignment.load(about["transforms"])
    assert alignment.reference == "neighbours" and alignment.shifts[0].tolist() == [0, 0]
    assert about["notes"] == list(alignment.notes)
    EditedAlignment(alignment, None, AlignmentEdits((2,), anchor=1)).save("edited.json")
    edited = as_json(capsys, *asked, "--edited", "edited.json", "--output", "b.ome.tif")["sections"]
    assert edited[1]["shift"] == [0, 0] and "left out" in edited[2]["reason"]


def test_align_passes_over_nothing_of_an_edited_alignment(files, capsys):
    def refusal(alignment, edges, *options):
        EditedAlignment(alignment, edges).save("edited.json")
        asked = ("align", "stack.ome.tif", "--edited", "edited.json", "--output", "a.ome.tif", *options)
        assert main([*asked]) == 1
        return capsys.readouterr().err

    n, shape = (stack := load_stack("stack.ome.tif")).n_planes, stack.plane_shape
    still = StackAlignment((Alignment(Transform.identity()),) * n, shape)
    assert "--reference neighbours" in refusal(still, StackEdges((), n, shape, n))
    assert "leave out --template" in refusal(still, None, "--template", "stack.ome.tif")
    other = StackAlignment((Alignment(Transform.identity()),) * 2, (5, 6))
    assert "Give the stack that was aligned" in refusal(other, None, "--reference", "neighbours")


def test_align_corrects_the_motion_of_a_movie(files, capsys):
    asked = ("align", "stack.ome.tif", "--reference", "template", "--anchor", "0", "--max-shift", "6")
    about = as_json(capsys, *asked, "--output", "a.ome.tif")
    alignment = StackAlignment.load(about["transforms"])
    assert (alignment.reference, alignment.model) == ("template", "translation")
    np.testing.assert_allclose(alignment.shifts[0], 0, atol=1e-9)


def test_align_brings_planes_into_the_frame_of_a_template(files, capsys):
    stack = load_stack("stack.ome.tif")
    np.save("template.npy", stack.plane(1)[:-3])
    about = as_json(capsys, "align", "stack.ome.tif", "--template", "template.npy", "--output", "a.ome.tif")
    assert load_stack("a.ome.tif").plane_shape == (stack.plane_shape[0] - 3, stack.plane_shape[1])
    alignment = StackAlignment.load(about["transforms"])
    assert (alignment.reference, alignment.model) == ("template", "rigid")


def test_notes_and_progress_stay_off_the_output(files, capsys):
    np.save("bare.npy", np.random.default_rng(0).integers(0, 255, (2, 32, 32), np.uint8))
    assert main(["info", "bare.npy", "--json"]) == 0
    captured = capsys.readouterr()
    assert "note: bare.npy" in captured.err
    assert json.loads(captured.out)["notes"]
    assert main(["info", "bare.npy", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


# --- what goes wrong ---


def test_missing_file(files, capsys):
    assert "stack.ome.tiff" in refusal(capsys, "info", "stack.ome.tiff")


def test_error_is_json_too(files, capsys):
    assert main(["info", "nothing.tif", "--json"]) == 1
    assert "nothing.tif" in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("embed", "stack.ome.tif", "--output", "features.tif"), ".zarr"),
        (("embed", "stack.ome.tif", "--output", "features.zarr", "--planes", "7"), "planes 0 to 2"),
        (("embed", "stack.ome.tif", "--output", "no/such/folder.zarr"), "folder"),
        (("embed", "stack.ome.tif", "--output", "f.zarr", "--backbone", "resnet"), "resnet"),
        (("fit", "stack.ome.tif", "plane.npy", "--output", "p"), "--plane"),
        (("fit", "stack.ome.tif", "other.npy", "--output", "p"), "(5, 5)"),
        (("fit", "stack.ome.tif", "one_class.npy", "--plane", "0", "--output", "p"), "class"),
        (("fit", "stack.ome.tif", "none.npy", "--plane", "0", "--output", "p"), "nothing is painted"),
        (("fit", "stack.ome.tif", "broken.npz", "--output", "p"), "broken.npz"),
        (("fit", "stack.ome.tif", "--output", "p"), "pairs"),
        (("fit", "stack.ome.tif", "strokes.ome.tif", "--output", "no/folder/p"), "folder"),
        (("predict", "stack.ome.tif", "missing.safetensors", "--output", "l.tif"), "missing.safetensors"),
        (("predict", "stack.ome.tif", "strokes.ome.tif", "--output", "l.tif"), "strokes.ome.tif"),
        (("predict", "stack.ome.tif", "probe.safetensors", "--output", "l.xyz"), ".xyz"),
        (("predict", "stack.ome.tif", "probe.safetensors", "--output", "no/folder.tif"), "folder"),
        (("predict", "stack.ome.tif", "probe.safetensors", "--output", "l.tif", "--channel", "2"), "channel"),
        (("align", "stack.ome.tif", "--labels", "plane.npy", "--output", "a.tif"), "labels"),
        (("align", "stack.ome.tif", "--apply-to", "plane.npy", "--output", "a.tif"), "same sections"),
        (("align", "stack.ome.tif", "--output-box", "1,2", "--output", "a.tif"), "'1,2'"),
        (("carry", "missing.json", "stack.ome.tif", "--output", "a.tif"), "missing.json"),
        (("info", "two.h5"), "--dataset 'a'"),
        (("samples", "sonar"), "sonar"),
        (("demo", "tiny.npy", "--output", "d", "--no-window"), "16"),
        (("demo", "constant.npy", "--output", "d", "--no-window"), "constant"),
        (("demo", "nan.npy", "--output", "d", "--no-window"), "finite"),
    ],
)
def test_bad_input_gets_one_clear_line(files, probe, capsys, command, said):
    np.save("other.npy", np.ones((5, 5), np.uint8))
    np.save("one_class.npy", (np.load("plane.npy") > 0).astype(np.uint8))
    np.save("none.npy", np.zeros((64, 48), np.uint8))
    np.save("tiny.npy", np.eye(9, dtype=np.uint8))
    np.save("constant.npy", np.full((3, 64, 64), 7, np.uint8))
    np.save("nan.npy", np.full((3, 64, 64), np.nan, np.float32))
    with h5py.File("two.h5", "w") as file:
        file["a"] = file["b"] = np.zeros((3, 8, 8), np.uint8)
    (files / "broken.npz").write_bytes(b"PK\x03\x04 cut short")
    before = sorted(path.name for path in files.iterdir())
    assert said in refusal(capsys, *command)
    assert sorted(path.name for path in files.iterdir()) == before


def test_probe_of_another_version_is_refused_before_work(files, probe, capsys):
    other = LinearProbe.load(probe)
    other.version_ = "0-of-old"
    other.save("old.safetensors")
    assert "0-of-old" in refusal(capsys, "predict", "stack.ome.tif", "old.safetensors", "--output", "l.tif")


def test_probe_for_colours_is_refused_on_grey(files, probe, capsys):
    other = LinearProbe.load(probe)
    other.channels_ = (3,)
    other.save("other.safetensors")
    line = refusal(capsys, "predict", "stack.ome.tif", "other.safetensors", "--output", "l.tif")
    assert "channels" in line
    assert not (files / "l.tif").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["paint"],
        [],
        ["predict", "stack.tif"],
        ["embed", "a.tif", "--output", "f.zarr", "--planes", "3-1"],
        ["embed", "a.tif", "--output", "f.zarr", "--planes", "0-99999999999"],
        ["samples", "--n", "0"],
        ["align", "a.tif", "--output", "b.tif", "--method", "magic"],
        ["demo", "--window", "--no-window"],
    ],
)
def test_wrong_usage_exits_with_2_and_one_line(capsys, arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "command", ["demo", "info", "samples", "embed", "fit", "predict", "apply", "align", "carry", "evaluate"]
)
def test_help_shows_examples(capsys, command):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert "examples:" in capsys.readouterr().out


@pytest.mark.parametrize("output", ["labels.ome.tif", "labels.zarr"])
def test_interrupted_predict_leaves_the_old_file(files, probe, capsys, monkeypatch, output):
    assert main(["predict", "stack.ome.tif", probe, "--output", output, "--quiet"]) == 0
    before = sorted(path.name for path in files.iterdir())
    old = load_stack(output).data[:]
    calls = []

    def stop_at_the_second(self, embedding):
        calls.append(embedding)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return np.zeros(embedding.image_shape, np.uint8)

    monkeypatch.setattr(LinearProbe, "predict", stop_at_the_second)
    assert main(["predict", "stack.ome.tif", probe, "--output", output]) == 130
    said = capsys.readouterr().err
    assert "1 of 3 planes are kept in labels.partial.zarr, and the same command goes on" in said
    assert sorted(path.name for path in files.iterdir()) == sorted([*before, "labels.partial.zarr"])
    np.testing.assert_array_equal(load_stack(output).data[:], old)
    assert main(["predict", "stack.ome.tif", probe, "--output", output]) == 0
    assert "1 of 3 planes are there from an earlier run" in capsys.readouterr().err
    assert len(calls) == 4, "the plane that was finished is not predicted again"
    assert sorted(path.name for path in files.iterdir()) == before


def test_restart_predicts_all_planes_again(files, probe, capsys, monkeypatch):
    calls = []

    def stop_at_the_second(self, embedding):
        calls.append(embedding)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return np.zeros(embedding.image_shape, np.uint8)

    monkeypatch.setattr(LinearProbe, "predict", stop_at_the_second)
    arguments = ["predict", "stack.ome.tif", probe, "--output", "labels.ome.zarr"]
    assert main(arguments) == 130
    assert main([*arguments, "--restart"]) == 0
    assert len(calls) == 5


def test_apply_predicts_the_images_of_a_folder_and_names_bad_ones(files, probe, capsys):
    (files / "images").mkdir()
    for name in ("a.ome.tif", "b.ome.tif"):
        (files / "images" / name).write_bytes((files / "stack.ome.tif").read_bytes())
    about = as_json(capsys, "apply", "images", probe, "--output", "out")
    assert [image["skipped"] for image in about["images"]] == [False, False]
    assert main(["predict", "stack.ome.tif", probe, "--output", "one.ome.tif", "--quiet"]) == 0
    written = load_stack("out/a_prediction.ome.tif").data[:]
    np.testing.assert_array_equal(written, load_stack("one.ome.tif").data[:])
    (files / "images" / "c.tif").write_bytes(b"no image")
    said = refusal(capsys, "apply", "images", probe, "--output", "out")
    assert "1 of 3 images could not be predicted" in said and "c.tif" in said


def test_defect_is_one_line_and_debug_shows_where(files, capsys, monkeypatch):
    def break_down(path, **options):
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr("patchprobe.io.load_stack", break_down)
    assert main(["info", "stack.ome.tif"]) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "ZeroDivisionError: by hand" in line
    assert main(["info", "stack.ome.tif", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


# --- in a process of its own ---


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "patchprobe.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_process_exit_codes():
    with start("info", "no_such_file.tif") as refused, start("nonsense") as misused:
        assert refused.wait(60) == 1
        assert "Traceback" not in refused.stderr.read()
        assert misused.wait(60) == 2


def test_reader_that_goes_away_is_no_error():
    with start("info") as process:
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_killed_predict_leaves_no_half_file_and_goes_on(files, probe, capsys):
    rng = np.random.default_rng(0)
    np.save("long.npy", rng.integers(0, 255, (60, 256, 256), np.uint8))
    with start("predict", "long.npy", probe, "--output", "long.ome.tif", cwd=files) as process:
        deadline = 3000
        while not list(files.glob("long.partial.zarr/0/c/2")) and process.poll() is None and deadline:
            deadline -= 1
            try:
                process.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
    assert not list(files.glob("*long.ome.tif"))
    capsys.readouterr()
    assert main(["predict", "long.npy", probe, "--output", "long.ome.tif"]) == 0
    assert "of 60 planes are there from an earlier run" in capsys.readouterr().err


def test_starts_without_heavy_imports():
    code = (
        "import sys; from patchprobe.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'rich', 'napari', 'sklearn', 'zarr'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout.splitlines()[-1] == "[]"
