"""Taking in what devices at the edge accepted by themselves, each report once, and what they say of themselves."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from feedback.models import EdgeDevice
from inference.models import ModelVersion
from people.models import Project

ONCE = """
INSERT INTO feedback_edgereport (project_id, report, device, lost) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING RETURNING id
"""
ADD = """
INSERT INTO feedback_edgecount (project_id, source_id, hour, model_id, policy_id, label, bucket, captures)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT ON CONSTRAINT one_edge_count DO UPDATE SET captures = feedback_edgecount.captures + EXCLUDED.captures
"""

# What a device accepted and kept was seen all the same, in the hour it names at the latest.
SEEN = """
UPDATE feedback_camerawatch SET last_seen_at = greatest(last_seen_at, least(now(), %s + interval '1 hour'))
WHERE source_id = %s
"""


class ReportRefused(ValueError):
    """A report about what this project does not have; `errors` are by the path of the field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{path}: {reasons[0]}" for path, reasons in errors.items()))
        self.errors = errors


@transaction.atomic
def take_in(
    *, project: Project, report: UUID, device: str, counts: Sequence[dict[str, Any]], lost: int = 0
) -> bool:
    """Add a device's counts to those there are; False, and nothing is added, for a report that came before.

    Each count is `{source, hour, model, policy, label, bucket, captures}`, the source by its key, model and policy by
    their ids. Raises ReportRefused, with nothing kept.
    """
    rows = _rows(project, counts)
    with connection.cursor() as cursor:
        cursor.execute(ONCE, [project.pk, report, device, lost])
        if cursor.fetchone() is None:
            return False
        # In one order everywhere, so that two reports of the same cells wait for each other.
        for row in sorted(rows, key=str):
            cursor.execute(ADD, row)
        for source, hour in sorted({(row[1], row[2]) for row in rows}):
            cursor.execute(SEEN, [hour, source])
    return True


def hear(*, project: Project, device: str, said: dict[str, Any]) -> EdgeDevice:
    """Keep what a device says of itself: the fields of EdgeDevice. What it said before is written over."""
    kept, _ = EdgeDevice.objects.update_or_create(
        project=project, device=device, defaults={**said, "reported_at": timezone.now()}
    )
    return kept


def _rows(project: Project, counts: Sequence[dict[str, Any]]) -> list[list[Any]]:
    sources = dict(project.sources.filter(key__in={c["source"] for c in counts}).values_list("key", "pk"))
    models = _ours(ModelVersion.objects.filter(project=project), {c["model"] for c in counts})
    policies = _ours(project.policies.all(), {c["policy"] for c in counts})
    labels = set(project.labels.values_list("key", flat=True)) | {""}
    errors, rows = {}, []
    for number, count in enumerate(counts):
        for name, known in (
            ("source", sources),
            ("model", models),
            ("policy", policies),
            ("label", labels),
        ):
            if count[name] not in known:
                errors[f"counts.{number}.{name}"] = [f"is not a {name} of this project."]
        hour = count["hour"].replace(minute=0, second=0, microsecond=0)
        source = sources.get(count["source"])
        what = [count[name] for name in ("model", "policy", "label", "bucket", "captures")]
        rows.append([project.pk, source, hour, *what])
    if errors:
        raise ReportRefused(errors)
    return rows


def _ours(rows: Any, ids: set[UUID]) -> set[UUID]:
    return set(rows.filter(pk__in=ids).values_list("pk", flat=True))
