"""Frames of a movie onto one template: known motion is found, and what is no frame of it is said."""

from __future__ import annotations

import math

import numpy as np
import pytest

from patchprobe import Stack, align_stack
from patchprobe.alignment import StackAlignment, align_to_template
from patchprobe.errors import InputError

SHAPE = (72, 96)


def shown(view, shifts, noise=0.0, shape=SHAPE, turns=None) -> np.ndarray:
    """Frames (n, H, W): what lies at p lies at p + shift, after a turn about (0, 0) by some degrees."""
    rng = np.random.default_rng(1)
    frames = []
    for (dy, dx), degrees in zip(shifts, turns or [0.0] * len(shifts), strict=True):
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        motion = np.array([[c, -s, dy], [s, c, dx], [0, 0, 1]])
        frames.append(view(np.linalg.inv(motion), shape))
    movie = np.stack(frames)
    # Noise in units of the image's own contrast.
    return (movie + noise * movie.std() * rng.normal(size=movie.shape)).astype(np.float32)


def moved(n: int, most: float = 5.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-most, most, (n, 2))


def errors(found: StackAlignment, truth: np.ndarray) -> np.ndarray:
    """Distances to the truth; the template's own place is free."""
    difference = found.shifts - truth
    return np.hypot(*(difference - np.median(difference, axis=0)).T)


@pytest.mark.parametrize(("noise", "most"), [(0.0, 0.15), (0.5, 0.25)])
def test_known_motion_is_found_to_a_fraction_of_a_pixel(view, noise, most):
    truth = moved(14)
    found = align_stack(Stack(shown(view, truth, noise), "tyx"), reference="template")
    assert found.statuses == ("ok",) * 14
    assert np.median(errors(found, truth)) < most / 1.5
    assert errors(found, truth).max() < most
    assert (found.backbone, found.reference, found.model) == ("", "template", "translation")


def test_of_two_frames_each_is_compared_with_the_other(view):
    truth = np.array([(0.0, 0.0), (3.3, -2.6)])
    found = align_stack(Stack(shown(view, truth, 0.2), "tyx"), reference="template")
    np.testing.assert_allclose(found.shifts[1] - found.shifts[0], truth[1], atol=0.15)
    # The common frame is in the middle between them.
    np.testing.assert_allclose(found.shifts.sum(axis=0), 0, atol=0.15)


def test_a_single_frame_is_its_own_template(view):
    found = align_stack(Stack(shown(view, [(0, 0)]), "tyx"), reference="template")
    assert found.statuses == ("ok",)
    np.testing.assert_allclose(found.shifts, 0, atol=1e-3)


def test_turns_are_followed_on_request(view):
    truth, turns = moved(8, 3.0), [0.0, 1.0, -2.0, 0.5, 2.0, -1.0, 0.0, 1.5]
    movie = Stack(shown(view, truth, 0.3, turns=turns), "tyx")
    found = align_stack(movie, reference="template", model="rigid", anchor=0)
    angles = [
        np.degrees(np.arctan2(section.matrix[1, 0], section.matrix[0, 0])) for section in found.sections
    ]
    np.testing.assert_allclose(angles, turns, atol=0.2)
    np.testing.assert_allclose(found.transforms[0].matrix, np.eye(3), atol=1e-12)


def test_frames_of_something_else_fail_and_stay_with_the_one_before(view):
    truth = moved(14)
    movie = shown(view, truth, 0.5)
    movie[6] = movie[6][::-1]
    movie[9] = 7.0
    movie[13] = np.random.default_rng(0).normal(100, 30, SHAPE)
    found = align_stack(Stack(movie, "tyx"), reference="template")
    assert [n for n, status in enumerate(found.statuses) if status == "failed"] == [6, 9, 13]
    assert "does not resemble" in found.reasons[6]
    assert "blank" in found.reasons[9]
    assert found.transforms[13] == found.transforms[12]
    assert errors(found, truth)[[n for n in range(14) if n not in (6, 9, 13)]].max() < 0.25


