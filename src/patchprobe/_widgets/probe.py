"""The Probe widget: paint a little of each class, see all of it predicted."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from .._state import Overlay, OverlayKind, ProbeState
from ..backbones import get_backbone, list_backbones
from ..backbones.name import FILTERS, BackboneName, as_used, without_filters
from ..errors import InputError
from ..probe.judgement import judgement
from ._backbone_cards import short_name
from ._class_list import ClassList, connect_edits
from ._classifier_compare import ClassifierCompare
from ._classifier_section import ClassifierSection
from ._column import fill_with_column
from ._elided_combo import ElidedCombo
from ._error_line import ErrorLine
from ._files_section import FilesSection
from ._held_out_panel import HeldOutPanel
from ._hint import hint
from ._key_list import KeyList
from ._layer_picker import LayerPicker
from ._layers import bare_viewer, labels_layers
from ._live_objects import FIRST_SETTINGS, LiveObjects
from ._live_probe import LiveProbe
from ._loaded_line import LoadedLine
from ._next_place import NextPlace, NextPlaceRow
from ._notice_line import NoticeLine
from ._objects_section import ObjectsSection
from ._painted_planes import PaintedPlanes
from ._project_section import ProjectSection
from ._rare_classes import RareClasses
from ._rare_section import RareSection
from ._run_row import RunRow
from ._saved_probe import SavedProbe
from ._section import Section
from ._session import session_of
from ._status import StatusLine
from ._tones import focus_style

_NO_PROBE = "Paint a little of two classes first"
_FROM_FOLDER = "a model in a folder…"


class ProbeWidget(QWidget):
    """Choose an image, paint strokes of classes, watch the prediction, predict the stack.

    Parameters
    ----------
    napari_viewer : Viewer

    Attributes
    ----------
    state : ProbeState
        What is wanted. Every control writes to it, and shows what it says.
    live : LiveProbe
        What does it.
    """

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = bare_viewer(napari_viewer)
        self.state = ProbeState()
        self.live = LiveProbe(self._viewer, self.state, self)
        self.picker = LayerPicker(self._viewer)
        self.backbone = ElidedCombo()
        self.sharp = QCheckBox("Sharp (filters added)")
        self.status = StatusLine(self._viewer)
        self.classes = ClassList(self._viewer)
        self.planes = PaintedPlanes(self._viewer)
        self.hint = QLabel()
        self.keys = KeyList(self._viewer)
        self.is_live = QCheckBox("Live")
        self.refit_button = QPushButton("Refit")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.overlay = ElidedCombo()
        self.held_out = HeldOutPanel(self._viewer)
        self.next_row = NextPlaceRow()
        self.run = RunRow("Predict stack")
        self.error = ErrorLine(self._viewer)
        self.loaded = LoadedLine(self.live)
        self.classifiers = ClassifierSection(self._viewer)
        self.rare = RareSection()
        self.objects = ObjectsSection(FIRST_SETTINGS)
        self.unsaved = ErrorLine(self._viewer)
        self.restored = NoticeLine("Start over", "Erase the strokes; undo with Ctrl-Z brings them back")
        self.files = FilesSection(self._viewer, self.live)
        self.project = ProjectSection(self._viewer, self.live, self.picker)
        self.more = Section("Strokes, files, folders, projects")
        self.strokes_picker = LayerPicker(self._viewer, labels_layers, "no labels layer")
        self.erase_button = QPushButton("Erase all strokes")
        self.saved = SavedProbe(self.live)
        cache = session_of(self._viewer).cache
        self.compare = ClassifierCompare(self.classifiers, self.live, cache, self)
        self._fill_choices()
        self._lay_out()
        self._connect()
        self._show_state()
        self.next_place = NextPlace(self.live, self.next_row, self)
        self.rare_classes = RareClasses(self.live, self.rare, self)
        self.live_objects = LiveObjects(self.live, self.objects, self)
        self.live.use_image(self.picker.layer)

    def _fill_choices(self) -> None:
        self.sharp.setChecked(True)
        self.sharp.setToolTip("Networks see whole objects, filters see borders: together they are sharp")
        for index, spec in enumerate(list_backbones(on_disk=True)):
            self.backbone.addItem(f"{spec.name} · {'on disk' if spec.weights else 'no download'}", spec.name)
            tip = f"{spec.summary}; {spec.licence}"
            self.backbone.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.backbone.addItem(_FROM_FOLDER)
        tip = "A vision transformer or ConvNeXt on this disk, as Hugging Face transformers saves it"
        self.backbone.setItemData(self.backbone.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.opacity.setRange(0, 100)
        for part, tip in (
            (self.is_live, "Fit and predict after every stroke"),
            (self.refit_button, "Fit and predict with the strokes as they are now"),
            (self.opacity, "How strongly the prediction covers the image"),
            (self.overlay, "What is shown over the image"),
            (self.erase_button, "Start over; undo with Ctrl-Z brings the strokes back"),
            (self.strokes_picker, "The labels layer that strokes are painted on"),
        ):
            part.setToolTip(tip)
        self.opacity.setAccessibleName("Opacity of the prediction")

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Image", self.picker)
        form.addRow("Features", self.backbone)
        form.addRow("", self.sharp)
        overlay = QFormLayout()
        overlay.addRow("Overlay", self.overlay)
        overlay.addRow("Opacity", self.opacity)
        fitting = QHBoxLayout()
        fitting.addWidget(self.is_live)
        fitting.addStretch()
        fitting.addWidget(self.refit_button)
        strokes = QFormLayout()
        strokes.addRow("Strokes", self.strokes_picker)
        self.more.body.addLayout(strokes)
        self.more.body.addWidget(self.erase_button)
        self.more.body.addWidget(self.saved)
        self.more.body.addWidget(self.files)
        self.more.body.addWidget(self.project)
        for label in (self.hint, self.run.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.hint.setStyleSheet("font-weight: bold")
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.addLayout(form)
        layout.addWidget(self.status)
        layout.addWidget(self.error)
        layout.addWidget(self.unsaved)
        layout.addWidget(self.restored)
        layout.addWidget(self.loaded)
        layout.addWidget(_line())
        layout.addWidget(self.classes)
        layout.addWidget(self.hint)
        layout.addWidget(self.planes)
        layout.addWidget(self.keys)
        layout.addWidget(_line())
        layout.addLayout(fitting)
        layout.addLayout(overlay)
        layout.addWidget(self.held_out)
        layout.addWidget(self.next_row)
        layout.addWidget(_line())
        layout.addWidget(self.rare)
        layout.addWidget(self.run)
        layout.addWidget(self.classifiers)
        layout.addWidget(self.objects)
        layout.addWidget(self.more)
        layout.addStretch()
        fill_with_column(self, content)

    def _connect(self) -> None:
        self._connect_controls()
        events = self.state.events
        events.classes.connect(self._show_classes)
        events.selected.connect(self._show_selected)
        events.backbone.connect(self._show_backbone)
        events.live.connect(self._show_live)
        events.overlay.connect(self._show_overlay)
        live = self.live
        live.status.connect(self.status.say)
        live.counted.connect(self._on_counted)
        live.fitted.connect(self._on_fitted)
        live.failed.connect(self.error.show_error)
        live.solved.connect(self.error.clear)
        live.noticed.connect(self.run.end)
        live.autosave.restored.connect(self.restored.say)
        live.autosave.failed.connect(self.unsaved.show_error)
        live.autosave.solved.connect(self.unsaved.clear)
        self.restored.wanted.connect(live.book.erase)
        self.compare.failed.connect(self.error.show_error)
        live.stack_run.progressed.connect(self._on_progress)
        live.stack_run.ended.connect(self._on_stack_ended)
        self._viewer.dims.events.ndisplay.connect(self._show_hint)
        self._viewer.dims.events.order.connect(self._show_hint)
        self._viewer.dims.events.current_step.connect(self._show_planes)
        self._viewer.events.theme.connect(self._restyle)
        self._restyle()
        # Not a method of this widget: by then it is no more.
        self.destroyed.connect(lambda *_: live.close())

    def _connect_controls(self) -> None:
        self.picker.picked.connect(self._on_image)
        self.backbone.activated.connect(self._choose_backbone)
        self.sharp.clicked.connect(self._choose_sharp)
        self.classes.chosen.connect(self.live.brush.choose)
        self.classes.added.connect(self._add_class)
        connect_edits(self.classes, self.live.edits)
        self.planes.chosen.connect(self.live.painting.show_plane)
        self.planes.stepped.connect(self.live.painting.show_painted)
        self.is_live.toggled.connect(lambda checked: setattr(self.state, "live", checked))
        self.refit_button.clicked.connect(self.live.refit_now)
        self.opacity.valueChanged.connect(lambda value: setattr(self.state, "opacity", value / 100))
        self.overlay.activated.connect(self._choose_overlay)
        self.run.start_requested.connect(self.live.predict_stack)
        self.run.stop_requested.connect(self.live.stack_run.stop)
        self.strokes_picker.picked.connect(self._on_strokes_layer)
        self.erase_button.clicked.connect(self.live.book.erase)

    # --- what the user wants ---

    def _on_image(self, image: object) -> None:
        self.compare.drop()
        self.live.use_image(image)
        self._show_hint()

    def _on_strokes_layer(self, layer: object) -> None:
        if layer is not None:
            self.live.use_strokes(layer)

    def _choose_backbone(self, index: int) -> None:
        name = self.backbone.itemData(index)
        if name is not None:
            self.state.backbone = self._wished(name)
            return
        folder = QFileDialog.getExistingDirectory(self, "Folder of a model")
        if folder:
            self.use_model_folder(folder)
        self._show_backbone()

    def use_model_folder(self, folder: str) -> None:
        """Take the features of a pretrained network in a folder."""
        try:
            name = self._wished(str(BackboneName(f"path:{folder}")))
        except InputError as error:
            self.error.show_error(error)
        else:
            self.state.backbone = name

    def _choose_sharp(self) -> None:
        self.state.backbone = self._wished(without_filters(self.state.backbone))

    def _wished(self, name: str) -> str:
        """Name of a backbone as it is used here: a network without position, and sharp if that is wanted."""
        if not get_backbone(name).spec.weights:
            return name
        used = as_used(name)
        return f"{used}+{FILTERS}" if self.sharp.isChecked() else used

    def _choose_overlay(self, index: int) -> None:
        self.state.overlay = self.overlay.itemData(index)

    def _add_class(self) -> None:
        added = self.live.edits.add()
        if added is not None:
            self.live.brush.choose(added.number)

    # --- what is shown ---

    def _show_state(self) -> None:
        self.opacity.setValue(round(100 * self.state.opacity))
        self._show_classes()
        self._show_backbone()
        self._show_live()
        self._on_fitted()

    def _show_classes(self) -> None:
        self.classes.show_classes(self.state.classes, self.state.selected)
        self._show_overlay()
        self._on_counted()

    def _show_selected(self) -> None:
        self.classes.mark(self.state.selected)
        self._show_hint()

    def _show_backbone(self) -> None:
        name = without_filters(self.state.backbone)
        listed = [self.backbone.itemData(i) for i in range(self.backbone.count())]
        known = (i for i, data in enumerate(listed) if data is not None and name in (data, as_used(data)))
        index = next(known, -1)
        if index < 0:
            # That of a loaded probe or of a folder, which need not be in the list.
            index = self.backbone.count() - 1
            # The folder's own name is enough to tell; the path to it is in the tooltip.
            self.backbone.insertItem(index, short_name(name), name)
            self.backbone.setItemData(index, name, Qt.ItemDataRole.ToolTipRole)
        self.backbone.setCurrentIndex(index)
        is_network = bool(get_backbone(name).spec.weights)
        self.sharp.setVisible(is_network)
        if is_network:
            self.sharp.setChecked(name != self.state.backbone)

    def _show_live(self) -> None:
        self.is_live.setChecked(self.state.live)
        self.refit_button.setVisible(not self.state.live)
        self._show_hint()

    def _show_overlay(self) -> None:
        wanted = self.state.overlay
        self.overlay.clear()
        self.overlay.addItem("labels", Overlay())
        for known in self.state.classes:
            self.overlay.addItem(f"{known.name} probability", Overlay(OverlayKind.PROBABILITY, known.number))
        self.overlay.addItem("uncertainty", Overlay(OverlayKind.UNCERTAINTY))
        offered = [self.overlay.itemData(index) for index in range(self.overlay.count())]
        if wanted not in offered:
            self.state.overlay = Overlay()
            return
        self.overlay.setCurrentIndex(offered.index(wanted))

    def _show_hint(self) -> None:
        self.hint.setText(hint(self.live))

    def _on_counted(self) -> None:
        totals = self.live.book.totals()
        self.classes.show_counts(totals)
        self.erase_button.setEnabled(bool(totals))
        self._show_judgement()
        self._show_planes()
        self._show_hint()

    def _on_fitted(self) -> None:
        probe = self.live.probe
        missing = "" if probe is not None else _NO_PROBE
        self.run.set_missing(missing)
        self._show_judgement()
        if probe is not None and not self.run.is_running and self.live.version != self.live.stack_run.version:
            # Fitted again since the last run over the stack: what that said is out of date.
            self.run.end()
        self._show_hint()

    def _show_judgement(self) -> None:
        strokes = {number: strokes for number, (strokes, _) in self.live.book.totals().items()}
        names = {known.number: known.name for known in self.state.classes}
        probe = self.live.probe
        fitted = () if probe is None else tuple(int(number) for number in probe.classes_)
        held_out = None if probe is None else probe.held_out_
        self.held_out.show_judgement(judgement(names, strokes, fitted, held_out), self.state.color_map())

    def _show_planes(self) -> None:
        painting = self.live.painting
        self.planes.show_planes(painting.book.planes.keys(), self.live.n_planes, painting.plane)

    def _restyle(self) -> None:
        self.setStyleSheet(focus_style(self._viewer))

    def _on_progress(self, done: int, planes: int) -> None:
        if not self.run.is_running:
            self.run.begin(planes)
        else:
            self.run.advance(done)

    def _on_stack_ended(self, done: int, planes: int) -> None:
        self.run.end(
            f"All {planes} planes predicted"
            if done == planes
            else f"Stopped, {done} of {planes} planes predicted"
        )


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Sunken)
    return line
