"""The commands that show what there is: versions, files, samples, kept features."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .reading import load_image
from .terminal import Result, Terminal

if TYPE_CHECKING:
    from ..backbones import BackboneSpec

_REQUIRED = ("numpy", "scipy", "scikit-image", "scikit-learn", "tifffile", "zarr")
_OPTIONAL = {
    "napari": "the window: pip install 'patchprobe[qt]'",
    "PySide6-Essentials": "the window: pip install 'patchprobe[qt]'",
    "torch": "vision transformers: pip install 'patchprobe[transformers]'",
    "transformers": "vision transformers: pip install 'patchprobe[transformers]'",
    "openslide-python": "whole slides: pip install 'patchprobe[datasets]'",
    "pooch": "downloads of public data sets: pip install 'patchprobe[datasets]'",
    "pydicom": "DICOM: pip install 'patchprobe[datasets]'",
    "pynrrd": "NRRD: pip install 'patchprobe[datasets]'",
    "SimpleITK": "bias correction of MRI: pip install 'patchprobe[preparation]'",
}
_SECTIONS = "sections"


def info(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe info``."""
    if arguments.path is not None:
        return _info_of_stack(arguments, terminal)
    from ..backbones import list_backbones

    versions = {name: version(name) for name in ("patchprobe", *_REQUIRED)}
    optional = {name: _installed(name) for name in _OPTIONAL}
    specs = list_backbones()
    terminal.say(f"patchprobe {versions['patchprobe']}, Python {sys.version.split()[0]}")
    terminal.say(", ".join(f"{name} {number}" for name, number in list(versions.items())[1:]))
    terminal.say("\nBackbones")
    table_of_backbones(specs, terminal)
    terminal.say("\nOptional packages")
    terminal.table(
        ("name", "installed", "for"),
        ((name, optional[name] or "no", purpose) for name, purpose in _OPTIONAL.items()),
    )
    return {
        "python": sys.version.split()[0],
        "versions": versions,
        "optional": optional,
        "backbones": [about(spec) for spec in specs],
    }


def table_of_backbones(specs: list[BackboneSpec], terminal: Terminal) -> None:
    """Print what is known of backbones."""
    terminal.table(
        ("name", "patch", "channels", "weights", "licence", "good at"),
        ((s.name, f"{s.patch_size} px", str(s.channels), _weights(s), s.licence, s.summary) for s in specs),
    )


def about(spec: BackboneSpec) -> dict[str, Any]:
    """Give what is known of a backbone, for machines."""
    return {
        "name": spec.name,
        "summary": spec.summary,
        "patch_size": spec.patch_size,
        "channels": spec.channels,
        "licence": spec.licence,
        "weights": spec.weights,
        "download_mb": spec.download_mb,
        "mean": list(spec.mean),
        "std": list(spec.std),
        "version": spec.version,
        "on_disk": spec.on_disk,
        "is_gated": spec.is_gated,
    }


