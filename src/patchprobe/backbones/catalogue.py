"""Vision models that have a short name here: where their weights are, how large, under which licence."""

from __future__ import annotations

from dataclasses import dataclass

from .base import IMAGENET_MEAN, IMAGENET_STD, BackboneSpec

Triple = tuple[float, float, float]

_DINOV3 = "DINOv3 licence"
_APACHE = "Apache-2.0"
# Of the satellite images of SAT-493M (Siméoni et al. 2025; README of DINOv3).
_SAT_MEAN: Triple = (0.430, 0.411, 0.296)
_SAT_STD: Triple = (0.213, 0.156, 0.143)


@dataclass(frozen=True)
class KnownModel:
    """A model of the hub with a short name.

    Parameters
    ----------
    name : str
        Short name.
    hub_id : str
        ``owner/name`` on the Hugging Face hub.
    summary : str
        What it is good at, in one line.
    patch_size : int
        Pixels along the side of a patch, at the default block.
    channels : int
        Features of the default block.
    download_mb : float
    licence : str
    is_gated : bool
        Whether the licence has to be accepted on the hub before the weights can be had.
    mean, std : tuple of float
        Of the images that it was trained on, in the unit range.
    """

    name: str
    hub_id: str
    summary: str
    patch_size: int
    channels: int
    download_mb: float
    licence: str = _DINOV3
    is_gated: bool = True
    mean: Triple = IMAGENET_MEAN
    std: Triple = IMAGENET_STD

    @property
    def spec(self) -> BackboneSpec:
        """What is known of it while its weights are not here."""
        return BackboneSpec(
            name=self.name,
            summary=self.summary,
            patch_size=self.patch_size,
            channels=self.channels,
            licence=self.licence,
            weights=self.hub_id,
            download_mb=self.download_mb,
            mean=self.mean,
            std=self.std,
            version="",
            on_disk=False,
            is_gated=self.is_gated,
        )


def _vit(size: str, what: str, channels: int, mb: float, plus: bool = False) -> KnownModel:
    name = f"dinov3-vit{size}16{'plus' if plus else ''}"
    hub_id = f"facebook/{name}-pretrain-lvd1689m"
    return KnownModel(name, hub_id, f"DINOv3 transformer, {what}", 16, channels, mb)


def _satellite(size: str, what: str, channels: int, mb: float) -> KnownModel:
    hub_id = f"facebook/dinov3-vit{size}16-pretrain-sat493m"
    summary = f"DINOv3 transformer trained on satellite images, {what}"
    return KnownModel(
        f"dinov3-vit{size}16-sat", hub_id, summary, 16, channels, mb, mean=_SAT_MEAN, std=_SAT_STD
    )


def _convnext(size: str, channels: int, mb: float) -> KnownModel:
    hub_id = f"facebook/dinov3-convnext-{size}-pretrain-lvd1689m"
    summary = "DINOv3 convolutional network, quick on a laptop"
    return KnownModel(f"dinov3-convnext-{size}", hub_id, summary, 16, channels, mb)


def _dinov2(size: str, channels: int, mb: float, registers: bool) -> KnownModel:
    suffix = "-with-registers" if registers else ""
    summary = "DINOv2 transformer, free to download" + (", smoother features" if registers else "")
    return KnownModel(
        f"dinov2-{size}{'-reg' if registers else ''}",
        f"facebook/dinov2{suffix}-{size}",
        summary,
        14,
        channels,
        mb,
        _APACHE,
        is_gated=False,
    )


CATALOGUE: dict[str, KnownModel] = {
    model.name: model
    for model in (
        _vit("s", "the smallest", 384, 86),
        _vit("s", "small", 384, 115, plus=True),
        _vit("b", "middle", 768, 343),
        _vit("l", "large", 1024, 1213),
        _vit("h", "very large", 1280, 3362, plus=True),
        _vit("7b", "the largest, needs a large GPU", 4096, 26865),
        _satellite("l", "large", 1024, 1213),
        _satellite("7b", "needs a large GPU", 4096, 26865),
        _convnext("tiny", 384, 111),
        _convnext("small", 384, 198),
        _convnext("base", 512, 350),
        _convnext("large", 768, 785),
        *(
            _dinov2(size, channels, mb, registers)
            for registers in (False, True)
            for size, channels, mb in (
                ("small", 384, 88),
                ("base", 768, 346),
                ("large", 1024, 1217),
                ("giant", 1536, 4546),
            )
        ),
    )
}

# As the reports write them.
_REPORT_IDS = {
    "facebook/dinov3-convnext-tiny": "dinov3-convnext-tiny",
    "facebook/dinov3-vit-large": "dinov3-vitl16",
}
_BY_HUB_ID = {known.hub_id: known for known in CATALOGUE.values()}


def find_known(name: str) -> KnownModel | None:
    """Return the model of that name, None if there is none.

    Parameters
    ----------
    name : str
        Short name, id on the hub with or without ``hf:`` before it, or id in the reports.
    """
    bare = name.removeprefix("hf:")
    return CATALOGUE.get(_REPORT_IDS.get(bare, name)) or _BY_HUB_ID.get(bare)
