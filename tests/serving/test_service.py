"""What the service answers, and that every refusal says problem and remedy and none a traceback."""

import base64

import pytest
from fastapi.testclient import TestClient

from core.commands.serving import require_token
from core.errors import ConfigurationError, DatasetError
from core.serving import service as module
from core.serving.service import MAX_BODY_BYTES, MAX_INPUTS, Answers, build_service
from core.workflows.predict import Prediction


class Shouting:
    """Answers texts by their first word, images by their length."""

    def __init__(self, modality="text"):
        self.modality = modality
        self.about = {"run": "r", "classes": ["a", "b"]}

    def prepare(self, content):
        if content in ("", b"broken"):
            raise DatasetError("It is empty.", "Write a word.")
        return content

    def from_file(self, content):
        return content.decode() if self.modality == "text" else content

    def answer(self, given):
        if "fault" in given:
            raise RuntimeError("secret details")
        return tuple(
            Prediction(input="x", label=str(len(one)), probability=0.75, probabilities=(("a", 0.75), ("b", 0.25)))
            for one in given
        )


@pytest.fixture
def client():
    return TestClient(build_service(Shouting()), raise_server_exceptions=False)


def test_texts_are_answered_in_their_order(client):
    found = client.post("/predict", json={"inputs": ["one", "three"]})
    assert found.status_code == 200
    assert [answer["label"] for answer in found.json()["predictions"]] == ["3", "5"]
    assert found.json()["predictions"][0]["probabilities"] == {"a": 0.75, "b": 0.25}


def test_images_come_in_base64_or_as_files():
    client = TestClient(build_service(Shouting("image")))
    content = base64.b64encode(b"four").decode()
    assert client.post("/predict", json={"inputs": [content]}).json()["predictions"][0]["label"] == "4"
    sent = client.post("/predict/files", files=[("files", ("../x.png", b"seven77"))])
    assert sent.json()["predictions"][0]["label"] == "7"


def test_health_model_and_openapi_are_there(client):
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/model").json() == Shouting().about
    assert {"/predict", "/predict/files"} <= set(client.get("/openapi.json").json()["paths"])


def test_pages_that_would_load_scripts_from_elsewhere_are_not_served(client):
    assert client.get("/docs").status_code == 404


def test_an_address_that_does_not_exist_is_refused_in_the_same_form(client):
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["remedy"]


REFUSED = {
    "an input that cannot be used": ({"json": {"inputs": ["fine", ""]}}, 422),
    "no input": ({"json": {"inputs": []}}, 422),
    "too many inputs": ({"json": {"inputs": ["x"] * (MAX_INPUTS + 1)}}, 422),
    "another form": ({"json": {"text": "x"}}, 422),
    "no JSON": ({"content": b"\xff\x00{"}, 422),
    "a huge body": ({"content": b"x", "headers": {"content-length": str(MAX_BODY_BYTES + 1)}}, 413),
    "a fault of ours": ({"json": {"inputs": ["fault"]}}, 500),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_problem_and_remedy(client, case):
    request, status = REFUSED[case]
    answer = client.post("/predict", **request)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["problem"]
    assert error["remedy"]
    assert "Traceback" not in answer.text
    assert "secret details" not in answer.text


def test_what_is_no_base64_is_refused_with_a_remedy():
    answer = TestClient(build_service(Shouting("image"))).post("/predict", json={"inputs": ["é"]})
    assert answer.status_code == 422
    assert "base64" in answer.json()["error"]["problem"]


def test_a_service_that_is_full_says_when_to_come_again(monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 1)
    answer = TestClient(build_service(Shouting())).post("/predict", json={"inputs": ["a", "b"]})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


def test_with_a_token_set_nothing_is_told_to_who_does_not_send_it():
    client = TestClient(build_service(Shouting(), token="a-long-random-secret"))
    assert client.get("/model").status_code == 401
    assert client.get("/model", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/model", headers={"authorization": "Bearer a-long-random-secret"}).status_code == 200


@pytest.mark.parametrize(("host", "token"), [("0.0.0.0", None), ("127.0.0.1", "short")])
def test_an_open_address_needs_a_token_and_a_token_must_be_long(host, token):
    with pytest.raises(ConfigurationError):
        require_token(host, token)


@pytest.mark.parametrize(("host", "token"), [("127.0.0.1", None), ("0.0.0.0", "0123456789abcdef")])
def test_this_machine_needs_none_and_others_may_come_with_one(host, token):
    assert require_token(host, token) == token


def test_what_is_written_is_what_the_description_promises(client):
    found = client.post("/predict", json={"inputs": ["one"]})
    answers = Answers.model_validate_json(found.content, strict=True)
    assert set(found.json()["predictions"][0]) == set(type(answers.predictions[0]).model_fields)
    promised = client.get("/openapi.json").json()["paths"]["/predict"]["post"]["responses"]["200"]
    assert promised["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Answers"}
