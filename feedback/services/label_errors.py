"""Looking for label errors in a dataset: asked for by a person, done by a worker, safe to run again at any point."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from feedback import rules
from feedback.domain import label_errors as domain
from feedback.domain.label_errors import NothingToCompare, Suspect
from feedback.enums import DatasetState, SuspectKind
from feedback.models import DatasetVersion, LabelErrorSearch, LabelSuspect
from feedback.models.label_errors import GOING
from feedback.queries import label_errors as queries
from feedback.queries.label_errors import Members
from feedback.services.seeing import Embed, embedder, impartial, seer
from inference.domain.manifest import ManifestRefused
from inference.enums import RunState
from inference.runtimes import RuntimeRefused
from inference.services.files import images_by_hash
from inference.services.trainers import TrainingRefused, read_manifest
from people.enums import TaskType
from people.models import Project
from people.services import audit
from people.services.announcements import announce, project_topic

JOB = "feedback.find_label_errors"
MOST_IMAGES = 50_000
_AT_LEAST = 0.02
"""How much further a search must be for it to be said again."""


class SearchRefused(ValueError):
    """A dataset that cannot be searched; the message says why."""


@transaction.atomic
def request_search(*, user: Any, dataset: DatasetVersion) -> LabelErrorSearch:
    """A search, and the job that does it; one that is under way is returned as it is.

    `user` None stands for the console. Raises SearchRefused and PermissionDenied.
    """
    if user is not None:
        rules.check_look_for_label_errors(user, dataset.project)
    if reason := refusal(dataset):
        raise SearchRefused(reason)
    DatasetVersion.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    going = LabelErrorSearch.objects.filter(dataset=dataset, state__in=GOING).first()
    if going is not None:
        return going
    search = LabelErrorSearch.objects.create(dataset=dataset, asked_by=user)
    app.configure_task(JOB, lock=f"label errors {dataset.pk}", queue="default").defer(
        search_id=str(search.pk)
    )
    audit.record(
        actor=user,
        action="label_errors.requested",
        target=search,
        project_id=dataset.project_id,
        detail={"dataset": dataset.number},
    )
    _tell(search)
    return search


def refusal(dataset: DatasetVersion) -> str:
    """Why the dataset cannot be searched; "" where it can."""
    count = sum(dataset.counts.values())
    if dataset.project.task_type != TaskType.CLASSIFICATION:
        return "Label errors can be looked for where a photograph has one label; this project draws boxes."
    if dataset.state != DatasetState.FROZEN:
        return f"Label errors are looked for in a frozen dataset; this one is {dataset.state}."
    if count > MOST_IMAGES:
        return (
            f"At most {MOST_IMAGES:,} images are looked at, and this dataset has {count:,}: freeze some of them, "
            "as of one source or since a day."
        )
    return ""


def carry_out(search_id: UUID | str, on_progress: Callable[[float], None] = lambda share: None) -> None:
    """Do the search; what cannot be done stands in its `error`. One that is over is left alone.

    May be killed and run again at any point: what it found is kept in one transaction. `on_progress` is told 0..1.
    """
    found = LabelErrorSearch.objects.select_related("dataset__project").filter(pk=search_id).first()
    if found is None or queries.is_over(found):
        return
    search = found
    _set(search, state=RunState.RUNNING.value, progress=0.0)

    def heard(share: float) -> None:
        on_progress(share)
        if share >= search.progress + _AT_LEAST:
            _set(search, progress=min(share, 1.0))

    try:
        manifest = read_manifest(search.dataset.manifest_key)
        members = queries.members(search.dataset, manifest.rows)
        embed, model = _help(search.dataset.project, members)
        read = images_by_hash(search.dataset.project_id, {row.sha256: row.key for row in members.rows})
        result = domain.look(
            [row.value["label"] for row in members.rows],
            members.groups,
            members.hashes,
            seer(lambda number: read(members.rows[number].sha256), embed),
            heard,
        )
    except (NothingToCompare, TrainingRefused, ManifestRefused) as refused:
        fail(search_id=search.pk, error=str(refused))
        return
    _keep(search, members, result, model)


def _help(project: Project, members: Members) -> tuple[Embed | None, str]:
    """How a model that has not learned from these images sees them, and its name; nothing where there is none."""
    model = impartial(project, members.rows)
    if model is None:
        return None, ""
    try:
        embed = embedder(model, members.rows)
    except (RuntimeRefused, OSError):
        return None, ""
    return embed, str(model) if embed else ""


@transaction.atomic
def _keep(search: LabelErrorSearch, members: Members, found: domain.Found, model: str) -> None:
    locked = LabelErrorSearch.objects.select_for_update().get(pk=search.pk)
    if queries.is_over(locked):
        return
    lists = {
        SuspectKind.LABEL: found.labels,
        SuspectKind.DUPLICATE: found.duplicates,
        SuspectKind.OUTLIER: found.outliers,
    }
    for kind, listed in lists.items():
        LabelSuspect.objects.bulk_create(_rows(locked, kind, listed, members))
    locked.state, locked.progress = RunState.SUCCEEDED.value, 1.0
    locked.found = {**found.counts(), "model": model}
    locked.finished_at = timezone.now()
    locked.save()
    _tell(locked)


def _rows(
    search: LabelErrorSearch, kind: SuspectKind, listed: Sequence[Suspect], members: Members
) -> list[LabelSuspect]:
    return [
        LabelSuspect(
            search=search,
            kind=kind.value,
            rank=rank,
            image_id=members.images[each.number],
            given=members.rows[each.number].value["label"],
            suggested=each.suggested,
            given_probability=each.given_probability,
            suggested_probability=each.suggested_probability,
            like_id=None if each.like is None else members.images[each.like],
            distance=each.distance,
        )
        for rank, each in enumerate(listed, start=1)
    ]


@transaction.atomic
def fail(*, search_id: UUID | str, error: str) -> None:
    """Give up a search that is not over, saying why."""
    search = LabelErrorSearch.objects.select_for_update().get(pk=search_id)
    if not queries.is_over(search):
        search.state, search.error, search.finished_at = RunState.FAILED.value, error, timezone.now()
        search.save(update_fields=["state", "error", "finished_at"])
        _tell(search)


def _set(search: LabelErrorSearch, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(search, name, value)
    with transaction.atomic():
        LabelErrorSearch.objects.filter(pk=search.pk, state__in=GOING).update(**fields)
        _tell(search)


def _tell(search: LabelErrorSearch) -> None:
    announce(project_topic(search.dataset.project_id), "label_errors.changed", [search.pk])
