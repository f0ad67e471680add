"""``patchprobe backbones``, with a hub of our own."""

import json

import numpy as np
import pytest

from patchprobe.backbones.hub import find_on_disk
from patchprobe.cli import main, weights
from patchprobe.io import save_stack


def as_json(capsys, *arguments, code=0):
    capsys.readouterr()
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_they_are_listed_with_what_they_cost(hub, capsys):
    assert main(["backbones"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert "none needed" in lines["filters"]
    assert "86 MB, gated" in lines["dinov3-vits16"] and "DINOv3 licence" in lines["dinov3-vits16"]
    assert "88 MB  " in lines["dinov2-small"]
    assert hub.requests == []


def test_getting_one_makes_it_usable(hub, capsys):
    got = as_json(capsys, "backbones", "get", "dinov2-small", "filters")
    assert got == {"folders": {hub.small: str(find_on_disk(hub.small).path)}}
    about = {spec["name"]: spec for spec in as_json(capsys, "backbones")["backbones"]}
    assert about["dinov2-small"]["on_disk"] and not about["dinov2-base"]["on_disk"]
    assert main(["info"]) == 0
    assert "88 MB, on disk" in capsys.readouterr().out


def test_ctrl_c_keeps_what_is_there_and_says_how_to_go_on(hub, capsys, monkeypatch):
    def interrupted(hub_id, on_progress):
        raise KeyboardInterrupt

    monkeypatch.setattr("patchprobe.backbones.download.download_model", interrupted)
    said = as_json(capsys, "backbones", "get", "dinov2-small", code=130)["error"]
    assert said == (
        "interrupted; what was downloaded of facebook/dinov2-small is kept, and the same command goes on "
        "from there"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("get",), "Say which"),
        (("get", "dinov2-smal"), "There is no backbone 'dinov2-smal'"),
        (("get", "dinov2-base"), "There is no model facebook/dinov2-base"),
        (("list", "dinov2-base"), "The list takes no names"),
    ],
)
def test_what_cannot_be_got_is_said(hub, capsys, arguments, message):
    assert message in as_json(capsys, "backbones", *arguments, code=1)["error"]
    assert find_on_disk(hub.small) is None


def test_a_misspelt_name_is_refused_before_anything_is_downloaded(hub, capsys):
    as_json(capsys, "backbones", "get", "dinov2-small", "dinov2-smal", code=1)
    assert hub.requests == []


def test_a_command_that_needs_weights_gets_them_first(hub, capsys, tmp_path, em_stack, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_stack("stack.tif", em_stack)
    seen = []
    monkeypatch.setattr(weights, "_download", lambda hub_id, terminal: seen.append(hub_id))
    command = ("embed", "stack.tif", "--backbone", "dinov2-small+filters", "--output", "features.zarr")
    assert as_json(capsys, *command)["backbone"] == "dinov2-small+filters"
    assert as_json(capsys, *command)["planes"] == len(np.asarray(em_stack.data))
    assert seen == [hub.small]
