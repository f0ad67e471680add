"""The names of backbones as they are written: a model, and how it is to be used.

``dinov2-small`` is a model by its short name, ``hf:owner/name`` one of the Hugging Face hub, ``path:folder``
one in a folder. Settings follow as in a web address: ``dinov2-small?blocks=6,9&refine=2``. Several joined by
``+`` are used side by side; a plus sign in a folder's name is written ``%2B``.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from ..errors import InputError

MAX_REFINE = 4


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
    """

    model: str
    blocks: tuple[int, ...] = ()
    refine: int = 1

    def __str__(self) -> str:
        settings = []
        if self.blocks:
            settings.append("blocks=" + ",".join(map(str, self.blocks)))
        if self.refine != 1:
            settings.append(f"refine={self.refine}")
        model = self.model
        for sign in "%+?":
            model = model.replace(sign, quote(sign))
        return model + ("?" + "&".join(settings) if settings else "")

    @property
    def has_settings(self) -> bool:
        """Whether anything but the defaults is wanted."""
        return bool(self.blocks) or self.refine != 1


def parse_names(text: str) -> list[BackboneName]:
    """Take a name apart; several joined by ``+`` give several.

    Raises
    ------
    InputError
        If a setting is unknown or has an impossible value.
    """
    return [_parse(part.strip()) for part in text.split("+")]


def _parse(text: str) -> BackboneName:
    model, _, query = text.partition("?")
    settings = dict(part.partition("=")[::2] for part in query.split("&")) if query else {}
    unknown = set(settings) - {"blocks", "refine"}
    if unknown:
        raise InputError(
            f"{text!r} asks for {', '.join(sorted(unknown))}, which is no setting of a backbone. "
            "There are blocks and refine, as in 'dinov2-small?blocks=6,9&refine=2'."
        )
    blocks = tuple(_whole(text, "blocks", value) for value in settings.get("blocks", "").split(",") if value)
    refine = _whole(text, "refine", settings.get("refine", "1"))
    if refine > MAX_REFINE:
        raise InputError(f"{text!r} asks for refine={refine}; it can be 1 to {MAX_REFINE}.")
    return BackboneName(unquote(model), blocks, refine)


def _whole(text: str, setting: str, value: str) -> int:
    if not value.isascii() or not value.isdecimal() or int(value) < 1:
        raise InputError(f"{text!r} asks for {setting}={value!r}; give a whole number from 1 on.")
    return int(value)
