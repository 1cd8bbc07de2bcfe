"""A model reaches the Hub only by name and login, and without samples; a server on this machine plays the Hub."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from core.errors import ConfigurationError
from core.workflows.push_model import push_model


class Hub(BaseHTTPRequestHandler):
    """Takes every file as text, and keeps what it was told."""

    told: ClassVar[dict] = {}

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/preupload/main"):
            names = [one["path"] for one in _json(body)["files"]]
            files = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            self.answer({"files": files})
        elif "/commit/" in self.path:
            lines = [json.loads(line) for line in body.splitlines()]
            self.told["files"] = {
                line["value"]["path"]: base64.b64decode(line["value"]["content"])
                for line in lines
                if line["key"] == "file"
            }
            self.answer({"commitUrl": f"{self.told['url']}/anna/lamps/commit/1", "commitOid": "1", "success": True})
        elif self.path.endswith("/validate-yaml"):
            self.answer({"errors": [], "warnings": []})
        else:
            self.told["created"] = {**_json(body), "token": self.headers["Authorization"]}
            self.answer({"url": f"{self.told['url']}/anna/lamps"})

    def do_GET(self):
        self.answer({"sha": "1", "siblings": [], "id": "anna/lamps", "private": not self.told.get("is_public")})

    def answer(self, values):
        content = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def _json(body):
    return json.loads(body or b"{}")


@pytest.fixture
def hub(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Hub.told = {"url": f"http://127.0.0.1:{server.server_port}"}
    monkeypatch.setenv("HF_TOKEN", "hf_ofatest")
    yield Hub.told
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_model_and_its_card_are_sent_to_a_private_repository_and_no_sample_is(workspace, finished, hub):
    pushed = push_model(workspace, finished["image"].id, "anna/lamps", endpoint=hub["url"])
    assert hub["created"]["token"] == "Bearer hf_ofatest"
    assert hub["created"].get("private") is True or hub["created"].get("visibility") == "private"
    assert set(hub["files"]) == set(pushed.files) == {"README.md", "config.json", "model.safetensors"}
    words = hub["files"]["README.md"].decode()
    assert words.startswith("---\n")
    assert "local-dir:" in words


def test_a_program_goes_without_the_samples_to_try_it_on(workspace, finished, hub):
    pushed = push_model(workspace, finished["image"].id, "anna/lamps", format_id="onnx", endpoint=hub["url"])
    assert "network.onnx" in hub["files"]
    assert not [name for name in (*hub["files"], *pushed.files) if name.startswith("samples")]


def test_nothing_is_sent_to_a_repository_that_others_see_unless_they_may(workspace, finished, hub):
    hub["is_public"] = True
    with pytest.raises(ConfigurationError, match="Everybody can see"):
        push_model(workspace, finished["image"].id, "anna/lamps", endpoint=hub["url"])
    assert "files" not in hub
    assert not push_model(workspace, finished["image"].id, "anna/lamps", private=False, endpoint=hub["url"]).private


@pytest.mark.parametrize("name", ["lamps", "anna/", "../etc/passwd", "anna/a b", "https://huggingface.co/anna/lamps"])
def test_what_is_no_name_is_refused_before_anything_is_made(workspace, finished, hub, name):
    with pytest.raises(ConfigurationError, match="OWNER/NAME"):
        push_model(workspace, finished["image"].id, name, endpoint=hub["url"])
    assert "created" not in hub


def test_without_a_login_it_says_how_to_get_one(workspace, finished, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(ConfigurationError) as refusal:
        push_model(workspace, finished["image"].id, "anna/lamps")
    assert "HF_TOKEN" in refusal.value.remedy


def test_a_hub_that_is_not_there_is_told(workspace, finished, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_ofatest")
    with pytest.raises(ConfigurationError, match="could not be reached"):
        push_model(workspace, finished["image"].id, "anna/lamps", endpoint="http://127.0.0.1:9")
