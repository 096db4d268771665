"""The figures in Prometheus' words."""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily, Metric

from config.watching.figures import (
    BUCKETS,
    MOST_OPEN,
    MOST_PENDING,
    MOST_RECENT,
    MOST_TIMED,
    RECENT,
    Figures,
)

MINUTES = RECENT.seconds // 60


class Exposition:
    """A prometheus_client collector of figures that are there already."""

    def __init__(self, found: Figures) -> None:
        self.found = found

    def collect(self) -> Iterator[Metric]:
        found = self.found
        project, queue = ["project"], ["project", "queue"]
        yield _gauge(
            "vouch_recent",
            f"What came to each stage in the last {MINUTES} minutes, counted up to {MOST_RECENT}.",
            ["project", "stage"],
            found.stages,
        )
        yield _gauge(
            "vouch_captures_pending",
            f"Captures waiting for a prediction, counted up to {MOST_PENDING}.",
            project,
            _column(found.pending, 1, 1),
        )
        yield _gauge(
            "vouch_capture_oldest_seconds",
            "For how long the oldest pending capture has waited.",
            project,
            _column(found.pending, 1, 2),
        )
        for place, name, words in (
            (2, "vouch_tasks_open", f"Open tasks, counted up to {MOST_OPEN} a queue."),
            (3, "vouch_task_oldest_seconds", "For how long the oldest open task has waited."),
            (4, "vouch_tasks_late", f"Open tasks past their time, counted up to {MOST_OPEN} a queue."),
            (5, "vouch_tasks_held", "Places for an answer that somebody holds now."),
        ):
            yield _gauge(name, words, queue, _column(found.queues, 2, place))
        yield _histogram(
            "vouch_model_latency_seconds",
            "The model's share of a capture's time",
            found.model_times,
        )
        yield _histogram(
            "vouch_prediction_wait_seconds",
            "From the arrival of a capture to its prediction",
            found.waiting_times,
        )
        yield _gauge(
            "vouch_alarms_open",
            "Alarms that nobody has settled.",
            ["project", "kind", "severity"],
            found.alarms,
        )
        yield _gauge(
            "vouch_webhooks_due",
            f"Messages to webhooks that are due, of the {MOST_OPEN} that are so longest.",
            project,
            _column(found.webhooks, 1, 1),
        )
        yield _gauge(
            "vouch_webhook_oldest_seconds",
            "For how long the oldest of them has been due.",
            project,
            _column(found.webhooks, 1, 2),
        )
        yield _gauge("vouch_without_champion", "1 where no model serves.", project, found.without_champion)
        yield _gauge(
            "vouch_jobs", "Jobs of the workers; failed ones of three days.", ["queue", "status"], found.jobs
        )
        yield _gauge(
            "vouch_job_oldest_seconds",
            "For how long the oldest job that could begin has waited.",
            ["queue"],
            found.job_waits,
        )
        yield _gauge("vouch_processes", "Processes at work, by kind.", ["kind"], found.processes)
        if isinstance(default_storage, FileSystemStorage) and settings.MEDIA_ROOT.exists():
            free = shutil.disk_usage(settings.MEDIA_ROOT).free
            yield GaugeMetricFamily("vouch_storage_free_bytes", "Room left where media are kept.", value=free)


def text_of(found: Figures) -> bytes:
    """The page that Prometheus reads, version 0.0.4 of its format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Exposition(found))
    return generate_latest(registry)


def _gauge(name: str, words: str, labels: Sequence[str], rows: Sequence[Sequence[Any]]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels)
    for *values, figure in rows:
        family.add_metric(values, figure)
    return family


def _column(rows: Sequence[Sequence[Any]], labels: int, place: int) -> list[list[Any]]:
    return [[*row[:labels], row[place]] for row in rows]


def _histogram(name: str, words: str, rows: Sequence[Sequence[Any]]) -> Metric:
    """Of rows (project, model, bucket 0.., count, sum); a window's, so that it is no counter."""
    family = GaugeHistogramMetricFamily(
        name,
        f"{words}, of the newest {MOST_TIMED} a project in the last {MINUTES} minutes.",
        labels=["project", "model"],
    )
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for project, model, bucket, count, seconds in rows:
        counts[project, model][bucket] += count
        sums[project, model] += seconds
    for labels, each in counts.items():
        bounds = [*map(str, BUCKETS), "+Inf"]
        reached = [sum(each[: place + 1]) for place in range(len(each))]
        family.add_metric(labels, list(zip(bounds, reached, strict=True)), gsum_value=sums[labels])
    return family
