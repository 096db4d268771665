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

# One row an answer; images, people and labels are numbered by the database, so that a million rows are three arrays.
VOTES = """
SELECT task.image_id, answer.user_id, answer.value ->> 'label'
FROM labeling_answer AS answer
JOIN labeling_task AS task ON task.id = answer.task_id
WHERE answer.project_id = %s AND answer.state = %s AND task.gold_id IS NULL
  AND answer.value ? 'label'
  AND NOT EXISTS (SELECT 1 FROM labeling_answer AS later WHERE later.supersedes_id = answer.id)
ORDER BY answer.id
"""


def votes(project: Project) -> Answers:
    """Every standing answer that names a label, known answers apart; a person's latest on an image counts.

    Items are image ids as text, annotators user ids as text; labels are the project's, retired ones too.
    """
    labels = list(project.labels.order_by("position", "key").values_list("key", flat=True))
    place = {key: number for number, key in enumerate(labels)}
    items: dict[Any, int] = {}
    people: dict[Any, int] = {}
    columns: tuple[list[int], list[int], list[int]] = ([], [], [])
    with connection.cursor() as cursor:
        cursor.execute(VOTES, [project.pk, AnswerState.COUNTED.value])
        for image, user, label in cursor:
            if label in place:
                columns[0].append(items.setdefault(image, len(items)))
                columns[1].append(people.setdefault(user, len(people)))
                columns[2].append(place[label])
    item, annotator, label_ = (np.array(column, dtype=np.int64) for column in columns)
    table = Answers([str(i) for i in items], [str(p) for p in people], labels, item, annotator, label_)
    return table.latest()


def values_by_image(images: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """What each of these images was called, oldest first: the latest standing value of each person."""
    latest: dict[UUID, dict[int, Any]] = defaultdict(dict)
    rows = Answer.objects.filter(
        task__image__in=list(images), state=AnswerState.COUNTED, superseded_by=None, task__gold=None
    ).order_by("id")
    for image, user, value in rows.values_list("task__image", "user", "value"):
        latest[image][user] = value
    return {image: list(said.values()) for image, said in latest.items()}
