"""The weights of pretrained networks: listing them, and getting them with a progress bar."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ..errors import InputError
from .look import about, table_of_backbones
from .terminal import Result, Terminal

_MB = 1_000_000


def backbones(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe backbones``."""
    return _get(arguments, terminal) if arguments.action == "get" else _list(arguments, terminal)


def fetch_weights(backbone: str, terminal: Terminal) -> None:
    """Download what a backbone needs and is not on this disk, so that it is seen."""
    from ..backbones.hub import find_on_disk
    from ..backbones.registry import hub_ids

    for hub_id in hub_ids(backbone):
        if find_on_disk(hub_id) is None:
            terminal.note(f"{hub_id} is not on this disk yet and is downloaded")
            _download(hub_id, terminal)


def _list(arguments: Namespace, terminal: Terminal) -> Result:
    from ..backbones import list_backbones

    if arguments.names:
        raise InputError("The list takes no names. 'patchprobe backbones get NAME' gets the weights of one.")
    specs = list_backbones()
    table_of_backbones(specs, terminal)
    terminal.say("\n'patchprobe backbones get NAME' gets the weights of one; gated ones are given to those")
    terminal.say("who accept their licence. 'hf:owner/name' is any vision model of the Hugging Face hub.")
    return {"backbones": [about(spec) for spec in specs]}


def _get(arguments: Namespace, terminal: Terminal) -> Result:
    from ..backbones.registry import hub_ids

    if not arguments.names:
        raise InputError("Say which: 'patchprobe backbones get NAME'. 'patchprobe backbones' lists them.")
    # Names that are misspelt are refused before anything is downloaded.
    needed = {name: hub_ids(name) for name in arguments.names}
    folders = {}
    for name, ids in needed.items():
        for hub_id in ids:
            folders[hub_id] = str(_download(hub_id, terminal))
            terminal.say(f"{hub_id}: {folders[hub_id]}")
        if not ids:
            terminal.say(f"{name} needs no download.")
    return {"folders": folders}


def _download(hub_id: str, terminal: Terminal) -> Path:
    from ..backbones.download import download_model

    try:
        with terminal.steps() as tell:
            step = f"{hub_id}, MB"
            return download_model(
                hub_id, lambda done, total: tell(step, round(done / _MB), max(1, round(total / _MB)))
            ).path
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            f"interrupted; what was downloaded of {hub_id} is kept, and the same command goes on from there"
        ) from interrupt
