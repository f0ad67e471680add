import pytest

from patchprobe.io.label_classes import (
    LabelClass,
    from_image_label,
    from_imagej,
    from_json,
    from_ome_xml,
    label_classes,
)


def test_names_and_colours_are_brought_together():
    found = label_classes({2: "cell", 1: "rest"}, {1: "#aabbcc", 3: "#000000"})
    assert list(found.items()) == [
        (2, LabelClass("cell")),
        (1, LabelClass("rest", "#aabbcc")),
        (3, LabelClass("class 3", "#000000")),
    ]
    assert label_classes(None, None) == {}


@pytest.mark.parametrize(
    "about",
    [None, [], {"0": {"name": "none"}}, {"x": {"name": "a"}}, {"1": {"name": ""}}, {"1": "cell"}, {"1": {}}],
)
def test_what_is_no_class_is_left_out(about):
    assert from_json(about) == {}


def test_a_colour_that_is_none_is_left_out():
    assert from_json({"1": {"name": "cell", "color": "red; url(x)"}}) == {1: LabelClass("cell")}


def test_an_image_label_of_another_program():
    about = {
        "colors": [{"label-value": 1, "rgba": [255, 0, 16, 128]}, {"label-value": 2, "rgba": "red"}, 7],
        "properties": [{"label-value": 1, "class": "cell"}, {"label-value": 2, "name": "rest", "area": 3}],
    }
    assert from_image_label(about) == {1: LabelClass("cell", "#ff0010"), 2: LabelClass("rest")}
    assert from_image_label({"colors": [{"label-value": 1, "rgba": [0, 0, 0]}]}) == {}
    assert from_image_label("x") == {}


def test_damaged_words_say_nothing():
    assert from_ome_xml("<OME><MapAnnotation Namespace='patchprobe/class-names'>") == {}
    assert from_imagej("Classes: {broken") == {}
    assert from_imagej(None) == {}
