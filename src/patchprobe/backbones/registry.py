"""From a name to a backbone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ..errors import InputError
from .base import Backbone, BackboneSpec, SumBackbone
from .filters import FilterBank
from .placeholder import PlaceholderBackbone

_FACTORIES: dict[str, Callable[[], Backbone]] = {
    "filters": FilterBank,
    "placeholder-cnx-t": lambda: PlaceholderBackbone("placeholder-cnx-t", channels=384),
    "placeholder-vit-l": lambda: PlaceholderBackbone("placeholder-vit-l", channels=1024),
}


@cache
def _build(name: str) -> Backbone:
    if name not in _FACTORIES:
        raise InputError(
            f"There is no backbone {name!r}. Use one of {', '.join(_FACTORIES)}, or a sum such as "
            "'placeholder-cnx-t+filters'."
        )
    return _FACTORIES[name]()


def get_backbone(name: str | Backbone) -> Backbone:
    """Return the backbone of that name.

    Parameters
    ----------
    name : str or Backbone
        A name of `list_backbones`, or several joined by ``+``, whose blocks are then used side by
        side. A backbone is returned as it is.

    Returns
    -------
    Backbone

    Raises
    ------
    InputError
        If there is none of that name; the message lists those that there are.
    """
    if isinstance(name, Backbone):
        return name
    parts = [_build(part.strip()) for part in name.split("+")]
    return parts[0] if len(parts) == 1 else SumBackbone(*parts)


def list_backbones() -> list[BackboneSpec]:
    """List the backbones that `get_backbone` knows, the default first."""
    return [_build(name).spec for name in _FACTORIES]
