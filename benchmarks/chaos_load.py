"""Cameras, people and a page that do not give up: what gets no answer is sent again under the same key."""

import asyncio
import contextlib
import http.client
import itertools
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from installation import Installation
from serving_load import BOUNDARY, jpeg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

LABELS = ("empty", "full", "low", "wrong")
POLICY = {"threshold": 1, "audit_share": 0.5, "queue": "review"}
PAUSE_SECONDS = 0.1
TIMEOUT_SECONDS = 30
NOT_NOW = (429, 503)
CAMERA_REST_SECONDS = 0.02
SIZE = (160, 120)


@dataclass
class Kept:
    """What was acknowledged, at what time, and what was answered otherwise."""

    captures: dict[str, float] = field(default_factory=dict)
    answers: dict[str, float] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    again: int = 0
    late: int = 0


class Line:
    """One kept connection that is opened again whenever it breaks."""

    def __init__(self, address: str, token: str, kept: Kept) -> None:
        self.host, self.token, self.kept = urlsplit(address).netloc, token, kept
        self.connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT_SECONDS)

    def post(self, path: str, body: bytes, kind: str = "application/json") -> tuple[int, Any]:
        """The status and the object of the first answer that is not "not now", however long that takes."""
        headers = {
            "Authorization": f"Token {self.token}",
            "Content-Type": kind,
            "Idempotency-Key": str(uuid.uuid4()),
        }
        while True:
            try:
                self.connection.request("POST", f"/api/v1/{path}", body, headers)
                reply = self.connection.getresponse()
                content = reply.read()
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.kept.again += 1
            else:
                self.kept.statuses[reply.status] += 1
                if reply.status not in NOT_NOW:
                    return reply.status, json.loads(content)
            time.sleep(PAUSE_SECONDS)


class Page:
    """A page of somebody who leads the project: connects again when it is cut, and knows when each capture was told."""

    def __init__(self, address: str, project: str, session: str) -> None:
        self.address, self.session = address, session
        self.url = address.replace("http", "ws", 1) + f"/ws/p/{project}/"
        self.heard: dict[str, float] = {}
        self.events = self.opened = self.repeated = 0
        self._socket: ClientConnection | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._listen(),))
        self._ended = asyncio.Event()

    def start(self) -> None:
        self._thread.start()

    def cut(self) -> None:
        """As a network does: no word of farewell."""
        assert self._socket is not None
        self._loop.call_soon_threadsafe(self._socket.transport.abort)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    async def _listen(self) -> None:
        listening = asyncio.create_task(self._connect_again())
        await self._ended.wait()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening

    async def _connect_again(self) -> None:
        cookie = {"Cookie": f"sessionid={self.session}"}
        while True:
            try:
                async with connect(
                    self.url, origin=Origin(self.address), additional_headers=cookie
                ) as socket:
                    self._socket, self.opened = socket, self.opened + 1
                    async for text in socket:
                        message, now = json.loads(text), time.monotonic()
                        self.events += 1
                        if message["event"] == "captures.finished":
                            self.repeated += sum(pk in self.heard for pk in message["ids"])
                            self.heard.update(dict.fromkeys(message["ids"], now))
            except (OSError, TimeoutError, WebSocketException):
                pass
            await asyncio.sleep(PAUSE_SECONDS)


class Load:
    """All of them at work, from `with` to its end; nobody leaves before what they have at hand is acknowledged."""

    def __init__(self, installation: Installation, model: Path, cameras: int, people: int) -> None:
        from serving import Shop

        shop = Shop(installation, "chaos", model)
        self.address, self.project, self.slug = installation.address, shop.project, shop.slug
        installation.client(shop.token).post(f"projects/{self.slug}/policies/", json=POLICY)
        self.queue = str(self.project.queues.get(name="review").pk)
        self.sent, self.said = Kept(), Kept()
        self.stopping = threading.Event()
        self.page = Page(self.address, self.slug, self._session(self._member("lead", "qa_lead")[0]))
        self._fresh = itertools.count()
        tokens = [self._member(f"person-{number}", "annotator")[1] for number in range(people)]
        work: list[tuple[Callable[[Line], None], str, Kept]] = [
            (self._camera, shop.token, self.sent)
        ] * cameras
        work += [(self._person, token, self.said) for token in tokens]
        self.threads = [
            threading.Thread(target=target, args=(Line(self.address, token, kept),))
            for target, token, kept in work
        ]

    def __enter__(self) -> "Load":
        self.page.start()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        self.page.end()

    def works_since(self, moment: float) -> bool:
        """Whether a capture acknowledged since was predicted and the page told, and an answer recorded since."""
        heard = list(self.page.heard.items())
        whole = any(at > moment and self.sent.captures.get(pk, 0) > moment for pk, at in heard)
        return whole and any(at > moment for at in list(self.said.answers.values()))

    def state(self) -> str:
        return f"uploads {dict(self.sent.statuses)}, answers {dict(self.said.statuses)}, events {self.page.events}"

    def unexpected(self) -> dict[int, int]:
        """Answers that none of this should bring about, by status."""
        statuses = self.sent.statuses + self.said.statuses
        return {status: n for status, n in statuses.items() if status not in (200, 201, 202, 409, *NOT_NOW)}

    def _member(self, name: str, role: str) -> tuple[Any, str]:
        """A person of the project, and a token of theirs."""
        from people.enums import Role, Scope
        from people.models import User
        from people.services.tokens import create_token

        user = User.objects.create(username=name)
        _, secret = create_token(
            user=user, role=Role(role), project=self.project, slug=self.slug, scopes=[Scope.ANSWER]
        )
        return user, secret

    def _session(self, user: Any) -> str:
        from importlib import import_module

        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        return str(session.session_key)

    def _camera(self, line: Line) -> None:
        head = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (("project", self.slug), ("source", "camera"))
        )
        head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="frame.jpg"\r\n\r\n'
        while not self.stopping.is_set():
            image = jpeg(next(self._fresh), *SIZE)
            body = head.encode() + image + f"\r\n--{BOUNDARY}--\r\n".encode()
            status, told = line.post("captures/", body, f"multipart/form-data; boundary={BOUNDARY}")
            if status == 202:
                self.sent.captures[told["id"]] = time.monotonic()
            time.sleep(CAMERA_REST_SECONDS)

    def _person(self, line: Line) -> None:
        while not self.stopping.is_set():
            status, told = line.post(f"queues/{self.queue}/claim/", b'{"count": 1}')
            if status != 200 or not told["tasks"]:
                time.sleep(PAUSE_SECONDS)
                continue
            (task,) = told["tasks"]
            said = {
                "lease": task["lease"]["token"],
                "client_id": str(uuid.uuid4()),
                "verdict": "correct",
                "value": {"label": next(label for label in LABELS if label != task["proposal"]["label"])},
                "seconds": 1.0,
            }
            status, _ = line.post(f"tasks/{task['id']}/answers/", json.dumps(said).encode())
            if status == 201:
                self.said.answers[said["client_id"]] = time.monotonic()
            else:
                self.said.late += 1
