"""Models of the Hugging Face hub: those on this disk, and what its errors mean in words."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import InputError
from .catalogue import find_known
from .model_folder import INDEX, SINGLE, ModelFolder

_INSTEAD = "Until then, the backbone 'filters' needs no download."
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_LOGGED_IN = 401


def can_run() -> bool:
    """Whether the packages are installed that pretrained networks need."""
    return all(find_spec(package) for package in ("huggingface_hub", "torch", "transformers"))


def find_on_disk(hub_id: str) -> ModelFolder | None:
    """Return a model that was downloaded before, without asking the network; None if there is none.

    Parameters
    ----------
    hub_id : str
        ``owner/name``.
    """
    hub = import_hub()
    with in_words(hub_id):
        config = hub.try_to_load_from_cache(hub_id, "config.json")
    if not isinstance(config, str) or not _has_weights(Path(config).parent):
        return None
    known = find_known(hub_id)
    if known is None:
        return ModelFolder(Path(config).parent)
    return ModelFolder(Path(config).parent, known.mean, known.std)


def _has_weights(folder: Path) -> bool:
    """Whether all files with weights are there: an interrupted download leaves some of them."""
    if (folder / SINGLE).is_file():
        return True
    try:
        names = json.loads((folder / INDEX).read_text("utf-8"))["weight_map"].values()
    except (OSError, ValueError, KeyError):
        return False
    return all((folder / name).is_file() for name in set(names))


def cache_folder(hub_id: str) -> Path:
    """Where the libraries of Hugging Face keep a model: ``models--owner--name``, in their cache."""
    return Path(import_hub().constants.HF_HUB_CACHE) / f"models--{hub_id.replace('/', '--')}"


def import_hub() -> Any:
    """Import ``huggingface_hub``.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
        import huggingface_hub.utils
    except ImportError as error:
        raise InputError(
            "Models of the Hugging Face hub need packages that are not installed. Install them with "
            "pip install 'patchprobe[transformers]', or use the backbone 'filters', which needs none."
        ) from error
    return huggingface_hub


@contextmanager
def in_words(hub_id: str) -> Iterator[None]:
    """Raise an `InputError` that says what to do for whatever getting a model can fail with."""
    hub = import_hub()
    errors = hub.errors
    try:
        yield
    except errors.HFValidationError as error:
        raise InputError(
            f"{hub_id!r} is no name of a model of the Hugging Face hub. Give owner/name, as in "
            "'hf:facebook/dinov2-small'."
        ) from error
    except errors.GatedRepoError as error:
        raise InputError(_how_to_be_let_in(hub_id, is_logged_in=hub.get_token() is not None)) from error
    except errors.RepositoryNotFoundError as error:
        raise InputError(
            f"There is no model {hub_id} on the Hugging Face hub, or it is private. "
            "Check the spelling, owner/name."
        ) from error
    except errors.OfflineModeIsEnabled as error:
        raise InputError(
            f"{hub_id} is not on this disk, and HF_HUB_OFFLINE forbids to ask the network for it. Unset it, "
            f"or give a folder as 'path:folder'. {_INSTEAD}"
        ) from error
    except errors.HfHubHTTPError as error:
        raise InputError(_what_the_hub_said(hub_id, error.response.status_code)) from error
    except (OSError, errors.HTTPError, json.JSONDecodeError) as error:
        raise InputError(_what_failed(hub_id, error)) from error


def _how_to_be_let_in(hub_id: str, is_logged_in: bool) -> str:
    given = f"The weights of {hub_id} are given to those who accept their licence. "
    accept = f"Accept it on https://huggingface.co/{hub_id}"
    if is_logged_in:
        return (
            f"{given}You are logged in, but your account was not let in yet. {accept}, with the account of "
            "your token; the owner may take a while to agree, and a fine-grained token needs the permission "
            f"to read gated repositories. {_INSTEAD}"
        )
    return f"{given}{accept}, then run 'hf auth login' once on this computer, or set HF_TOKEN. {_INSTEAD}"


def _what_the_hub_said(hub_id: str, status: int) -> str:
    if status == _NOT_LOGGED_IN:
        return (
            f"The Hugging Face hub does not take your token, so that {hub_id} cannot be downloaded. "
            "Run 'hf auth login' with a new one, or unset HF_TOKEN."
        )
    return f"The Hugging Face hub answered {status} when asked for {hub_id}. Try again later. {_INSTEAD}"


def _what_failed(hub_id: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in _FULL:
        return (
            f"The disk is full: {hub_id} could not be downloaded to the end. What was downloaded is kept. "
            "Free some space and ask for it again, or set HF_HOME to a folder on another disk."
        )
    if isinstance(error, OSError) and error.filename is not None:
        return (
            f"{hub_id} cannot be kept in {error.filename}: {error.strerror}. "
            "Set HF_HOME to a folder that you may write to."
        )
    return (
        f"{hub_id} is not on this disk, and the Hugging Face hub cannot be reached to download it "
        f"({type(error).__name__}). Check the connection, or give a folder as 'path:folder'. {_INSTEAD}"
    )
