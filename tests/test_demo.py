from __future__ import annotations

import json
from dataclasses import replace

import imageio.v3 as iio
import numpy as np
import pytest
from scipy import ndimage

from patchprobe import LinearProbe, StackAlignment, load_stack, synthetic
from patchprobe.cli import main
from patchprobe.demo import draw_strokes, run_demo, sample_stack, suggest_classes, write_results
from patchprobe.demo.part import take_part
from patchprobe.demo.screen import choose_ending, find_screen
from patchprobe.errors import InputError
from patchprobe.io import Stack, save_stack
from patchprobe.normalisation import Normalisation


@pytest.fixture(scope="module")
def sections():
    """Four small sections with truth, the third of them missing."""
    return synthetic.serial_sections(4, 96, seed=3, rotation=0, fold=None)


@pytest.fixture(scope="module")
def done(sections):
    return run_demo(sections.to_stack(), transforms=sections.transforms)


@pytest.fixture
def no_screen(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")


# --- strokes ---


@pytest.mark.parametrize("shape", [(64, 64), (33, 90), (200, 160)])
def test_strokes_stay_inside_their_class(shape):
    y, _ = np.mgrid[: shape[0], : shape[1]]
    classes = np.where(y < shape[0] // 2, 1, 2)
    strokes = draw_strokes(classes, per_class=5)
    assert set(np.unique(strokes)) == {0, 1, 2}
    assert (strokes[strokes > 0] == classes[strokes > 0]).all()


def test_strokes_of_a_class_can_be_held_out_one_by_one():
    classes = np.repeat([[1] * 80 + [2] * 80], 160, axis=0)
    strokes = draw_strokes(classes, per_class=4)
    for number in (1, 2):
        assert ndimage.label(strokes == number, np.ones((3, 3)))[1] == 4


def test_strokes_depend_on_the_seed_only():
    classes = np.repeat([[1] * 40 + [2] * 40], 80, axis=0)
    np.testing.assert_array_equal(draw_strokes(classes, seed=1), draw_strokes(classes, seed=1))
    assert (draw_strokes(classes, seed=1) != draw_strokes(classes, seed=2)).any()


def test_strokes_leave_unlabelled_places_alone():
    classes = np.zeros((60, 60), int)
    classes[:20], classes[40:] = 1, 2
    assert not draw_strokes(classes)[20:40].any()


def test_one_class_is_not_enough_for_strokes():
    with pytest.raises(InputError, match="two classes"):
        draw_strokes(np.ones((30, 30), int))


# --- suggestions ---


def test_dark_lines_are_suggested():
    # A grey ramp, so that brightness alone says nothing, with dark lines every 16 px.
    y, x = np.mgrid[:128, :128]
    image = 0.4 + 0.5 * x / 127 - 0.25 * (np.abs(y % 16 - 8) < 2)
    suggestion = suggest_classes(image, Normalisation(0, 1))
    assert suggestion.names[2] == "dark lines"
    on_line = np.abs(y % 16 - 8) < 3
    assert on_line[suggestion.classes == 2].mean() > 0.9
    assert on_line[suggestion.classes == 1].mean() < 0.05


@pytest.mark.parametrize(("ground", "object_", "name"), [(0.1, 0.9, "bright"), (0.9, 0.1, "dark")])
def test_the_smaller_of_two_levels_is_class_two(ground, object_, name):
    image = np.full((64, 64), ground)
    image[20:44, 20:40] = object_
    suggestion = suggest_classes(image, Normalisation(0, 1))
    assert suggestion.names[2] == name
    assert suggestion.classes[30, 30] == 2
    assert suggestion.classes[2, 2] == 1


def test_constant_plane_is_refused():
    with pytest.raises(InputError, match="constant"):
        suggest_classes(np.full((32, 32), 3.0), Normalisation(0, 10))


# --- the part that is taken ---


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_an_empty_first_plane_and_single_bad_pixels_are_passed_over():
    images = synthetic.serial_sections(3, 64, seed=3, rotation=0, fold=None, missing=None).images
    images = images.astype(np.float32)
    images[0] = np.nan
    images[1, 5, 5] = np.inf
    assert run_demo(Stack(images, "zyx")).painted == 1


def test_large_stacks_are_cut_and_it_is_said():
    stack = Stack(np.zeros((40, 20, 900), np.uint8), "zyx", (50, 4, 4), ("nm",) * 3)
    part, notes = take_part(stack)
    assert part.shape == (16, 20, 768)
    assert len(notes) == 2
    assert "Of planes of 900 × 20 px" in notes[1]
    assert part.voxel_size == stack.voxel_size


@pytest.mark.parametrize(
    ("shape", "axes", "taken", "left"),
    [
        ((2, 3, 20, 20), "tzyx", (3, 20, 20), "zyx"),
        ((2, 1, 20, 20), "tzyx", (2, 20, 20), "tyx"),
        ((3, 20, 20, 2), "zyxc", (3, 20, 20), "zyx"),
        ((20, 30), "yx", (20, 30), "yx"),
    ],
)
def test_other_axes_are_brought_to_one_before_the_plane(shape, axes, taken, left):
    part, _ = take_part(Stack(np.zeros(shape, np.uint8), axes))
    assert (part.shape, part.axes) == (taken, left)
    assert len(part.voxel_size) == len(left)


# --- the whole ---


def test_demo_segments_and_aligns(done):
    assert done.prediction.shape == done.stack.shape
    assert not done.suggested
    assert done.unseen.planes == (1, 3)
    assert done.unseen.f1 > 0.6
    assert done.alignment.statuses[2] == "failed"
    assert done.agreement.residual_after < done.agreement.residual_before
    assert set(done.seconds) == {"load", "embed", "fit", "predict", "align"}


def test_prediction_is_the_probes(done):
    np.testing.assert_array_equal(done.predicted_plane(done.painted), done.probe.predict(done.embedding))


def test_files_can_be_read_back(done, tmp_path):
    files = write_results(done, tmp_path / "out")
    assert {path.name for path in files.values()} == {
        "segmentation.png",
        "alignment.png",
        "metrics.json",
        "probe.safetensors",
        "strokes.ome.tif",
        "labels.ome.tif",
        "transforms.json",
    }
    np.testing.assert_array_equal(load_stack(files["predicted labels"]).data, done.prediction)
    assert load_stack(files["predicted labels"]).voxel_size == pytest.approx((50, 4, 4))
    assert LinearProbe.load(files["probe"]).class_names == {1: "cell", 2: "membrane"}
    np.testing.assert_allclose(StackAlignment.load(files["transforms"]).shifts, done.alignment.shifts)
    about = json.loads(files["metrics"].read_text("utf-8"))
    assert about["truth"]["other_sections"]["f1"] == done.unseen.f1
    assert about["alignment"]["statuses"][2] == "failed"
    for name in ("segmentation.png", "alignment.png"):
        picture = iio.imread(tmp_path / "out" / name)
        assert picture.shape[2] == 3
        assert 900 < picture.shape[1] < 1600


@pytest.mark.parametrize("modality", ["histology", "calcium"])
def test_stack_without_truth_gets_suggested_strokes(modality):
    stack = replace(synthetic.stack(modality, n=2, size=72), labels=None)
    done = run_demo(stack)
    assert done.suggested
    assert done.strokes_from.startswith("suggested")
    assert done.seen is None
    assert set(np.unique(done.prediction)) == {1, 2}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_single_plane_is_not_aligned(dtype, tmp_path):
    image = synthetic.stack("em", n=1, size=64).data[0] * 200
    done = run_demo(Stack(image.astype(dtype), "yx"))
    assert done.alignment is None
    assert any("one plane" in note for note in done.notes)
    assert not (tmp_path / "alignment.png").exists()
    assert "transforms" not in write_results(done, tmp_path)


def test_empty_first_sections_are_not_painted():
    stack = synthetic.serial_sections(3, 64, missing=0, fold=None).to_stack()
    assert run_demo(stack).painted == 1


def test_sample_has_truth_and_transforms():
    stack, transforms = sample_stack()
    assert stack.n_planes == len(transforms)
    assert set(np.unique(stack.labels)) == {0, 1, 2}


def test_colours_are_those_of_the_widgets():
    from patchprobe.class_colors import PALETTE
    from patchprobe.demo.run import COLORS

    assert tuple(COLORS.values()) == PALETTE[:2]


# --- window or files ---


def test_without_a_screen_files_are_written(no_screen):
    ending = choose_ending(window=None, output=None)
    assert (ending.window, ending.screenshot, ending.folder.name) == (False, False, "demo_output")
    assert "no display" in ending.reason


def test_window_without_a_screen_is_refused(no_screen):
    with pytest.raises(InputError, match="No window"):
        choose_ending(window=True, output=None)


@pytest.mark.parametrize(
    ("key", "screen"), [("/tmp/xvfb-run.aB1/Xauthority", "virtual"), ("/home/.X", "real")]
)
def test_virtual_screens_are_known(no_screen, monkeypatch, key, screen):
    pytest.importorskip("napari")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setenv("XAUTHORITY", key)
    assert find_screen() == screen
    assert choose_ending(None, None).window == (screen == "real")
    assert choose_ending(None, "folder").window is False
    assert choose_ending(None, "folder").screenshot
    assert not choose_ending(False, "folder").screenshot


def test_command_writes_and_says_where(no_screen, em_stack, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save_stack("own.ome.tif", em_stack)
    assert main(["demo", "own.ome.tif", "--no-window", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["files"]["metrics"] == str(tmp_path / "demo_output" / "metrics.json")
    assert main(["demo", "own.ome.tif", "--no-window"]) == 0
    assert str(tmp_path / "demo_output") in capsys.readouterr().out