def test_a_frame_that_is_much_fainter_than_the_others_is_doubtful(view):
    movie = shown(view, moved(14), 0.2)
    movie[4] = 100 + 0.15 * (movie[4] - 100) + np.random.default_rng(2).normal(0, movie.std(), SHAPE)
    found = align_stack(Stack(movie, "tyx"), reference="template")
    assert [n for n, status in enumerate(found.statuses) if status != "ok"] == [4]
    assert "less" in found.reasons[4]


def test_further_than_max_shift_is_not_called_ok(view):
    truth = np.zeros((8, 2))
    truth[5] = (0, 15)
    movie = Stack(shown(view, truth, 0.2), "tyx")
    assert align_stack(movie, reference="template", max_shift=4).statuses[5] != "ok"
    assert align_stack(movie, reference="template", max_shift=18).statuses[5] == "ok"


def test_planes_of_a_volume_move_by_themselves(view):
    truth = [moved(6, 4.0, seed) for seed in (1, 2)]
    movie = np.stack([shown(view, one, 0.3) for one in truth], axis=1)
    found = align_stack(Stack(movie, "tzyx"), reference="template")
    assert len(found) == 12
    for z in (0, 1):
        own = StackAlignment(found.sections[z::2], SHAPE)
        assert errors(own, truth[z]).max() < 0.15


def test_what_is_not_finite_and_colours_do_no_harm(view):
    truth = moved(10, 4.0)
    movie = shown(view, truth)
    movie[3, 10:14, 10:20] = np.nan
    coloured = np.repeat(movie[..., None], 3, axis=3)
    assert errors(align_stack(Stack(coloured, "tyxc"), reference="template"), truth).max() < 0.3


def test_large_frames_are_matched_on_cells(view, monkeypatch):
    monkeypatch.setattr("patchprobe.alignment.motion._MOST_CELLS", 72 * 96)
    truth = moved(6, 8.0)
    found = align_stack(Stack(shown(view, truth, shape=(144, 192)), "tyx"), reference="template")
    assert errors(found, truth).max() < 0.15


def test_frames_are_read_one_by_one_and_work_stops_between_them(view, monkeypatch):
    monkeypatch.setattr("patchprobe.alignment.motion._MOST_FRAMES", 12)
    frames = shown(view, moved(30, 2.0), shape=(16, 16))
    reads: list[int] = []

    class OnDisk:
        shape, dtype, ndim = frames.shape, frames.dtype, 3

        def __getitem__(self, index):
            reads.append(index[0])
            return frames[index]

    told: list[tuple[int, int]] = []
    steps = align_to_template(Stack(OnDisk(), "tyx"), on_progress=lambda *done: told.append(done))
    found = [step for step in steps if step is not None]
    assert [number for number, _ in found] == list(range(30))
    # A few, spread over the movie, for the template, then each once.
    assert len(reads) == 42
    assert (told[0], told[-1]) == ((0, 30), (30, 30))
    reads.clear()
    steps = align_to_template(Stack(OnDisk(), "tyx"))
    next(steps)
    steps.close()
    assert len(reads) == 1


def test_it_is_saved_like_any_alignment_and_applied_lazily(view, tmp_path):
    truth = np.rint(moved(8, 4.0))
    movie = Stack(shown(view, truth), "tyx")
    found = align_stack(movie, reference="template", anchor=2)
    again = StackAlignment.load(found.save(tmp_path / "motion.json"))
    assert again == found
    still = again.apply(movie)
    inner = (slice(12, -12), slice(12, -12))
    np.testing.assert_allclose(still.plane(5)[inner], movie.plane(2)[inner], atol=3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"model": "elastic"}, "as a whole"),
        ({"model": "wild"}, "no model"),
        ({"max_shift": 0.0}, "max_shift"),
        ({"anchor": 4}, "anchor"),
        ({"method": "median"}, "whole shifts"),
    ],
)
def test_what_makes_no_sense_is_refused(view, options, says):
    with pytest.raises(InputError, match=says):
        align_stack(Stack(shown(view, moved(4)), "tyx"), reference="template", **options)
