"""The names of backbones as they are written: a model, and how it is to be used.

``dinov2-small`` is a model by its short name, ``hf:owner/name`` one of the Hugging Face hub, ``path:folder``
one in a folder. Settings follow as in a web address: ``dinov2-small?blocks=6,9&refine=2``. Several joined by
``+`` are used side by side; a plus sign in a folder's name is written ``%2B``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from ..errors import InputError

FILTERS = "filters"
MAX_REFINE = 4
_SETTINGS = ("blocks", "refine", "shifts", "position")
_REMOVED, _KEPT = "removed", "kept"


@dataclass(frozen=True)
class BackboneName:
    """One backbone's name, taken apart.

    Parameters
    ----------
    model : str
        Short name, ``hf:owner/name`` or ``path:folder``.
    blocks : tuple of int
        Transformer blocks (or stages of a convolutional network) whose output is taken, from 1; empty for the
        default of the model.
    refine : int
        How many times finer than its patches the model is to see: the image is enlarged so many times.
    shifts : int
        How many times finer the grid is to be without enlarging: the image is passed so many times along each
        axis, displaced by parts of a patch.
    is_centred : bool
        Whether the part of features that tells where in the image they are is removed.
    """

    model: str
    blocks: tuple[int, ...] = ()
    refine: int = 1
    shifts: int = 1
    is_centred: bool = False

    def __str__(self) -> str:
        settings = []
        if self.blocks:
            settings.append("blocks=" + ",".join(map(str, self.blocks)))
        if self.refine != 1:
            settings.append(f"refine={self.refine}")
        if self.shifts != 1:
            settings.append(f"shifts={self.shifts}")
        if self.is_centred:
            settings.append(f"position={_REMOVED}")
        model = self.model
        for sign in "%+?":
            model = model.replace(sign, quote(sign))
        return model + ("?" + "&".join(settings) if settings else "")

    @property
    def has_settings(self) -> bool:
        """Whether anything but the defaults is wanted."""
        return self != BackboneName(self.model)


def parse_names(text: str) -> list[BackboneName]:
    """Take a name apart; several joined by ``+`` give several.

    Raises
    ------
    InputError
        If a setting is unknown or has an impossible value.
    """
    return [_parse(part.strip()) for part in text.split("+")]


def without_filters(name: str) -> str:
    """Name of what the filters were added to; a name without that stays."""
    first, plus, last = name.rpartition("+")
    return first if plus and last == FILTERS else name


def as_used(name: str) -> str:
    """Name of a network as widgets use it where nothing else is said: without the position part of features.

    With that part, the tiles of a large plane are seen in its features, and like things differ between its
    corners.
    """
    (plain,) = parse_names(name)
    return name if plain.has_settings or plain.model == FILTERS else str(replace(plain, is_centred=True))


def _parse(text: str) -> BackboneName:
    model, _, query = text.partition("?")
    settings = dict(part.partition("=")[::2] for part in query.split("&")) if query else {}
    unknown = set(settings).difference(_SETTINGS)
    if unknown:
        raise InputError(
            f"{text!r} asks for {', '.join(sorted(unknown))}, which is no setting of a backbone. "
            f"There are {', '.join(_SETTINGS)}, as in 'dinov2-small?blocks=6,9&refine=2'."
        )
    blocks = tuple(_whole(text, "blocks", value) for value in settings.get("blocks", "").split(",") if value)
    refine, shifts = (_whole(text, key, settings.get(key, "1"), MAX_REFINE) for key in ("refine", "shifts"))
    position = settings.get("position", _KEPT)
    if position not in (_REMOVED, _KEPT):
        raise InputError(f"{text!r} asks for position={position!r}; it can be {_REMOVED!r} or {_KEPT!r}.")
    return BackboneName(unquote(model), blocks, refine, shifts, position == _REMOVED)


def _whole(text: str, setting: str, value: str, most: int | None = None) -> int:
    if not value.isascii() or not value.isdecimal() or int(value) < 1:
        raise InputError(f"{text!r} asks for {setting}={value!r}; give a whole number from 1 on.")
    if most is not None and int(value) > most:
        raise InputError(f"{text!r} asks for {setting}={value}; it can be 1 to {most}.")
    return int(value)
