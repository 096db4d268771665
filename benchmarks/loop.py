"""One whole turn of the loop on real photographs: how much better does the second model get, and for how many answers?

usage: loop.py FOLDER [--share 0.25] [--seed 0]

FOLDER/train/CLASS and FOLDER/test/CLASS hold photographs. A first model learns from a share of the training
photographs; the rest come in as captures over the API; what it is unsure of, and the audited share of the rest, is
answered over the API from the folder names; a second model learns from what was answered. Both are measured on the
test photographs, which neither ever saw. Prints one JSON line last: before, after, answers, seconds and more.
"""

import argparse
import hashlib
import json
import random
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from installation import Installation, refuse_errors, running
from tqdm import tqdm

PROJECT = "photographs"
SITE, CAMERA = "store", "camera"
# Photographs of a folder come from one phone within moments of each other; none is held back for a test split,
# because the folder brings its own.
FILTERS = {"test_share": 0.0}
# Photographs of one minute would count as one burst, and go into one split together; these were not taken so.
FIRST_TAKEN_AT, APART = datetime(2026, 1, 5, 8, tzinfo=UTC), timedelta(minutes=2)
POLICY = {"threshold": 0.98, "audit_share": 0.2, "queue": "review"}


def classes_in(folder: Path) -> list[str]:
    names = sorted(entry.name for entry in (folder / "train").iterdir() if entry.is_dir())
    if len(names) < 2:
        raise SystemExit(f"{folder}/train needs a folder of photographs for each of two classes or more.")
    return names


def photographs(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_file())


def divided(
    folder: Path, names: list[str], share: float, seed: int
) -> tuple[dict[str, list[Path]], list[Path]]:
    """The first model's photographs by class, and the rest in random order."""
    chance = random.Random(seed)
    first, rest = {}, []
    for name in names:
        files = photographs(folder / "train" / name)
        chance.shuffle(files)
        kept = max(1, round(len(files) * share))
        first[name] = files[:kept]
        rest += files[kept:]
    chance.shuffle(rest)
    return first, rest


def wait(client: httpx.Client, path: str, done: set[str], failed: set[str], words: str) -> dict[str, Any]:
    """Poll until the object's state is one of `done`, showing its progress."""
    with tqdm(
        total=100, desc=words, file=sys.stderr, bar_format="{desc}: {percentage:3.0f}% {elapsed}"
    ) as bar:
        while True:
            state = client.get(path).json()
            bar.update(round(100 * state.get("progress", 0)) - bar.n)
            if state["state"] in done:
                return state
            if state["state"] in failed:
                raise SystemExit(f"{words}: {state.get('error') or state['state']}")
            time.sleep(0.5)


def train(client: httpx.Client, seed: int, words: str) -> dict[str, Any]:
    """Freeze what is known, train on it from scratch; the model as the API shows it."""
    dataset = client.post(f"projects/{PROJECT}/datasets/", json={"name": words, "filters": FILTERS}).json()
    frozen = wait(client, f"datasets/{dataset['id']}/", {"frozen"}, {"failed"}, f"{words}: freezing")
    run = client.post(
        f"projects/{PROJECT}/training-runs/", json={"dataset": frozen["id"], "base": None, "seed": seed}
    ).json()
    run = wait(
        client, f"training-runs/{run['id']}/", {"succeeded"}, {"failed", "cancelled"}, f"{words}: training"
    )
    models = client.get(f"projects/{PROJECT}/models/").json()["results"]
    return next(model for model in models if model["id"] == run["model"])


def is_promoted(client: httpx.Client, model: dict[str, Any]) -> bool:
    """Whether the gate lets the model serve; a refusal is a result, and no error."""
    with httpx.Client(base_url=client.base_url, headers=client.headers, timeout=60) as asking:
        answer = asking.post(f"models/{model['id']}/promote/", json={})
    if answer.status_code not in (200, 409):
        refuse_errors(answer)
    return answer.status_code == 200


