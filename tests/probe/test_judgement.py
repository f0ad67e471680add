from patchprobe.probe.held_out import HeldOut
from patchprobe.probe.judgement import TOO_FEW, judgement

NAMES = {1: "background", 2: "membrane"}
HELD_OUT = HeldOut(0.8, (0.75, 0.9), ((0.6, 0.4), (0.0, 1.0)), (5, 4), ((3, 2), (0, 4)))


def test_nothing_painted_says_only_what_to_do():
    said = judgement(NAMES, {})
    assert (said.headline, said.missing) == (TOO_FEW, ())


def test_what_is_missing_is_said_of_each_class():
    said = judgement({**NAMES, 3: "vesicle", 4: "crack"}, {1: 3, 2: 2, 3: 1})
    assert said.headline == TOO_FEW
    assert said.missing == (
        "background: 3 strokes, judged at the next fit",
        "membrane: 2 strokes, paint one more to see how good it is",
        "vesicle: 1 stroke, paint two more to see how good it is",
        "crack: no strokes yet",
    )


def test_a_judged_probe_in_words():
    said = judgement(NAMES, {1: 5, 2: 4}, (1, 2), HELD_OUT)
    assert said.headline == "9 held-out strokes: accuracy 0.80"
    assert said.missing == ()
    assert said.in_words.splitlines()[1:] == [
        "background: F1 0.75; 60% as background (3 strokes), 40% as membrane (2 strokes)",
        "membrane: F1 0.90; 100% as membrane (4 strokes)",
    ]


def test_rows_and_columns_follow_the_list():
    said = judgement({2: "membrane", 1: "background"}, {}, (1, 2), HELD_OUT)
    assert [(score.number, score.shares, score.counts) for score in said.classes] == [
        (2, (1.0, 0.0), (4, 0)),
        (1, (0.4, 0.6), (2, 3)),
    ]


def test_one_thin_class_is_named_and_the_others_are_judged():
    held_out = HeldOut(1.0, (1.0, 1.0, None), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0,) * 3), (3, 3, 2))
    said = judgement({**NAMES, 3: "vesicle"}, {1: 3, 2: 3, 3: 2}, (1, 2, 3), held_out)
    assert said.headline == "6 held-out strokes: accuracy 1.00"
    assert said.missing == ("vesicle: 2 strokes, paint one more to see how good it is",)
    assert [score.f1 for score in said.classes] == [1.0, 1.0, None]


def test_classes_that_went_or_came_since_the_fit():
    said = judgement({1: "background", 7: "new"}, {}, (1, 2), HELD_OUT)
    assert said.classes[0].shares == (0.6, 0.0)
    assert (said.classes[1].f1, said.classes[1].missing) == (None, "new: no strokes yet")


def test_a_score_saved_without_strokes_has_no_counts():
    old = HeldOut(0.8, (0.75, 0.9), ((0.6, 0.4), (0.0, 1.0)), (5, 4))
    said = judgement(NAMES, {}, (1, 2), old)
    assert said.classes[0].counts == ()
    assert said.in_words.splitlines()[1] == "background: F1 0.75; 60% as background, 40% as membrane"
