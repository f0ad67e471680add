"""Downloads from a server on this machine: resumed, checked, unpacked, refused."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

import pytest

from patchprobe.datasets import default_folder, download, get_dataset
from patchprobe.datasets.download import downloading
from patchprobe.datasets.resuming import ResumingDownloader
from patchprobe.datasets.spec import DatasetSpec, RemoteFile
from patchprobe.errors import InputError

CONTENT = bytes(range(256)) * 4000
PIECE = 1 << 16


class Source:
    """A server with one file, that notes which ranges are asked for."""

    def __init__(self):
        self.content = CONTENT
        self.tag = '"one"'
        self.ranges = []
        # Break off after so many bytes, once for each entry.
        self.breaks = []
        self.status = None
        self.resumes = True
        self.tells_length = True

    def answer(self, handler):
        wanted = handler.headers.get("Range")
        self.ranges.append(wanted)
        if self.status is not None:
            handler.send_error(self.status)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.resumes else 0
        if handler.headers.get("If-Range", self.tag) != self.tag:
            start = 0
        if start > len(self.content):
            handler.send_error(416)
            return
        handler.send_response(206 if start else 200)
        if self.tells_length:
            handler.send_header("Content-Length", str(len(self.content) - start))
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        handler.send_header("ETag", self.tag)
        handler.end_headers()
        end = start + self.breaks.pop(0) if self.breaks else len(self.content)
        handler.wfile.write(self.content[start:end])


@pytest.fixture
def source():
    """The server; ``source.url`` is its file."""
    made = Source()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            made.answer(self)

        def log_message(self, *arguments):
            pass

    # An HTTP server would look up the name of this machine, which can take seconds.
    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/file.bin"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def spec_of(source, checksum=None, unpack=False, name="file.bin"):
    file = RemoteFile("all", source.url, name, 1, checksum, unpack)
    about = dict.fromkeys(("summary", "modality", "licence", "citation", "size", "homepage", "access"), "")
    return DatasetSpec(name="toy", title="Toy", layout="", files=(file,), **about)


def get(source, folder, **about):
    return list(downloading(spec_of(source, **about), folder))


def sha256(content=CONTENT):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_a_file_is_fetched_checked_and_its_checksum_recorded(source, tmp_path):
    steps = get(source, tmp_path, checksum=sha256())
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert (steps[-1].step, steps[-1].done, steps[-1].total) == ("file.bin, MB", 1, 1)
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert (tmp_path / "file.bin.sha256").read_text() == f"{digest}  file.bin\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.bin", "file.bin.sha256"]
    assert get(source, tmp_path, checksum=sha256()) == []
    assert source.ranges == [None]


def test_what_was_stopped_goes_on_from_there(source, tmp_path):
    steps = downloading(spec_of(source, sha256()), tmp_path)
    next(steps)
    steps.close()
    held = (tmp_path / "file.bin.part").stat().st_size
    assert 0 < held < len(CONTENT)
    get(source, tmp_path, checksum=sha256())
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert source.ranges == [None, f"bytes={held}-"]


def test_a_lost_connection_is_taken_up_again(source, tmp_path):
    source.breaks = [4 * PIECE, PIECE]
    get(source, tmp_path, checksum=sha256())
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert source.ranges == [None, f"bytes={4 * PIECE}-", f"bytes={5 * PIECE}-"]


def test_a_connection_that_gives_nothing_ends_and_keeps_what_is_here(source, tmp_path):
    source.breaks = [4 * PIECE, 0, 0, 0, 0]
    with pytest.raises(InputError, match=r"lost when 0\.3 MB were here.*goes on"):
        get(source, tmp_path)
    assert (tmp_path / "file.bin.part").stat().st_size == 4 * PIECE


@pytest.mark.parametrize("resumes", [True, False])
def test_a_file_that_changed_at_its_source_is_fetched_anew(source, tmp_path, resumes):
    source.breaks = [4 * PIECE, 0, 0, 0, 0]
    with pytest.raises(InputError):
        get(source, tmp_path)
    source.content, source.tag, source.resumes = CONTENT[::-1], '"two"', resumes
    get(source, tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT[::-1]


def test_a_file_that_became_shorter_is_fetched_anew(source, tmp_path):
    source.breaks = [4 * PIECE, 0, 0, 0, 0]
    with pytest.raises(InputError):
        get(source, tmp_path)
    source.content = CONTENT[:1000]
    get(source, tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT[:1000]


def test_a_source_that_does_not_say_the_length(source, tmp_path):
    source.tells_length = False
    get(source, tmp_path, checksum=sha256())
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_wrong_checksum_is_refused_and_nothing_stays(source, tmp_path):
    with pytest.raises(InputError, match=r"file\.bin is not the file that was expected.*sha256:0000"):
        get(source, tmp_path, checksum="sha256:" + "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_without_a_published_checksum_the_first_download_counts(source, tmp_path):
    get(source, tmp_path)
    # A file that was damaged here is fetched again, and must be the one of the first time.
    (tmp_path / "file.bin").write_bytes(b"damaged")
    get(source, tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    (tmp_path / "file.bin").unlink()
    source.content = CONTENT[::-1]
    with pytest.raises(InputError, match="not the file that was expected"):
        get(source, tmp_path)


@pytest.mark.parametrize(
    ("status", "words"), [(404, "not there any more"), (403, "login"), (500, "HTTP 500")]
)
def test_refusals_of_the_source_are_told(source, tmp_path, status, words):
    source.status = status
    with pytest.raises(InputError, match=words):
        get(source, tmp_path)


def test_no_connection_is_told(tmp_path):
    downloader = ResumingDownloader(tmp_path / "file.bin")
    with pytest.raises(InputError, match="cannot be reached"):
        list(downloader.steps("http://127.0.0.1:9/file.bin"))


def zipped():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("set/images/a.txt", "a")
        archive.writestr("set/b.txt", "b" * 100_000)
    return packed.getvalue()


def tarred():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in (("set/images/a.txt", b"a"), ("set/b.txt", b"b" * 100_000)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize(("pack", "name"), [(zipped, "set.zip"), (tarred, "set.tar")])
def test_archives_are_unpacked_and_removed(source, tmp_path, pack, name):
    source.content = pack()
    steps = get(source, tmp_path, unpack=True, name=name)
    assert steps[-1].step == f"unpacking {name}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set", f"{name}.sha256"]
    assert (tmp_path / "set/images/a.txt").read_text() == "a"
    assert get(source, tmp_path, unpack=True, name=name) == []


def test_an_archive_whose_content_is_gone_is_fetched_again(source, tmp_path):
    source.content = zipped()
    get(source, tmp_path, unpack=True, name="set.zip")
    shutil.rmtree(tmp_path / "set")
    get(source, tmp_path, unpack=True, name="set.zip")
    assert (tmp_path / "set/b.txt").is_file()


def test_stopped_unpacking_leaves_the_archive_and_goes_on(source, tmp_path):
    source.content = zipped()
    steps = downloading(spec_of(source, unpack=True, name="set.zip"), tmp_path)
    while not next(steps).step.startswith("unpacking"):
        pass
    steps.close()
    assert [path.name for path in tmp_path.iterdir()] == ["set.zip"]
    get(source, tmp_path, unpack=True, name="set.zip")
    assert (tmp_path / "set/b.txt").is_file()
    assert source.ranges == [None]


@pytest.mark.parametrize(("pack", "name"), [(zipped, "set.zip"), (tarred, "set.tar")])
def test_half_an_archive_is_refused(source, tmp_path, pack, name):
    source.content = pack()[:50_000] if pack is tarred else pack()[:60]
    with pytest.raises(InputError, match=r"not a whole archive.*Delete it and download it again"):
        get(source, tmp_path, unpack=True, name=name)
    assert not (tmp_path / "set").exists()


def test_a_full_disk_is_told_before_anything_is_fetched(source, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(InputError, match=r"About 1 MB are needed.*1 kB are free"):
        get(source, tmp_path)
    assert source.ranges == []


def test_sets_that_need_a_registration_say_how(tmp_path):
    with pytest.raises(InputError, match="data use agreement"):
        download("oasis3", tmp_path)
    with pytest.raises(InputError, match="gdc-client"):
        download("tcga", tmp_path)


def test_parts_are_named_or_the_usual_ones():
    cremi, cells = get_dataset("cremi"), get_dataset("cell-tracking")
    assert [file.name for file in cremi.choose()] == [f"sample_{s}_20160501.hdf" for s in "ABC"]
    assert [file.part for file in cremi.choose(("B",))] == ["B"]
    assert [file.part for file in cells.choose()] == ["PhC-C2DH-U373"]
    with pytest.raises(InputError, match=r"no part 'D'\. There are A, B, C"):
        cremi.choose(("D",))


def test_the_default_folder_can_be_set(tmp_path, monkeypatch):
    monkeypatch.setenv("PATCHPROBE_DATASETS", str(tmp_path))
    assert default_folder("CREMI") == tmp_path / "cremi"
    monkeypatch.delenv("PATCHPROBE_DATASETS")
    assert default_folder("cremi").parts[-2:] == ("datasets", "cremi")
