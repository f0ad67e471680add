"""Embeddings that were computed lately, kept in memory within a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from .backbones import Backbone
from .compute import Compute
from .embedding import Embedding
from .memory import share_of_memory
from .normalisation import Normalisation

_SHARE = 4


@dataclass(frozen=True)
class EmbeddingKey:
    """What an embedding in memory is of.

    Parameters
    ----------
    source : int
        Identity of the image data; a new number whenever the data is replaced.
    plane : int
        Number of the plane.
    backbone : str
        Registered name.
    version : str
        Of the backbone.
    normalisation : Normalisation
        The map of intensities that was applied.
    """

    source: int
    plane: int
    backbone: str
    version: str
    normalisation: Normalisation


class EmbeddingCache:
    """Embeddings by key; the least recently used go first when the bound is reached.

    All methods may be called from any thread.

    Parameters
    ----------
    max_bytes : int, optional
        Bound on the features held, in bytes. By default a quarter of the machine's memory, at least
        1 GiB. The embedding that was put last is kept even where it alone is larger.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self.max_bytes = share_of_memory(_SHARE) if max_bytes is None else max_bytes
        self._entries: OrderedDict[EmbeddingKey, Embedding] = OrderedDict()
        self._normalisations: dict[int, Normalisation] = {}
        self._prepared: dict[tuple[int, str, Compute], Backbone] = {}
        self._lock = Lock()
        self._nbytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes of features held now."""
        return self._nbytes

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: EmbeddingKey) -> bool:
        return key in self._entries

    def get(self, key: EmbeddingKey) -> Embedding | None:
        """Return the embedding of that key, or None, and count it as just used."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def put(self, key: EmbeddingKey, embedding: Embedding, *, evict: bool = True) -> bool:
        """Keep an embedding; older ones make room.

        Parameters
        ----------
        key : EmbeddingKey
        embedding : Embedding
        evict : bool
            False keeps it only where there is room, so that a run over a whole stack does not push out
            the planes that are being painted.

        Returns
        -------
        bool
            Whether it is kept.
        """
        with self._lock:
            held = self._entries.get(key)
            growth = embedding.nbytes - (0 if held is None else held.nbytes)
            if not evict and self._nbytes + growth > self.max_bytes:
                return False
            self._entries[key] = embedding
            self._entries.move_to_end(key)
            self._nbytes += growth
            while self._nbytes > self.max_bytes and len(self._entries) > 1:
                _, oldest = self._entries.popitem(last=False)
                self._nbytes -= oldest.nbytes
            return True

    def normalisation(self, source: int, estimate: Callable[[], Normalisation]) -> Normalisation:
        """Return the normalisation of a source, which is estimated only once."""
        found = self._normalisations.get(source)
        if found is None:
            found = self._normalisations[source] = estimate()
        return found

    def prepared(self, source: int, backbone: str, compute: Compute) -> Backbone | None:
        """Return the backbone that knows what it has to know of a source, or None."""
        return self._prepared.get((source, backbone, compute))

    def keep_prepared(self, source: int, backbone: str, compute: Compute, prepared: Backbone) -> None:
        """Keep a backbone that was prepared for a source."""
        self._prepared[source, backbone, compute] = prepared

    def planes(self, source: int, backbone: str) -> set[int]:
        """Numbers of the planes of a source whose embedding by that backbone is held."""
        with self._lock:
            return {key.plane for key in self._entries if (key.source, key.backbone) == (source, backbone)}

    def blocks(self, source: int, backbone: str) -> tuple[str, ...]:
        """Names of the feature blocks of a source by that backbone; none where no plane of it is held."""
        with self._lock:
            for key, embedding in self._entries.items():
                if (key.source, key.backbone) == (source, backbone):
                    return tuple(grid.name for grid in embedding.grids)
        return ()

    def forget(self, source: int) -> None:
        """Drop everything of a source whose data is gone or was changed."""
        with self._lock:
            for key in [key for key in self._entries if key.source == source]:
                self._nbytes -= self._entries.pop(key).nbytes
            self._normalisations.pop(source, None)
            for known in [known for known in self._prepared if known[0] == source]:
                del self._prepared[known]
