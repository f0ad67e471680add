"""Wishes on how networks are computed."""

import pytest

from patchprobe.compute import Compute, default_compute, usable_cores
from patchprobe.errors import InputError


def test_the_environment_says_what_is_wished(monkeypatch):
    assert default_compute() == Compute()
    monkeypatch.setenv("PATCHPROBE_ENGINE", "torch")
    monkeypatch.setenv("PATCHPROBE_DEVICE", "cpu")
    monkeypatch.setenv("PATCHPROBE_THREADS", "3")
    assert default_compute() == Compute(engine="torch", device="cpu", threads=3)
    monkeypatch.setenv("PATCHPROBE_THREADS", "many")
    with pytest.raises(InputError, match="whole number"):
        default_compute()


@pytest.mark.parametrize(
    "wishes",
    [{"engine": "steam"}, {"device": "abacus"}, {"precision": "double"}, {"threads": 0}],
)
def test_wishes_that_cannot_be_met_are_refused(wishes):
    with pytest.raises(InputError):
        Compute(**wishes)


def test_openvino_computes_on_the_processor():
    with pytest.raises(InputError, match="engine 'torch'"):
        Compute(engine="openvino", device="cuda")


def test_there_is_a_core_to_use():
    assert usable_cores() >= 1
