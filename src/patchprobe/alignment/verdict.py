"""Whether a pair of sections belongs together the way it was found to."""

from __future__ import annotations

from dataclasses import dataclass

from .translation import Status

# Between what true neighbours reach and what pairs do that share nothing (other regions, other data sets,
# turned by 90° or 180°, mirrored), of which the second best place has nearly the evidence of the best.
# benchmarks/alignment.py --parts verdicts --limit 4 counts them: of 61 such pairs none is ok, by rigid or
# affine maps; of 31 neighbours 31 and 30 are.
_CLEAR = 0.6
_UNCLEAR = 0.75
# Share of the parts of the section that agree; wrong pairs come to half of ten or more parts at most.
_MOST = 0.5
# So many that another place does not matter: it is that of a turn or of a repeated structure.
_NEARLY_ALL = 0.85
_SOME = 0.4
_PARTS = 6
_MANY_PARTS = 12


@dataclass(frozen=True)
class Findings:
    """What speaks for and against an alignment.

    Parameters
    ----------
    rival : float
        Evidence of the best other place, as a share of that of this one; 0 without another.
    agreeing : float
        Share of the parts of the section that agree.
    parts : int
        How many parts were asked.
    implausible : str
        What no two sections of a block do to each other, in a sentence; empty if nothing.
    is_marked : bool
        Whether a person said by landmarks where the section lies.
    is_at_rim : bool
        Whether it lies at the end of the shifts that were looked at.
    """

    rival: float
    agreeing: float
    parts: int
    implausible: str = ""
    is_marked: bool = False
    is_at_rim: bool = False


def verdict(found: Findings) -> tuple[Status, str]:
    """Judge an alignment; return the status and, if it is not ok, why in a sentence."""
    if found.implausible:
        return "failed", f"{found.implausible} That is an error of the search."
    agreed = found.agreeing >= _MOST and found.parts >= _PARTS
    clear = _UNCLEAR if found.agreeing >= _NEARLY_ALL and found.parts >= _MANY_PARTS else _CLEAR
    if agreed and found.rival <= clear:
        if found.is_at_rim:
            return "doubtful", "It lies at the end of the shifts that were looked at; raise max_shift."
        return "ok", ""
    some = found.agreeing >= _SOME and found.parts >= _MANY_PARTS
    if found.rival > _UNCLEAR and not some and not found.is_marked:
        return "failed", (
            "No place stands out: the sections do not resemble each other"
            f" (another place is {_percent(found.rival)} as good, and {_of_parts(found)})."
        )
    if not agreed:
        return "doubtful", f"Only some parts of the section agree: {_of_parts(found)}."
    return "doubtful", f"Another place explains the sections {_percent(found.rival)} as well."


def _percent(share: float) -> str:
    return f"{min(round(100 * share), 100)} %"


def _of_parts(found: Findings) -> str:
    return f"{round(found.agreeing * found.parts)} of {found.parts} parts fit where they are put"
