"""From the end of a stroke to the overlay on the screen: latencies of the real widget, painted on by mouse.

A plane is shown in napari so that a part of it is visible, and strokes of two classes are painted on it with
the mouse, one after the other. Measured is the time from letting go of the mouse until the overlay of what is
visible is drawn, and when on the way there the stroke was seen and the prediction written; beside it what
reading the same strokes, fitting and predicting what is visible take by themselves. scikit-image's random
forest, its features at hand, is fitted on the strokes of a plane of 512 × 512 px, where the widget is
measured again. Run it, under a virtual display where there is none:

    sh scripts/under-xvfb.sh python benchmarks/interactive.py [--backbone NAME]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import forest
import napari
import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QEventLoop, QPoint, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from patchprobe import LinearProbe
from patchprobe._predicting import predict_view
from patchprobe._widgets._visible import camera_of, visible_view
from patchprobe._widgets.probe import ProbeWidget
from patchprobe.probe import read_rows
from patchprobe.synthetic import generate

STAGES = ("stroke seen", "overlay written", "overlay drawn")
# Pixels of the canvas that a stroke is long.
STROKE = 60
# What a run may take before it is given up, in seconds.
PATIENCE = 120.0


@dataclass
class Clock:
    """When each stage was reached since the mouse was let go."""

    began: float = 0.0
    reached: dict[str, float] = field(default_factory=dict)
    finished: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin anew."""
        self.reached.clear()
        self.began = time.perf_counter()

    def mark(self, stage: str) -> None:
        """Note the first time that a stage is reached, in order."""
        before = STAGES[: STAGES.index(stage)]
        if stage not in self.reached and all(earlier in self.reached for earlier in before):
            self.reached[stage] = time.perf_counter() - self.began
            if stage == STAGES[-1] and self.finished is not None:
                self.finished()


class Painter:
    """A viewer with the Probe widget on one plane, and a hand that paints on it.

    Parameters
    ----------
    plane : ndarray of float32, shape (H, W)
    visible : int
        Pixels of the plane along the shorter side of the canvas.
    backbone : str
    """

    def __init__(self, plane: npt.NDArray[np.float32], visible: int, backbone: str) -> None:
        self.viewer = napari.Viewer(show=False)
        self.viewer.add_image(plane, name="plane")
        self.widget = ProbeWidget(self.viewer)
        self.viewer.window.add_dock_widget(self.widget, name="Probe")
        self.viewer.show()
        # After it is shown: napari gives a new window the size of the last one.
        self.viewer.window.resize(1500, 1100)
        self.widget.state.backbone = backbone
        self.clock = Clock()
        self.generator = np.random.default_rng(0)
        self.canvas = self.viewer.window._qt_viewer.canvas
        QTest.qWaitForWindowExposed(self.viewer.window._qt_window)
        QApplication.processEvents()
        camera_of(self.viewer).center = (0, plane.shape[0] / 2, plane.shape[1] / 2)
        camera_of(self.viewer).zoom = min(self.canvas.size) / visible
        self.visible, self.middle = visible, plane.shape[0] / 2
        live = self.widget.live
        live.book.changed.connect(lambda: self.clock.mark("stroke seen"))
        live.shown.connect(lambda: self.clock.mark("overlay written"))
        draw = self.canvas._scene_canvas.events.draw
        draw.connect(lambda event: self.clock.mark("overlay drawn"), position="last")
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is computed any more."""
        live, until = self.widget.live, time.perf_counter() + PATIENCE
        idle = 0
        while idle < 5:
            QApplication.processEvents()
            is_busy = live._soon.isActive() or live.run.is_running
            idle = 0 if is_busy else idle + 1
            time.sleep(0.005)
            if time.perf_counter() > until:
                raise SystemExit("The widget did not come to rest.")

    def stroke(self, number: int, start: tuple[float, float]) -> None:
        """Paint a stroke of a class with the mouse; the clock starts as it ends."""
        QTest.keyClick(self.canvas.native, str(number))
        scene = self.canvas.view.scene.node_transform(self.canvas._scene_canvas.scene)
        column, row = scene.map([start[1], start[0], 0, 1])[:2]
        points = [QPoint(int(column) + x, int(row) + x // 6) for x in range(0, STROKE + 1, 6)]
        left, no_keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(self.canvas.native, left, no_keys, points[0])
        for point in points[1:]:
            QTest.mouseMove(self.canvas.native, point)
            QApplication.processEvents()
        self.clock.start()
        QTest.mouseRelease(self.canvas.native, left, no_keys, points[-1])

    def overlay(self) -> dict[str, float]:
        """Wait for the overlay, and return when each stage was reached."""
        loop = QEventLoop()
        self.clock.finished = loop.quit
        patience = QTimer(interval=int(1000 * PATIENCE), singleShot=True)
        patience.timeout.connect(loop.quit)
        patience.start()
        if STAGES[-1] not in self.clock.reached:
            # As in napari: a loop that asks for events again and again would take time from the worker.
            loop.exec()
        if STAGES[-1] not in self.clock.reached:
            raise SystemExit(f"No overlay came; reached: {self.clock.reached}")
        return dict(self.clock.reached)

    def paint(self, strokes: int, pause: bool) -> list[dict[str, float]]:
        """Paint strokes all over what is visible; with a pause, the rest of the plane is waited for."""
        rows = []
        for count in range(strokes + 1):
            offset = (self.generator.random(2) - 0.5) * 0.8 * self.visible
            self.stroke(1 + count % 2, (self.middle + offset[0], self.middle + offset[1]))
            # With one class painted there is nothing to show.
            if count:
                rows.append(self.overlay())
            if pause or count < 2:
                self.settle()
        # The first overlay makes its layer.
        return rows[1:]

    def work_alone(self, repeats: int = 15) -> dict[str, dict[str, float]]:
        """Time what a stroke leads to without the window: median and 95th percentile in seconds."""
        live = self.widget.live
        (embedding,) = live.cache._entries.values()
        strokes, view = live.book.planes[0], visible_view(self.viewer, live.strokes)
        rows = read_rows(embedding, strokes)
        probe = LinearProbe().fit_rows([rows])
        works = {
            "read strokes": lambda: read_rows(embedding, strokes),
            "fit": lambda: LinearProbe().fit_rows([rows]),
            "predict visible": lambda: predict_view(probe, 0, embedding, view),
        }
        return {
            name: {"median_s": float(np.median(taken)), "p95_s": float(np.percentile(taken, 95))}
            for name, taken in (
                (name, [seconds(work) for _ in range(repeats)]) for name, work in works.items()
            )
        }

    def close(self) -> None:
        """Close the window when nothing is computed any more."""
        self.settle()
        self.viewer.close()


def spread(taken: list[float]) -> dict[str, float]:
    return {"median_s": float(np.median(taken)), "p95_s": float(np.percentile(taken, 95))}


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def summary(rows: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of each stage, in seconds."""
    return {stage: spread([row[stage] for row in rows]) for stage in STAGES}


