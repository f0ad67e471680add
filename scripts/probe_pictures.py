"""Pictures of the Probe widget at work, from the first stroke to objects: docs/images/probe_*.png.

    sh scripts/under-xvfb.sh .venv/bin/python scripts/probe_pictures.py [FOLDER]

Strokes are put on made sections of neuropil one after the other, as the brush puts them; what is then
shown is what the widget makes of them.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import napari
import numpy as np
from qtpy.QtWidgets import QApplication

from patchprobe.demo.strokes import draw_strokes
from patchprobe.probe import find_strokes
from patchprobe.synthetic import serial_sections

ROOT = Path(__file__).parents[1]
SIZE = (1280, 800)
PLANE, STROKES = 0, 5


def settle(widget) -> None:
    """Wait until the widget computes nothing and is about to compute nothing."""
    live, idle = widget.live, 0
    while idle < 10:
        QApplication.processEvents()
        time.sleep(0.02)
        jobs = (live.run, widget.next_place._jobs, live.stack_run._jobs)
        is_busy = live._soon.isActive() or any(job.is_running for job in jobs) or widget.live_objects.is_busy
        idle = 0 if is_busy else idle + 1


def main() -> None:
    """Paint, and take a picture at each stage."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    sections = serial_sections(8, 384, seed=2, fold=None, missing=None)
    viewer = napari.Viewer(show=True)
    viewer.add_image(sections.images, name="EM sections", scale=(50, 4, 4), units=("nm",) * 3)
    _, widget = viewer.window.add_plugin_dock_widget("patchprobe", "Probe")
    viewer.window.resize(*SIZE)
    viewer.dims.set_point(0, PLANE)
    settle(widget)

    def picture(name: str) -> None:
        settle(widget)
        viewer.window.screenshot(str(folder / f"probe_{name}.png"), canvas_only=False, flash=False)

    strokes = draw_strokes(sections.labels[PLANE], STROKES, 1)
    points, numbers = find_strokes(strokes)

    def paint(number: int) -> None:
        at = points[numbers == number]
        index = (np.full(len(at), PLANE), *at.T)
        widget.live.brush.choose(int(strokes[tuple(at[0])]))
        widget.live.strokes.data_setitem(index, int(strokes[tuple(at[0])]))
        widget.live.book.look([PLANE])
        settle(widget)

    of_class = {
        c: [n for n in np.unique(numbers) if strokes[tuple(points[numbers == n][0])] == c] for c in (1, 2)
    }
    paint(of_class[1][0])
    picture("1_first_stroke")
    widget.live.edits.rename(2, "membrane")
    paint(STROKES)
    picture("2_second_class")
    for number in (*range(1, STROKES), *range(STROKES + 1, numbers.max() + 1)):
        paint(number)
    picture("3_held_out")
    index = widget.overlay.findText("uncertainty")
    widget.overlay.setCurrentIndex(index)
    widget.overlay.activated.emit(index)
    picture("4_uncertainty")
    widget.next_row.button.click()
    picture("5_next_place")
    widget.overlay.setCurrentIndex(0)
    widget.overlay.activated.emit(0)
    viewer.reset_view()
    widget.held_out.section.unfold(False)
    widget.objects.unfold()
    picture("6_objects")
    viewer.close()


if __name__ == "__main__":
    os.environ.setdefault("PATCHPROBE_STROKES", "off")
    main()
