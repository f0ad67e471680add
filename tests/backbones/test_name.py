"""Names of backbones, taken apart."""

import pytest

from patchprobe.backbones.name import BackboneName, as_used, parse_names, without_filters
from patchprobe.errors import InputError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("filters", BackboneName("filters")),
        ("dinov2-small?blocks=6,9&refine=2", BackboneName("dinov2-small", (6, 9), 2)),
        ("hf:owner/name", BackboneName("hf:owner/name")),
        ("path:/a b/c%2Bd?refine=3", BackboneName("path:/a b/c+d", (), 3)),
        ("a?shifts=2&position=removed", BackboneName("a", shifts=2, is_centred=True)),
        ("path:C:\\models\\100%25", BackboneName("path:C:\\models\\100%")),
    ],
)
def test_a_name_is_read_and_written_again(text, wanted):
    assert parse_names(text) == [wanted]
    assert str(wanted) == text
    assert wanted.has_settings == ("?" in text)


@pytest.mark.parametrize(
    ("name", "without"),
    [("a+filters", "a"), ("filters", "filters"), ("a+b", "a+b"), ("a?blocks=1+filters", "a?blocks=1")],
)
def test_the_filters_are_taken_off_what_they_were_added_to(name, without):
    assert without_filters(name) == without


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("filters", "filters"),
        ("dinov2-small", "dinov2-small?position=removed"),
        ("dinov2-small?blocks=6", "dinov2-small?blocks=6"),
    ],
)
def test_widgets_use_networks_without_position_where_nothing_else_is_said(name, used):
    assert as_used(name) == used


def test_a_sum_gives_several():
    assert parse_names("a + b?refine=2") == [BackboneName("a"), BackboneName("b", (), 2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a?size=3", "no setting"),
        ("a?refine=0", "whole number"),
        ("a?refine=9", "1 to 4"),
        ("a?blocks=6,x", "whole number"),
        ("a?shifts=5", "1 to 4"),
        ("a?position=gone", "'removed' or 'kept'"),
    ],
)
def test_impossible_settings_are_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_names(text)