def show(title: str, table: dict[str, dict[str, float]]) -> None:
    print(f"\n{title}")
    for stage, values in table.items():
        print(
            f"  {stage:18} median {1e3 * values['median_s']:7.1f} ms   95 % {1e3 * values['p95_s']:7.1f} ms"
        )


def by_forest(plane: npt.NDArray[np.float32], strokes: npt.NDArray[np.uint8], repeats: int) -> float:
    """Median seconds of scikit-image's trainable segmentation, features at hand."""
    features = forest.features(plane)
    taken = [seconds(lambda: forest.fit_and_predict(features, strokes, [features])) for _ in range(repeats)]
    return float(np.median(taken))


def em_plane(side: int) -> npt.NDArray[np.float32]:
    images, _ = generate("em", 1, side, 0)
    return np.asarray(images[0], dtype=np.float32).mean(axis=2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backbone", default="filters")
    parser.add_argument("--side", type=int, default=2048, help="of the plane, in pixels")
    parser.add_argument("--visible", type=int, default=1024, help="pixels of the plane along the canvas")
    parser.add_argument("--strokes", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "interactive.json")
    options = parser.parse_args()

    application = QApplication.instance() or QApplication(sys.argv)
    large = Painter(em_plane(options.side), options.visible, options.backbone)
    result: dict[str, object] = {"backbone": options.backbone}
    for name, pause in (("one by one", True), ("in quick succession", False)):
        result[name] = table = summary(large.paint(options.strokes, pause))
        show(f"{options.side}² px, {options.visible} px visible, {options.strokes} strokes {name}", table)
    result["alone"] = alone = large.work_alone()
    show("The same strokes, without the window", alone)
    large.close()

    small = Painter(em_plane(512), 512, options.backbone)
    rows = small.paint(20, True)
    theirs = by_forest(em_plane(512), small.widget.live.strokes.data, 5)
    small.close()
    result["512"] = table = summary(rows)
    result["scikit_image_s"] = theirs
    result["times_faster"] = theirs / table[STAGES[-1]]["median_s"]
    show("512² px, all of it visible, 20 strokes", table)
    print(f"  scikit-image's forest, fit and predict alone: {1e3 * theirs:.0f} ms, ", end="")
    print(f"{result['times_faster']:.1f} times as long as all of the widget's")
    # Linux gives KiB, macOS bytes.
    result["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1e6 if sys.platform == "linux" else 1e9
    )
    print(f"\nPeak memory {result['peak_gb']:.1f} GB")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.out}")
    application.quit()


if __name__ == "__main__":
    main()
