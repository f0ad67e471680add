"""Downloading a model of the Hugging Face hub: with progress, and going on after a stop.

``huggingface_hub`` starts each file anew (since version 1; its issue 4196). So the bytes are fetched here,
into its cache and by its own session, and it is then asked to make a model of them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from .hub import cache_folder, find_on_disk, import_hub, in_words
from .model_folder import INDEX, SINGLE, ModelFolder

_CONFIGURATION = ("config.json", "preprocessor_config.json", "processor_config.json")
_SHARD = r"model-\d+-of-\d+\.safetensors"
_PARTIAL = ".patchprobe.incomplete"
_TELL_EVERY_S = 0.1
_TIMEOUT_S = 10.0
_CHUNK = 1 << 16
# Times that a lost connection is taken up again while nothing comes.
_TRIES = 3
_PARTIAL_CONTENT = 206
# Left free on the disk, besides what is downloaded.
_SPARE_BYTES = 50_000_000

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Downloaded:
    """How much of a model is on this disk.

    Parameters
    ----------
    done, total : int
        Bytes.
    """

    done: int
    total: int


@dataclass(frozen=True)
class _File:
    """One file of a model.

    Parameters
    ----------
    name, url : str
    size : int
        Bytes.
    blob : Path
        Where it is kept, named by its hash.
    """

    name: str
    url: str
    size: int
    blob: Path

    @property
    def partial(self) -> Path:
        """Where it grows."""
        return self.blob.with_name(self.blob.name + _PARTIAL)

    @property
    def grown(self) -> int:
        """Bytes that an earlier download left of it."""
        return self.partial.stat().st_size if self.partial.is_file() else 0

    def is_whole(self, path: Path) -> bool:
        """Whether that is this file: the size says so, and the content where the name is its hash."""
        return path.is_file() and path.stat().st_size == self.size and _has_hash(path, self.blob.name)


def get_model(hub_id: str) -> ModelFolder:
    """Return a model from this disk, without asking the network; else download it.

    Raises
    ------
    InputError
        If it is not on this disk and cannot be downloaded; the message says what to do.
    """
    return find_on_disk(hub_id) or download_model(hub_id)


def download_model(hub_id: str, on_progress: OnProgress | None = None) -> ModelFolder:
    """Download a model into the cache that the libraries of Hugging Face share.

    Parameters
    ----------
    hub_id : str
        ``owner/name``.
    on_progress : callable, optional
        Called with the bytes that are on this disk and those of the whole model, several times a second.
        What it raises stops the download; a later call goes on from there.

    Returns
    -------
    ModelFolder
        At once if it is there already and not damaged.

    Raises
    ------
    InputError
        If it cannot be downloaded, or does not fit on the disk; the message says what to do.
    """
    with closing(downloading(hub_id)) as steps:
        while True:
            try:
                state = next(steps)
            except StopIteration as done:
                folder: ModelFolder = done.value
                return folder
            if on_progress is not None:
                on_progress(state.done, state.total)


def downloading(hub_id: str) -> Generator[Downloaded, None, ModelFolder]:
    """Do the same as `download_model` step by step; closing it stops the download.

    Others are kept out until it is closed or done.

    Yields
    ------
    Downloaded
        Several times a second, and when all is there.

    Returns
    -------
    ModelFolder
    """
    found = find_on_disk(hub_id)
    if found is not None and all(_has_hash(file, file.resolve().name) for file in found.weight_files):
        return found
    files = _list_files(hub_id)
    with in_words(hub_id), _alone(hub_id):
        yield from _fetch_all(hub_id, files)
        for file in files:
            # It finds the bytes, and puts them where a model is looked for.
            import_hub().hf_hub_download(hub_id, file.name)
    fetched = find_on_disk(hub_id)
    if fetched is None:
        raise InputError(f"Parts of the weights of {hub_id} are missing on the hub. Choose another model.")
    return fetched


@contextmanager
def _alone(hub_id: str) -> Iterator[None]:
    """Keep a second download of the same model out: two would write into one file."""
    from filelock import FileLock, Timeout

    folder = cache_folder(hub_id)
    lock = folder.parent / ".locks" / folder.name / "patchprobe.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Steps may be begun in one thread and closed in another.
        with FileLock(lock, timeout=0, thread_local=False):
            yield
    except Timeout as error:
        raise InputError(f"{hub_id} is being downloaded already. Wait until that is done.") from error


def _list_files(hub_id: str) -> list[_File]:
    """Ask the hub which files a model needs, and how large they are."""
    hub = import_hub()
    blobs = cache_folder(hub_id) / "blobs"
    with in_words(hub_id):
        names = _needed([file.rfilename for file in hub.HfApi().model_info(hub_id).siblings or []], hub_id)
        files = []
        for name in names:
            url = hub.hf_hub_url(hub_id, name)
            about = hub.get_hf_file_metadata(url)
            files.append(_File(name, url, about.size, blobs / about.etag))
    return files


def _needed(names: list[str], hub_id: str) -> list[str]:
    """Choose what is loaded later: the configuration and the weights, never pickled ones."""
    weights = [name for name in names if name == SINGLE]
    if not weights and INDEX in names:
        weights = [INDEX, *(name for name in names if re.fullmatch(_SHARD, name))]
    if "config.json" not in names or not weights:
        raise InputError(
            f"{hub_id} cannot be used: it has no config.json with {SINGLE} beside it, as Hugging Face "
            "transformers writes them. Pickled weights and code are not read. Choose another model."
        )
    return [*(name for name in _CONFIGURATION if name in names), *weights]


def _fetch_all(hub_id: str, files: list[_File]) -> Iterator[Downloaded]:
    total = sum(file.size for file in files)
    missing = [file for file in files if not file.is_whole(file.blob)]
    done = total - sum(file.size for file in missing)
    _check_space(hub_id, sum(file.size - file.grown for file in missing))
    told = 0.0
    for file in missing:
        for grown in _fetch(hub_id, file):
            if time.monotonic() - told >= _TELL_EVERY_S:
                told = time.monotonic()
                yield Downloaded(done + grown, total)
        done += file.size
    for stale in (cache_folder(hub_id) / "blobs").glob(f"*{_PARTIAL}"):
        stale.unlink()
    yield Downloaded(total, total)


def _check_space(hub_id: str, needed: int) -> None:
    folder = cache_folder(hub_id)
    there = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    free = shutil.disk_usage(there).free
    if needed and needed + _SPARE_BYTES > free:
        raise InputError(
            f"{hub_id} needs {needed / 1e6:.0f} MB more, but the disk of {there} has {free / 1e6:.0f} MB "
            "free. Free some space, or set HF_HOME to a folder on another disk."
        )


def _fetch(hub_id: str, file: _File) -> Iterator[int]:
    """Get what is missing of a file; tell how many bytes of it are here."""
    file.blob.parent.mkdir(parents=True, exist_ok=True)
    if file.grown > file.size:
        file.partial.unlink()
    yield from _grow(hub_id, file)
    if not file.is_whole(file.partial):
        file.partial.unlink()
        raise InputError(f"{file.name} of {hub_id} was damaged on the way. Get it again.")
    os.replace(file.partial, file.blob)


def _grow(hub_id: str, file: _File) -> Iterator[int]:
    """Append to a file until it has its size; take a lost connection up again while something comes."""
    errors = import_hub().errors
    in_vain = 0
    while (before := file.grown) < file.size:
        reason = None
        try:
            yield from _append(file, before)
        except errors.HfHubHTTPError:
            raise
        except errors.HTTPError as error:
            reason = error
        in_vain = 0 if file.grown > before else in_vain + 1
        if in_vain > _TRIES:
            raise InputError(
                f"The connection was lost when {file.grown / 1e6:.1f} of {file.size / 1e6:.1f} MB of "
                f"{file.name} of {hub_id} were here. They are kept: ask for it again, and it goes on."
            ) from reason


def _append(file: _File, held: int) -> Iterator[int]:
    """Get a file from byte `held` on, as far as the connection lasts."""
    with _response(file.url, held) as (status, chunks), file.partial.open("ab") as out:
        if held and status != _PARTIAL_CONTENT:
            # Whoever answered starts at the beginning.
            out.truncate(0)
            held = 0
        for chunk in chunks:
            out.write(chunk)
            held += len(chunk)
            yield held


@contextmanager
def _response(url: str, start: int) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Ask for a file from a byte on: the status, and the bytes as they come."""
    hub = import_hub()
    session = hub.utils.get_session()
    headers = hub.utils.build_hf_headers() | {"accept-encoding": "identity"}
    if start:
        headers["range"] = f"bytes={start}-"
    if callable(session.stream):
        asked = session.stream("GET", url, headers=headers, timeout=_TIMEOUT_S, follow_redirects=True)
    else:
        # Of requests, before version 1 of huggingface_hub.
        asked = session.get(url, headers=headers, timeout=_TIMEOUT_S, stream=True)
    with asked as response:
        hub.utils.hf_raise_for_status(response)
        bytes_of = getattr(response, "iter_raw", None)
        yield response.status_code, bytes_of() if bytes_of else response.iter_content(_CHUNK)


def _has_hash(file: Path, name: str) -> bool:
    """Whether the content of a file is what its name says; a name that is no SHA-256 says nothing."""
    if not re.fullmatch("[0-9a-f]{64}", name):
        return True
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == name
