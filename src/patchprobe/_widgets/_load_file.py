"""Choosing a file and mending what was read of it: data set, axes, voxel size, orientation, colours."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .._load_work import KNOWN_SET, Datasets, FileRequest, Preview, for_fields
from ..io import known_suffixes
from ._elided_combo import ElidedCombo
from ._tones import tones_of
from ._voxel_fields import VoxelFields

_ORIENTATIONS = ("axial", "coronal", "sagittal")
_CHOOSE = "choose one"
_PATH_TIP = "Path of an image, a folder of images, a DICOM series, a public data set or a Zarr store"


class FilePage(QWidget):
    """Path and overrides of a file. Fields that its kind does not have are hidden.

    Parameters
    ----------
    viewer : Viewer
        For the theme.

    Attributes
    ----------
    typed : Signal()
        A path is being written, and not yet taken.
    path_changed : Signal()
        Another file was chosen.
    changed : Signal()
        Something else of the request was changed.
    preview : Preview or None
        What was last shown, None while the fields make no stack.
    """

    typed = Signal()
    path_changed = Signal()
    changed = Signal()

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.preview: Preview | None = None
        self._path = ""
        self.path = QLineEdit()
        self.path.setPlaceholderText("Drop a file or folder here")
        self.path.setClearButtonEnabled(True)
        self.browse = _browse_button(self)
        self.dataset = ElidedCombo()
        self.level = ElidedCombo()
        self.axes = QLineEdit()
        self.shape = QLabel()
        self.voxels = VoxelFields()
        self.orientation = QComboBox()
        self.isotropic = QCheckBox("Make voxels cubes")
        self.colours = QCheckBox("Channels are red, green, blue")
        self.notes = QLabel()
        self.details = QWidget()
        self._set_up()
        self._lay_out()
        self._connect()
        self.forget()

    def _set_up(self) -> None:
        self.path.setToolTip(_PATH_TIP)
        self.dataset.setToolTip("Which image of the file, series or item of the data set")
        self.level.setToolTip("Which level of resolution of the slide")
        self.axes.setToolTip(
            "One letter for each axis as the file stores it:\n"
            "t time, z planes, y rows, x columns, c channels, s colours"
        )
        self.axes.setMaximumWidth(70)
        self.shape.setToolTip("Length of each axis as the file stores it")
        self.orientation.addItems(_ORIENTATIONS)
        self.orientation.setToolTip("How the volume is cut into planes")
        self.isotropic.setToolTip("Resample between planes, so that a voxel is as deep as it is wide")
        self.colours.setToolTip("Show three channels as one picture in colour, or as separate layers")
        self.notes.setWordWrap(True)
        self.notes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._viewer.events.theme.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.path, 1)
        top.addWidget(self.browse)
        self._axes_row = QHBoxLayout()
        self._axes_row.addWidget(self.axes)
        self._axes_row.addWidget(self.shape, 1)
        self._form = QFormLayout(self.details)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow("Data set", self.dataset)
        self._form.addRow("Level", self.level)
        self._form.addRow("Axes", self._axes_row)
        self._form.addRow("Voxel", self.voxels)
        self._form.addRow("Planes", self.orientation)
        self._form.addRow("", self.isotropic)
        self._form.addRow("", self.colours)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.details)
        layout.addWidget(self.notes)

    def _connect(self) -> None:
        self.path.editingFinished.connect(self.take_path)
        self.path.textChanged.connect(lambda text: self.typed.emit() if text else self.take_path())
        self.browse.menu().triggered.connect(self._on_browse)
        self.dataset.activated.connect(lambda _: self._restart())
        self.level.activated.connect(lambda _: self._restart())
        self.axes.editingFinished.connect(self._on_axes)
        self.voxels.edited.connect(self.changed)
        self.orientation.activated.connect(lambda _: self._restart())
        self.isotropic.clicked.connect(lambda _: self.changed.emit())
        self.colours.clicked.connect(lambda _: self.changed.emit())

    def request(self) -> FileRequest:
        """Return what is asked for; fields that say what the file says are left out."""
        axes = self.axes.text().strip()
        rgb = self.colours.isChecked()
        return FileRequest(
            self._path,
            dataset=self.dataset.currentData() if self.dataset.count() else None,
            axes=axes if axes != self._stored_axes and axes else None,
            voxel_size=self.voxels.override(),
            orientation=self.orientation.currentText() if self._form.isRowVisible(self.orientation) else None,
            isotropic=self.isotropic.isChecked(),
            rgb=None if rgb == self._colours_in_file else rgb,
            level=self.level.currentData() if self.level.count() else None,
        )

    def set_path(self, path: str) -> None:
        """Choose a file or folder."""
        self.path.setText(path)
        self.take_path()

    def take_path(self) -> None:
        """Take the path that is written in the field, if it is another one."""
        path = self.path.text().strip().removeprefix("file://")
        if path != self._path:
            self._path = path
            self.path.setToolTip(path or _PATH_TIP)
            self.path_changed.emit()

    def forget(self) -> None:
        """Drop what was known and overridden of the file before."""
        self.preview = None
        self._stored_axes = self._asked_axes = ""
        self._colours_in_file = False
        self.axes.clear()
        self.shape.clear()
        self.voxels.clear()
        self.dataset.clear()
        self.level.clear()
        self.orientation.setCurrentIndex(0)
        self.isotropic.setChecked(False)
        self.colours.setChecked(False)
        self.details.hide()
        self.notes.hide()
        for field in (self.dataset, self.level, self.orientation, self.isotropic, self.colours):
            self._form.setRowVisible(field, False)

    def offer(self, found: Datasets) -> None:
        """Show the data sets to choose from where there are several, and the fields that mend."""
        self.details.show()
        if not found.labels or self.dataset.count():
            return
        if not found.first_is_meant:
            self.dataset.addItem(_CHOOSE, None)
        for name, label in found.labels.items():
            self.dataset.addItem(label, name)
        self._form.setRowVisible(self.dataset, True)

    def show_preview(self, preview: Preview) -> None:
        """Show what the file says; fields that were changed by hand stay as they are."""
        self.preview = preview
        stack, request = preview.stack, preview.request
        if request.axes is None:
            self._stored_axes = self._asked_axes = preview.stored.axes
            self.axes.setText(preview.stored.axes)
        self.shape.setText(" × ".join(str(n) for n in preview.stored.shape))
        if request.voxel_size is None:
            self.voxels.show_sizes(stack.axes.replace("c", ""), stack.voxel_size, stack.units)
        # The loader of a known data set knows all of it.
        known = preview.stored.format_module == KNOWN_SET
        for row in (self._axes_row, self.voxels):
            self._form.setRowVisible(row, not known)
        self._form.setRowVisible(self.orientation, preview.stored.format_module == "nifti")
        self.orientation.setEnabled(request.axes is None)
        self._form.setRowVisible(self.isotropic, stack.plane_axes.endswith("z") and not known)
        self._form.setRowVisible(self.colours, stack.n_channels in (3, 4) and not known)
        self._show_levels(preview)
        if request.rgb is None:
            self._colours_in_file = stack.rgb
            self.colours.setChecked(stack.rgb)
        self.notes.setText("\n".join(for_fields(note) for note in stack.notes))
        self.notes.setVisible(bool(stack.notes))

    def _show_levels(self, preview: Preview) -> None:
        """Offer the levels of a slide, by their size; the one that was opened is chosen."""
        self._form.setRowVisible(self.level, len(preview.levels) > 1)
        if self.level.count():
            return
        for number, (height, width) in enumerate(preview.levels):
            self.level.addItem(f"{number}: {width} × {height} px", number)
            if (height, width) == preview.stack.plane_shape:
                self.level.setCurrentIndex(number)

    def _on_browse(self, action: object) -> None:
        folder = action is self.browse.menu().actions()[1]
        if folder:
            path = QFileDialog.getExistingDirectory(self, "Choose a folder of images or a Zarr store")
        else:
            patterns = " ".join(f"*{suffix}" for suffix in (*known_suffixes(), ".gz"))
            path, _ = QFileDialog.getOpenFileName(
                self, "Choose an image", "", f"Images ({patterns});;All files (*)"
            )
        if path:
            self.set_path(path)

    def _restart(self) -> None:
        """Take axes and voxel size anew: those of another image mean nothing."""
        self._asked_axes = self._stored_axes
        self.axes.setText(self._stored_axes)
        self.voxels.clear()
        self.changed.emit()

    def _on_axes(self) -> None:
        axes = self.axes.text().strip()
        if axes != self._asked_axes:
            self._asked_axes = axes
            self.voxels.clear()
            self.changed.emit()

    def _restyle(self) -> None:
        for label in (self.notes, self.shape):
            label.setStyleSheet(f"color: {tones_of(self._viewer).muted}")


def _browse_button(parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    # The arrow of the menu is drawn over the end of the text.
    button.setText("Browse   ")
    button.setToolTip("Choose a file or a folder")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    menu.addAction("File…")
    menu.addAction("Folder or Zarr store…")
    button.setMenu(menu)
    return button
