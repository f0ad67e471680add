"""The classifiers by name, the simplest first."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from .auto_context import AutoContextProbe
from .base import Probe
from .linear import LinearProbe
from .mlp import MLPProbe
from .trees import BoostingProbe, ForestProbe

CLASSIFIERS: dict[str, type[Probe]] = {
    kind.name: kind for kind in (LinearProbe, AutoContextProbe, MLPProbe, ForestProbe, BoostingProbe)
}


def classifier_type(name: str) -> type[Probe]:
    """Return the class of a classifier.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in CLASSIFIERS:
        raise InputError(f"There is no classifier {name!r}. Choose one of {', '.join(CLASSIFIERS)}.")
    return CLASSIFIERS[name]


def make_classifier(name: str = "linear", **parameters: Any) -> Probe:
    """Make a probe that is yet to be fitted.

    Parameters
    ----------
    name : {"linear", "auto-context", "mlp", "forest", "boosting"}
    **parameters
        Of its class, such as ``class_names``.

    Raises
    ------
    InputError
        If there is no classifier of that name, or it has no such parameter.
    """
    kind = classifier_type(name)
    known = kind().get_params()
    strange = [parameter for parameter in parameters if parameter not in known]
    if strange:
        raise InputError(
            f"The classifier {name!r} has no parameter {strange[0]!r}; it has {', '.join(known)}."
        )
    return kind(**parameters)
