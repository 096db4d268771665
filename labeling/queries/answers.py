"""What people said and what the project holds true, as far as somebody may see it, narrowed by the usual filters."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, Func, JSONField, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThan
from django.utils import timezone

from labeling.domain.agreement import ranges
from labeling.domain.documents import is_text, loads
from labeling.domain.moments import moment
from labeling.domain.values import ValueRefused
from labeling.enums import AnswerState
from labeling.models import Answer, Resolution
from people.models import Membership
from people.queries.projects import led_by

UNDO_REACH = 10
FILTERS = ("queue", "label", "annotator", "guideline", "source", "since", "until")


def answers_visible_to(user: Any) -> QuerySet[Answer]:
    """QA leads and engineers read everybody's answers in their projects; anybody else their own."""
    members = Membership.objects.filter(user=user)
    return Answer.objects.filter(
        Q(project__in=led_by(user)) | Q(user=user, project__in=members.values("project"))
    ).select_related("task__queue", "user", "guideline", "superseded_by")


def within_undo(user: Any) -> QuerySet[Answer]:
    """The author's last ten answers of the day that stand, newest first: those they may still change."""
    # What was superseded does not count towards the reach: one's last ten photographs stay within it.
    since = timezone.now() - timedelta(days=1)
    standing = Answer.objects.filter(
        user=user, state=AnswerState.COUNTED, superseded_by=None, created_at__gte=since
    )
    return standing.order_by("-id")[:UNDO_REACH]


def resolutions_visible_to(user: Any) -> QuerySet[Resolution]:
    """The resolutions of projects the user leads: to an annotator they would give away a blind task."""
    return (
        Resolution.objects.filter(project__in=led_by(user))
        .select_related("image")
        .prefetch_related("answers")
    )


def brought_about(answer: Answer) -> UUID | None:
    """The resolution this answer was the last one missing for: it stays the same, whatever is said later."""
    later = Answer.objects.filter(resolutions=OuterRef("pk"), pk__gt=answer.pk)
    return Resolution.objects.filter(~Exists(later), answers=answer).values_list("pk", flat=True).first()


def filter_answers(rows: QuerySet[Answer], parameters: Mapping[str, str]) -> QuerySet[Answer]:
    """The answers that every parameter of `FILTERS` and `context.KEY` keeps. Raises ValueRefused naming one."""
    return rows.filter(_said(parameters), _shown(parameters, "task__image__"), _at(parameters))


def filter_resolutions(rows: QuerySet[Resolution], parameters: Mapping[str, str]) -> QuerySet[Resolution]:
    """The resolutions kept likewise; those that rest on an answer of that queue, annotator or guideline."""
    said = _said({name: parameters[name] for name in parameters if name != "label"})
    if said:
        rows = rows.filter(Exists(Answer.objects.filter(said, resolutions=OuterRef("pk"))))
    return rows.filter(_label(parameters), _shown(parameters, "image__"), _at(parameters))


def check_names(names: Iterable[str]) -> None:
    """Raise ValueRefused for a parameter that is no filter: left unseen, it would pass for one that kept all."""
    for name in names:
        if name not in FILTERS and not re.fullmatch(r"context\..{1,100}", name):
            raise ValueRefused(
                {name[:80]: [f"is not a filter; they are {', '.join(FILTERS)} and context.KEY."]}
            )


def _said(parameters: Mapping[str, str]) -> Q:
    kept = _label(parameters)
    if queue := _text(parameters, "queue"):
        kept &= Q(task__queue__pk=queue) if is_uuid(queue) else Q(task__queue__name=queue)
    if annotator := _text(parameters, "annotator"):
        kept &= Q(user__username=annotator)
    if guideline := _text(parameters, "guideline"):
        if is_uuid(guideline):
            kept &= Q(guideline__pk=guideline)
        elif re.fullmatch(r"[0-9]{1,9}", guideline):
            kept &= Q(guideline__number=int(guideline))
        else:
            raise ValueRefused({"guideline": ["must be a version's number or id."]})
    return kept


def _label(parameters: Mapping[str, str]) -> Q:
    label = _text(parameters, "label")
    if not label:
        return Q()
    return Q(value__contains={"label": label}) | Q(value__contains={"regions": [{"label": label}]})


def _shown(parameters: Mapping[str, str], image: str) -> Q:
    kept = Q()
    if source := _text(parameters, "source"):
        kept &= Q(**{f"{image}source__key": source})
    for name in parameters:
        if name.startswith("context."):
            kept &= context_is(name.removeprefix("context."), _text(parameters, name), image)
    return kept


def context_is(key: str, text: str, image: str = "") -> Q:
    """Whether the context of `image` (a prefix of lookups) has that value at the key, as an address writes it.

    "10..40" takes numbers from 10 up and below 40; either end may be left out.
    """
    either, number = Q(**{f"{image}context__contains": {key: text}}), _number(text)
    if number is not None:
        return either | Q(**{f"{image}context__contains": {key: number}})
    ends = ranges.read(text)
    return either if ends is None else either | _between(KeyTransform(key, f"{image}context"), *ends)


def _between(given: KeyTransform, low: float | None, high: float | None) -> Q:
    # JSON of every kind has a place in PostgreSQL's order, beside numbers.
    found = Q(Exact(Func(given, function="jsonb_typeof", output_field=CharField()), "number"))
    if low is not None:
        found &= Q(GreaterThanOrEqual(given, Value(low, JSONField())))
    return found if high is None else found & Q(LessThan(given, Value(high, JSONField())))


def _number(text: str) -> Any:
    """A number, true or false as a query string writes it; None for plain text."""
    try:
        value = loads(text)
    except ValueError:
        return None
    return value if isinstance(value, int | float) and len(json.dumps(value)) < 40 else None


def _at(parameters: Mapping[str, str]) -> Q:
    kept = Q()
    if since := _time(parameters, "since"):
        kept &= Q(created_at__gte=since)
    if until := _time(parameters, "until"):
        kept &= Q(created_at__lt=until)
    return kept


def _time(parameters: Mapping[str, str], name: str) -> datetime | None:
    text = _text(parameters, name)
    if not text:
        return None
    try:
        # A plus sign that was not escaped in the address arrives as a space.
        return moment(text.replace(" ", "+"))
    except ValueError as error:
        raise ValueRefused({name: [str(error)]}) from None


def _text(parameters: Mapping[str, str], name: str) -> str:
    text = parameters.get(name, "")
    if not is_text(text) or not is_text(name):
        raise ValueRefused({name.replace("\0", ""): ["holds a NUL or a broken character."]})
    return text


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
