"""Models of the hub: what is on this disk, and what is said when one cannot be had."""

import json
import sys

import numpy as np
import pytest

from patchprobe import get_backbone, list_backbones
from patchprobe.backbones.download import download_model, get_model
from patchprobe.backbones.hub import find_on_disk
from patchprobe.backbones.model_folder import ModelFolder
from patchprobe.errors import InputError

SATELLITE = "facebook/dinov3-vitl16-pretrain-sat493m"


def listed():
    return {spec.name: spec for spec in list_backbones()}


def test_a_model_on_disk_is_listed_as_what_it_is(hub):
    assert not listed()["dinov2-small"].on_disk
    folder = download_model(hub.small)
    spec = listed()["dinov2-small"]
    assert (spec.on_disk, spec.licence, spec.channels) == (True, "Apache-2.0", 64)
    assert spec.version == ModelFolder(folder.path).version
    assert [s.name for s in list_backbones(on_disk=True) if s.weights] == ["dinov2-small"]


def test_each_name_of_a_model_is_the_same_backbone(hub):
    backbone = get_backbone("dinov2-small")
    assert get_backbone(hub.small) is get_backbone(f"hf:{hub.small}") is backbone
    assert backbone.spec.name == "dinov2-small"


def test_a_model_without_a_short_name_is_used_by_its_id(hub):
    hub.models["owner/name"] = hub.models[hub.small]
    backbone = get_backbone("hf:owner/name")
    assert (backbone.spec.name, backbone.spec.licence) == ("hf:owner/name", "see the model")
    assert backbone.embed(np.eye(28)).channels == (64,)


@pytest.mark.parametrize("form", ["whole", "parts"])
def test_an_interrupted_download_is_not_on_disk(hub, small_model, form):
    hub.models[hub.small] = small_model[form]
    folder = download_model(hub.small)
    folder.weight_files[0].unlink()
    assert find_on_disk(hub.small) is None
    assert not listed()["dinov2-small"].on_disk


def test_one_that_is_damaged_leaves_the_list_whole(hub):
    (download_model(hub.small).path / "config.json").write_text("{")
    assert not listed()["dinov2-small"].on_disk


def test_mean_and_std_come_from_the_catalogue_where_the_folder_does_not_say(hub):
    hub.models[SATELLITE] = dict(hub.models[hub.small])
    assert download_model(SATELLITE).mean_and_std == ((0.430, 0.411, 0.296), (0.213, 0.156, 0.143))
    assert listed()["dinov3-vitl16-sat"].mean == (0.430, 0.411, 0.296)
    assert listed()["dinov3-vitl16-sat"].is_gated


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("preprocessor_config.json", {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.1, 0.2, 0.3]}),
        (
            "processor_config.json",
            {"image_processor": {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.1, 0.2, 0.3]}},
        ),
    ],
)
def test_mean_and_std_of_the_folder_come_first(hub, file, said):
    hub.models[SATELLITE] = hub.models[hub.small] | {file: json.dumps(said).encode()}
    assert download_model(SATELLITE).mean_and_std == ((0.5, 0.5, 0.5), (0.1, 0.2, 0.3))


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [
        (None, 401, r"Accept it on https://huggingface\.co/facebook/dinov2-small, then run 'hf auth login'"),
        ("hf_x", 403, r"You are logged in, but your account was not let in yet.*Accept it on https://"),
    ],
)
def test_a_gated_model_says_what_to_accept_and_how_to_log_in(hub, monkeypatch, token, status, message):
    hub.refusals[hub.small] = (status, "GatedRepo")
    monkeypatch.setattr("huggingface_hub.get_token", lambda: token)
    with pytest.raises(InputError, match=f"{message}.*filters"):
        get_model(hub.small)


@pytest.mark.parametrize(
    ("status", "message"), [(401, "does not take your token"), (403, "answered 403"), (500, "answered 500")]
)
def test_other_refusals(hub, status, message):
    hub.refusals[hub.small] = (status, "")
    with pytest.raises(InputError, match=message):
        get_model(hub.small)


@pytest.mark.parametrize("hub_id", ["owner/nothing", "nothing"])
def test_a_model_that_there_is_not(empty_hub, hub_id):
    with pytest.raises(InputError, match=f"There is no model {hub_id} on the Hugging Face hub"):
        get_model(hub_id)


@pytest.mark.parametrize("hub_id", ["no good", "too/many/parts", ""])
def test_what_is_no_name_of_a_model(empty_hub, hub_id):
    with pytest.raises(InputError, match=r"is no name of a model.*owner/name"):
        get_model(hub_id)
    assert empty_hub.requests == []


def test_offline_without_the_weights_says_so_and_offers_the_filters(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"not on this disk, and HF_HUB_OFFLINE.*filters"):
        get_backbone("dinov2-small")
    assert hub.requests == []


def test_without_a_network(hub, monkeypatch):
    # Nobody listens at the port of discarding.
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(
        InputError, match=r"not on this disk, and the Hugging Face hub cannot be reached.*filters"
    ):
        get_backbone("dinov2-small")


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"pip install 'patchprobe\[transformers\]'.*filters"):
        get_model("owner/name")


def test_a_cache_that_may_not_be_written(hub, tmp_path):
    (tmp_path / "hub").write_text("a file where the folder of the cache should be")
    with pytest.raises(InputError, match=r"cannot be kept in .*HF_HOME"):
        get_model(hub.small)
