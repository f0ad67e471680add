"""Frozen feature extractors: what they are, how to get one by name, and the built-in ones."""

from .base import Backbone, BackboneSpec
from .dinov3 import DINOv3Backbone
from .download import Downloaded, download_model, downloading
from .registry import get_backbone, list_backbones

__all__ = [
    "Backbone",
    "BackboneSpec",
    "DINOv3Backbone",
    "Downloaded",
    "download_model",
    "downloading",
    "get_backbone",
    "list_backbones",
]
