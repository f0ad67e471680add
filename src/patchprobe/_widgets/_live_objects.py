"""Objects that follow the prediction: outlines on the plane that is seen, then those of the whole stack."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from napari.utils.events import Event
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog

from .._objects_work import (
    ObjectsWanted,
    PlaneDone,
    PlaneObjects,
    find_all_objects,
    preview_objects,
    write_objects,
)
from .._predicting import Prediction
from .._work import Computing
from ..errors import InputError
from ..io import Stack
from ..objects import ObjectSettings, StackObjects, save_table
from ._jobs import JobRunner
from ._layers import current_plane, shows_planes
from ._live_probe import LiveProbe
from ._objects_layers import ObjectsLayers
from ._objects_section import ObjectsSection
from ._session import session_of
from ._timers import single_shot

# Single pixels are noise nearly everywhere; the first preview should show things.
FIRST_SETTINGS = ObjectSettings(min_size=20.0)
_NO_PROBE = "Paint a little of two classes first"
_OUTDATED = "The table is of the objects found before. Find them again to follow the changes."
_TABLES, _STACKS = "Tables (*.csv)", "Labels (*.ome.tif *.tif *.ome.zarr *.npy)"


class LiveObjects:
    """Between the section of objects and the live probe.

    The preview runs while the section is unfolded: one job at a time, the one before dropped.

    Parameters
    ----------
    live : LiveProbe
    section : ObjectsSection
    parent : QObject
        What the background jobs end with.
    """

    def __init__(self, live: LiveProbe, section: ObjectsSection, parent: QObject) -> None:
        self._live = live
        self._section = section
        self.settings = section.settings
        self.layers = ObjectsLayers(live.viewer)
        self.found: StackObjects | None = None
        self._image = live.image
        self._measured: Stack | None = None
        self._seen: Prediction | None = None
        self._again = False
        self._preview = JobRunner(parent)
        self._run = JobRunner(parent)
        self._writing = JobRunner(parent)
        self._soon = single_shot(parent, self._start_preview)
        self._connect()
        self._on_classes()
        self._on_probe()

    @property
    def is_busy(self) -> bool:
        """Whether anything is computed or about to be."""
        jobs = (self._preview, self._run, self._writing)
        return self._soon.isActive() or any(job.is_running for job in jobs)

    def _connect(self) -> None:
        section, live, viewer = self._section, self._live, self._live.viewer
        section.changed.connect(self._on_settings)
        section.toggle.toggled.connect(self._on_unfolded)
        section.find_requested.connect(self._find)
        section.stop_requested.connect(self._run.stop)
        section.chosen.connect(self._go_to)
        section.save_table_requested.connect(self._ask_for_table)
        section.save_objects_requested.connect(self._ask_for_objects)
        self._preview.returned.connect(self._on_preview)
        self._preview.ended.connect(self._on_preview_ended)
        self._run.yielded.connect(self._on_step)
        self._run.returned.connect(self._on_found)
        self._run.ended.connect(self._on_ended)
        self._writing.returned.connect(lambda path: self._section.run.end(f"Saved as {path.name}."))
        for jobs in (self._preview, self._run, self._writing):
            jobs.failed.connect(live.failed.emit)
        live.predicted.connect(self._on_predicted)
        live.fitted.connect(self._on_probe)
        live.state.events.classes.connect(self._on_classes)
        viewer.dims.events.current_step.connect(self._update)
        viewer.layers.events.removed.connect(self._on_removed)
        section.destroyed.connect(self._close)

    def _close(self, *_: object) -> None:
        self._live.viewer.dims.events.current_step.disconnect(self._update)
        self._live.viewer.layers.events.removed.disconnect(self._on_removed)

    # --- what happens ---

    def _on_settings(self, settings: ObjectSettings) -> None:
        if settings != self.settings:
            self._say_outdated()
        self.settings = settings
        self._update()

    def _say_outdated(self) -> None:
        if self.found is not None and not self._section.run.is_running:
            self._section.run.end(_OUTDATED)

    def _on_unfolded(self, shown: bool) -> None:
        if shown:
            self._update()
        else:
            self._preview.drop()
            self.layers.hide_preview()

    def _on_predicted(self, prediction: Prediction | None) -> None:
        self._seen = prediction
        self._update()

    def _on_probe(self) -> None:
        """Follow the probe, and the image that it is for."""
        self._seen = None
        if self._live.image is not self._image:
            self._image = self._live.image
            self._forget_found()
        source = self._live.source
        self._section.show_stack(None if source is None else source.stack)
        missing = "" if self._live.probe is not None else _NO_PROBE
        self._section.run.set_missing(missing)
        if missing:
            self._preview.drop()
            self.layers.hide_preview()
            self._section.note.setText(f"{missing}.")
        else:
            self._say_outdated()
            self._update()

    def _on_classes(self) -> None:
        classes = self._live.state.classes
        numbers = [known.number for known in classes]
        number = self.settings.number if self.settings.number in numbers else numbers[-1]
        self._section.show_classes(classes, number)
        self._on_settings(self._section.settings)

    def _on_removed(self, event: Event) -> None:
        self.layers.forget(event.value)

    def _forget_found(self) -> None:
        self._run.drop()
        self.found = None
        self.layers.attach(self._image)
        self._section.show_table(None)
        self._section.run.end()

    # --- the plane that is seen ---

    def _update(self, *_: object) -> None:
        if self._section.toggle.isChecked():
            self._soon.start()

    def _wanted(self) -> ObjectsWanted | None:
        source, probe = self._live.source, self._live.probe
        if source is None or probe is None or self.settings.number not in probe.classes_:
            return None
        return ObjectsWanted(source, probe, self.settings)

    def _start_preview(self) -> None:
        wanted, image, viewer = self._wanted(), self._live.image, self._live.viewer
        if wanted is None or image not in viewer.layers or not shows_planes(viewer):
            self._preview.drop()
            self.layers.hide_preview()
            return
        if self._preview.is_running:
            # Not one run for each step of a slider: what is wanted by then comes next.
            self._again = True
            return
        self._again = False
        plane = current_plane(viewer, image)
        seen = self._seen if self._seen is not None and self._seen.plane == plane else None
        self._preview.start(preview_objects, wanted, plane, session_of(viewer).cache, seen)

    def _on_preview(self, objects: PlaneObjects) -> None:
        image = self._live.image
        if image is None or not self._section.toggle.isChecked():
            return
        if objects.plane != current_plane(self._live.viewer, image):
            return
        self.layers.show_preview(image, objects.plane, objects.labels)
        count = len(objects.sizes)
        text = f"{count} object{'' if count == 1 else 's'} on this plane"
        if count:
            text += f", median {self._section.area_text(float(np.median(objects.sizes)))}"
        if self.settings.join_planes:
            text += ", before small ones are left out and planes joined"
        self._section.note.setText(text)

    def _on_preview_ended(self) -> None:
        if self._again:
            self._start_preview()

    # --- the stack ---

    def _find(self) -> None:
        wanted = self._wanted()
        if wanted is None:
            self._live.failed.emit(
                InputError("The class of the objects is not painted yet. Paint it, or choose another class.")
            )
            return
        self._measured = wanted.source.stack
        self._section.run.begin(0)
        self._run.start(find_all_objects, wanted, session_of(self._live.viewer).cache)

    def _on_step(self, step: PlaneDone | Computing) -> None:
        if isinstance(step, Computing):
            return
        if step.done == 0:
            self._section.run.begin(step.total)
        else:
            self._section.run.advance(step.done)

    def _on_found(self, found: StackObjects) -> None:
        self.found = found
        assert self._image is not None
        self.layers.show_found(self._image, found)
        self._section.show_table(found.table)
        self._section.run.end(f"{found.count} objects found")

    def _on_ended(self) -> None:
        if self._section.run.is_running:
            self._section.run.end("Stopped. The objects found before stay as they were.")

    def _go_to(self, row: int) -> None:
        if self.found is None or self._measured is None:
            return
        table = self.found.table
        steps = self._measured.voxel_size[-2:]
        y, x, diameter = (
            float(next(column for name, column in table.items() if name.startswith(start))[row])
            for start in ("centroid_y", "centroid_x", "diameter")
        )
        self.layers.go_to(
            int(table["label"][row]),
            int(table["plane"][row]),
            (y / steps[0], x / steps[1]),
            diameter / steps[1],
        )

    # --- files ---

    def _ask_for_table(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self._section, "Save table", "objects.csv", _TABLES)
        if path:
            self.save_table(path)

    def _ask_for_objects(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self._section, "Save objects", "objects.ome.tif", _STACKS)
        if path:
            self.save_objects(path)

    def save_table(self, path: str) -> None:
        """Save the measurements as CSV."""
        if self.found is None:
            return
        try:
            target = save_table(path, self.found.table)
        except InputError as error:
            self._live.failed.emit(error)
        else:
            self._section.run.end(f"Saved as {Path(target).name}.")

    def save_objects(self, path: str) -> None:
        """Save the objects as labels with the voxel size of the image."""
        if self.found is not None and self._measured is not None:
            self._writing.start(write_objects, path, self.found, self._measured)
