"""Naming axes: from the caller, from the file, guessed."""

from __future__ import annotations

import pytest

from patchprobe.errors import InputError
from patchprobe.io.axes import name_axes


@pytest.mark.parametrize(
    ("shape", "letters"),
    [
        ((64, 65), "yx"),
        ((15, 64, 64), "zyx"),
        ((3, 64, 64), "zyx"),
        ((64, 64, 3), "yxc"),
        ((64, 65, 4), "yxc"),
        ((64, 64, 15), "yxz"),
        ((64, 65, 60), "zyx"),
        ((7, 64, 64, 3), "zyxc"),
        ((7, 9, 64, 64), "tzyx"),
        ((7, 2, 64, 64), "zcyx"),
        ((2, 7, 64, 64), "czyx"),
        ((5, 2, 7, 64, 64), "tczyx"),
        ((5, 7, 2, 64, 64), "tzcyx"),
        ((5, 7, 64, 64, 3), "tzyxc"),
        ((1, 64, 64), "-yx"),
        ((1, 1, 30, 64, 64), "--zyx"),
        ((64, 64, 1), "yx-"),
        ((1, 64), "yx"),
        ((1, 1), "yx"),
    ],
)
def test_guesses_from_the_shape(shape, letters):
    named = name_axes(shape, "?" * len(shape), None, "file")
    assert named.letters == letters
    guessed = letters.replace("-", "") != "yx"
    assert bool(named.note) == guessed
    if guessed:
        assert "axes=" in named.note
        assert str(shape) in named.note


def test_the_suggested_alternative_differs_from_the_guess():
    for shape in [(15, 64, 64), (3, 64, 64), (7, 9, 64, 64), (64, 64, 15), (7, 64, 64, 3)]:
        named = name_axes(shape, "?" * len(shape), None, "file")
        suggested = named.note.rpartition("axes='")[2].rstrip("'.")
        assert suggested != named.letters
        assert name_axes(shape, "?" * len(shape), suggested, "file").letters == suggested


def test_what_the_file_says_holds_without_a_note():
    named = name_axes((4, 1, 30, 64, 64), "tczyx", None, "file")
    assert (named.letters, named.note, named.stack_axes) == ("t-zyx", "", "tzyx")


def test_an_axis_that_the_file_leaves_open_becomes_planes_with_a_note():
    named = name_axes((15, 64, 64), "?yx", None, "file")
    assert named.letters == "zyx"
    assert "15 planes" in named.note
    assert name_axes((5, 15, 64, 64), "?zyx", None, "file").letters == "tzyx"


def test_the_caller_overrides_and_may_leave_out_axes_of_length_one():
    assert name_axes((15, 64, 64), "zyx", "TYX", "file").letters == "tyx"
    assert name_axes((1, 15, 64, 64), "????", "zyx", "file").letters == "-zyx"
    assert name_axes((1, 64, 64), "???", "zyx", "file").letters == "zyx"
    colours = name_axes((64, 64, 3), "???", "yxs", "file")
    assert (colours.letters, colours.rgb) == ("yxc", True)


@pytest.mark.parametrize("axes", ["yx", "zzyx", "zyy", "zyq", "zy", "tzc", ""])
def test_refuses_axes_that_do_not_fit(axes):
    with pytest.raises(InputError, match="axes"):
        name_axes((15, 64, 64), "zyx", axes, "file")


@pytest.mark.parametrize("shape", [(5,), (0, 64, 64), (2, 3, 4, 5, 64, 64)])
def test_refuses_arrays_that_are_no_stack(shape):
    with pytest.raises(InputError, match="shape"):
        name_axes(shape, "?" * len(shape), None, "file")


def test_refuses_more_open_axes_than_a_stack_has():
    with pytest.raises(InputError, match="axes='tzyx'"):
        name_axes((2, 3, 4, 64, 64), "?tzyx", None, "file")
