"""Point-and-click segmentation and section alignment on frozen vision features.

One array goes in; patch embeddings are computed once; strokes fit a linear probe in milliseconds; the
same embeddings align neighbouring sections. The names below are the public interface; each is imported
when it is first used, so that ``import patchprobe`` pulls neither torch, napari nor Qt.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
