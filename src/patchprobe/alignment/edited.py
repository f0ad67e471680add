"""An alignment with the pairs, edits and landmarks that it was made from: one file, to go on from."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..io.replace_file import written_beside
from .edges import StackEdges
from .edits import AlignmentEdits
from .landmark_pairs import LandmarkPairs
from .result import StackAlignment

_PAIRS, _EDITS, _LANDMARKS = "pairs", "edits", "landmarks"


@dataclass(frozen=True)
class EditedAlignment:
    """An alignment and where it comes from.

    Its file is that of the alignment, with three more entries that `StackAlignment.load` passes over.

    Parameters
    ----------
    alignment : StackAlignment
    edges : StackEdges, optional
        The pairs that were measured; None where there were none, or nothing is known of them.
    edits : AlignmentEdits
    landmarks : tuple of LandmarkPairs
        What was marked in its sections.
    """

    alignment: StackAlignment
    edges: StackEdges | None = None
    edits: AlignmentEdits = field(default_factory=AlignmentEdits)
    landmarks: tuple[LandmarkPairs, ...] = ()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write as JSON, beside and then renamed."""
        target = Path(path)
        content = self.alignment.as_json() | {
            _PAIRS: None if self.edges is None else self.edges.as_json(),
            _EDITS: self.edits.as_json(),
            _LANDMARKS: [pairs.as_json() for pairs in self.landmarks],
        }
        with written_beside(target) as beside:
            beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> EditedAlignment:
        """Read what `save` wrote, or an alignment of which nothing more is known.

        Raises
        ------
        InputError
            If the file is not there or is not an alignment that this version reads.
        """
        alignment = StackAlignment.load(path)
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        pairs, edits = content.get(_PAIRS), content.get(_EDITS)
        try:
            return cls(
                alignment,
                None if pairs is None else StackEdges.from_json(pairs),
                AlignmentEdits() if edits is None else AlignmentEdits.from_json(edits),
                tuple(LandmarkPairs.from_json(pairs) for pairs in content.get(_LANDMARKS, ())),
            )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise InputError(f"{path} is damaged: {error!r}. Save the alignment again.") from error
