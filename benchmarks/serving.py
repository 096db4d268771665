"""How near the service comes to the speed of the bare model: through the queue, over HTTP, and for one capture alone.

usage: serving.py [--captures 50000] [--rounds 3] [--size 1280x720]

The bare loop decodes the same JPEGs and runs the same model file in as many threads, as many at a time as the service
does, without a database; it takes turns with the service, whose every process is real. `one_by_one` is the same loop
without batches, as a plain HTTP wrapper would run it. The model is an untrained ResNet-18 in fp32 at 96 pixels.
Memory is watched over `--captures` captures of small pictures by a small model, so that so many come through in
minutes.
Prints one JSON line last: bare_per_second, queue_ratio, http_ratio, idle_extra_p95_ms, memory_growth_mb and more.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from installation import ROOT, Installation, running
from serving_load import another, jpeg, send

PICTURES = 64
QUEUE_CAPTURES, HTTP_CAPTURES, LONE_CAPTURES = 3000, 800, 150
LONGEST_WAIT_SECONDS = 900
CAMERAS, WAITING_CLIENTS = 8, 100
SETTLED_AFTER = 5000
"""Captures until pools, caches and arenas have their size; growth is counted from there."""
LABELS = ("empty", "full", "low", "wrong")
POLICY = {"threshold": 0.1, "audit_share": 0.05, "queue": "review"}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Bare:
    """The loop without a service: threads that each decode a few JPEGs and run the model on them."""

    def __init__(self, model: bytes) -> None:
        from inference import runtimes

        self.threads = len(os.sched_getaffinity(0))
        self.runtime = runtimes.load("onnx", model, threads=1)

    def per_second(self, files: list[bytes], count: int, part: int = 0) -> float:
        from inference.imaging import to_array
        from inference.services.scoring import PART

        part = part or PART

        def one(first: int) -> None:
            chosen = [files[at % len(files)] for at in range(first, min(first + part, count))]
            self.runtime.predict(np.stack([to_array(data, self.runtime.preprocessing) for data in chosen]))

        begun = time.perf_counter()
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(one, range(0, count, part)))
        return count / (time.perf_counter() - begun)


class Shop:
    """One project of the installation, with a model that serves, and its captures."""

    def __init__(self, installation: Installation, slug: str, model: Path) -> None:
        from inference.services.models import register, set_champion
        from labeling.models import Source
        from people.models import Project

        scopes = "ingest,answer,read,admin"
        self.installation, self.slug = installation, slug
        self.token = installation.manage(
            "create_token", "engineer", "--role", "engineer", "--project", slug, "--scope", scopes
        )
        client = installation.client(self.token)
        labels = [{"key": key, "name": key} for key in LABELS]
        client.post(
            "projects/",
            json={"slug": slug, "name": slug, "task_type": "classification", "labels": labels},
        )
        with contextlib.suppress(SystemExit):
            client.post("sites/", json={"key": "store", "name": "Store", "timezone": "UTC"})
        client.post(
            f"projects/{slug}/sources/",
            json={"key": "camera", "name": "Camera", "site": "store", "kind": "camera"},
        )
        client.post(f"projects/{slug}/policies/", json=POLICY)
        self.project = Project.objects.get(slug=slug)
        self.source = Source.objects.get(project=self.project)
        set_champion(project=self.project, model=register(project=self.project, onnx=model))

    def keep(self, files: list[bytes]) -> list[Any]:
        from labeling.services import images

        return [images.store(project=self.project, data=data, source=self.source)[0] for data in files]

    def queue(self, images: list[Any], count: int) -> list[Any]:
        """So many captures of the images, there all at once."""
        from django.db import transaction
        from django.utils import timezone

        from inference.models import Capture
        from people.services.announcements import CAPTURES, announce

        now = timezone.now()
        captures = [
            Capture(project=self.project, source=self.source, image=images[at % len(images)], captured_at=now)
            for at in range(count)
        ]
        with transaction.atomic():
            Capture.objects.bulk_create(captures, batch_size=1000)
            announce(CAPTURES, "captures.received", [])
        return captures

    def wait(self) -> None:
        """Until nothing of it is pending; every capture must have been predicted and routed once."""
        from inference.models import Capture

        until = time.monotonic() + LONGEST_WAIT_SECONDS
        while Capture.objects.filter(project=self.project, state="pending").exists():
            if time.monotonic() > until:
                raise SystemExit(f"{self.slug}: captures still wait after {LONGEST_WAIT_SECONDS} seconds")
            time.sleep(0.05)

    def check(self) -> None:
        from feedback.models import RoutingDecision
        from inference.models import Capture, Prediction

        sent = Capture.objects.filter(project=self.project).count()
        predicted = Prediction.objects.filter(project=self.project).count()
        routed = RoutingDecision.objects.filter(project_id=self.project.pk).count()
        if not sent == predicted == routed:
            raise SystemExit(f"{self.slug}: {sent} captures, {predicted} predictions, {routed} decisions")


def through_the_queue(shop: Shop, images: list[Any], count: int) -> float:
    shop.queue(images, count)
    begun = time.perf_counter()
    shop.wait()
    return count / (time.perf_counter() - begun)


def over_http(shop: Shop, files: list[bytes], count: int, number: Iterator[int]) -> float:
    fresh = [another(files[at % len(files)], next(number)) for at in range(count)]
    begun = time.perf_counter()
    send(shop.installation.address, shop.token, shop.slug, "camera", fresh, cameras=CAMERAS)
    shop.wait()
    return count / (time.perf_counter() - begun)


def alone(shop: Shop, images: list[Any]) -> list[float]:
    """Milliseconds of each lone capture from its commit until its end was announced, less the model's own time."""
    import psycopg

    from inference.models import Prediction
    from people.services.announcements import CHANNEL
    from people.services.listening import connection_parameters

    extra = []
    with psycopg.connect(**connection_parameters(), autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        for at in range(LONE_CAPTURES):
            (capture,) = shop.queue([images[at % len(images)]], 1)
            begun = time.perf_counter()
            for message in listener.notifies(timeout=10):
                said = json.loads(message.payload)
                if said["event"] == "captures.finished" and str(capture.pk) in said["ids"]:
                    break
            took = 1000 * (time.perf_counter() - begun)
            extra.append(took - Prediction.objects.get(capture=capture).latency_ms)
            time.sleep(0.02)
    return extra


def inference_megabytes() -> float:
    """What the inference process holds in memory (resident, without what it shares with files)."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        if process.cmdline()[-2:] == ["manage.py", "inference"]:
            used = process.memory_info()
            return (used.rss - used.shared) / 2**20
    raise SystemExit("there is no inference process")


def memory(shop: Shop, images: list[Any], count: int) -> tuple[float, float]:
    """Growth in MB over so many captures, and captures per second."""
    through_the_queue(shop, images, SETTLED_AFTER)
    before, begun, done = inference_megabytes(), time.perf_counter(), 0
    while done < count:
        through_the_queue(shop, images, now := min(5000, count - done))
        done += now
        say(f"memory: {done} captures, {inference_megabytes() - before:+.1f} MB")
    return inference_megabytes() - before, count / (time.perf_counter() - begun)


def django_of(installation: Installation) -> None:
    """Let this process know the installation's database."""
    os.environ.update(installation.environment, DJANGO_SETTINGS_MODULE="config.settings")
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()


def measure(given: argparse.Namespace, installation: Installation, folder: Path) -> dict[str, Any]:
    width, height = map(int, given.size.split("x"))
    files = [jpeg(seed, width, height) for seed in range(PICTURES)]
    shop = Shop(installation, "photographs", folder / "resnet18.onnx")
    bare, images = Bare((folder / "resnet18.onnx").read_bytes()), shop.keep(files)
    numbers = iter(range(10**9))
    through_the_queue(shop, images, 200)
    over_http(shop, files, 100, numbers)
    rounds: list[dict[str, float]] = []
    for turn in range(given.rounds):
        before = bare.per_second(files, QUEUE_CAPTURES)
        queued = through_the_queue(shop, images, QUEUE_CAPTURES)
        between = bare.per_second(files, QUEUE_CAPTURES)
        single = bare.per_second(files, QUEUE_CAPTURES // 2, 1)
        sent = over_http(shop, files, HTTP_CAPTURES, numbers)
        after = bare.per_second(files, QUEUE_CAPTURES)
        rounds.append(
            {
                "bare": (before + between + after) / 3,
                "one_by_one": single,
                "queue": queued,
                "http": sent,
                "queue_ratio": queued / ((before + between) / 2),
                "http_ratio": sent / ((between + after) / 2),
                "http_ratio_one_by_one": sent / single,
            }
        )
        say(f"round {turn + 1}: " + ", ".join(f"{name} {value:.3g}" for name, value in rounds[-1].items()))
    extra = alone(shop, images)
    crowd = [another(files[at % len(files)], next(numbers)) for at in range(5 * WAITING_CLIENTS)]
    waited = send(
        installation.address, shop.token, shop.slug, "camera", crowd, cameras=WAITING_CLIENTS, wait=20
    )
    shop.wait()
    shop.check()
    middle = {name: statistics.median(turn[name] for turn in rounds) for name in rounds[0]}
    small = Shop(installation, "small", folder / "small.onnx")
    growth, small_per_second = memory(small, small.keep([jpeg(s, 64, 48) for s in range(64)]), given.captures)
    small.check()
    return {
        "bare_per_second": round(middle["bare"], 1),
        "one_by_one_per_second": round(middle["one_by_one"], 1),
        "queue_per_second": round(middle["queue"], 1),
        "http_per_second": round(middle["http"], 1),
        "queue_ratio": round(middle["queue_ratio"], 3),
        "http_ratio": round(middle["http_ratio"], 3),
        "http_ratio_one_by_one": round(middle["http_ratio_one_by_one"], 3),
        "idle_extra_p50_ms": round(float(np.quantile(extra, 0.5)), 1),
        "idle_extra_p95_ms": round(float(np.quantile(extra, 0.95)), 1),
        "wait_clients": WAITING_CLIENTS,
        "wait_answered_share": waited.answered / len(waited.seconds),
        "wait_p50_ms": round(1000 * float(np.quantile(waited.seconds, 0.5))),
        "wait_p95_ms": round(1000 * float(np.quantile(waited.seconds, 0.95))),
        "memory_growth_mb": round(growth, 1),
        "memory_captures": given.captures,
        "memory_captures_per_second": round(small_per_second),
        "threads": bare.threads,
        "image_kilobytes": round(statistics.mean(map(len, files)) / 1000),
        "image_size": given.size,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=50_000, help="over which memory is watched")
    parser.add_argument("--rounds", type=int, default=3, help="of bare loop, queue and HTTP in turn")
    parser.add_argument("--size", default="1280x720", help="of the JPEGs")
    given = parser.parse_args()
    sys.path.append(str(ROOT))
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vouch-models-") as folder:
        for name, size in (("resnet18", 96), ("small", 32)):
            script = [sys.executable, "benchmarks/serving_model.py", f"{folder}/{name}.onnx", str(size), name]
            subprocess.run(script, cwd=ROOT, check=True)
        with running() as installation:
            django_of(installation)
            figures = measure(given, installation, Path(folder))
            from django.db import connections

            connections.close_all()
    print(json.dumps({**figures, "seconds": round(time.monotonic() - begun)}))


if __name__ == "__main__":
    main()
