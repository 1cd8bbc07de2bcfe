"""A person at a browser without the browser: speaks the protocol of Streamlit's page with the server, and times it."""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

FAULT = "it is not your fault"
ANSWER_S = 60.0
_FINISHED = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY


class _KeepRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def sign_in(url: str, name: str, word: str, phrase: str) -> str:
    """Fill in the form; the cookie of the visit."""
    form = urllib.parse.urlencode({"name": name, "word": word, "phrase": phrase}).encode()
    opener = urllib.request.build_opener(_KeepRedirect)
    try:
        opener.open(f"{url}/sign-in", form, timeout=ANSWER_S)
    except urllib.error.HTTPError as answer:
        if answer.code == 303:
            return str(answer.headers["set-cookie"]).partition(";")[0]
        raise RuntimeError(f"{name} may not enter: {answer.code}") from answer
    raise RuntimeError(f"{name} may not enter")


@dataclass(kw_only=True, slots=True)
class Drawn:
    """What the server drew.

    Attributes:
        elapsed_s: from the question to the end of the script.
        headings: titles of the page.
        buttons: the ids of its buttons by their labels.
        faults: texts that no page may show.
        polls: fragments that the page asks for again and again, by id, with their intervals in seconds.
        n_bytes: of all messages.
    """

    elapsed_s: float = 0.0
    headings: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    polls: dict[str, float] = field(default_factory=dict)
    n_bytes: int = 0


class Pupil:
    """One session; a context manager, inside of which it is connected.

    Args:
        url: of the server, `http://127.0.0.1:PORT`.
        cookie: of a visit.

    Attributes:
        poll_s: seconds that each answer to a poll took.
    """

    def __init__(self, url: str, cookie: str) -> None:
        self._url = url
        self._cookie = cookie
        self._socket: ClientConnection | None = None
        self._context: connect | None = None
        self._place = ("", "")
        self.poll_s: list[float] = []

    async def __aenter__(self) -> Pupil:
        self._context = connect(
            self._url.replace("http", "ws") + "/_stcore/stream",
            subprotocols=["streamlit"],
            additional_headers={"Cookie": self._cookie},
            origin=self._url,
            max_size=None,
            open_timeout=ANSWER_S,
        )
        self._socket = await self._context.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._context is not None:
            await self._context.__aexit__(kind, error, trace)

    async def open(self, page: str, query: str = "") -> Drawn:
        """Go to a page by its address."""
        self._place = (page, query)
        return await self._ask(self._question())

    async def press(self, button_id: str) -> Drawn:
        """Press a button of the present page."""
        question = self._question()
        question.rerun_script.widget_states.widgets.add(id=button_id, trigger_value=True)
        return await self._ask(question)

    async def stay(self, drawn: Drawn, seconds: float) -> None:
        """Look at a page for a while, which asks again for what it shows live."""
        end = time.monotonic() + seconds
        if not drawn.polls:
            await asyncio.sleep(seconds)
            return
        fragment_id, interval_s = next(iter(drawn.polls.items()))
        while (left_s := end - time.monotonic()) > 0:
            await asyncio.sleep(min(interval_s, left_s))
            question = self._question()
            question.rerun_script.fragment_id = fragment_id
            question.rerun_script.is_auto_rerun = True
            with suppress(TimeoutError):
                self.poll_s.append((await self._ask(question, is_fragment=True)).elapsed_s)

    def _question(self) -> BackMsg:
        question = BackMsg()
        page, query = self._place
        question.rerun_script.page_name = page
        question.rerun_script.query_string = query
        question.rerun_script.context_info.url = f"{self._url}/{page}"
        question.rerun_script.context_info.timezone = "UTC"
        question.rerun_script.context_info.locale = "en"
        return question

    async def _ask(self, question: BackMsg, *, is_fragment: bool = False) -> Drawn:
        assert self._socket is not None
        started = time.perf_counter()
        await self._socket.send(question.SerializeToString())
        drawn = Drawn()
        finished = ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY if is_fragment else _FINISHED
        async with asyncio.timeout(ANSWER_S):
            while True:
                content = await self._socket.recv()
                assert isinstance(content, bytes)
                drawn.n_bytes += len(content)
                message = ForwardMsg.FromString(content)
                _note(message, drawn)
                if message.WhichOneof("type") == "script_finished" and message.script_finished in (finished, _FINISHED):
                    drawn.elapsed_s = time.perf_counter() - started
                    return drawn


def _note(message: ForwardMsg, drawn: Drawn) -> None:
    kind = message.WhichOneof("type")
    if kind == "auto_rerun":
        drawn.polls[message.auto_rerun.fragment_id] = message.auto_rerun.interval
    elif kind == "script_finished" and message.script_finished == (
        ForwardMsg.ScriptFinishedStatus.FINISHED_WITH_COMPILE_ERROR
    ):
        drawn.faults.append("the page does not compile")
    elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
        _note_element(message.delta.new_element, drawn)


def _note_element(element: object, drawn: Drawn) -> None:
    kind = element.WhichOneof("type")  # type: ignore[attr-defined]
    content = getattr(element, kind) if kind else None
    if kind == "exception":
        drawn.faults.append(content.message)
    elif kind == "alert" and FAULT in content.title + content.body:
        drawn.faults.append(content.title)
    elif kind == "heading":
        drawn.headings.append(content.body)
    elif kind == "button":
        drawn.buttons[content.label] = content.id
