"""Known answers: made and withdrawn by who leads a project."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling import rules
from labeling.domain.documents import is_text
from labeling.domain.values import ValueRefused, check_value
from labeling.models import Gold, Image, Quiz
from labeling.services.quizzes import retire_quiz
from people.models import Project
from people.services import audit

LONGEST_WHY = 2000


@transaction.atomic
def make_gold(
    *, user: Any, project: Project, image: Image, value: dict[str, Any] | None, why: str = ""
) -> Gold:
    """Hold this answer about the image for known; returns the gold in force.

    An image has one known answer at a time: another takes the place of the last, in quizzes too. The same again
    changes nothing. Raises ValueRefused for a value that is not valid, and PermissionDenied.
    """
    rules.check_run_rounds(user, project)
    value = _checked(project, image, value, why)
    # Of two who know different answers at the same instant, the second waits, and then takes the first's place.
    if Image.objects.select_for_update(of=("self",)).get(pk=image.pk).erased_at is not None:
        raise ValueRefused({"image": ["was erased."]})
    old = Gold.objects.filter(image=image, retired_at=None).first()
    if old is not None and (old.value, old.why) == (value, why):
        return old
    if old is not None:
        old.retired_at = timezone.now()
        old.save(update_fields=["retired_at"])
    made = Gold.objects.create(project=project, image=image, value=value, why=why, made_by=user)
    if old is not None:
        for quiz in Quiz.objects.filter(questions=old, retired_at=None):
            quiz.questions.remove(old)
            quiz.questions.add(made)
    audit.record(
        actor=user, action="gold.made", target=made, project_id=project.pk, detail={"image": str(image.pk)}
    )
    return made


def _checked(project: Project, image: Image, value: dict[str, Any] | None, why: str) -> dict[str, Any]:
    if image.project_id != project.pk:
        raise ValueRefused({"image": ["is not an image of this project."]})
    if value is None:
        raise ValueRefused({"value": ["is required: gold is an image of which the answer is known."]})
    if not is_text(why) or len(why) > LONGEST_WHY:
        raise ValueRefused({"why": [f"must be at most {LONGEST_WHY} characters of text."]})
    labels = project.labels.filter(retired_at=None).values_list("key", flat=True)
    return check_value(
        value, task_type=project.task_type, labels=set(labels), width=image.width, height=image.height
    )


@transaction.atomic
def retire_gold(*, user: Any, gold: Gold) -> Gold:
    """Serve it no more, score nobody by it, and ask it in no quiz; again is the same.

    A quiz left without a question is retired.
    """
    rules.check_run_rounds(user, gold.project)
    gold = Gold.objects.select_for_update(of=("self",)).select_related("project", "image").get(pk=gold.pk)
    if gold.retired_at is None:
        gold.retired_at = timezone.now()
        gold.save(update_fields=["retired_at"])
        for quiz in Quiz.objects.filter(questions=gold, retired_at=None).select_related("project"):
            quiz.questions.remove(gold)
            if not quiz.questions.exists():
                retire_quiz(user=user, quiz=quiz)
        audit.record(actor=user, action="gold.retired", target=gold, project_id=gold.project_id)
    return gold
