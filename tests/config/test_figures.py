"""The figures that Prometheus reads: each stage, what waits and for how long, and that what watches them names them."""

import json
import re
from datetime import timedelta

import psycopg
import pytest
import yaml
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from config.watching.exposition import text_of
from config.watching.figures import LISTENING, Figures, figures
from inference.models import Capture
from labeling.models import Queue, Slot, Task
from labeling.services import leases
from labeling.services.answers import Said, record_answer
from people.enums import AlarmKind
from people.models import Delivery, Webhook
from people.services.alarms import raise_alarm
from people.services.listening import connection_parameters
from tests.config.processes import ROOT
from tests.factories.feedback import RoutingDecisionFactory
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import open_task, project_with
from tests.factories.people import member

pytestmark = pytest.mark.django_db
WATCHERS = ROOT / "docs" / "operations"


@pytest.fixture
def project():
    return project_with()


def figure(project, name, **labels):
    """What the page says of the project, or of the installation where `project` is None; None where nothing."""
    said = text_of(figures([project.pk] if project else [])).decode()
    given = dict(labels, project=project.slug) if project else labels
    inside = ",".join(f'{key}="{value}"' for key, value in sorted(given.items()))
    found = re.search(rf"^{re.escape(f'{name}{{{inside}}}')} (\S+)$", said, re.MULTILINE)
    return float(found[1]) if found else None


def recent(project):
    said = figures([project.pk]).stages
    return {stage: count for _, stage, count in said if count}


def test_each_stage_counts_what_came_to_it_lately(project):
    model = ModelVersionFactory(project=project)
    CaptureFactory(project=project)
    CaptureFactory(project=project, state="failed", failure="broken")
    assert recent(project) == {"received": 2, "failed": 1}
    prediction = PredictionFactory(capture__project=project, model=model)
    RoutingDecisionFactory(prediction=prediction)
    assert recent(project) == {"received": 3, "failed": 1, "predicted": 1, "routed": 1}

    annotator, queue = member(project, "annotator"), project.queues.get(name="review")
    tasks = [open_task(queue), open_task(queue)]
    held = {task.pk: lease for task, lease in leases.claim(user=annotator, queue=queue, count=2)}
    assert recent(project)["claimed"] == 2
    assert figure(project, "vouch_tasks_held", queue="review") == 2
    task = tasks[0]
    said = Said(client_id=task.pk, verdict="label", value={"label": "in_stock"}, seconds=1.0)
    record_answer(user=annotator, task=task, lease=held[task.pk].token, said=said)
    assert {stage: recent(project)[stage] for stage in ("claimed", "answered", "resolved")} == {
        "claimed": 2,
        "answered": 1,
        "resolved": 1,
    }
    assert figure(project, "vouch_tasks_held", queue="review") == 1
    # Of other projects nothing is told.
    assert recent(project_with()) == {}


def test_what_came_long_ago_is_not_recent(project):
    before = timezone.now() - timedelta(minutes=6)
    old = CaptureFactory(project=project)
    number = (int(before.timestamp() * 1000) << 80) | (old.pk.int & (1 << 80) - 1)
    Capture.objects.filter(pk=old.pk).update(id=f"{number:032x}")
    assert recent(project) == {}
    assert figure(project, "vouch_captures_pending") == 1


def test_what_waits_is_counted_and_how_long_it_has(project):
    for minutes in (7, 3):
        waiting = CaptureFactory(project=project)
        Capture.objects.filter(pk=waiting.pk).update(received_at=timezone.now() - timedelta(minutes=minutes))
    assert figure(project, "vouch_captures_pending") == 2
    assert figure(project, "vouch_capture_oldest_seconds") == pytest.approx(420, abs=30)
    queue = project.queues.get(name="review")
    late, _ = open_task(queue), open_task(queue)
    hour = timezone.now() - timedelta(hours=1)
    Task.objects.filter(pk=late.pk).update(created_at=hour, due_at=hour)
    assert figure(project, "vouch_tasks_open", queue="review") == 2
    assert figure(project, "vouch_tasks_late", queue="review") == 1
    assert figure(project, "vouch_task_oldest_seconds", queue="review") == pytest.approx(3600, abs=30)
    assert figure(project, "vouch_tasks_open", queue="audit") == 0
    Queue.objects.filter(pk=queue.pk).update(closed_at=timezone.now())
    assert figure(project, "vouch_tasks_open", queue="review") is None


def test_a_lease_that_ran_out_is_not_held(project):
    annotator, queue = member(project, "annotator"), project.queues.get(name="review")
    open_task(queue)
    leases.claim(user=annotator, queue=queue)
    Slot.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert figure(project, "vouch_tasks_held", queue="review") == 0


