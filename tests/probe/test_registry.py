"""Classifiers by name."""

import pytest

from patchprobe.cli.arguments import make_parser
from patchprobe.errors import InputError
from patchprobe.probe import CLASSIFIERS, LinearProbe, make_classifier


def test_the_default_is_linear():
    assert type(make_classifier()) is LinearProbe


def test_parameters_are_passed_on():
    assert make_classifier("forest", trees=7, class_names={1: "cell"}).trees == 7


def test_what_there_is_not_is_named():
    with pytest.raises(InputError, match=r"no classifier 'svm'.*linear, auto-context, mlp, forest, boosting"):
        make_classifier("svm")
    with pytest.raises(InputError, match=r"'forest' has no parameter 'C'; it has .*trees"):
        make_classifier("forest", C=1.0)


def test_each_says_what_it_is():
    for name, kind in CLASSIFIERS.items():
        assert kind.name == name
        assert kind.title and kind.summary


@pytest.mark.parametrize("name", [*CLASSIFIERS, "best"])
def test_the_command_line_knows_them(name):
    arguments = ["fit", "a.tif", "b.tif", "--output", "c", "--classifier", name]
    assert make_parser().parse_args(arguments).classifier == name
