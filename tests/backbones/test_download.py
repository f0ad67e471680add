"""Downloading, by the real library from a hub of our own: progress, going on after a stop, and what fails."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from patchprobe import get_backbone
from patchprobe.backbones import download, registry
from patchprobe.backbones.download import Downloaded, download_model, downloading, get_model
from patchprobe.backbones.engines import choice
from patchprobe.backbones.hub import cache_folder, find_on_disk
from patchprobe.errors import InputError


class Enough(Exception):
    """Raised by whoever wants no more."""


def stop_at(share):
    """Give a callback that stops a download when that share of it is here."""

    def on_progress(done, total):
        if done >= share * total:
            raise Enough

    return on_progress


def partial_files(hub):
    return list((cache_folder(hub.small) / "blobs").glob("*.incomplete"))


def weights_file(hub):
    """The file that holds the bytes of the small model's weights."""
    return (find_on_disk(hub.small).path / "model.safetensors").resolve()


def test_progress_rises_to_the_total(hub):
    told = []
    folder = download_model(hub.small, lambda done, total: told.append((done, total)))
    wanted = {name: hub.models[hub.small][name] for name in ("config.json", "model.safetensors")}
    total = sum(map(len, wanted.values()))
    assert {file.name: file.read_bytes() for file in folder.path.iterdir()} == wanted
    assert told == sorted(told) and len(told) > 3
    assert {of for _, of in told} == {total} and told[-1] == (total, total)
    assert partial_files(hub) == []


def test_a_model_in_parts_is_downloaded_whole(hub, small_model):
    hub.models[hub.small] = small_model["parts"]
    told = []
    with pytest.raises(Enough):
        download_model(hub.small, stop_at(0.6))
    folder = download_model(hub.small, lambda done, total: told.append(done))
    assert told == sorted(told) and told[-1] == sum(map(len, small_model["parts"].values()))
    assert {file.name: file.read_bytes() for file in folder.path.iterdir()} == small_model["parts"]
    # Each part came once, the one that was interrupted in two pieces.
    assert len(hub.ranges) == len(folder.weight_files) + 1


def test_a_stopped_download_goes_on_where_it_stopped(hub):
    with pytest.raises(Enough):
        download_model(hub.small, stop_at(0.5))
    assert find_on_disk(hub.small) is None
    (partial,) = partial_files(hub)
    held = partial.stat().st_size
    size = len(hub.models[hub.small]["model.safetensors"])
    assert 0.4 * size < held < size
    folder = download_model(hub.small)
    assert hub.ranges == ["", f"bytes={held}-"]
    assert (folder.path / "model.safetensors").read_bytes() == hub.models[hub.small]["model.safetensors"]


def test_closing_the_steps_stops_the_download(hub):
    with closing(downloading(hub.small)) as steps, ThreadPoolExecutor(1) as elsewhere:
        # As a worker does: begun in one thread, closed in another.
        first = elsewhere.submit(next, steps).result()
    assert isinstance(first, Downloaded) and 0 < first.done < first.total
    assert find_on_disk(hub.small) is None
    # Nobody is kept out of it afterwards.
    assert download_model(hub.small).path.is_dir()


def test_who_does_not_know_ranges_starts_at_the_beginning(hub):
    hub.knows_ranges = False
    with pytest.raises(Enough):
        download_model(hub.small, stop_at(0.5))
    folder = download_model(hub.small)
    assert (folder.path / "model.safetensors").read_bytes() == hub.models[hub.small]["model.safetensors"]


def test_a_lost_connection_is_taken_up_again(hub):
    hub.lost_after = [200_000, 0, 100_000]
    download_model(hub.small)
    assert hub.ranges == ["", "bytes=200000-", "bytes=200000-", "bytes=300000-"]


def test_a_connection_that_stays_lost_is_told_and_what_came_is_kept(hub):
    hub.lost_after = [200_000, *[0] * 9]
    with pytest.raises(InputError, match=r"connection was lost when 0\.2 of 1\.0 MB.*kept: ask for it again"):
        download_model(hub.small)
    assert partial_files(hub)[0].stat().st_size == 200_000


def test_what_is_damaged_on_the_way_is_thrown_away(hub):
    hub.damages = True
    with pytest.raises(InputError, match=r"model.safetensors of facebook/dinov2-small was damaged"):
        download_model(hub.small)
    assert partial_files(hub) == []
    assert find_on_disk(hub.small) is None


def test_a_model_does_not_fit_on_the_disk(hub, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    with pytest.raises(InputError, match=r"needs 1 MB more, but the disk of .* has 1 MB free.*HF_HOME"):
        download_model(hub.small)
    assert hub.ranges == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_disk_that_fills_up(hub):
    with pytest.raises(Enough):
        download_model(hub.small, stop_at(0.5))
    (partial,) = partial_files(hub)
    partial.unlink()
    partial.symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"The disk is full.*What was downloaded is kept"):
        download_model(hub.small)
    partial.unlink()
    assert download_model(hub.small) == find_on_disk(hub.small)


def test_two_downloads_of_the_same_keep_out_of_each_others_way(hub):
    with closing(downloading(hub.small)) as steps:
        next(steps)
        with pytest.raises(InputError, match="is being downloaded already"):
            download_model(hub.small)


def test_left_overs_of_another_version_are_cleared(hub):
    blobs = cache_folder(hub.small) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"older{download._PARTIAL}").write_bytes(b"left")
    download_model(hub.small)
    assert partial_files(hub) == []


def test_the_token_stays_with_the_hub(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    download_model(hub.small)
    assert hub.tokens == [""]


@pytest.mark.parametrize("is_offline", [True, False])
def test_with_the_weights_here_no_network_is_asked(hub, monkeypatch, is_offline):
    download_model(hub.small)
    hub.requests.clear()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", is_offline)
    assert get_backbone("dinov2-small").embed([[0.0, 1.0] * 28] * 56).channels == (64,)
    assert download_model(hub.small) == get_model(hub.small)
    assert hub.requests == []


def test_a_damaged_file_is_refused_in_words_and_mended_by_getting_it_again(hub, monkeypatch):
    # OpenVINO would go on with the network that it converted when the file was whole.
    monkeypatch.setenv("PATCHPROBE_ENGINE", "torch")
    plane = [[0.0, 1.0] * 28] * 56
    download_model(hub.small)
    whole = weights_file(hub).read_bytes()
    for content in (whole[: len(whole) // 2], bytes(len(whole))):
        registry._kept.cache_clear()
        choice._load.cache_clear()
        weights_file(hub).write_bytes(content)
        with pytest.raises(InputError, match=r"cannot be loaded.*Get it again"):
            get_backbone("dinov2-small").embed(plane)
        download_model(hub.small)
        assert weights_file(hub).read_bytes() == whole
        assert get_backbone("dinov2-small").embed(plane).channels == (64,)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_only_safetensors_are_downloaded(hub, missing):
    del hub.models[hub.small][missing]
    with pytest.raises(InputError, match=r"Pickled weights and code are not read"):
        download_model(hub.small)
    assert all("resolve" not in request for request in hub.requests)
