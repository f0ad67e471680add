"""Small random networks of the real architectures, and a hub on this computer to download them from."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from patchprobe.backbones import download, registry

COMMIT = "0123456789abcdef" * 2 + "01234567"


@dataclass
class Hub:
    """What the hub has and how it answers; a test changes it as it likes.

    Weights are given by another host, to which requests are sent on: `localhost` rather than `127.0.0.1`.
    `lost_after` are bytes of a file after which the connection breaks, one entry for each time it does;
    `refusals` are the status and the code of the error with which files of a model are refused; `ranges` and
    `tokens` are what each request for weights asked for, and who it said it was.
    """

    small: str = "facebook/dinov2-small"
    models: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    lost_after: list[int] = field(default_factory=list)
    knows_ranges: bool = True
    damages: bool = False
    requests: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *words: object) -> None:
        """Stay silent."""

    def _answer(self, with_body: bool) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")
        parts = self.path.split("?")[0].strip("/").split("/")
        before = {"api": 2, "weights": 1}.get(parts[0], 0)
        hub_id = "/".join(parts[before : before + 2])
        files = self.hub.models.get(hub_id)
        if files is None:
            self._refuse(404, "RepoNotFound")
        elif parts[0] == "api":
            siblings = [{"rfilename": name} for name in files]
            about = {"id": hub_id, "sha": COMMIT, "siblings": siblings, "tags": []}
            self._send(200, json.dumps(about).encode(), {}, with_body)
        elif hub_id in self.hub.refusals:
            self._refuse(*self.hub.refusals[hub_id])
        elif parts[0] == "weights":
            self._send_weights(files[parts[-1]])
        elif parts[-1].endswith(".safetensors"):
            self._send_on(f"weights/{hub_id}/{parts[-1]}", files[parts[-1]])
        else:
            content = files[parts[-1]]
            headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
            self._send(200, content, headers, with_body)

    def _send_on(self, path: str, content: bytes) -> None:
        port = self.server.server_address[1]
        headers = {
            "Location": f"http://localhost:{port}/{path}",
            "X-Repo-Commit": COMMIT,
            "X-Linked-ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Linked-Size": str(len(content)),
        }
        self._send(302, b"", headers, with_body=True)

    def _send_weights(self, content: bytes) -> None:
        asked = self.headers.get("Range", "")
        self.hub.ranges.append(asked)
        self.hub.tokens.append(self.headers.get("Authorization", ""))
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.hub.knows_ranges else 0
        body = bytes(len(content)) if self.hub.damages else content
        status = HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK
        self._send(status, body[start:], {}, with_body=True, may_break=True)

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], with_body: bool, may_break: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            breaks = may_break and self.hub.lost_after
            self.wfile.write(body[: self.hub.lost_after.pop(0)] if breaks else body)

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": "no"}, self.command == "GET")


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: whoever downloads may stop at any time."""


@pytest.fixture
def empty_hub(tmp_path, monkeypatch) -> Iterator[Hub]:
    """A hub without models, that the library asks instead of the real one; nothing is on this disk."""
    constants = pytest.importorskip("huggingface_hub.constants", reason="huggingface_hub is not installed")
    hub = Hub()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    # Each chunk is told of.
    monkeypatch.setattr(download, "_TELL_EVERY_S", 0.0)
    registry._kept.cache_clear()
    yield hub
    registry._kept.cache_clear()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    """Files of a random DINOv2 of about 1 MB, as save_pretrained writes them, whole and in four parts."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    torch.manual_seed(0)
    config = transformers.Dinov2Config(
        hidden_size=64, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=4, image_size=56, patch_size=14
    )
    model = transformers.Dinov2Model(config).eval()
    forms = {}
    for form, most in {"whole": "1GB", "parts": "300KB"}.items():
        folder = tmp_path_factory.mktemp(form)
        model.save_pretrained(folder, max_shard_size=most)
        forms[form] = {file.name: file.read_bytes() for file in folder.iterdir()}
    return forms


@pytest.fixture
def hub(empty_hub, small_model) -> Hub:
    """The hub with the small model as dinov2-small, and pickled weights beside."""
    empty_hub.models[empty_hub.small] = small_model["whole"] | {
        "pytorch_model.bin": b"no",
        "README.md": b"# A model",
    }
    return empty_hub


def _dinov3(transformers):
    config = transformers.DINOv3ViTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        num_register_tokens=4,
    )
    return transformers.DINOv3ViTModel(config)


def _dinov2(transformers):
    config = transformers.Dinov2Config(
        hidden_size=24, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2, image_size=56, patch_size=14
    )
    return transformers.Dinov2Model(config)


def _vit(transformers):
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64, image_size=64
    )
    return transformers.ViTModel(config)


def _convnext(transformers):
    config = transformers.DINOv3ConvNextConfig(hidden_sizes=[8, 12, 16, 20], depths=[1, 1, 2, 1])
    return transformers.DINOv3ConvNextModel(config)


_ARCHITECTURES = {"dinov3": _dinov3, "dinov2": _dinov2, "vit": _vit, "convnext": _convnext}


@pytest.fixture(params=_ARCHITECTURES)
def architecture(request):
    """Name of each architecture in turn; a key of `folders`."""
    return request.param


@pytest.fixture(scope="session")
def save_random_model():
    """A function of architecture, folder and seed that writes a random model."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")

    def save(architecture, folder, seed=0):
        torch.manual_seed(seed)
        _ARCHITECTURES[architecture](transformers).eval().save_pretrained(folder)
        return folder

    return save


@pytest.fixture(scope="session")
def folders(tmp_path_factory, save_random_model):
    """A folder with a random model for each architecture."""
    return {name: save_random_model(name, tmp_path_factory.mktemp(name)) for name in _ARCHITECTURES}
