"""Clients that ask an HTTP service again and again, as light as Python allows: sockets kept open, no HTTP library."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass

HOST = "127.0.0.1"
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What a number of clients met.

    Attributes:
        seconds: from the first question to the last answer.
        latencies_s: of every request, in no order.
        client_cpu_s: that this process computed meanwhile.
    """

    seconds: float
    latencies_s: tuple[float, ...]
    client_cpu_s: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies_s) / self.seconds


def load_service(port: int, texts: Sequence[str], n_clients: int, seconds: float) -> Load:
    """Ask for some seconds with so many clients, each of which sends its next text when it has its answer.

    Args:
        port: of a service on this machine.
        texts: sent one per request, again from the start when they are through.
        n_clients: that ask at the same time.
        seconds: how long new questions are asked.

    Raises:
        RuntimeError: a request was refused.
    """
    return asyncio.run(_load(port, [_request(text) for text in texts], n_clients, seconds))


async def _load(port: int, requests: Sequence[bytes], n_clients: int, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    clients = [_Client(requests, first) for first in range(n_clients)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, HOST, port)
    cpu, started = _cpu_s(), time.perf_counter()
    await asyncio.gather(*(client.ask(started + seconds, n_clients) for client in clients))
    ended = time.perf_counter()
    for client in clients:
        client.close()
    return Load(
        seconds=ended - started,
        latencies_s=tuple(latency for client in clients for latency in client.latencies_s),
        client_cpu_s=_cpu_s() - cpu,
    )


class _Client(asyncio.Protocol):
    def __init__(self, requests: Sequence[bytes], first: int) -> None:
        self.latencies_s: list[float] = []
        self._requests = requests
        self._next = first
        self._received = b""
        self._answered: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(_END_OF_HEAD)
        if found and self._answered and len(body) >= _length_of(head):
            self._received = b""
            self._answered.set_result(head)

    async def ask(self, until: float, step: int) -> None:
        """Ask until a moment; raises RuntimeError where a request is refused."""
        assert self._transport is not None
        while (asked := time.perf_counter()) < until:
            self._answered = asyncio.get_running_loop().create_future()
            self._transport.write(self._requests[self._next % len(self._requests)])
            head = await self._answered
            self.latencies_s.append(time.perf_counter() - asked)
            if b" 200 " not in head[:16]:
                raise RuntimeError(f"refused: {head[:80]!r}")
            self._next += step

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _length_of(head: bytes) -> int:
    at = head.lower().index(_LENGTH) + len(_LENGTH)
    return int(head[at:].split(b"\r\n", 1)[0])


def _request(text: str) -> bytes:
    body = json.dumps({"inputs": [text]}).encode()
    fields = (f"Host: {HOST}", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join(("POST /predict HTTP/1.1", *fields, "", "")).encode() + body


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
