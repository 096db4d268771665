"""Having a candidate look on beside the champion, and keeping what it says where nothing else reads it."""

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from inference import rules
from inference.enums import ModelRuntime, Stage
from inference.models import ModelVersion, Shadow, ShadowPrediction
from inference.models.shadow import LEAST_SHARE
from inference.queries import shadows
from inference.queries.models import champion
from people.models import Project
from people.services import audit
from people.services.announcements import announce, project_topic
from people.services.inserts import insert

MOST_CRASHES = 2
"""One fewer than a capture has attempts: none of those that were under way at each crash may be given up for them."""
LONGEST_REASON = 500


class ShadowRefused(ValueError):
    """A model that cannot run in shadow, or does not; the message says why and what would be right."""


@transaction.atomic
def start(*, user: Any, model: ModelVersion, share: float = 1.0) -> Shadow:
    """Have the candidate predict the share `share` (0.01..1) of what the champion predicts from now on, unseen.

    Running inference processes begin within about a second. `user` None stands for the machine. Raises ShadowRefused
    and PermissionDenied.
    """
    if user is not None:
        rules.check_shadow(user, model.project)
    if not LEAST_SHARE <= share <= 1:
        raise ShadowRefused(f"The share of captures must be from 1% to 100%, not {share:.4g} of 1.")
    project = _lock(model.project_id)
    model.refresh_from_db(fields=["stage"])
    if model.runtime != ModelRuntime.ONNX.value:
        raise ShadowRefused(f"{model} runs elsewhere: there is no file of it here.")
    if model.stage == Stage.SHADOW:
        raise ShadowRefused(f"{model} runs in shadow already.")
    if model.stage != Stage.CANDIDATE:
        raise ShadowRefused(f"{model} is {model.stage}: a candidate runs in shadow, one that never served.")
    serving = champion(project)
    if serving is None or serving.runtime != ModelRuntime.ONNX.value:
        raise ShadowRefused("No model of ours serves that it could be compared with: promote it, or another.")
    going = shadows.in_force(project.pk)
    if going is not None:
        raise ShadowRefused(f"{going.model} runs in shadow: stop it first, there is one at a time.")
    return _begin(model, serving, share, secrets.token_hex(32), user)


@transaction.atomic
def stop(*, user: Any, model: ModelVersion) -> Shadow:
    """Have the model look on no more; it is a candidate again, and what was counted stays. Raises ShadowRefused and
    PermissionDenied."""
    if user is not None:
        rules.check_shadow(user, model.project)
    _lock(model.project_id)
    going = shadows.in_force(model.project_id)
    if going is None or going.model_id != model.pk:
        raise ShadowRefused(f"{model} does not run in shadow.")
    _end(going, f"stopped by {user}" if user else "stopped", user)
    return going


def follow(*, project: Project, serving: ModelVersion) -> None:
    """`serving` has come to serve: its own shadow is over, another's goes on beside it. Hold the project's lock."""
    going = shadows.in_force(project.pk)
    if going is None:
        return
    _end(going, f"{serving} serves since", None)
    if going.model_id != serving.pk:
        _begin(going.model, serving, going.share, going.draw_key, going.by)


@transaction.atomic
def keep(
    *, shadow: Shadow, rows: Sequence[ShadowPrediction] = (), skipped: int = 0, failed: int = 0, why: str = ""
) -> int:
    """Store what the shadow said and count what it did not; returns how many rows are new.

    A capture it spoke of before is neither stored nor counted again. Where it was ended meanwhile nothing is kept.
    """
    held = Shadow.objects.select_for_update(no_key=True).filter(pk=shadow.pk, ended_at=None).first()
    if held is None:
        return 0
    made = insert(rows, ignore_conflicts=True)
    held.seen = F("seen") + len(made)
    held.agreed = F("agreed") + sum(row.agrees for row in made)
    held.skipped, held.failed = F("skipped") + skipped, F("failed") + failed
    changed = ["seen", "agreed", "skipped", "failed"]
    if failed:
        held.failure, held.failed_at = why[:LONGEST_REASON], timezone.now()
        changed += ["failure", "failed_at"]
    held.save(update_fields=changed)
    return len(made)


@contextlib.contextmanager
def first_try(shadow: Shadow) -> Iterator[bool]:
    """Count that this process tries the model for the first time, before it does: a model may take a process with it.

    Yields whether it may: not while another process is at its own first try, nor after MOST_CRASHES that did not come
    back, which end the shadow.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_lock_of(shadow)])
        if not cursor.fetchone()[0]:
            yield False
            return
    may = False
    try:
        may = _count_try(shadow)
        yield may
    finally:
        # With the connection gone the lock is gone too.
        with contextlib.suppress(OperationalError, InterfaceError):
            if may:
                Shadow.objects.filter(pk=shadow.pk).update(crashes=0)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_lock_of(shadow)])


@transaction.atomic
def _count_try(shadow: Shadow) -> bool:
    _lock(shadow.project_id)
    held = Shadow.objects.select_related("model").filter(pk=shadow.pk, ended_at=None).first()
    if held is None:
        return False
    if held.crashes >= MOST_CRASHES:
        _end(held, f"given up: {held.crashes} inference processes in a row ended while they tried it", None)
        return False
    Shadow.objects.filter(pk=held.pk).update(crashes=F("crashes") + 1)
    return True


def _begin(model: ModelVersion, serving: ModelVersion, share: float, draw_key: str, by: Any) -> Shadow:
    model.stage = Stage.SHADOW.value
    model.save(update_fields=["stage"])
    made = Shadow.objects.create(
        project_id=model.project_id, model=model, champion=serving, share=share, draw_key=draw_key, by=by
    )
    _tell(by, "model.shadow_started", made, {"share": share})
    return made


def _end(going: Shadow, why: str, by: Any) -> None:
    Shadow.objects.filter(pk=going.pk).update(ended_at=timezone.now(), ended_why=why)
    going.refresh_from_db()
    ModelVersion.objects.filter(pk=going.model_id, stage=Stage.SHADOW.value).update(
        stage=Stage.CANDIDATE.value
    )
    counted = {name: getattr(going, name) for name in ("seen", "agreed", "skipped", "failed")}
    _tell(by, "model.shadow_stopped", going, {"why": why, **counted})


def _tell(by: Any, action: str, shadow: Shadow, detail: dict[str, Any]) -> None:
    audit.record(
        actor=by,
        action=action,
        target=shadow.model,
        project_id=shadow.project_id,
        detail={"shadow": str(shadow.pk), "champion": str(shadow.champion_id), **detail},
    )
    announce(project_topic(shadow.project_id), "models.changed", [shadow.model_id])


def _lock(project_id: UUID) -> Project:
    """Champion and shadow of one project change one at a time."""
    return Project.objects.select_for_update(no_key=True).get(pk=project_id)


def _lock_of(shadow: Shadow) -> int:
    return int.from_bytes(shadow.pk.bytes[-8:], "big", signed=True)
