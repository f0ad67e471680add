"""What images of some modalities need before they are embedded: slides, MRI, calcium movies, EM."""

from ..io import resample_isotropic
from .bias import correct_bias
from .contrast import equalise_contrast
from .intensity import normalise_intensity
from .movie import denoise_movie, normalise_frames
from .projection import project
from .sections import match_sections
from .stain import StainReference, estimate_stains, normalise_stains
from .summary import SUMMARIES, summarise_movie
from .tiles import Tile, choose_level, slide_tiles
from .tissue import tissue_mask
from .triplanar import back_to_volume, tri_planar

__all__ = [
    "SUMMARIES",
    "StainReference",
    "Tile",
    "back_to_volume",
    "choose_level",
    "correct_bias",
    "denoise_movie",
    "equalise_contrast",
    "estimate_stains",
    "match_sections",
    "normalise_frames",
    "normalise_intensity",
    "normalise_stains",
    "project",
    "resample_isotropic",
    "slide_tiles",
    "summarise_movie",
    "tissue_mask",
    "tri_planar",
]
