"""Downloads that go on where they were stopped, as pooch takes them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError
from .refusal import PART_SUFFIX

# What came of a piece when the connection breaks is lost with it.
_CHUNK = 1 << 16
_TIMEOUT_S = 30.0
# A lost connection is taken up again as long as something comes; so often in vain, and it ends.
_TRIES = 3
_WHOLE, _PARTIAL, _BEYOND_END = 200, 206, 416


class ResumingDownloader:
    """Downloads one file into ``<name>.part``, beside where it is wanted.

    What was fetched is kept when it is stopped or fails; another one goes on from there, unless the file
    at the source has changed since. An instance is a downloader for `pooch.retrieve`.

    Parameters
    ----------
    file : Path
        Where the file is wanted in the end.
    """

    def __init__(self, file: Path) -> None:
        self.part = file.with_name(file.name + PART_SUFFIX)
        self._about = file.with_name(file.name + PART_SUFFIX + ".json")

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Fetch what is missing and hand the file over; pooch checks it then."""
        for _ in self.steps(url):
            pass
        os.replace(self.part, output_file)
        self._about.unlink(missing_ok=True)

    @property
    def held(self) -> int:
        """How many bytes are here."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def steps(self, url: str) -> Iterator[tuple[int, int]]:
        """Fetch what is missing; closing the iterator stops it.

        Yields
        ------
        tuple of (int, int)
            Bytes that are here, and those of the whole file (0 where the source does not say).

        Raises
        ------
        InputError
            If the source cannot be reached, refuses, or breaks off again and again.
        """
        import requests

        self.part.parent.mkdir(parents=True, exist_ok=True)
        in_vain = 0
        while not self._is_whole():
            before = self.held
            reason: Exception | None = None
            try:
                yield from self._append(url)
            except (
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ) as error:
                reason = error
            in_vain = 0 if self.held > before else in_vain + 1
            if in_vain > _TRIES or (reason is not None and before == 0 == self.held):
                raise InputError(self._lost(url)) from reason

    def _append(self, url: str) -> Iterator[tuple[int, int]]:
        """Get the file from the first byte that is missing on, as far as the connection lasts."""
        import requests

        held, known = self.held, self._read_about()
        headers = {"Accept-Encoding": "identity"}
        if held and known.get("url") == url:
            headers["Range"] = f"bytes={held}-"
            if known.get("version"):
                headers["If-Range"] = known["version"]
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
            if response.status_code == _BEYOND_END:
                # The file became shorter, or what is here is not of it.
                self.part.unlink()
                return
            if response.status_code not in (_WHOLE, _PARTIAL):
                raise InputError(_refused(response.status_code, url))
            goes_on = response.status_code == _PARTIAL
            total = _total(response.headers, held if goes_on else 0)
            self._write_about(url, response.headers, total)
            with self.part.open("ab" if goes_on else "wb") as out:
                held = held if goes_on else 0
                for chunk in response.iter_content(_CHUNK):
                    out.write(chunk)
                    held += len(chunk)
                    yield held, total
        if not total:
            # The source did not say how long it is: it has ended without an error.
            self._write_about(url, response.headers, held)

    def _is_whole(self) -> bool:
        total = int(self._read_about().get("total", 0))
        return total > 0 and self.held == total

    def _read_about(self) -> dict[str, Any]:
        if not self._about.is_file():
            return {}
        try:
            about = json.loads(self._about.read_text("utf-8"))
        except ValueError:
            return {}
        return about if isinstance(about, dict) else {}

    def _write_about(self, url: str, headers: Any, total: int) -> None:
        # Weak tags say that files mean the same, not that their bytes are equal.
        tag = headers.get("ETag", "")
        version = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
        self._about.write_text(json.dumps({"url": url, "version": version, "total": total}), "utf-8")

    def _lost(self, url: str) -> str:
        if not self.held:
            return f"{url} cannot be reached. Check the connection to the network, and try again."
        return (
            f"The connection to {url} was lost when {self.held / 1e6:.1f} MB were here. They are kept: ask "
            "for it again, and it goes on."
        )


def _total(headers: Any, held: int) -> int:
    """Length of the whole file; 0 if it is not said."""
    match = re.search(r"/(\d+)$", headers.get("Content-Range", ""))
    if match is not None:
        return int(match[1])
    rest = headers.get("Content-Length", "")
    return held + int(rest) if rest.isdecimal() else 0


def _refused(status: int, url: str) -> str:
    if status in (401, 403):
        return f"{url} asks for a login or leave (HTTP {status}). See the homepage of the data set."
    if status == 404:
        return f"{url} is not there any more (HTTP 404). See the homepage of the data set for its new place."
    return f"{url} answered with HTTP {status}. Try again later."
