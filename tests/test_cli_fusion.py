"""Averaging over orientations and frames, and summaries of movies, on the command line."""

import json
from dataclasses import replace

import numpy as np
import pytest

from patchprobe import LinearProbe, TimeWindow, Triplanar, embed, load_stack, predict_stack
from patchprobe.cli import main
from patchprobe.fusion import read_triplanar_rows
from patchprobe.io import save_labels, save_stack
from patchprobe.preparation import summarise_movie


@pytest.fixture
def files(em_stack, tmp_path, monkeypatch):
    """A volume with cubic voxels, the same planes as a movie, and a probe."""
    monkeypatch.chdir(tmp_path)
    save_stack("volume.ome.tif", replace(em_stack, voxel_size=(4.0, 4.0, 4.0)))
    save_stack("movie.ome.tif", replace(em_stack, axes="tyx", units=("s", "nm", "nm")))
    save_stack("flat.ome.tif", em_stack)
    strokes = np.zeros((64, 48), np.uint8)
    strokes[5::10] = em_stack.labels[0, 5::10]
    embedding = embed(em_stack.plane(0), normalisation=em_stack.normalisation())
    LinearProbe(C=1.0).fit(embedding, strokes).save("probe.safetensors")
    return tmp_path


def assert_holds(path, image, fusion):
    probe = LinearProbe.load("probe.safetensors")
    expected, written = predict_stack(load_stack(image), probe, fusion=fusion), load_stack(path)
    for plane in range(3):
        np.testing.assert_array_equal(written.plane(plane), expected.plane(plane))


def test_predict(files):
    common = ["probe.safetensors", "--quiet", "--output"]
    assert main(["predict", "volume.ome.tif", *common, "three.ome.zarr", "--triplanar"]) == 0
    assert_holds("three.ome.zarr", "volume.ome.tif", Triplanar())
    assert main(["predict", "movie.ome.tif", *common, "window.ome.tif", "--time-window", "3"]) == 0
    assert_holds("window.ome.tif", "movie.ome.tif", TimeWindow(3))


def test_fit_on_three_orientations(files, em_stack, capsys):
    strokes = np.zeros(em_stack.shape, np.uint8)
    strokes[1, 5::10] = em_stack.labels[1, 5::10]
    save_labels("strokes.ome.tif", strokes, em_stack)
    command = [
        "fit",
        "volume.ome.tif",
        "strokes.ome.tif",
        "--triplanar",
        "--output",
        "p",
        "--json",
        "--quiet",
    ]
    assert main([*command, "--decision-weights", "suggest"]) == 0
    rows = read_triplanar_rows(load_stack("volume.ome.tif"), enumerate(strokes))
    found = json.loads(capsys.readouterr().out)
    assert found["strokes"] == {"1": rows_of(rows, 1), "2": rows_of(rows, 2)}
    assert main(["fit", "flat.ome.tif", *command[2:]]) == 1
    assert main(["fit", "--project", "p.json", *command[3:]]) == 1
    assert "--triplanar takes images" in capsys.readouterr().err


def rows_of(rows, number):
    """Strokes of a class."""
    return len(np.unique(rows.strokes[rows.classes == number]))


def test_a_folder_names_the_images_that_cannot_be_seen_so(files, capsys):
    command = ["apply", ".", "probe.safetensors", "--output", "out", "--triplanar", "--pattern"]
    assert main([*command, "[vf]*.tif"]) == 1
    said = capsys.readouterr().err
    assert "1 of 2 images" in said and "nearly cubic" in said
    assert_holds("out/volume_prediction.ome.tif", "volume.ome.tif", Triplanar())
    # Without it, the same images are not taken for finished.
    assert main([*command[:5], "--pattern", "vol*.tif", "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["images"][0]["skipped"] is False


def test_bad_use_is_said_in_one_line(files, capsys):
    command = ["predict", "flat.ome.tif", "probe.safetensors", "--output", "p.tif"]
    assert main([*command, "--triplanar"]) == 1
    assert "nearly cubic" in capsys.readouterr().err
    assert main([*command, "--time-window", "3"]) == 1
    assert "needs an axis t" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "--time-window", "3", "--triplanar"])


def test_summarise(files, capsys):
    assert main(["summarise", "movie.ome.tif", "--of", "mean,std", "--output", "s.ome.tif", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == 3
    written = load_stack("s.ome.tif")
    assert written.axes == "yxc"
    expected = summarise_movie(load_stack("movie.ome.tif"), ["mean", "std"])
    np.testing.assert_array_equal(written.plane(), expected.plane())