def test_latency_is_a_histogram_of_what_the_predictions_say(project):
    model = ModelVersionFactory(project=project)
    arrived = timezone.now() - timedelta(seconds=20)
    for milliseconds, waited in ((4, 0.2), (30, 0.3), (40, 20)):
        prediction = PredictionFactory(capture__project=project, model=model, latency_ms=milliseconds)
        times = {"received_at": arrived, "finished_at": arrived + timedelta(seconds=waited)}
        Capture.objects.filter(pk=prediction.capture_id).update(**times)

    def bucket(name, bound):
        return figure(project, f"{name}_bucket", model=str(model.number), le=bound)

    assert [bucket("vouch_model_latency_seconds", bound) for bound in ("0.005", "0.025", "0.05", "+Inf")] == [
        1,
        1,
        3,
        3,
    ]
    assert [bucket("vouch_prediction_wait_seconds", bound) for bound in ("0.25", "0.5", "+Inf")] == [1, 2, 3]
    total = figure(project, "vouch_model_latency_seconds_gsum", model=str(model.number))
    assert total == pytest.approx(0.074)


def test_alarms_webhooks_jobs_and_a_missing_champion_are_counted(project):
    raise_alarm(project=project, kind=AlarmKind.DRIFT, words="It is darker.")
    assert figure(project, "vouch_alarms_open", kind="drift", severity="warning") == 1
    webhook = Webhook.objects.create(project=project, url="https://example.com", events=[])
    soon = timezone.now() + timedelta(hours=1)
    for due in (timezone.now() - timedelta(minutes=2), soon):
        Delivery.objects.create(webhook=webhook, event="ping", body="{}", next_at=due)
    assert figure(project, "vouch_webhooks_due") == 1
    assert figure(project, "vouch_webhook_oldest_seconds") == pytest.approx(120, abs=30)
    assert figure(project, "vouch_without_champion") == 1
    ModelVersionFactory(project=project, stage="champion")
    assert figure(project, "vouch_without_champion") == 0

    before = figure(None, "vouch_jobs", queue="training", status="todo") or 0
    job = app.configure_task("inference.train", queue="training").defer(run_id="1")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '5 min' WHERE job_id = %s", [job]
        )
    assert figure(None, "vouch_jobs", queue="training", status="todo") == before + 1
    assert figure(None, "vouch_job_oldest_seconds", queue="training") >= 300


def test_processes_are_counted_by_what_they_do_now():
    def counted(kind):
        # A test is one transaction, and in one PostgreSQL's statistics stand still.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
        return figure(None, "vouch_processes", kind=kind)

    before = counted("inference")
    with psycopg.connect(**connection_parameters(), autocommit=True) as listening:
        listening.execute(LISTENING)
        assert counted("inference") == before + 1
    before = counted("worker")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()), (now() - interval '2 min')"
        )
    assert counted("worker") == before + 1


def test_asking_costs_the_same_however_many_projects(django_assert_num_queries):
    projects = [project_with().pk for _ in range(3)]
    for some in (projects[:1], projects):
        with django_assert_num_queries(11):
            figures(some)


def told():
    """Every name that the page may say."""
    one = {field: [] for field in Figures.__dataclass_fields__}
    rows = {
        "model_times": [("p", "1", 0, 1, 0.1)],
        "waiting_times": [("p", "1", 0, 1, 0.1)],
        "stages": [("p", "received", 1)],
        "pending": [("p", 1, 1.0)],
        "queues": [("p", "q", 1, 1.0, 1, 1)],
        "alarms": [("p", "drift", "warning", 1)],
        "webhooks": [("p", 1, 1.0)],
        "without_champion": [("p", 1)],
        "jobs": [("q", "todo", 1)],
        "job_waits": [("q", 1.0)],
        "processes": [("inference", 1)],
    }
    page = text_of(Figures(**{**one, **rows})).decode()
    return {line.split("{")[0].split(" ")[0] for line in page.splitlines() if not line.startswith("#")}


def test_every_metric_that_rules_and_the_dashboard_name_is_there():
    rules = yaml.safe_load((WATCHERS / "prometheus" / "alerts.yml").read_text())
    dashboard = json.loads((WATCHERS / "grafana" / "vouch.json").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    asked += [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(asked) > 20
    assert {name for words in asked for name in re.findall(r"\bvouch_\w+", words)} - told() == set()


def test_every_metric_is_on_the_dashboard_and_documented():
    dashboard = (WATCHERS / "grafana" / "vouch.json").read_text()
    page = (WATCHERS / "watching.md").read_text()
    for name in {re.sub("_(gcount|gsum|bucket)$", "", name) for name in told()}:
        assert name in dashboard, name
        assert f"`{name}`" in page, name
