"""Who called which image what, as Dawid and Skene's model takes it; and the votes of a few images."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from labeling.domain.agreement.answers import Answers
from labeling.enums import AnswerState
from labeling.models import Answer
from people.models import Project

VOTES = """
SELECT vote.image_id, vote.user_id, vote.label
FROM labeling_vote AS vote
WHERE vote.project_id = %s AND vote.label > 0
  AND NOT EXISTS (
      SELECT 1 FROM labeling_vote AS later WHERE later.project_id = %s AND later.supersedes = vote.number
  )
ORDER BY vote.number
"""


def votes(project: Project) -> Answers:
    """Every standing vote for a label, known answers and adjudication apart; a person's latest on an image counts.

    Items are image ids as text, annotators user ids as text; labels are the keys of the project's, retired ones too.
    """
    labels = dict(project.labels.order_by("position", "key").values_list("pk", "key"))
    place = {pk: number for number, pk in enumerate(labels)}
    items: dict[UUID, int] = {}
    people: dict[int, int] = {}
    columns: tuple[list[int], list[int], list[int]] = ([], [], [])
    with connection.cursor() as cursor:
        cursor.execute(VOTES, [project.pk, project.pk])
        for image, user, label in cursor:
            if label in place:
                columns[0].append(items.setdefault(image, len(items)))
                columns[1].append(people.setdefault(user, len(people)))
                columns[2].append(place[label])
    item, annotator, named = (np.array(column, dtype=np.int64) for column in columns)
    names = [str(image) for image in items]
    return Answers(names, [str(pk) for pk in people], list(labels.values()), item, annotator, named).latest()


def values_by_image(images: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """What each of these images was called, oldest first: the latest standing value of each person."""
    latest: dict[UUID, dict[int, Any]] = defaultdict(dict)
    rows = Answer.objects.filter(
        task__image__in=list(images), state=AnswerState.COUNTED, superseded_by=None, task__gold=None
    ).order_by("id")
    for image, user, value in rows.values_list("task__image", "user", "value"):
        latest[image][user] = value
    return {image: list(said.values()) for image, said in latest.items()}
