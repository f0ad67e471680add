"""Saved strokes are found by the pixels of the image, the last ones first, and do not pile up."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from platformdirs import user_data_path

from patchprobe.autosave import StrokesWriter, find_saved, prune, strokes_folder
from patchprobe.image_key import image_key
from patchprobe.strokes_file import StrokeClass, StrokesCard

CARD = StrokesCard("em", "", "filters", (StrokeClass(1, "cell", "#56b4e9"),))
PAINTED = np.eye(64, 48, dtype=np.uint8)


def painted_planes(folder):
    """Planes of what was saved last of the only image there is."""
    [key] = [path.name for path in folder.iterdir()]
    saved = find_saved(key, folder)
    return None if saved is None else [plane for plane, _ in saved.read()]


def test_the_folder_is_that_of_the_user_or_said(monkeypatch, tmp_path):
    monkeypatch.delenv("PATCHPROBE_STROKES", raising=False)
    assert strokes_folder() == user_data_path("patchprobe") / "strokes"
    monkeypatch.setenv("PATCHPROBE_STROKES", str(tmp_path))
    assert strokes_folder() == tmp_path
    monkeypatch.setenv("PATCHPROBE_STROKES", "off")
    assert strokes_folder() is None


def test_nothing_is_found_of_an_image_that_was_never_painted(tmp_path):
    assert find_saved("key", tmp_path) is None


def test_the_last_of_two_windows_counts_and_both_are_kept(em_stack, tmp_path):
    first, second = (StrokesWriter(em_stack, tmp_path) for _ in range(2))
    first.write(1, {0: PAINTED}, CARD)
    second.write(1, {1: PAINTED}, CARD)
    assert painted_planes(tmp_path) == [1]
    first.write(2, {2: PAINTED}, CARD)
    assert painted_planes(tmp_path) == [0, 2]
    assert len(list(tmp_path.glob("*/*"))) == 2


def test_what_was_erased_does_not_come_back_from_an_older_window(em_stack, tmp_path):
    StrokesWriter(em_stack, tmp_path).write(1, {0: PAINTED}, CARD)
    StrokesWriter(em_stack, tmp_path).write(1, {0: 0 * PAINTED}, CARD)
    assert painted_planes(tmp_path) == []


def test_a_write_that_comes_too_late_is_dropped(em_stack, tmp_path):
    writer = StrokesWriter(em_stack, tmp_path)
    writer.write(2, {0: 0 * PAINTED}, CARD)
    writer.write(1, {0: PAINTED}, CARD)
    assert painted_planes(tmp_path) == []


def test_a_damaged_file_does_not_hide_the_others(em_stack, tmp_path):
    StrokesWriter(em_stack, tmp_path).write(1, {0: PAINTED}, CARD)
    (tmp_path / image_key(em_stack) / "99991231-000000-damaged.zarr").mkdir()
    assert painted_planes(tmp_path) == [0]


def test_a_file_that_was_removed_is_made_again(em_stack, tmp_path):
    writer = StrokesWriter(em_stack, tmp_path)
    writer.write(1, {0: PAINTED}, CARD)
    [saved] = tmp_path.glob("*/*")
    shutil.rmtree(saved)
    writer.write(2, {1: PAINTED}, CARD)
    assert painted_planes(tmp_path) == [1]


def test_old_files_go_and_young_ones_stay(em_stack, tmp_path):
    for _ in range(7):
        StrokesWriter(em_stack, tmp_path).write(1, {0: PAINTED}, CARD)
    assert len(list(tmp_path.glob("*/*"))) == 7
    long_ago = time.time() - 7 * 24 * 3600
    for path in tmp_path.glob("*/*"):
        os.utime(path / "zarr.json", (long_ago, long_ago))
    prune(tmp_path)
    assert len(list(tmp_path.glob("*/*"))) == 5


def test_the_key_is_that_of_the_pixels(em_stack):
    key = image_key(em_stack)
    assert image_key(replace(em_stack, name="moved", voxel_size=(1, 1, 1), source="/other")) == key
    other = em_stack.data.copy()
    other[1, 5, 5] += 1
    assert image_key(replace(em_stack, data=other)) != key
    assert image_key(replace(em_stack, data=em_stack.data[:2])) != key


_KILLED = """
import numpy as np, sys
from pathlib import Path
from patchprobe.autosave import StrokesWriter
from patchprobe.io import Stack
from patchprobe.strokes_file import StrokeClass, StrokesCard
stack = Stack(np.zeros((3, 64, 48), np.uint8), "zyx")
writer = StrokesWriter(stack, Path(sys.argv[1]))
card = StrokesCard("em", "", "filters", (StrokeClass(1, "cell", "#56b4e9"),))
number = 0
while True:
    number += 1
    writer.write(number, {number % 3: np.full((64, 48), 1 + number % 9, np.uint8)}, card)
    if number >= 3:
        sys.stdout.write("painted\\n")
        sys.stdout.flush()
"""


@pytest.mark.parametrize("attempt", range(3))
def test_a_process_that_is_killed_while_it_writes_leaves_whole_planes(attempt, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    )
    with process:
        for _ in range(1 + 3 * attempt):
            assert process.stdout.readline() == b"painted\n"
        process.kill()
    [folder] = tmp_path.iterdir()
    planes = dict(find_saved(folder.name, tmp_path).read())
    assert sorted(planes) == [0, 1, 2]
    assert all(len(np.unique(plane)) == 1 for plane in planes.values()), "no plane is half of two writes"
