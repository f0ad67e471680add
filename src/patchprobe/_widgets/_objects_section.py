"""The section of objects: what counts as one, how many there are, and the table of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QWidget,
)

from .._state import ProbeClass
from ..io import Stack
from ..objects import ObjectSettings
from ._elided_combo import ElidedCombo
from ._objects_table import ObjectsTable, number_text
from ._run_row import RunRow
from ._section import Section

_PERCENT = 100
_OFF = "off"
# Of a field, in pixels: fields take the width that there is, whatever could be in them.
_NARROWEST = 80
# Larger than any plane's; a spin box needs an end.
_LARGEST = 1e9
_LIKE_OVERLAY = "Where the class is the most probable, as the overlay shows"
_OWN = "Where its probability is above {:.0%}"


class ObjectsSection(Section):
    """Settings, preview line, run and table. It finds nothing itself: it says what is wanted.

    Attributes
    ----------
    changed : Signal(ObjectSettings)
        Objects are to be these.
    find_requested, stop_requested, save_table_requested, save_objects_requested : Signal()
    chosen : Signal(int)
        The object in this row of the table is to be shown.
    """

    changed = Signal(object)
    find_requested = Signal()
    stop_requested = Signal()
    save_table_requested = Signal()
    save_objects_requested = Signal()
    chosen = Signal(int)

    def __init__(self, settings: ObjectSettings, parent: QWidget | None = None) -> None:
        super().__init__("Objects: size, smoothing, touching, table", parent)
        self._voxel_size: Sequence[float] = (1.0, 1.0)
        self._unit = "pixel"
        self._number = settings.number
        self.of_class = ElidedCombo()
        self.of_class.setMinimumWidth(_NARROWEST)
        self.own_threshold = QCheckBox("Threshold")
        self.threshold = QSlider(Qt.Orientation.Horizontal)
        self.threshold.setRange(0, _PERCENT - 1)
        self.smoothing = _spin(0.5, 1, 100)
        self.fill_holes = _spin(10, 0)
        self.split_diameter = _spin(1, 0)
        self.min_size = _spin(10, 0)
        self.join_planes = QCheckBox("Objects go through planes")
        self.note = QLabel()
        self.run = RunRow("Find objects in stack")
        self.table = ObjectsTable()
        self.save_table_button = QPushButton("Save table (CSV)")
        self.save_objects_button = QPushButton("Save objects")
        for label in (self.note, self.run.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._lay_out()
        self._show_settings(settings)
        self._connect()
        self.show_table(None)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Class", self.of_class)
        form.addRow(self.own_threshold, self.threshold)
        form.addRow("Smoothing", self.smoothing)
        form.addRow("Fill holes", self.fill_holes)
        form.addRow("Split at", self.split_diameter)
        form.addRow("Smallest", self.min_size)
        form.addRow(self.join_planes)
        saving = QHBoxLayout()
        saving.addWidget(self.save_table_button)
        saving.addWidget(self.save_objects_button)
        self.body.addLayout(form)
        self.body.addWidget(self.note)
        self.body.addWidget(self.run)
        self.body.addWidget(self.table)
        self.body.addLayout(saving)
        self.of_class.setToolTip("Whose objects are found")
        self.own_threshold.setToolTip("Decide by a probability of your own rather than by the overlay")
        self.threshold.setAccessibleName("Least probability of an object")
        self.save_table_button.setToolTip("One line for each object, in the units of the voxel size")
        self.save_objects_button.setToolTip("As labels with voxel size: .ome.tif, .ome.zarr, .tif or .npy")

    def _connect(self) -> None:
        self.of_class.activated.connect(self._on_class)
        self.own_threshold.toggled.connect(self._on_change)
        self.threshold.valueChanged.connect(self._on_change)
        for spin in (self.smoothing, self.fill_holes, self.split_diameter, self.min_size):
            spin.valueChanged.connect(self._on_change)
        self.join_planes.toggled.connect(self._on_change)
        self.run.start_requested.connect(self.find_requested)
        self.run.stop_requested.connect(self.stop_requested)
        self.table.chosen.connect(self.chosen)
        self.save_table_button.clicked.connect(self.save_table_requested)
        self.save_objects_button.clicked.connect(self.save_objects_requested)

    @property
    def settings(self) -> ObjectSettings:
        """What the controls say."""
        return ObjectSettings(
            number=self._number,
            threshold=self.threshold.value() / _PERCENT if self.own_threshold.isChecked() else None,
            smoothing=self.smoothing.value(),
            fill_holes=self.fill_holes.value(),
            split_diameter=self.split_diameter.value(),
            min_size=self.min_size.value(),
            join_planes=self.join_planes.isChecked() and self.join_planes.isEnabled(),
        )

    def show_classes(self, classes: Sequence[ProbeClass], number: int) -> None:
        """Show the classes to choose from, and the one that is chosen."""
        self.of_class.clear()
        for known in classes:
            self.of_class.addItem(known.name, known.number)
        self._number = number
        self.of_class.setCurrentIndex(self.of_class.findData(number))

    def show_stack(self, stack: Stack | None) -> None:
        """Fit the controls to a stack: its voxel size, and whether it has planes along z."""
        has_z = stack is not None and "z" in stack.plane_axes and stack.shape[stack.axes.index("z")] > 1
        self.join_planes.setEnabled(has_z)
        self.join_planes.setToolTip(
            "What lies over each other on neighbouring planes is one object, with a volume"
            if has_z
            else "The image has no neighbouring planes along z"
        )
        self._voxel_size = (1.0, 1.0) if stack is None else stack.voxel_size
        self._unit = "pixel" if stack is None else stack.units[-1]
        many = stack is not None and stack.n_planes > 1
        self.run.start_button.setText("Find objects in stack" if many else "Find objects")
        self._show_units()

    def show_table(self, table: dict | None) -> None:
        """Show the measurements, or that there are none yet."""
        self.table.setVisible(table is not None)
        self.table.show_table(_seen_columns(table or {}))
        for button in (self.save_table_button, self.save_objects_button):
            button.setVisible(table is not None)

    def area_text(self, pixels: float) -> str:
        """Write an area in pixels, and in the unit of the voxel size: ``"450 px (112 µm²)"``."""
        return f"{number_text(pixels)} px{self._physical(pixels, 2).replace('= ', '')}"

    def _show_settings(self, settings: ObjectSettings) -> None:
        self.own_threshold.setChecked(settings.threshold is not None)
        self.threshold.setValue(round(_PERCENT * (0.5 if settings.threshold is None else settings.threshold)))
        self.smoothing.setValue(settings.smoothing)
        self.fill_holes.setValue(settings.fill_holes)
        self.split_diameter.setValue(settings.split_diameter)
        self.min_size.setValue(settings.min_size)
        self.join_planes.setChecked(settings.join_planes)
        self._show_units()

    def _show_units(self) -> None:
        """Say in words what the numbers are."""
        own = self.own_threshold.isChecked()
        self.threshold.setEnabled(own)
        self.threshold.setToolTip(_OWN.format(self.threshold.value() / _PERCENT) if own else _LIKE_OVERLAY)
        solid = self.settings.join_planes
        self.min_size.setSuffix(" voxels" if solid else " px")
        for spin, power, what in (
            (self.smoothing, 1, "Gaussian that smooths the probability first"),
            (self.fill_holes, 2, "Holes up to this area are filled"),
            (self.split_diameter, 1, "Width of a typical object: touching ones are split"),
            (self.min_size, 3 if solid else 2, "Smaller objects are left out"),
        ):
            spin.setToolTip(what + self._physical(spin.value(), power))

    def _physical(self, value: float, power: int) -> str:
        """Return a number of pixels in the unit of the voxel size, as ``" (= 64 nm²)"``."""
        if self._unit == "pixel" or value == 0:
            return ""
        settings = ObjectSettings(min_size=1.0, smoothing=1.0, physical=True, join_planes=power == 3)
        one = settings.in_pixels(self._voxel_size)
        physical = value / (one.smoothing if power == 1 else one.min_size)
        return f" (= {number_text(physical)} {self._unit}{('', '', '²', '³')[power]})"

    def _on_class(self, index: int) -> None:
        self._number = self.of_class.itemData(index)
        self._on_change()

    def _on_change(self) -> None:
        self._show_units()
        self.changed.emit(self.settings)


def _seen_columns(table: dict) -> dict:
    """Return the columns that tell something in a narrow table: no constant ones, no size in two units."""
    left_out = {"class"}
    if len([name for name in table if name.startswith(("area_", "volume_"))]) > 1:
        left_out |= {"area_px", "volume_px"}
    if len(set(table.get("plane", ()))) == 1:
        left_out.add("plane")
    return {name: column for name, column in table.items() if name not in left_out}


def _spin(step: float, decimals: int, largest: float = _LARGEST) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setRange(0, largest)
    spin.setDecimals(decimals)
    spin.setSingleStep(step)
    spin.setSuffix(" px")
    spin.setSpecialValueText(_OFF)
    # Not one run for each digit that is typed.
    spin.setKeyboardTracking(False)
    spin.setMinimumWidth(_NARROWEST)
    with QSignalBlocker(spin):
        spin.setValue(0)
    return spin
