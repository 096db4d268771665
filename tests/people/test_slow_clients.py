"""Whoever sends a body a byte at a time holds up nobody, and is told so: a real socket, a real server."""

import contextlib
import json
import socket
import threading

import pytest
import uvicorn

from people.api import bodies
from people.api.bodies import Bounded

SECONDS = 60


async def reading(scope, receive, send):
    """Read the whole body and say how long it was; leave when the client is gone."""
    taken, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        taken += len(message["body"])
        more = message["more_body"]
    body = str(taken).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Server(uvicorn.Server):
    def __init__(self, config):
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.ready.set()


@pytest.fixture
def port(monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(Bounded(reading), lifespan="off", log_level="critical", ws="none")
        server = Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert server.ready.wait(SECONDS)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def begin(port, length, body=b""):
    """A connection on which a body of that length was announced, and that much of it sent."""
    opened = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    head = f"POST /api/v1/captures/ HTTP/1.1\r\nHost: shop\r\nContent-Length: {length}\r\n\r\n"
    opened.sendall(head.encode() + body)
    return opened


def answer(opened):
    """The status and the body of what comes back."""
    with opened, opened.makefile("rb") as stream:
        status = int(stream.readline().split()[1])
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return status, stream.read(length)


def dribble(opened, told):
    """A byte now and then until the server has answered."""
    pause = threading.Event()
    with contextlib.suppress(OSError):
        while not told.is_set():
            opened.sendall(b"x")
            pause.wait(0.02)


def test_a_body_that_dribbles_is_given_up_and_says_so(port):
    opened, told = begin(port, 1_000_000), threading.Event()
    sending = threading.Thread(target=dribble, args=(opened, told))
    sending.start()
    try:
        status, body = answer(opened)
    finally:
        told.set()
        sending.join()
    assert (status, json.loads(body)["type"]) == (408, "/problems/too-slow")


def test_many_that_dribble_hold_up_nobody(port):
    slow = [begin(port, 1_000_000) for _ in range(50)]
    quick = begin(port, 5, b"hello")
    assert answer(quick) == (200, b"5")
    assert {answer(opened)[0] for opened in slow} == {408}


def test_a_large_body_may_take_longer_than_a_small_one(port, monkeypatch):
    """At the slowest pace that is taken, 30 KB a second here, patience alone would have run out."""
    monkeypatch.setattr(bodies, "SLOWEST_BYTES_PER_SECOND", 30_000)
    opened, pause = begin(port, 600_000), threading.Event()
    for _ in range(6):
        opened.sendall(bytes(100_000))
        pause.wait(0.12)
    assert answer(opened) == (200, b"600000")
