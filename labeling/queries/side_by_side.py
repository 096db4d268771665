"""Images with what each person called them, side by side: those behind a cell of confusion, or any that are named."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from labeling.domain.agreement.filters import Filters
from labeling.models import Answer, Image, Label, Vote
from labeling.queries.agreement.votes import Condition, chosen
from people.models import Project, User

A_PAGE = 24
REGIONS = -2
"""In the place of a vote's label: boxes were drawn."""
# Candidates: a vote that its author took back, or gave again on another task, is sorted out once the page is read.
BOTH = """
SELECT vote.image_id FROM labeling_vote AS vote
WHERE {where}
GROUP BY vote.image_id
HAVING {having}
ORDER BY vote.image_id DESC
LIMIT %s
"""


@dataclass(frozen=True)
class Said:
    """What somebody called an image; `label` is None for can't tell and none of these. `seconds` are active time.

    regions: what they drew, in a detection project; None in any other.
    """

    user: User
    label: Label | None
    regions: list[dict[str, Any]] | None
    guideline: int
    seconds: float
    at: datetime


@dataclass(frozen=True)
class Beside:
    """An image and everybody's latest standing answer to it, the earliest first.

    about: (user id, region's id) of the boxes in question; empty where the whole image is.
    """

    image: Image
    said: list[Said]
    about: frozenset[tuple[int, str]] = frozenset()

    def has_both(self, a: Label, b: Label) -> bool:
        """Whether two people called it these: one a, another b."""
        labels = [one.label for one in self.said]
        return labels.count(a) > 1 if a == b else a in labels and b in labels


def behind(
    project: Project, filters: Filters, a: Label, b: Label, *, before: UUID | None = None
) -> tuple[list[Beside], UUID | None]:
    """A page of the images that one person called `a` and another `b`, the newest first, and where the next begins.

    `before` is that: images with lower ids alone.
    """
    found: list[Beside] = []
    while len(found) < A_PAGE:
        ids = _candidates(project, filters, a, b, before)
        found += [one for one in side_by_side(project, ids) if one.has_both(a, b)]
        if len(ids) <= A_PAGE:
            return found[:A_PAGE], found[A_PAGE - 1].image.pk if len(found) > A_PAGE else None
        before = ids[-1]
    return found[:A_PAGE], found[A_PAGE - 1].image.pk


def _candidates(project: Project, filters: Filters, a: Label, b: Label, before: UUID | None) -> list[UUID]:
    conditions = [
        Condition("vote.project_id = %s", (project.pk,)),
        Condition("vote.label = ANY(%s)", ([a.pk, b.pk],)),
        *chosen(project, filters),
        *_of_images(filters),
    ]
    if before is not None:
        conditions.append(Condition("vote.image_id < %s", (before,)))
    having = "bool_or(vote.label = %s) AND bool_or(vote.label = %s)" if a != b else "count(*) > 1"
    parameters: list[Any] = [each for condition in conditions for each in condition.parameters]
    parameters += [a.pk, b.pk] if a != b else []
    where = " AND ".join(condition.sql for condition in conditions)
    with connection.cursor() as cursor:
        cursor.execute(BOTH.format(where=where, having=having), [*parameters, A_PAGE + 1])
        return [image for (image,) in cursor.fetchall()]


def _of_images(filters: Filters) -> list[Condition]:
    """`label` and `annotator` choose images, with all the votes on them."""
    found = []
    on_it = (
        "EXISTS (SELECT 1 FROM labeling_vote AS other {join} WHERE other.image_id = vote.image_id AND {that})"
    )
    if filters.label:
        join = "JOIN labeling_label AS label ON label.id = other.label"
        found.append(Condition(on_it.format(join=join, that="label.key = %s"), (filters.label,)))
    if filters.annotator:
        join = "JOIN people_user AS person ON person.id = other.user_id"
        found.append(Condition(on_it.format(join=join, that="person.username = %s"), (filters.annotator,)))
    return found


def side_by_side(project: Project, images: Sequence[UUID]) -> list[Beside]:
    """The images, in their order, each with what everybody called it; four queries for any number."""
    votes = list(
        Vote.objects.filter(project=project, image_id__in=images).select_related("user").order_by("number")
    )
    drawn = dict(
        Answer.objects.filter(pk__in=[vote.answer_id for vote in votes if vote.label == REGIONS]).values_list(
            "pk", "value"
        )
    )
    taken_back = {vote.supersedes for vote in votes if vote.supersedes}
    labels = {label.pk: label for label in project.labels.all()}
    said: dict[UUID, dict[int, Said]] = defaultdict(dict)
    for vote in votes:
        if vote.number not in taken_back:
            said[vote.image_id].pop(vote.user_id, None)
            value = drawn.get(vote.answer_id)
            said[vote.image_id][vote.user_id] = Said(
                vote.user,
                labels.get(vote.label),
                None if value is None else value["regions"],
                vote.guideline,
                vote.tenths / 10,
                vote.at,
            )
    shown = Image.objects.filter(project=project).select_related("source").in_bulk(list(images))
    return [Beside(shown[pk], list(said[pk].values())) for pk in images if pk in shown]
