"""Tasks on real data, one file for each set: what is painted, what is judged, and by which truth."""

from .atlas import FOLDER as ATLAS
from .atlas import atlas
from .membranes import FOLDER as MEMBRANES
from .membranes import membranes
from .mitochondria import FOLDER as MITOCHONDRIA
from .mitochondria import mitochondria
from .nuclei import FOLDER as NUCLEI
from .nuclei import nuclei
from .tissue import FOLDER as TISSUE
from .tissue import tissue
from .tracked_nuclei import FOLDER as TRACKED_NUCLEI
from .tracked_nuclei import tracked_nuclei

__all__ = [
    "ATLAS",
    "MEMBRANES",
    "MITOCHONDRIA",
    "NUCLEI",
    "TISSUE",
    "TRACKED_NUCLEI",
    "atlas",
    "membranes",
    "mitochondria",
    "nuclei",
    "tissue",
    "tracked_nuclei",
]
