"""The Align widget: a stack becomes an aligned stack, with a verdict on every section."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.layers import Image, Labels, Layer
from napari.viewer import Viewer
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from .._align_work import (
    Aligned,
    AlignRequest,
    Pair,
    PairRequest,
    PlaneMoved,
    SectionDone,
    align,
    compare,
    move,
    summary,
)
from ..alignment import StackAlignment
from ..backbones import list_backbones
from ..errors import InputError
from ..io import Stack
from ..normalisation import Normalisation
from ._error_line import ErrorLine
from ._jobs import JobRunner
from ._layer_picker import LayerPicker
from ._layers import (
    add_image,
    add_labels,
    bare_viewer,
    current_plane,
    layer_data,
    layer_stack,
    plane_count,
    plane_shape,
    show_plane,
)
from ._pair_view import PairView
from ._run_row import RunRow
from ._section import Section
from ._section_table import Pixel, SectionTable, pair_text, status_word
from ._status import Mood, StatusLine

_METHODS = {
    "whole-shift": ("whole shift", "The shift at which the sections agree best as a whole, to a fraction of a pixel"),
    "median": ("median of matches", "The median offset of each patch's best match, to whole patches"),
    "max-correlation": ("strongest match", "The offset of the most similar pair of patches, to whole patches"),
}
_REFERENCES = {
    "previous": ("the section before", "For serial sections, which change along the stack"),
    "first": ("the first section", "For a movie of one field of view"),
}
_INTENSITY = "intensity only"


@dataclass(frozen=True, eq=False)
class _Run:
    """One alignment, of a layer as it was when it began."""

    layer: Image
    request: AlignRequest

    @property
    def is_stale(self) -> bool:
        """Whether the layer holds other data by now."""
        return layer_data(self.layer) is not self.request.stack.data


class AlignWidget(QWidget):
    """Choose a stack, align it, see how sure each section is, move other layers along.

    Parameters
    ----------
    napari_viewer : Viewer
    """

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = bare_viewer(napari_viewer)
        self._run: _Run | None = None
        self._done: _Run | None = None
        self._alignment: StackAlignment | None = None
        self._normalisation: Normalisation | None = None
        self._aligned: WeakKeyDictionary[Layer, Layer] = WeakKeyDictionary()
        self.picker = LayerPicker(self._viewer)
        self.backbone = QComboBox()
        self.method = QComboBox()
        self.reference = QComboBox()
        self.max_shift = QSpinBox()
        self.run = RunRow("Align")
        self.error = ErrorLine(self._viewer)
        self.status = StatusLine(self._viewer)
        self.table = SectionTable(self._viewer)
        self.detail = QLabel()
        self.pair = PairView()
        self.others = LayerPicker(self._viewer, self._movable, "no other layer of this shape")
        self.move_button = QPushButton("Move along")
        self.moving = Section("Move other layers along")
        self._aligner = JobRunner(self)
        self._comparer = JobRunner(self)
        self._mover = JobRunner(self)
        self._fill_choices()
        self._lay_out()
        self._connect()
        self._on_picked(self.picker.layer)

    def _fill_choices(self) -> None:
        for combo, choices in ((self.method, _METHODS), (self.reference, _REFERENCES)):
            for index, (key, (text, tip)) in enumerate(choices.items()):
                combo.addItem(text, key)
                combo.setItemData(index, tip, _TOOLTIP)
        for index, spec in enumerate(list_backbones()):
            self.backbone.addItem(spec.name, spec.name)
            self.backbone.setItemData(index, spec.summary, _TOOLTIP)
        self.backbone.addItem(_INTENSITY, None)
        self.max_shift.setRange(0, 100_000)
        self.max_shift.setSpecialValueText("any")
        self.max_shift.setSuffix(" px")
        self.max_shift.setSingleStep(10)
        for field, tip in (
            (self.backbone, "Features that are compared besides intensity"),
            (self.method, "How the shift between two sections is found"),
            (self.reference, "Which section each one is compared with"),
            (self.max_shift, "Largest shift between two sections that are compared"),
            (self.move_button, "Add a copy of the chosen layer, moved like the stack"),
        ):
            field.setToolTip(tip)

    def _lay_out(self) -> None:
        form = QFormLayout()
        for text, field in (
            ("Stack", self.picker),
            ("Features", self.backbone),
            ("Method", self.method),
            ("Compare with", self.reference),
            ("Largest shift", self.max_shift),
        ):
            form.addRow(text, field)
        for combo in (self.backbone, self.method, self.reference):
            combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.table.setMinimumHeight(170)
        self.detail.setWordWrap(True)
        self.detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout()
        row.addWidget(self.others, 1)
        row.addWidget(self.move_button)
        self.moving.body.addLayout(row)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.addLayout(form)
        for part in (self.run, self.error, self.status):
            layout.addWidget(part)
        layout.addWidget(self.table, 1)
        for part in (self.detail, self.pair, self.moving):
            layout.addWidget(part)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(_NO_SCROLL_BAR)
        scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self.setMinimumWidth(300)

    def _connect(self) -> None:
        self.picker.picked.connect(self._on_picked)
        self.method.currentIndexChanged.connect(lambda _: self._check())
        self.backbone.currentIndexChanged.connect(lambda _: self._check())
        self.run.start_requested.connect(self._start)
        self.run.stop_requested.connect(self._aligner.stop)
        self._aligner.yielded.connect(self._on_step)
        self._aligner.returned.connect(self._on_aligned)
        self._aligner.failed.connect(self._on_failed)
        self._aligner.ended.connect(self._on_ended)
        self._comparer.returned.connect(self._on_compared)
        self._comparer.failed.connect(self.error.show_error)
        self._mover.returned.connect(self._on_moved)
        self._mover.failed.connect(self._on_move_failed)
        self.table.chosen.connect(self._on_chosen)
        self.others.picked.connect(lambda _: self._check_others())
        self.move_button.clicked.connect(self._move)
        self._viewer.layers.events.removed.connect(self._on_removed)
        self._viewer.dims.events.current_step.connect(self._on_slider)
        self.destroyed.connect(_disconnector(self._viewer, self))
