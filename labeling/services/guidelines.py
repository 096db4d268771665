"""Writing, publishing and acknowledging guidelines, and the examples that belong to them."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeling import rules
from labeling.domain.documents import is_text
from labeling.domain.values import ValueRefused, box_reason
from labeling.enums import FlagState
from labeling.models import (
    GuidelineAcknowledgement,
    GuidelineExample,
    GuidelineFlag,
    GuidelineVersion,
    Image,
    Label,
)
from labeling.queries import guidelines
from labeling.services import guideline_flags
from people.models import Project
from people.services import audit
from people.services.announcements import announce, members_topic

LONGEST_WHY = 1000


class AlreadyPublished(Exception):
    """A published version is what answers point at; it never changes."""


@transaction.atomic
def write_draft(*, user: Any, project: Project, body: str) -> GuidelineVersion:
    """Put the words into the project's one draft; a new one begins with the examples of the version in force."""
    rules.check_write_guideline(user, project)
    draft = _draft(user, project)
    draft.body, draft.author = body, user
    draft.save()
    audit.record(actor=user, action="guideline.drafted", target=draft, project_id=project.pk)
    return draft


@transaction.atomic
def publish(*, user: Any, guideline: GuidelineVersion) -> GuidelineVersion:
    """Put the draft in force at once; its author has read it. Raises AlreadyPublished."""
    rules.check_write_guideline(user, guideline.project)
    _lock(guideline.project)
    version = GuidelineVersion.objects.select_for_update().get(pk=guideline.pk)
    if version.published_at is not None:
        raise AlreadyPublished(f"Version {version.number} is published already.")
    last = version.project.guidelines.aggregate(last=Max("number"))["last"] or 0
    version.number, version.published_at = last + 1, timezone.now()
    version.save()
    acknowledge(user=user, guideline=version)
    audit.record(
        actor=user,
        action="guideline.published",
        target=version,
        project_id=version.project_id,
        detail={"number": version.number},
    )
    announce(members_topic(version.project_id), "guideline.published", [version.pk])
    return version


@transaction.atomic
def acknowledge(*, user: Any, guideline: GuidelineVersion) -> None:
    """Note that the user has read this version; again is the same."""
    GuidelineAcknowledgement.objects.get_or_create(user=user, guideline=guideline)


@transaction.atomic
def add_example(
    *,
    user: Any,
    project: Project,
    image: Image,
    label: Label,
    is_right: bool,
    why: str,
    box: Sequence[float] | None = None,
    flag: GuidelineFlag | None = None,
) -> GuidelineExample:
    """Show the image under the label in the draft, made if there is none; once more for the same two replaces it.

    `box` is `[x1, y1, x2, y2]` in pixels of the upright image, or None for all of it. A `flag` about that image is
    settled by it. Raises ValueRefused naming what is wrong, guideline_flags.AlreadySettled.
    """
    rules.check_write_guideline(user, project)
    _check_example(project, image, label, why, box)
    example, _ = GuidelineExample.objects.update_or_create(
        guideline=_draft(user, project),
        image=image,
        label=label,
        defaults={
            "is_right": is_right,
            "why": why.strip(),
            "box": _numbers(box),
            "author": user,
        },
    )
    audit.record(actor=user, action="guideline.example_added", target=example, project_id=project.pk)
    if flag is not None:
        if flag.image_id != image.pk:
            raise ValueRefused({"image": ["is not the image that the flag is about."]})
        guideline_flags.settle(user=user, flag=flag, state=FlagState.EXAMPLE)
    return example


@transaction.atomic
def change_example(
    *, user: Any, example: GuidelineExample, is_right: bool, why: str, box: Sequence[float] | None
) -> GuidelineExample:
    """Say it otherwise, while its version is a draft. Raises AlreadyPublished, ValueRefused."""
    changed = _of_a_draft(user, example)
    _check_example(changed.guideline.project, changed.image, changed.label, why, box)
    changed.is_right, changed.why, changed.author = is_right, why.strip(), user
    changed.box = _numbers(box)
    changed.save()
    audit.record(
        actor=user,
        action="guideline.example_changed",
        target=changed,
        project_id=changed.guideline.project_id,
    )
    return changed


@transaction.atomic
def remove_example(*, user: Any, example: GuidelineExample) -> None:
    """Take it out of the draft. Raises AlreadyPublished."""
    removed = _of_a_draft(user, example)
    audit.record(
        actor=user,
        action="guideline.example_removed",
        target=removed,
        project_id=removed.guideline.project_id,
    )
    removed.delete()


def _lock(project: Project) -> None:
    # Drafts begin, change their examples and are published one after another; what only refers to the project goes on.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _draft(user: Any, project: Project) -> GuidelineVersion:
    """The project's draft; begun with the words and the examples in force where there is none."""
    _lock(project)
    found = guidelines.draft(project)
    if found is not None:
        return found
    before = guidelines.in_force(project)
    begun = GuidelineVersion.objects.create(project=project, body=before.body if before else "", author=user)
    if before is not None:
        GuidelineExample.objects.bulk_create(
            GuidelineExample(
                guideline=begun,
                image_id=one.image_id,
                label_id=one.label_id,
                is_right=one.is_right,
                why=one.why,
                box=one.box,
                author_id=one.author_id,
            )
            for one in before.examples.filter(label__retired_at=None).order_by("id")
        )
    return begun


def _of_a_draft(user: Any, example: GuidelineExample) -> GuidelineExample:
    project = example.guideline.project
    rules.check_write_guideline(user, project)
    _lock(project)
    found = GuidelineExample.objects.select_related("guideline__project", "image", "label").get(pk=example.pk)
    if found.guideline.published_at is not None:
        raise AlreadyPublished(
            f"It belongs to version {found.guideline.number}, which is published and never changes."
        )
    return found


def _check_example(
    project: Project, image: Image, label: Label, why: str, box: Sequence[float] | None
) -> None:
    errors = {}
    if image.project_id != project.pk:
        errors["image"] = ["is not an image of this project."]
    if label.project_id != project.pk or label.retired_at is not None:
        errors["label"] = ["is not a label that this project uses."]
    if not is_text(why):
        errors["why"] = ["holds text with a NUL or a broken character."]
    elif len(why.strip()) > LONGEST_WHY:
        errors["why"] = [f"is {len(why.strip()):,} characters long; {LONGEST_WHY:,} is the most."]
    if box is not None and (reason := box_reason(list(box), image.width, image.height)):
        errors["box"] = [reason]
    if errors:
        raise ValueRefused(errors)


def _numbers(box: Sequence[float] | None) -> list[float] | None:
    return None if box is None else [float(side) for side in box]
