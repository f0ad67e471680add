"""Models of the Hugging Face hub: those on this disk, and getting one that is not."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import InputError
from .model_folder import ModelFolder

_FILES = ("config.json", "preprocessor_config.json", "*.safetensors", "*.safetensors.index.json")
_INSTEAD = "Until then, the backbone 'filters' needs no download."


def find_on_disk(hub_id: str) -> ModelFolder | None:
    """Return a model that was downloaded before, without asking the network; None if there is none.

    Parameters
    ----------
    hub_id : str
        ``owner/name``.
    """
    hub = _hub()
    try:
        path = hub.snapshot_download(hub_id, allow_patterns=_FILES, local_files_only=True)
    except hub.errors.LocalEntryNotFoundError:
        return None
    found = ModelFolder(Path(path))
    # An interrupted download leaves the configuration without the weights.
    return found if any(found.path.glob("*.safetensors")) else None


def can_run() -> bool:
    """Whether the packages are installed that pretrained networks need."""
    return all(find_spec(package) for package in ("huggingface_hub", "torch", "transformers"))


def get_model(hub_id: str) -> ModelFolder:
    """Return a model from this disk, else download it; an interrupted download goes on where it stopped.

    Raises
    ------
    InputError
        If it is not on this disk and cannot be downloaded; the message says what to do.
    """
    found = find_on_disk(hub_id)
    if found is not None:
        return found
    hub = _hub()
    try:
        path = hub.snapshot_download(hub_id, allow_patterns=_FILES)
    except hub.errors.GatedRepoError as error:
        raise InputError(
            f"The weights of {hub_id} are given to those who accept their licence. Log in on "
            f"https://huggingface.co/{hub_id}, accept it there, then run 'hf auth login' once on this "
            f"computer. {_INSTEAD}"
        ) from error
    except hub.errors.RepositoryNotFoundError as error:
        raise InputError(
            f"There is no model {hub_id} on the Hugging Face hub, or it is private. "
            "Check the spelling, owner/name."
        ) from error
    except (OSError, hub.errors.LocalEntryNotFoundError) as error:
        raise InputError(
            f"{hub_id} is not on this disk, and the Hugging Face hub cannot be reached to download it "
            f"({type(error).__name__}). Check the connection, or give a folder as 'path:folder'. {_INSTEAD}"
        ) from error
    return ModelFolder(Path(path))


def _hub() -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ImportError as error:
        raise InputError(
            "Models of the Hugging Face hub need packages that are not installed. Install them with "
            "pip install 'patchprobe[transformers]', or use the backbone 'filters', which needs none."
        ) from error
    return huggingface_hub