def samples(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe samples``."""
    from .. import synthetic

    known = {m.name: f"{m.title}: {m.foreground}" for m in synthetic.MODALITIES.values()}
    known[_SECTIONS] = "Displaced serial EM sections: membranes"
    if arguments.output is None:
        if arguments.modality is not None and arguments.modality not in known:
            synthetic.stack(arguments.modality)  # says which there are
        terminal.table(("name", "what it shows, and what its truth marks"), known.items())
        terminal.say("\n'patchprobe samples NAME --output FOLDER' writes one.")
        return {"samples": known}
    names = list(known) if arguments.modality is None else [arguments.modality]
    files = [path for name in names for path in _write_sample(name, arguments)]
    for path in files:
        terminal.say(str(path))
    return {"files": [str(path) for path in files]}


def cache(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe cache``."""
    from ..backbones.engines.kept import KeptNetworks
    from ..kept_predictions import KeptPredictions
    from ..store import EmbeddingStore, cache_folder, default_store

    # What is there is shown and cleared even where nothing is kept now.
    store = default_store() or EmbeddingStore(cache_folder() / "features")
    networks, predictions = KeptNetworks(), KeptPredictions()
    freed = 0
    if arguments.action == "clear":
        freed = store.clear() + networks.clear() + predictions.clear()
    held = store.contents()
    converted, converted_bytes = networks.contents()
    predicted, predicted_bytes = predictions.contents()
    if arguments.action == "clear":
        terminal.say(f"Freed {_gigabytes(freed)}.")
    terminal.table(
        ("", "entries", "size", "at most", "folder"),
        (
            (
                "features",
                str(held.entries),
                _gigabytes(held.nbytes),
                _gigabytes(held.max_bytes),
                str(held.folder),
            ),
            (
                "converted networks",
                str(converted),
                _gigabytes(converted_bytes),
                _gigabytes(networks.max_bytes),
                str(networks.folder),
            ),
            (
                "predictions of large stacks",
                str(predicted),
                _gigabytes(predicted_bytes),
                "5 stacks",
                str(predictions.folder),
            ),
        ),
    )
    return {
        "folder": str(held.folder),
        "entries": held.entries,
        "bytes": held.nbytes,
        "max_bytes": held.max_bytes,
        "converted_networks": {
            "folder": str(networks.folder),
            "entries": converted,
            "bytes": converted_bytes,
            "max_bytes": networks.max_bytes,
        },
        "predictions": {
            "folder": str(predictions.folder),
            "entries": predicted,
            "bytes": predicted_bytes,
        },
        "freed_bytes": freed,
    }


def _info_of_stack(arguments: Namespace, terminal: Terminal) -> Result:
    from ..io import describe

    stack = load_image(arguments.path, arguments, terminal)
    terminal.say(f"{stack.name}: {describe(stack)}")
    sizes = zip(stack.axes.replace("c", ""), stack.voxel_size, stack.units, strict=True)
    terminal.table(
        ("", ""),
        (
            ("axes", stack.axes),
            ("shape", " × ".join(str(n) for n in stack.shape)),
            ("dtype", str(stack.data.dtype)),
            ("voxel", ", ".join(f"{axis} {size:g} {unit}" for axis, size, unit in sizes)),
        ),
    )
    return {
        "name": stack.name,
        "description": describe(stack),
        "format": stack.format,
        "axes": stack.axes,
        "shape": list(stack.shape),
        "dtype": str(stack.data.dtype),
        "planes": stack.n_planes,
        "voxel_size": list(stack.voxel_size),
        "units": list(stack.units),
        "rgb": stack.rgb,
        "channel_names": list(stack.channel_names),
        "notes": list(stack.notes),
    }


def _write_sample(name: str, arguments: Namespace) -> list[Path]:
    """Write a sample as 8-bit image and truth."""
    import numpy as np

    from .. import synthetic
    from ..io import save_labels, save_stack
    from ..io.replace_file import written_beside

    folder = Path(arguments.output).expanduser()
    sections = None
    if name == _SECTIONS:
        sections = synthetic.serial_sections(arguments.n, arguments.size, arguments.seed)
        stack = sections.to_stack()
    else:
        stack = synthetic.stack(name, arguments.n, arguments.size, arguments.seed)
        stack = replace(stack, data=np.rint(stack.data * 255).astype(np.uint8))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {folder} cannot be made: {error.strerror}. Choose another.") from error
    files = [
        save_stack(folder / f"{name}.ome.tif", stack),
        save_labels(folder / f"{name}_truth.ome.tif", stack.labels, stack),
    ]
    if sections is not None:
        files.append(folder / f"{name}_truth.json")
        with written_beside(files[-1]) as beside:
            beside.write_text(sections.truth_as_json(), encoding="utf-8")
    return files


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gigabytes(nbytes: int) -> str:
    return f"{nbytes / 1e9:.2f} GB"


def _weights(spec: BackboneSpec) -> str:
    """Write where the weights are and how large: ``"86 MB, gated"``."""
    if not spec.weights:
        return "none needed"
    if spec.on_disk:
        return f"{spec.download_mb:g} MB, on disk"
    return f"{spec.download_mb:g} MB{', gated' if spec.is_gated else ''}"
