"""How fast is a report's page of a project with a million answers, from its own database?

usage: agreement_page.py FILE.npz, holding item, annotator and label of each answer, as agreement.py writes it. Makes a
throwaway server with that project in it: images of 12 cameras with four facts of context each, two versions of the
guideline, half a year of answers. Prints one JSON line: page_cold_seconds (nothing computed before, statistics of the
planner fresh), page_warm_ms (the same again, the median of 5), after_one_answer_ms (one more answer stored, then the
page, the median of 5), answer_ms (storing it; the median too).
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
START = datetime(2026, 1, 5, tzinfo=UTC)
CAMERAS, SITES = 12, 4
CONTEXT = {
    "lighting": ("day", "dusk", "night"),
    "season": ("winter", "spring"),
    "weather": ("clear", "rain", "snow"),
    "shift": ("early", "late"),
}

A_STATEMENT = 50_000
IMAGE = (
    "id, project_id, sha256, storage, key, media_type, bytes, width, height, filename, source_id,"
    ' "group", split, context'
)
TASK = "id, project_id, queue_id, image_id, site_id, state, extra_answers, priority, created_at, closed_at"
ANSWER = (
    "id, project_id, task_id, user_id, client_id, state, verdict, value, words, guideline_id, shown, seconds,"
    " idle_seconds, created_at"
)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def uuids(kind: int, count: int) -> list[str]:
    """Ids that grow, like those of version 7."""
    base = int(START.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | kind << 56
    return [str(uuid.UUID(int=base + (number << 80))) for number in range(count)]


def copied(cursor: Any, table: str, columns: str, count: int, row: Callable[[int], tuple[Any, ...]]) -> None:
    """Rows 0 to `count` of the table, in statements short enough for a slow machine."""
    for start in range(0, count, A_STATEMENT):
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as rows:
            for n in range(start, min(start + A_STATEMENT, count)):
                rows.write_row(row(n))
        say(f"{table}: {min(start + A_STATEMENT, count):,} of {count:,}")


def fill(item: Any, annotator: Any, label: Any, seed: int = 0) -> Any:
    """The project with these answers; returns it."""
    from django.db import connection

    from labeling.models import GuidelineVersion, Label, Queue, Source
    from people.models import Membership, Project, Site, User

    chance = np.random.default_rng(seed)
    project = Project.objects.create(slug="million", name="Million", task_type="classification")
    labels = [
        Label.objects.create(project=project, key=f"label-{place}", name=f"Label {place}", position=place)
        for place in range(int(label.max()) + 1)
    ]
    people = User.objects.bulk_create(
        [User(username=f"annotator-{number}") for number in range(int(annotator.max()) + 1)]
    )
    lead = User.objects.create(username="lead")
    Membership.objects.create(user=lead, project=project, role="qa_lead")
    sites = [
        Site.objects.create(key=f"site-{n}", name=f"Site {n}", timezone="Europe/Stockholm")
        for n in range(SITES)
    ]
    sources = [
        Source.objects.create(project=project, key=f"camera-{n}", name=f"Camera {n}", site=sites[n % SITES])
        for n in range(CAMERAS)
    ]
    queue = Queue.objects.create(project=project, name="review", audience="annotator", answers_required=3)
    versions = [
        GuidelineVersion.objects.create(
            project=project, number=n + 1, published_at=START + timedelta(weeks=12 * n)
        )
        for n in range(2)
    ]
    items = int(item.max()) + 1
    images, tasks = uuids(1, items), uuids(2, items)
    facts = {key: chance.integers(len(values), size=items) for key, values in CONTEXT.items()}
    span = timedelta(weeks=26) / items
    values = [json.dumps({"label": each.key}) for each in labels]
    seconds = np.round(chance.gamma(3, 1.5, size=len(item)), 1)
    answers = uuids(3, len(item))

    def image_row(n: int) -> tuple[Any, ...]:
        context = json.dumps({key: known[facts[key][n]] for key, known in CONTEXT.items()})
        source = sources[n % CAMERAS].pk
        return (images[n], project.pk, f"{n:064x}", "default", f"{n}", "image/jpeg", 1, 64, 48, "", source, "", "",
                context)  # fmt: skip

    def task_row(n: int) -> tuple[Any, ...]:
        return tasks[n], project.pk, queue.pk, images[n], 0, "resolved", 0, 0, START, START + span * n

    def answer_row(n: int) -> tuple[Any, ...]:
        at = START + span * int(item[n])
        version = versions[at >= START + timedelta(weeks=12)].pk
        shown = '{"blind": true, "proposal": null}'
        return (answers[n], project.pk, tasks[item[n]], people[annotator[n]].pk, answers[n], "counted", "label",
                values[label[n]], "", version, shown, float(seconds[n]), 0, at)  # fmt: skip

    with connection.cursor() as cursor:
        copied(cursor, "labeling_image", IMAGE, items, image_row)
        copied(cursor, "labeling_task", TASK, items, task_row)
        copied(cursor, "labeling_answer", ANSWER, len(item), answer_row)
        # As autovacuum would have left it.
        cursor.execute("VACUUM (ANALYZE)")
    return project


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measured(project: Any) -> dict[str, float]:
    """Times of the page as the lead's browser would ask for it, but for the way there."""
    from django.test import Client

    from labeling.models import Answer, Task
    from people.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="lead"))
    task = Task.objects.filter(project=project).first()
    people = iter(User.objects.filter(username__startswith="annotator-").order_by("pk"))

    def page() -> None:
        answer = client.get(f"/p/{project.slug}/agreement/")
        if answer.status_code != 200:
            raise SystemExit(f"The page answers {answer.status_code}.")

    def answer() -> None:
        Answer.objects.create(
            project=project,
            task=task,
            user=next(people),
            client_id=uuid.uuid4(),
            verdict="label",
            value={"label": "label-1"},
            seconds=3,
        )

    # What is loaded once a process, by whichever page comes first.
    client.get("/")
    cold = seconds(page)
    say(f"cold {cold:.2f} s")
    warm = [seconds(page) for _ in range(5)]
    stored, after = [], []
    for _ in range(5):
        stored.append(seconds(answer))
        after.append(seconds(page))
    return {
        "page_cold_seconds": round(cold, 3),
        "page_warm_ms": round(statistics.median(warm) * 1000, 1),
        "after_one_answer_ms": round(statistics.median(after) * 1000, 1),
        "answer_ms": round(statistics.median(stored) * 1000, 2),
    }


def main() -> None:
    var = Path(tempfile.mkdtemp(prefix="vouch-benchmark-"))
    os.environ["VOUCH_VAR"] = str(var)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.pop("DATABASE_URL", None)
    from config.postgres import Server

    server = Server(var, throwaway=True)
    server.ensure()
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        with np.load(sys.argv[1]) as file:
            say("filling the database")
            took = time.perf_counter()
            project = fill(file["item"], file["annotator"], file["label"])
            say(f"filled in {time.perf_counter() - took:.0f} s")
        print(json.dumps(measured(project)))
    finally:
        server.release()
        shutil.rmtree(var, ignore_errors=True)


if __name__ == "__main__":
    main()
