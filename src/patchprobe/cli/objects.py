"""``patchprobe objects``: things and their measurements from a probe, or from a prediction."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .reading import load_backbone, load_image
from .terminal import Result, Terminal
from .weights import fetch_weights

if TYPE_CHECKING:
    from ..io import Stack
    from ..objects import ObjectSettings

_PROBE = ".safetensors"


@dataclass(frozen=True)
class _Prediction:
    """What says where the classes are.

    Parameters
    ----------
    stack : Stack
        Labels or probabilities.
    classes : sequence of int, optional
        Of probabilities, where they are known.
    names : mapping of int to str
    """

    stack: Stack
    classes: Sequence[int] | None
    names: Mapping[int, str]


def objects(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe objects``."""
    import numpy as np

    from ..io.save import checked_target
    from ..objects import find_objects_in_stack, save_objects, save_table
    from ..objects.table import checked_table

    target = checked_target(arguments.output)
    table = None if arguments.table is None else checked_table(arguments.table)
    image = load_image(arguments.image, arguments, terminal)
    prediction = _prediction(arguments, image, terminal)
    settings = _settings(arguments, prediction.names)
    with terminal.steps() as tell:
        found = find_objects_in_stack(
            image,
            prediction.stack,
            settings,
            prediction.classes,
            on_progress=lambda done, total: tell("planes", done, total),
        )
        path = save_objects(target, found, image, lambda done, total: tell("writing", done, total))
    name = prediction.names.get(settings.number, f"class {settings.number}")
    terminal.say(f"{found.count} objects of {name}: {path}")
    size = next(column for column in found.table if column.startswith(("area", "volume")))
    median = float(np.median(found.table[size])) if found.count else None
    if median is not None:
        terminal.say(f"Median size: {median:g} px")
    files = {"output": str(path)}
    if table is not None:
        files["table"] = str(save_table(table, found.table))
        terminal.say(f"Table: {files['table']}")
    return files | {"objects": found.count, "class": settings.number, "median_size_px": median}


def _prediction(arguments: Namespace, image: Stack, terminal: Terminal) -> _Prediction:
    from ..io import load_stack

    if Path(arguments.prediction).suffix == _PROBE:
        return _by_probe(arguments, image, terminal)
    stack = load_stack(arguments.prediction)
    return _Prediction(stack, None, dict(enumerate(stack.channel_names, start=1)))


def _by_probe(arguments: Namespace, image: Stack, terminal: Terminal) -> _Prediction:
    from ..prediction import check_version, predict_stack
    from ..probe import LinearProbe
    from ..store import default_store

    probe = LinearProbe.load(arguments.prediction)
    if arguments.decision_weights is not None:
        probe = probe.with_decision_weights(arguments.decision_weights)
    fetch_weights(probe.backbone_, terminal)
    check_version(probe)
    backbone = load_backbone(probe.backbone_, arguments)
    predicted = predict_stack(image, probe, None, "probabilities", backbone, default_store(image))
    return _Prediction(predicted, [int(number) for number in probe.classes_], probe.class_names or {})


def _settings(arguments: Namespace, names: Mapping[int, str]) -> ObjectSettings:
    from ..objects import ObjectSettings

    return ObjectSettings(
        number=_number(arguments.object_class, names),
        threshold=arguments.threshold,
        smoothing=arguments.smoothing,
        fill_holes=arguments.fill_holes,
        split_diameter=arguments.split,
        min_size=arguments.min_size,
        diagonal=arguments.diagonal,
        join_planes=arguments.join_planes,
        physical=arguments.physical,
    )


def _number(given: str, names: Mapping[int, str]) -> int:
    """Return the number of a class that is given by number or name."""
    if given.isdecimal():
        return int(given)
    found = [number for number, name in names.items() if name == given]
    if not found:
        known = ", ".join(f"{number} {name}" for number, name in names.items()) or "known by number only"
        raise InputError(f"There is no class {given!r}; the classes are {known}. Give its number or name.")
    return found[0]
