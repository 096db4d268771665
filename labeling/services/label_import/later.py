"""Importing a long file in a job: kept until a worker has gone through it, and what became of it kept after."""

from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from labeling import rules
from labeling.domain.formats.found import Files, FileUnreadable
from labeling.enums import ImportState
from labeling.models import LabelImport, Queue
from labeling.services.images import STORAGE
from labeling.services.label_import.importing import Report, import_labels
from labeling.services.label_import.sources import in_stream
from people.models import Project
from people.services import audit

JOB = "labeling.import_labels"
AT_ONCE_BYTES = 1024 * 1024
"""A file up to here is imported while its sender waits, a few seconds; a longer one by a worker."""


@transaction.atomic
def start_import(
    *,
    user: Any,
    project: Project,
    file: tuple[str, Any],
    layout: str = "auto",
    queue: Queue | None = None,
    new_labels: bool = False,
    reference: tuple[str, Any] | None = None,
) -> LabelImport:
    """Keep the file (name, stream) and have a worker import it. Raises PermissionDenied."""
    rules.check_manage(user, project)
    made = LabelImport.objects.create(
        project=project,
        queue=queue,
        name=file[0][:200],
        reference=reference[0][:200] if reference else "",
        layout=layout,
        new_labels=new_labels,
        made_by=user,
    )
    for part, sent in (("file", file), ("reference", reference)):
        if sent is not None:
            sent[1].seek(0)
            storages[STORAGE].save(_key(made, part), File(sent[1]))
    audit.record(
        actor=user,
        action="label_import.sent",
        target=made,
        project_id=project.pk,
        detail={"file": made.name},
    )
    app.configure_task(JOB, queue="default", lock=f"label import {made.pk}").defer(import_id=str(made.pk))
    return made


def keep_report(
    *,
    user: Any,
    project: Project,
    name: str,
    report: Report,
    layout: str = "auto",
    queue: Queue | None = None,
    new_labels: bool = False,
) -> LabelImport:
    """What became of a file that was imported at once, for the list of imports. `user` None is the machine."""
    return LabelImport.objects.create(
        project=project,
        queue=queue,
        name=name[:200],
        layout=layout,
        new_labels=new_labels,
        state=ImportState.FINISHED,
        share=1.0,
        report=report.as_json(),
        made_by=user,
        finished_at=timezone.now(),
    )


def carry_out(import_id: UUID) -> None:
    """Import the file, and say what became of it; run again after a crash it goes through the file again.

    What went in before the crash then counts as unchanged.
    """
    which = LabelImport.objects.select_related("project", "queue", "made_by").get(pk=import_id)
    if which.finished_at is not None:
        return
    _set(which, state=ImportState.RUNNING)
    try:
        with storages[STORAGE].open(_key(which, "file")) as file:
            if which.reference:
                with storages[STORAGE].open(_key(which, "reference")) as other:
                    report = _imported(which, file, in_stream(which.reference, cast(BinaryIO, other)))
            else:
                report = _imported(which, file, None)
    except (FileUnreadable, PermissionDenied, FileNotFoundError) as error:
        reason = "The file is gone from the storage." if isinstance(error, FileNotFoundError) else str(error)
        _set(which, state=ImportState.FAILED, failure=f"{reason} Nothing was imported.", finished=True)
    else:
        _set(which, state=ImportState.FINISHED, share=1.0, report=report.as_json(), finished=True)
    for part in ("file", "reference"):
        storages[STORAGE].delete(_key(which, part))


def _imported(which: LabelImport, file: Any, reference: Files | None) -> Report:
    return import_labels(
        user=which.made_by,
        project=which.project,
        files=in_stream(which.name, file),
        layout=which.layout,
        queue=which.queue,
        new_labels=which.new_labels,
        reference=reference,
        share=lambda share: _set(which, share=share),
    )


def _set(which: LabelImport, *, finished: bool = False, **fields: Any) -> None:
    if finished:
        fields["finished_at"] = timezone.now()
    LabelImport.objects.filter(pk=which.pk).update(**fields)


def _key(which: LabelImport, part: str) -> str:
    return f"imports/{which.project_id}/{which.pk}/{part}"
