"""From a name to a backbone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ..compute import Compute, default_compute
from ..errors import InputError
from .base import Backbone, BackboneSpec, SumBackbone
from .catalogue import CATALOGUE, KnownModel, find_known
from .download import get_model
from .filters import FilterBank
from .hub import can_run, find_on_disk
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


def _make(name: BackboneName, compute: Compute) -> Backbone:
    if name.model in _BUILT_IN:
        if name.has_settings:
            raise InputError(f"{name} asks for settings that {name.model} does not have. Use {name.model!r}.")
        return _BUILT_IN[name.model]()
    kind, _, rest = name.model.partition(":")
    if kind == "path":
        return PretrainedBackbone(name, ModelFolder(Path(rest).expanduser()), compute=compute)
    if kind == "hf":
        return PretrainedBackbone(name, get_model(rest), weights=rest, compute=compute)
    known = CATALOGUE[name.model]
    made = PretrainedBackbone(
        name, get_model(known.hub_id), known.summary, known.licence, known.hub_id, known.download_mb, compute
    )
    made.spec = replace(made.spec, is_gated=known.is_gated)
    return made


_kept = lru_cache(maxsize=_KEPT)(_make)


def _build(name: BackboneName, compute: Compute) -> Backbone:
    # Made anew each time where weights lie in a folder, so that it is seen if they are replaced.
    return _make(name, compute) if name.model.startswith("path:") else _kept(name, compute)


def _parse(text: str) -> list[BackboneName]:
    """Take a name apart; each model under the one name that it has here."""
    return [_checked(name) for name in parse_names(text)]


def _checked(name: BackboneName) -> BackboneName:
    known = find_known(name.model)
    if known is not None:
        return replace(name, model=known.name)
    if name.model in _BUILT_IN or name.model.startswith(("path:", "hf:")):
        return name
    raise InputError(
        f"There is no backbone {name.model!r}. Use one of {', '.join((*_BUILT_IN, *CATALOGUE))}, "
        "'hf:owner/name' for any vision model of the Hugging Face hub, 'path:folder' for one on this "
        "disk, or a sum such as 'placeholder-cnx-t+filters'."
    )


def get_backbone(name: str | Backbone, compute: Compute | None = None) -> Backbone:
    """Return the backbone of that name.

    Parameters
    ----------
    name : str or Backbone
        A built-in one or a pretrained network by its short name (see `list_backbones`); another one as
        ``hf:owner/name`` or as ``path:folder``, with settings as in ``"dinov2-small?blocks=6,9&refine=2"``;
        or several joined by ``+``, whose blocks are then used side by side. A backbone is returned as it
        is. Weights of the hub are downloaded the first time, without showing it; see `download_model`.
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
    parts = [_build(part, wishes) for part in _parse(name)]
    return parts[0] if len(parts) == 1 else SumBackbone(*parts)


def hub_ids(name: str) -> list[str]:
    """Say which models of the Hugging Face hub a backbone needs, as ``owner/name``; none if it needs none.

    Raises
    ------
    InputError
        If there is no backbone of that name.
    """
    models = [part.model for part in _parse(name)]
    return [
        CATALOGUE[model].hub_id if model in CATALOGUE else model.removeprefix("hf:")
        for model in models
        if model in CATALOGUE or model.startswith("hf:")
    ]


def list_backbones(*, on_disk: bool = False) -> list[BackboneSpec]:
    """List the backbones that have a short name, the default first.

    Parameters
    ----------
    on_disk : bool
        Only those that can be used at once.

    Returns
    -------
    list of BackboneSpec
        The built-in ones, then the pretrained networks; `BackboneSpec.on_disk` says whether the weights
        are here. Nothing is downloaded and no network is asked.
    """
    runs = can_run()
    built_in = [get_backbone(name).spec for name in _BUILT_IN]
    pretrained = [_spec(known) if runs else known.spec for known in CATALOGUE.values()]
    return [spec for spec in (*built_in, *pretrained) if spec.on_disk or not on_disk]


def _spec(known: KnownModel) -> BackboneSpec:
    if find_on_disk(known.hub_id) is None:
        return known.spec
    try:
        # Not kept: listing must not push out networks that are in use.
        made = _make(BackboneName(known.name), Compute())
        # Says so if the weights are damaged.
        made.operations((1, 1))
        return made.spec
    except InputError:
        # What is on the disk is damaged; getting it again mends it.
        return known.spec
