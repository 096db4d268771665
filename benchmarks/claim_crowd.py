"""Many people at once over HTTP: each claims a task, answers it, and claims the next, until nothing is left."""

import http.client
import json
import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tqdm import tqdm

LABELS = ("full", "empty")
PAUSE_SECONDS = 0.05


@dataclass
class Person:
    """What one of them got done: seconds of every request pair, and what was acknowledged."""

    token: str
    seconds: list[float] = field(default_factory=list)
    slots: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    longest_wait_seconds: float = 0


class Line:
    """One kept connection, as a browser's."""

    def __init__(self, address: str, token: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self.headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The object that comes back. Raises SystemExit for anything but success."""
        self.connection.request("POST", f"/api/v1/{path}", json.dumps(body), self.headers)
        reply = self.connection.getresponse()
        content = reply.read()
        if reply.status not in (200, 201):
            raise SystemExit(f"POST {path}: {reply.status} {content.decode()}")
        return json.loads(content)


def work(address: str, queue: str, person: Person, bar: tqdm) -> Person:
    line, chance = Line(address, person.token), random.Random(person.token)
    last = time.perf_counter()
    while True:
        start = time.perf_counter()
        claimed = line.post(f"queues/{queue}/claim/", {"count": 1})
        if not claimed["tasks"]:
            if not claimed["waiting"]:
                return person
            # The last places are held by others, who may give them back.
            time.sleep(PAUSE_SECONDS)
            continue
        (task,) = claimed["tasks"]
        person.slots.append(task["lease"]["token"].partition(".")[0])
        body = {
            "lease": task["lease"]["token"],
            "client_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "verdict": "label",
            "value": {"label": chance.choice(LABELS)},
            "seconds": 1.0,
        }
        person.answers.append(line.post(f"tasks/{task['id']}/answers/", body)["id"])
        now = time.perf_counter()
        person.seconds.append(now - start)
        person.longest_wait_seconds = max(person.longest_wait_seconds, now - last)
        last = now
        bar.update()


def crowd(address: str, queue: str, tokens: list[str], answers: int) -> tuple[float, list[Person]]:
    """Let them all start together; the seconds until the last was done, and what each did."""
    together = threading.Barrier(len(tokens) + 1)
    people = [Person(token) for token in tokens]
    with ThreadPoolExecutor(len(tokens)) as pool, tqdm(total=answers, desc="over HTTP", unit="answer") as bar:

        def begin(person: Person) -> Person:
            together.wait()
            return work(address, queue, person, bar)

        running = [pool.submit(begin, person) for person in people]
        together.wait()
        start = time.perf_counter()
        for one in running:
            one.result()
        return time.perf_counter() - start, people
