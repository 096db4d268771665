"""Does anything that is sent make the server fail, lose what it took, or grow?

usage: fuzz.py [--requests 10000] [--seed 20261127]

An installation of its own. Photographs, files of labels and answers, broken by chance, are sent over HTTP as captures,
imports and answers. Then every capture and every answer that was taken is looked for. Prints one JSON line last:
requests, refused, taken, server_errors (with the first of them), lost_captures, lost_answers, answered_twice,
web_processes_restarted, memory_mb of the web processes after each tenth, and how much of it grew in the second half.
"""

import argparse
import json
import os
import random
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
from installation import Installation, running
from mutations import as_json, broken, label_files, numbered, photographs, twisted

PROJECT = "fuzz"
LABELS = ("in_stock", "low_stock")
PARTS = 10
READY_SECONDS = 600
AT_ONCE = 100


class Fuzz:
    """Sends, and remembers what was taken."""

    def __init__(self, installation: Installation, client: httpx.Client, seed: int) -> None:
        self.installation, self.client, self.chance = installation, client, random.Random(seed)
        self.photographs, self.label_files = photographs(), label_files()
        self.captures: list[str] = []
        self.answers: list[str] = []
        self.tasks: list[dict[str, Any]] = []
        self.said: dict[int, int] = {}
        self.errors: list[str] = []
        self.photographed = 0

    def one(self) -> None:
        """One request of one of the four kinds."""
        send = self.chance.choices([self.capture, self.images, self.labels, self.answer], [4, 2, 2, 4])[0]
        send()

    def capture(self) -> None:
        data = broken(self.chance.choice(self.photographs), self.chance)
        form = twisted({"project": PROJECT, "source": "fuzz", "context": '{"lux": 3}'}, self.chance)
        if self.chance.random() < 0.8:
            form = {"project": PROJECT, "source": "fuzz"}
        answer = self.post("captures/", data=_form(form), files={"image": ("a.jpg", data)})
        if answer.status_code == 202:
            self.captures.append(answer.json()["id"])

    def images(self) -> None:
        names = ["0.jpg", "1.jpg"]
        files = [
            ("image", (name, broken(self.chance.choice(self.photographs), self.chance))) for name in names
        ]
        good = {
            "file": "",
            "context": {"lux": 3},
            "captured_at": "2026-11-27T12:00:00Z",
            "value": {"label": LABELS[0]},
        }
        rows = [as_json(twisted(good | {"file": name}, self.chance)) for name in names]
        self.post(f"projects/{PROJECT}/images/", data={"rows": b"\n".join(rows).decode()}, files=files)

    def labels(self) -> None:
        name, data = self.chance.choice(self.label_files)
        form = {"kind": self.chance.choice(["labels", "predictions", "x"])}
        self.post(
            f"projects/{PROJECT}/labels-import/", data=form, files={"file": (name, broken(data, self.chance))}
        )

    def answer(self) -> None:
        if not self.tasks:
            self.open_tasks()
        task = self.tasks[-1]
        good = {
            "lease": task["lease"]["token"],
            "verdict": "label",
            "value": {"label": LABELS[0]},
            "seconds": 1.5,
            "client_id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            "shown": {"blind": True, "order": list(LABELS)},
        }
        body = as_json(twisted(good, self.chance))
        if self.chance.random() < 0.1:
            body = broken(body, self.chance)
        answer = self.post(
            f"tasks/{task['id']}/answers/", content=body, headers={"Content-Type": "application/json"}
        )
        if answer.status_code in (200, 201):
            self.answers.append(answer.json()["id"])
        if answer.status_code in (200, 201, 409):
            self.tasks.pop()

    def open_tasks(self) -> None:
        """Twenty whole photographs never seen before, and a claim of what waits."""
        files, rows = [], []
        for _ in range(20):
            self.photographed += 1
            name = f"{self.photographed}.png"
            files.append(("image", (name, numbered(self.photographed))))
            rows.append(json.dumps({"file": name}))
        imported = self.client.post(
            f"projects/{PROJECT}/images/", data={"queue": "review", "rows": "\n".join(rows)}, files=files
        )
        queues = self.client.get(f"projects/{PROJECT}/queues/").json()["results"]
        review = next(queue["id"] for queue in queues if queue["name"] == "review")
        self.tasks = self.client.post(f"queues/{review}/claim/", json={"count": 20}).json()["tasks"]
        if not self.tasks:
            raise SystemExit(f"nothing to answer: {imported.text}")

    def post(self, path: str, **sent: Any) -> httpx.Response:
        answer = self.client.post(path, **sent)
        self.said[answer.status_code] = self.said.get(answer.status_code, 0) + 1
        if answer.status_code >= 500:
            self.errors.append(f"{path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def lost_captures(self) -> int:
        return sum(self.client.get(f"captures/{one}/").status_code != 200 for one in set(self.captures))

    def answers_kept(self) -> list[str]:
        kept, link = [], f"projects/{PROJECT}/answers/?page_size=200"
        while link:
            page = self.client.get(link).json()
            kept += [row["id"] for row in page["results"]]
            link = page["next"]
        return kept


def _form(values: dict[str, Any]) -> dict[str, str]:
    return {
        name.encode("utf-8", "replace").decode()[:200]: str(value).encode("utf-8", "replace").decode()
        for name, value in values.items()
    }


def web_processes(installation: Installation) -> dict[int, int]:
    """By process id of its web processes: their resident memory in bytes."""
    mark = f"VOUCH_VAR={installation.environment['VOUCH_VAR']}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes()
            if b"config.asgi" in words and mark in (entry / "environ").read_bytes().split(b"\0"):
                pages = int((entry / "statm").read_text().split()[1])
                found[int(entry.name)] = pages * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            continue
    return found


def prepared(installation: Installation) -> httpx.Client:
    """A project with a source, and a client that may do all of it and stops at no error."""
    token = installation.manage(
        *("create_token", "lead", "--role", "engineer", "--project", PROJECT),
        *("--scope", "ingest,answer,read,admin"),
    )
    with installation.client(token) as client:
        labels = [{"key": key, "name": key} for key in LABELS]
        client.post(
            "projects/",
            json={"slug": PROJECT, "name": "Fuzz", "task_type": "classification", "labels": labels},
        )
        client.post(f"projects/{PROJECT}/sources/", json={"key": "fuzz", "name": "Fuzz", "kind": "import"})
    return httpx.Client(
        base_url=f"{installation.address}/api/v1/", headers={"Authorization": f"Token {token}"}, timeout=60
    )


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--requests", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=20261127)
    given = arguments.parse_args()
    # All of it comes from one caller.
    os.environ["VOUCH_API_RATE"] = "0"
    with running(READY_SECONDS) as installation, prepared(installation) as client:
        fuzz, begun = Fuzz(installation, client, given.seed), time.monotonic()
        looked_at: list[dict[int, int]] = []
        for number in range(given.requests):
            if number % max(1, given.requests // PARTS) == 0:
                looked_at.append(web_processes(installation))
            fuzz.one()
            if number % AT_ONCE == 0:
                print(f"{number}/{given.requests} {fuzz.said}", file=sys.stderr)
        looked_at.append(web_processes(installation))
        memory = [round(sum(held.values()) / 2**20) for held in looked_at]
        kept = fuzz.answers_kept()
        print(
            json.dumps(
                {
                    "requests": given.requests,
                    "refused": sum(count for status, count in fuzz.said.items() if 400 <= status < 500),
                    "taken": sum(count for status, count in fuzz.said.items() if status < 400),
                    "server_errors": len(fuzz.errors),
                    "first_errors": fuzz.errors[:3],
                    "statuses": dict(sorted(fuzz.said.items())),
                    "captures": len(set(fuzz.captures)),
                    "lost_captures": fuzz.lost_captures(),
                    "answers": len(set(fuzz.answers)),
                    "lost_answers": len(set(fuzz.answers) - set(kept)),
                    "answered_twice": len(kept) - len(set(kept)),
                    "web_processes_restarted": len(set(looked_at[0]) - set(looked_at[-1])),
                    "memory_mb": memory,
                    "memory_growth_mb": memory[-1] - memory[len(memory) // 2],
                    "seconds": round(time.monotonic() - begun, 1),
                }
            )
        )


if __name__ == "__main__":
    main()
