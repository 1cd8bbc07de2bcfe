"""The HTTP service of one run: what it takes, what it answers, and what it refuses and why."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import FastAPI, File, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import UserError
from core.serving.answering import Answering, Given
from core.serving.batching import Batcher, FullError
from core.settings import PRODUCT
from core.workflows.predict import Prediction

MAX_INPUTS = 64
MAX_BODY_BYTES = 32 * 1024**2
MAX_BATCH, BATCHES_AT_ONCE = 16, 2
MAX_WAITING = 1_024

_logger = logging.getLogger(__name__)


class Question(BaseModel):
    """What is to be classified.

    Attributes:
        inputs: texts, or image files in base64, as the model takes them.
    """

    inputs: Annotated[list[str], Field(min_length=1, max_length=MAX_INPUTS)]


class Answer(BaseModel):
    """What the model says to one input.

    Attributes:
        label: the class that it decides for.
        probability: of that class, scaled by the run's temperature.
        rejected: whether the run is set not to answer what it is so unsure of.
        reason: why; empty where it is not rejected.
        unlike_training: whether the input is unlike anything the run was trained on; null where that is not known.
        probabilities: of every class.
    """

    label: str
    probability: float
    rejected: bool
    reason: str
    unlike_training: bool | None
    probabilities: dict[str, float]


class Answers(BaseModel):
    """One answer for each input, in their order."""

    predictions: list[Answer]


def build_service(answering: Answering, *, token: str | None = None) -> FastAPI:
    """An application for any ASGI server.

    Args:
        answering: the model.
        token: what a client must send as `Authorization: Bearer TOKEN`; None: nothing.
    """
    service = FastAPI(title=PRODUCT, description=f"Classifies {answering.modality}s.", docs_url=None, redoc_url=None)
    batcher: Batcher[Given, Prediction] = Batcher(
        answering.answer, n_at_once=BATCHES_AT_ONCE, max_batch=MAX_BATCH, max_waiting=MAX_WAITING
    )
    service.add_middleware(_Guard, token=token)
    _tell_errors(service)

    async def answers(contents: Sequence[str | bytes]) -> Response:
        found = await batcher.ask(await _prepared(answering, contents))
        # Written as it is: to check every probability again costs more than all else that is done here.
        return JSONResponse({"predictions": [_as_answer(prediction) for prediction in found]})

    @service.get("/health")
    async def health() -> dict[str, str]:
        """Whether the service answers."""
        return {"status": "ok"}

    @service.get("/model")
    async def model() -> dict[str, Any]:
        """What the model is and how good it is."""
        return answering.about

    @service.post("/predict", response_model=Answers)
    async def predict(question: Question) -> Response:
        """Classify texts, or images given in base64."""
        return await answers([_content(one, answering.modality) for one in question.inputs])

    @service.post("/predict/files", response_model=Answers)
    async def predict_files(files: Annotated[list[UploadFile], File(max_length=MAX_INPUTS)]) -> Response:
        """Classify uploaded files: images, or text files of one text each."""
        contents = [await file.read() for file in files]
        return await answers([answering.from_file(content) for content in contents])

    return service


async def _prepared(answering: Answering, contents: Sequence[str | bytes]) -> Sequence[Given]:
    """Every input as the network takes it; images are decoded beside the loop, texts are not worth the way there."""
    if answering.modality == "text":
        return [answering.prepare(content) for content in contents]
    return await asyncio.gather(*(asyncio.to_thread(answering.prepare, content) for content in contents))


def _content(given: str, modality: str) -> str | bytes:
    if modality == "text":
        return given
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError(
            "The model takes images, and an input is no base64.",
            "Send the file's bytes in base64, or use /predict/files.",
        ) from error


def _as_answer(prediction: Prediction) -> dict[str, Any]:
    """The fields of an `Answer`."""
    return {
        "label": prediction.label,
        "probability": prediction.probability,
        "rejected": prediction.rejected,
        "reason": prediction.reason,
        "unlike_training": None if prediction.further_than is None else prediction.is_unlike,
        "probabilities": dict(prediction.probabilities),
    }


class _Guard:
    """Asks for the token, and for bodies of a stated, bounded size, before anything is read."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (self._app if refusal is None else refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        sent = headers.get("authorization", "")
        if self._token is not None and not secrets.compare_digest(sent.encode(), f"Bearer {self._token}".encode()):
            return _refusal(401, "unauthorised", "A token is needed.", "Send it as Authorization: Bearer TOKEN.")
        if scope["method"] != "POST":
            return None
        length = headers.get("content-length", "")
        if not length.isdigit():
            return _refusal(411, "length", "The size of the body is not stated.", "Send Content-Length.")
        if int(length) > MAX_BODY_BYTES:
            limit = f"{MAX_BODY_BYTES // 1024**2} MB"
            return _refusal(413, "too-large", f"A request may have {limit}.", "Send fewer inputs at once.")
        return None


def _tell_errors(service: FastAPI) -> None:
    """Every refusal has the form of the command line's, and none a traceback."""

    @service.exception_handler(UserError)
    async def refused(_: Request, error: UserError) -> JSONResponse:
        return _refusal(422, error.code, error.problem, error.remedy)

    @service.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return _refusal(422, "request", f"{place}: {first['msg']}.", "GET /openapi.json says what is taken.")

    @service.exception_handler(HTTPException)
    async def unknown(_: Request, error: HTTPException) -> JSONResponse:
        return _refusal(error.status_code, "address", f"{error.detail}.", "GET /openapi.json says what there is.")

    @service.exception_handler(FullError)
    async def full(_: Request, __: FullError) -> JSONResponse:
        refusal = _refusal(503, "busy", "Too many inputs wait already.", "Try again in a moment.")
        refusal.headers["Retry-After"] = "1"
        return refusal

    @service.exception_handler(Exception)
    async def fault(_: Request, error: Exception) -> JSONResponse:
        _logger.error("A request ended with a fault of ours", exc_info=error)
        return _refusal(500, "fault", "The service failed.", "Its log tells what went wrong.")


def _refusal(status: int, code: str, problem: str, remedy: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "problem": problem, "remedy": remedy}}, status_code=status)
