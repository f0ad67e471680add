"""What runs a pretrained network: one file for each engine, and the choice between them."""

from .choice import load_network, usual_batch
from .network import Network

__all__ = ["Network", "load_network", "usual_batch"]
