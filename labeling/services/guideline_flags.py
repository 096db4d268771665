"""Saying at work that the guideline does not cover an image, and what comes of it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling import rules
from labeling.domain.documents import is_text
from labeling.domain.values import ValueRefused
from labeling.enums import FlagState
from labeling.models import GuidelineFlag, Task
from labeling.queries import guidelines
from people.services import audit
from people.services.announcements import announce, project_topic

LONGEST_WORDS = 1000


class AlreadySettled(Exception):
    """Somebody has settled this flag before."""


@transaction.atomic
def raise_flag(*, user: Any, task: Task, words: str = "") -> tuple[GuidelineFlag, bool]:
    """Tell the QA leads that the guideline does not cover the task's image; returns the flag and whether it is new.

    A person has one open flag an image: again, new words take the place of the old. Who may see the task may raise
    one. Raises PermissionDenied, ValueRefused.
    """
    rules.check_take_from(user, task.queue)
    _check_words(words, "words")
    flag, new = GuidelineFlag.objects.get_or_create(
        user=user,
        image_id=task.image_id,
        state=FlagState.OPEN.value,
        defaults={
            "project_id": task.project_id,
            "guideline": guidelines.in_force(task.project),
            "words": words.strip(),
        },
    )
    if not new:
        GuidelineFlag.objects.filter(pk=flag.pk, state=FlagState.OPEN.value).update(
            words=words.strip() or flag.words
        )
        flag.refresh_from_db()
        return flag, False
    audit.record(actor=user, action="guideline.flagged", target=flag, project_id=task.project_id)
    announce(project_topic(task.project_id), "flag.raised", [flag.pk])
    return flag, True


@transaction.atomic
def settle(*, user: Any, flag: GuidelineFlag, state: FlagState, reply: str = "") -> GuidelineFlag:
    """Close a flag as dismissed, or as made an example. Raises AlreadySettled, ValueRefused."""
    rules.check_write_guideline(user, flag.project)
    _check_words(reply, "reply")
    settled = GuidelineFlag.objects.select_for_update().get(pk=flag.pk)
    if settled.state != FlagState.OPEN:
        raise AlreadySettled("This flag is settled already.")
    settled.state, settled.reply = state.value, reply.strip()
    settled.settled_by, settled.settled_at = user, timezone.now()
    settled.save(update_fields=["state", "reply", "settled_by", "settled_at"])
    audit.record(
        actor=user,
        action="guideline.flag_settled",
        target=settled,
        project_id=settled.project_id,
        detail={"state": settled.state},
    )
    announce(project_topic(settled.project_id), "flag.settled", [settled.pk])
    return settled


def _check_words(words: str, field: str) -> None:
    if not is_text(words):
        raise ValueRefused({field: ["hold text with a NUL or a broken character."]})
    if len(words.strip()) > LONGEST_WORDS:
        raise ValueRefused({field: [f"are longer than {LONGEST_WORDS:,} characters."]})
