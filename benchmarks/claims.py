"""What benchmarks/queue.py does: the claim statement timed in several states of a queue, then a crowd over HTTP."""

import argparse
import json
import os
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from claim_crowd import LABELS, crowd
from claim_tables import Tables
from installation import ROOT, Installation, running

PROJECT = "crowd"
CLAIMS = 2000
AT_1000 = 600
THREADS = 4
PEOPLE = 64


def milliseconds(seconds: list[float], share: float) -> float:
    return round(1000 * float(np.quantile(seconds, share)), 3)


class Queue:
    """One queue and the people who take from it, by the statement that the service uses."""

    def __init__(self, queue: Any, people: list[Any]) -> None:
        self.queue = queue
        self.people = people
        self.turn = 0

    def claims(self, count: int, user: Any = None) -> list[float]:
        """Seconds of each of so many claims, by one person or by all in turn; what is taken is answered."""
        from django.db import connection, transaction

        from labeling.queries import claim, frontiers

        taken, seconds = 0, []
        while taken < count:
            self.turn += 1
            person = user or self.people[self.turn % len(self.people)]
            terms = {"queue": self.queue.pk, "site": 0, "user": person.pk, "guideline": None, "seconds": 300}
            with transaction.atomic():
                start = time.perf_counter()
                held = claim.take_next(**terms, secret=secrets.token_urlsafe(12))
                seconds.append(time.perf_counter() - start)
                frontiers.move_now_and_then(user=person, queue_id=self.queue.pk, site_id=0, claims=1)
            if held is None:
                raise SystemExit(f"{person} got nothing from {self.queue} after {taken} claims")
            with connection.cursor() as cursor:
                cursor.execute("UPDATE labeling_slot SET answered_at = now() WHERE id = %s", [held.slot_id])
            taken += 1
        return seconds


