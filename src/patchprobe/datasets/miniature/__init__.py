"""Small folders of every data set, in its true layout on the disk, with synthetic content.

Tests read them back, notebooks run on them, and they show what a folder has to look like.
"""

from .write import miniature

__all__ = ["miniature"]