def send(client: httpx.Client, files: list[Path]) -> None:
    for number, file in enumerate(tqdm(files, desc="captures", file=sys.stderr)):
        taken_at = FIRST_TAKEN_AT + number * APART
        client.post(
            "captures/",
            data={"project": PROJECT, "source": CAMERA, "captured_at": taken_at.isoformat()},
            files={"image": (file.name, file.read_bytes())},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
    while client.get(f"projects/{PROJECT}/captures/", params={"state": "pending"}).json()["results"]:
        time.sleep(0.2)


def verdict_on(proposal: dict[str, Any] | None, label: str) -> str:
    if proposal is None:
        return "label"
    return "accept" if proposal["label"] == label else "correct"


def answer(client: httpx.Client, queue: str, truth: dict[str, str]) -> tuple[int, int]:
    """Answer everything that waits in the queue; how many answers, and how many corrected the model."""
    answers = corrected = 0
    while True:
        tasks = client.post(f"queues/{queue}/claim/", json={"count": 10}).json()["tasks"]
        if not tasks:
            return answers, corrected
        for task in tasks:
            label = truth[task["image"]["sha256"]]
            proposal = task["proposal"]
            verdict = verdict_on(proposal, label)
            client.post(
                f"tasks/{task['id']}/answers/",
                json={
                    "lease": task["lease"]["token"],
                    "client_id": str(uuid.uuid4()),
                    "verdict": verdict,
                    "value": {"label": label},
                    "seconds": 1.0,
                },
            )
            answers += 1
            corrected += verdict == "correct"


def set_up(
    installation: Installation, folder: Path, names: list[str], first: dict[str, list[Path]]
) -> httpx.Client:
    """The project with its labels, the first model's photographs and the test photographs; an engineer's client."""
    scopes = "ingest,answer,read,admin"
    token = installation.manage(
        "create_token", "engineer", "--role", "engineer", "--project", PROJECT, "--scope", scopes
    )
    client = installation.client(token)
    labels = [{"key": name.casefold(), "name": name} for name in names]
    client.post(
        "projects/",
        json={"slug": PROJECT, "name": "Photographs", "task_type": "classification", "labels": labels},
    )
    client.post("sites/", json={"key": SITE, "name": "Store", "timezone": "UTC"})
    client.post(
        f"projects/{PROJECT}/sources/", json={"key": CAMERA, "name": "Camera", "site": SITE, "kind": "camera"}
    )
    client.post(f"projects/{PROJECT}/policies/", json=POLICY)
    with tempfile.TemporaryDirectory() as quarter:
        for name, files in first.items():
            (Path(quarter) / name).mkdir()
            for file in files:
                (Path(quarter) / name / file.name).symlink_to(file.resolve())
        installation.manage("import_images", PROJECT, quarter, "--labels-from-folders")
    installation.manage(
        "import_images", PROJECT, str(folder / "test"), "--labels-from-folders", "--split", "test"
    )
    return client


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--share", type=float, default=0.25, help="of the training photographs for the first model"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    names = classes_in(given.folder)
    first, rest = divided(given.folder, names, given.share, given.seed)
    truth = {hashlib.sha256(file.read_bytes()).hexdigest(): file.parent.name.casefold() for file in rest}
    start = time.monotonic()
    with running() as installation:
        client = set_up(installation, given.folder, names, first)
        before = train(client, given.seed, "first model")
        client.post(f"models/{before['id']}/promote/", json={})
        send(client, rest)
        token = installation.manage(
            "create_token", "annotator", "--role", "annotator", "--project", PROJECT, "--scope", "answer,read"
        )
        annotator = installation.client(token)
        queues = annotator.get("queues/").json()["results"]
        counts = [answer(annotator, queue["id"], truth) for queue in queues]
        after = train(client, given.seed, "second model")
        promoted = is_promoted(client, after)
    figures = {
        "before": before["metrics"]["test"]["accuracy"],
        "after": after["metrics"]["test"]["accuracy"],
        "answers": sum(count for count, _ in counts),
        "corrected": sum(corrected for _, corrected in counts),
        "seconds": round(time.monotonic() - start, 1),
        "classes": len(names),
        "first_photographs": sum(len(files) for files in first.values()),
        "captures": len(rest),
        "test_photographs": sum(len(photographs(given.folder / "test" / name)) for name in names),
        "promoted": promoted,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
