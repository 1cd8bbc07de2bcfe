"""A finished run behind HTTP gives the answers that the dashboard gives."""

import base64

import pytest
from fastapi.testclient import TestClient

from core.errors import ConfigurationError
from core.serving.answering import Answering
from core.serving.service import build_service
from core.workflows.predict import predict_images, predict_texts
from tests.workflows.conftest import picture


def client_of(workspace, run):
    answering = Answering(workspace, run.id)
    answering.warm_up()
    return TestClient(build_service(answering))


def test_texts_get_the_dashboards_probabilities(workspace, finished):
    texts = ["refund the lamp please", "where is my parcel"]
    found = client_of(workspace, finished["text"]).post("/predict", json={"inputs": texts}).json()["predictions"]
    wanted = predict_texts(workspace, finished["text"].id, texts)
    assert [answer["label"] for answer in found] == [answer.label for answer in wanted]
    assert [answer["probability"] for answer in found] == pytest.approx([answer.probability for answer in wanted])


def test_images_get_the_dashboards_probabilities_and_a_broken_one_is_named(workspace, finished):
    client, image = client_of(workspace, finished["image"]), picture("red", 3)
    (wanted,) = predict_images(workspace, finished["image"].id, [("x", image)])
    inputs = [base64.b64encode(image).decode()]
    (found,) = client.post("/predict", json={"inputs": inputs}).json()["predictions"]
    assert found["label"] == wanted.label
    assert found["probability"] == pytest.approx(wanted.probability, abs=1e-5)
    broken = client.post("/predict/files", files=[("files", ("a.png", b"no image"))])
    assert broken.status_code == 422
    assert "not an image" in broken.json()["error"]["problem"]


def test_what_the_model_is_stands_behind_its_own_address(workspace, finished):
    about = client_of(workspace, finished["text"]).get("/model").json()
    report = finished["text"].report.split("val")
    assert about["classes"] == list(finished["text"].class_names)
    assert about["metrics"]["val"] == {
        "accuracy": report.accuracy.value,
        "macro_f1": report.macro_f1.value,
        "n": report.n,
    }


def test_a_run_without_a_model_is_refused(workspace, images, start):
    with pytest.raises(ConfigurationError, match="no model yet"):
        Answering(workspace, start(images, "feature-extraction"))
