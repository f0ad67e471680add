"""From a name to a backbone."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from ..compute import Compute, default_compute
from ..errors import InputError
from .base import Backbone, BackboneSpec, SumBackbone
from .catalogue import CATALOGUE
from .filters import FilterBank
from .hub import can_run, find_on_disk, get_model
from .model_folder import ModelFolder
from .name import BackboneName, parse_names
from .placeholder import PlaceholderBackbone
from .pretrained import PretrainedBackbone

_BUILT_IN: dict[str, Callable[[], Backbone]] = {
    "filters": FilterBank,
    "placeholder-cnx-t": lambda: PlaceholderBackbone("placeholder-cnx-t", channels=384),
    "placeholder-vit-l": lambda: PlaceholderBackbone("placeholder-vit-l", channels=1024),
}
# Each may hold a network in memory.
_KEPT = 8


@lru_cache(maxsize=_KEPT)
def _build(name: BackboneName, compute: Compute) -> Backbone:
    if name.model in _BUILT_IN:
        if name.has_settings:
            raise InputError(f"{name} asks for settings that {name.model} does not have. Use {name.model!r}.")
        return _BUILT_IN[name.model]()
    kind, _, rest = name.model.partition(":")
    if kind == "path":
        return PretrainedBackbone(name, ModelFolder(Path(rest).expanduser()), compute=compute)
    if kind == "hf":
        return PretrainedBackbone(name, get_model(rest), weights=rest, compute=compute)
    if name.model not in CATALOGUE:
        raise InputError(
            f"There is no backbone {name.model!r}. Use one of {', '.join((*_BUILT_IN, *CATALOGUE))}, "
            "'hf:owner/name' for any vision model of the Hugging Face hub, 'path:folder' for one on this "
            "disk, or a sum such as 'placeholder-cnx-t+filters'."
        )
    known = CATALOGUE[name.model]
    return PretrainedBackbone(
        name, get_model(known.hub_id), known.summary, known.licence, known.hub_id, known.download_mb, compute
    )


def get_backbone(name: str | Backbone, compute: Compute | None = None) -> Backbone:
    """Return the backbone of that name.

    Parameters
    ----------
    name : str or Backbone
        A built-in one (see `list_backbones`); a pretrained network by its short name, as ``hf:owner/name``
        or as ``path:folder``, with settings as in ``"dinov2-small?blocks=6,9&refine=2"``; or several joined
        by ``+``, whose blocks are then used side by side. A backbone is returned as it is. Weights of the
        hub are downloaded the first time.
    compute : Compute, optional
        How pretrained networks are computed; as the environment says if not given.

    Returns
    -------
    Backbone

    Raises
    ------
    InputError
        If there is none of that name (the message lists those that there are), or its weights cannot be had.
    """
    if isinstance(name, Backbone):
        return name
    wishes = compute or default_compute()
    parts = [_build(part, wishes) for part in parse_names(name)]
    return parts[0] if len(parts) == 1 else SumBackbone(*parts)


def list_backbones() -> list[BackboneSpec]:
    """List the backbones that can be used at once, the default first.

    Returns
    -------
    list of BackboneSpec
        The built-in ones; then the pretrained networks with a short name whose weights are on this disk,
        each alone and with the filters. Nothing is downloaded and no network is asked.
    """
    on_disk = [name for name, known in CATALOGUE.items() if find_on_disk(known.hub_id)] if can_run() else []
    names = (*_BUILT_IN, *(listed for name in on_disk for listed in (f"{name}+filters", name)))
    return [get_backbone(name).spec for name in names]
