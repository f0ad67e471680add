"""Public data sets on the command line: listing them, telling of one, and getting it."""

from __future__ import annotations

import argparse
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .options import add_command
from .terminal import Result, Terminal

if TYPE_CHECKING:
    from ..datasets import DatasetSpec


def add_datasets(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands,
        common,
        "datasets",
        "list public data sets, tell of one, or get it",
        "datasets\ndatasets info cremi\ndatasets get cremi --part A --to data/cremi",
    )
    parser.add_argument("action", nargs="?", default="list", choices=("list", "info", "get"))
    parser.add_argument("name", nargs="?", metavar="NAME", help="'patchprobe datasets' lists them")
    parser.add_argument("--to", metavar="FOLDER", help="where to put it; default: the user's folder for data")
    parser.add_argument(
        "--part", action="append", default=[], metavar="PART", help="which part, several times for several"
    )


def datasets(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe datasets``."""
    if arguments.action == "list":
        return _list(arguments, terminal)
    if arguments.name is None:
        raise InputError(
            f"Say which: 'patchprobe datasets {arguments.action} NAME'. 'patchprobe datasets' lists them."
        )
    return _get(arguments, terminal) if arguments.action == "get" else _info(arguments, terminal)


def _list(arguments: Namespace, terminal: Terminal) -> Result:
    from ..datasets import default_folder, list_datasets

    if arguments.name is not None:
        raise InputError("The list takes no name. 'patchprobe datasets info NAME' tells of one.")
    specs = list_datasets()
    terminal.table(
        ("name", "what it is", "modality", "size", "to get it"),
        ((s.name, s.title, s.modality, s.size, "download" if s.files else "registration") for s in specs),
    )
    terminal.say(
        "\n'patchprobe datasets info NAME' tells of one: licence, how to cite it, how its folder looks."
    )
    here = {spec.name: default_folder(spec.name).is_dir() for spec in specs}
    return {"datasets": [_about(spec) | {"on_disk": here[spec.name]} for spec in specs]}


def _info(arguments: Namespace, terminal: Terminal) -> Result:
    from ..datasets import default_folder, get_dataset

    spec = get_dataset(arguments.name)
    folder = default_folder(spec.name)
    terminal.say(f"{spec.title}\n{spec.summary}\n")
    for label, text in (
        ("modality", spec.modality),
        ("size", spec.size),
        ("licence", spec.licence),
        ("cite", spec.citation),
        ("homepage", spec.homepage),
        ("to get it", spec.access),
    ):
        terminal.say(f"{label + ':':<11}{text}")
    if spec.files:
        usual = ", ".join(dict.fromkeys(file.part for file in spec.choose()))
        terminal.say(f"\n'patchprobe datasets get {spec.name}' downloads {usual} to {folder}.")
        terminal.table(
            ("part", "MB", "checksum"),
            ((part, f"{size:.0f}", "known" if known else "not known") for part, size, known in _parts(spec)),
        )
    terminal.say(f"\nThe folder looks like this:\n{spec.layout}")
    return _about(spec) | {"folder": str(folder), "on_disk": folder.is_dir()}


def _get(arguments: Namespace, terminal: Terminal) -> Result:
    from ..datasets import download, get_dataset
    from ..datasets.download import Progress

    spec = get_dataset(arguments.name)
    chosen = spec.choose(tuple(arguments.part))
    terminal.note(f"{spec.title}, {sum(file.megabytes for file in chosen):.0f} MB. Licence: {spec.licence}.")
    try:
        with terminal.steps() as tell:

            def show(progress: Progress) -> None:
                tell(progress.step, progress.done, progress.total)

            folder = download(spec.name, arguments.to, tuple(arguments.part), show)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            "interrupted; what was downloaded is kept, and the same command goes on from there"
        ) from interrupt
    terminal.say(f"{spec.name}: {folder}")
    terminal.say(f"Cite: {spec.citation}")
    return {"folder": str(folder)}


def _about(spec: DatasetSpec) -> dict[str, Any]:
    return asdict(spec) | {"parts": list(spec.parts)}


def _parts(spec: DatasetSpec) -> list[tuple[str, float, bool]]:
    """Name, size and whether checksums are known, of each part."""
    return [
        (part, sum(f.megabytes for f in files), all(f.checksum for f in files))
        for part in spec.parts
        for files in [[file for file in spec.files if file.part == part]]
    ]