def in_threads(queue: Queue, count: int) -> tuple[float, list[float]]:
    """How many claims a second that many threads make together, each with people of its own, and their seconds."""
    from django.db import connection

    def one(number: int) -> list[float]:
        try:
            return Queue(queue.queue, queue.people[number::THREADS]).claims(count // THREADS)
        finally:
            connection.close()

    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        seconds = [second for mine in pool.map(one, range(THREADS)) for second in mine]
    return len(seconds) / (time.perf_counter() - start), seconds


def set_up(installation: Installation) -> Any:
    """The project, once this process knows the installation's database."""
    installation.manage(
        "create_token", "lead", "--role", "engineer", "--project", PROJECT, "--scope", "admin"
    )
    os.environ.update(installation.environment, DJANGO_SETTINGS_MODULE="config.settings")
    os.environ.pop("DATABASE_URL", None)
    sys.path.append(str(ROOT))
    import django

    django.setup()
    from labeling.services.projects import create_project
    from people.enums import TaskType
    from people.models import User

    labels = [{"key": key, "name": key} for key in LABELS]
    return create_project(
        user=User.objects.get(username="lead"),
        slug=PROJECT,
        name="Crowd",
        task_type=TaskType.CLASSIFICATION,
        labels=labels,
        reserved=True,
    )


def annotators(project: Any, count: int, name: str) -> list[tuple[Any, str]]:
    """New people of the project, each with a token."""
    from people.enums import Role, Scope
    from people.models import User
    from people.services.tokens import create_token

    people = []
    for number in range(count):
        user = User.objects.create(username=f"{name}{number}")
        terms = {"role": Role.ANNOTATOR, "project": project, "slug": PROJECT, "scopes": [Scope.ANSWER]}
        people.append((user, create_token(user=user, **terms)[1]))
    return people


def open_queue(project: Any, name: str) -> Any:
    from labeling.models import Queue as QueueRow

    return QueueRow.objects.create(project=project, name=name, audience="annotator", answers_required=2)


def statements(given: argparse.Namespace, project: Any, tables: Tables) -> dict[str, Any]:
    """The claim statement at 1,000 tasks and at `given.tasks`, for newcomers and for who did much."""
    people = [user for user, _ in annotators(project, PEOPLE, "person")]
    small = Queue(open_queue(project, "small"), people)
    tables.fill(project.pk, small.queue.pk, 1000, "1,000 tasks")
    at_1000 = small.claims(AT_1000)

    large = Queue(open_queue(project, "large"), people)
    tables.fill(project.pk, large.queue.pk, given.tasks, "all tasks")
    tables.opened_yesterday(large.queue.pk)
    waiting = "SELECT count(DISTINCT task_id) FROM labeling_slot WHERE queue_id = %s AND answered_at IS NULL"
    found = {"open": tables.one(waiting, large.queue.pk)}
    newcomers = large.claims(CLAIMS)
    tables.expire_first(large.queue.pk, people[0].pk, given.expired)
    expired = large.claims(given.expired)
    rate, threads = in_threads(large, CLAIMS)

    (veteran, _), (newcomer, _) = annotators(project, 2, "veteran")
    tables.answer_first(large.queue.pk, veteran.pk, given.answered)
    first = large.claims(1, veteran)
    from labeling.queries.frontiers import move

    move(user=veteran, queue_id=large.queue.pk, site_id=0)
    done = large.claims(CLAIMS, veteran)
    after = large.claims(CLAIMS, newcomer)
    return found | {
        "claim_p50_ms": milliseconds(newcomers, 0.5),
        "claim_p95_ms": milliseconds(newcomers, 0.95),
        "claim_p95_ms_at_1000": milliseconds(at_1000, 0.95),
        "claim_p95_ms_with_expired_leases": milliseconds(expired, 0.95),
        "claim_p95_ms_after_100000_answers": milliseconds(done, 0.95),
        "claim_ms_after_100000_answers_without_frontier": milliseconds(first, 0.5),
        "claim_p95_ms_of_a_newcomer_after_them": milliseconds(after, 0.95),
        "claims_per_second": round(rate),
        "claim_p95_ms_in_threads": milliseconds(threads, 0.95),
        "expired": given.expired,
        "answered": given.answered,
    }


def over_http(given: argparse.Namespace, project: Any, tables: Tables, address: str) -> dict[str, Any]:
    """A crowd at a queue of its own, beside the million; what they were told against what the tables hold."""
    queue = open_queue(project, "http")
    tables.fill(project.pk, queue.pk, given.http_tasks, "tasks over HTTP")
    tokens = [token for _, token in annotators(project, given.clients, "client")]
    seconds, people = crowd(address, str(queue.pk), tokens, 2 * given.http_tasks)

    slots = [slot for person in people for slot in person.slots]
    told = [answer for person in people for answer in person.answers]
    kept = tables.one(
        "SELECT count(*) FROM labeling_answer WHERE state = 'counted' AND id = ANY(%s::uuid[])", told
    )
    twice = tables.one(
        """
        SELECT coalesce(sum(answers - people), 0) + coalesce(sum(greatest(answers - 2, 0)), 0)
        FROM (
            SELECT count(*) AS answers, count(DISTINCT user_id) AS people
            FROM labeling_answer AS answer JOIN labeling_task AS task ON task.id = answer.task_id
            WHERE task.queue_id = %s GROUP BY task.id
        ) AS each
        """,
        queue.pk,
    )
    resolved = "SELECT count(*) FROM labeling_task WHERE queue_id = %s AND state = 'resolved'"
    unresolved = given.http_tasks - tables.one(resolved, queue.pk)
    pairs = [second for person in people for second in person.seconds]
    return {
        "clients": given.clients,
        "http_answers": len(told),
        "http_answers_per_second": round(len(told) / seconds, 1),
        "http_p50_ms": milliseconds(pairs, 0.5),
        "http_p95_ms": milliseconds(pairs, 0.95),
        "fewest_answers_of_a_client": min(len(person.answers) for person in people),
        "longest_wait_ms": round(1000 * max(person.longest_wait_seconds for person in people)),
        "duplicates": len(slots) - len(set(slots)) + len(told) - len(set(told)) + int(twice),
        "lost": len(set(told)) - kept + unresolved,
    }


def main(words: str | None) -> None:
    parser = argparse.ArgumentParser(description=words, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--answered", type=int, default=100_000)
    parser.add_argument("--expired", type=int, default=5000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--http-tasks", type=int, default=1500)
    given = parser.parse_args()
    start = time.monotonic()
    with running() as installation:
        project = set_up(installation)
        from django.conf import settings
        from django.db import connections

        database = settings.DATABASES["default"]
        tables = Tables(database["NAME"], database["HOST"])
        figures = statements(given, project, tables)
        figures |= over_http(given, project, tables, installation.address)
        tables.connection.close()
        connections.close_all()
    print(json.dumps(figures | {"seconds": round(time.monotonic() - start, 1)}))
