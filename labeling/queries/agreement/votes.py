"""The votes of a project as a table of numbers: a million of them in one short statement or a few."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from django.db import connection

from labeling.domain.agreement.answers import Indices
from labeling.domain.agreement.filters import Filters
from labeling.domain.agreement.votes import CANT_TELL, NONE_OF_THESE, REGIONS, Votes, standing
from labeling.domain.agreement.weeks import FIRST_MONDAY
from labeling.models import Answer, Image, Queue, Vote
from labeling.queries.answers import context_is, is_uuid
from people.enums import TaskType
from people.models import Project, User

A_STATEMENT = 62_500
"""Votes read at once: a value of 4 MB takes PostgreSQL a third less time to make than four of them in one."""
LAST = 2**63 - 1
"""Higher than the number of any vote."""
WEEK = 7 * 24 * 3600 * 10**6
"""In microseconds, as PostgreSQL sends a time, which it counts from 1 January 2000."""
MONDAY = (date(2000, 1, 1) - FIRST_MONDAY).days * 24 * 3600 * 10**6
# Bytes of one width each, in network order: making a row of text of every vote takes four times as long.
READ = """
SELECT string_agg(
    uuid_send(image_id) || int8send(number) || int8send(user_id) || int8send(label) || int8send(setting)
    || timestamptz_send(at) || int8send((guideline::bigint << 32) | (tenths::bigint << 1) | blind::integer), '')
FROM labeling_vote AS vote WHERE {where}
"""
ROW = np.dtype(
    [
        ("image", "u1", 16),
        ("number", ">i8"),
        ("person", ">i8"),
        ("label", ">i8"),
        ("setting", ">i8"),
        ("at", ">i8"),
        ("small", ">i8"),
    ]
)
NO_LABEL = {0: CANT_TELL, -1: NONE_OF_THESE, -2: REGIONS}
ABSENT = -4


@dataclass(frozen=True)
class Condition:
    """Part of a WHERE over `vote`, and its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()


def read(
    project: Project,
    labels: Sequence[int],
    filters: Filters,
    *,
    up_to: int = LAST,
    images: Sequence[UUID] | None = None,
) -> Votes:
    """The votes that stand and that the filters keep, one of a person an image, up to the vote numbered `up_to`.

    labels: ids, in the order of the places that `Votes.label` holds; images: only those on these. Labels that
    are none of these are left out, and what is not of the project's kind, labels or regions.
    """
    conditions = [Condition("vote.project_id = %s", (project.pk,)), *chosen(project, filters)]
    if images is not None:
        conditions.append(Condition("vote.image_id = ANY(%s)", (list(images),)))
    rows = _rows(conditions, up_to)
    taken_back = _taken_back(project, up_to)
    if len(taken_back):
        rows = rows[standing(rows["number"].astype(np.int64), taken_back)]
    votes = _as_votes(rows, np.asarray(labels, dtype=np.int64), project).latest()
    return _of_images(votes, project, list(labels), filters)


def chosen(project: Project, filters: Filters) -> list[Condition]:
    """What the filters ask of a vote by itself, or of its image. `label` and `annotator` take all votes of an image."""
    found = []
    if filters.queue:
        by = {"pk": filters.queue} if is_uuid(filters.queue) else {"name": filters.queue}
        ids = list(Queue.objects.filter(project=project, **by).values_list("pk", flat=True))
        found.append(Condition("vote.queue_id = ANY(%s)", (ids,)))
    if filters.guideline:
        found.append(Condition("vote.guideline = %s", (int(filters.guideline),)))
    if filters.since:
        found.append(Condition("vote.at >= %s", (filters.since,)))
    if filters.until:
        found.append(Condition("vote.at < %s", (filters.until,)))
    if filters.source or filters.site or filters.context:
        shown = Image.objects.filter(project=project)
        if filters.source:
            shown = shown.filter(source__key=filters.source)
        if filters.site:
            shown = shown.filter(source__site__key=filters.site)
        for key, value in filters.context:
            shown = shown.filter(context_is(key, value))
        sql, parameters = shown.order_by().values("pk").query.sql_with_params()
        found.append(Condition(f"vote.image_id IN ({sql})", parameters))
    return found


def _rows(conditions: Sequence[Condition], up_to: int) -> Any:
    """Structured, of the kind ROW; in no order."""
    where = " AND ".join(condition.sql for condition in conditions)
    parameters = [parameter for condition in conditions for parameter in condition.parameters]
    connection.ensure_connection()
    # Django's own cursors read results as text, twice the bytes.
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            f"SELECT min(number), max(number) FROM labeling_vote AS vote WHERE {where}", parameters
        )
        first, last = cursor.fetchone()
        parts = []
        if first is not None:
            last = min(last, up_to)
            sql = READ.format(where=f"{where} AND vote.number >= %s AND vote.number < %s")
            for start in range(first, last + 1, A_STATEMENT):
                bounds = [start, min(start + A_STATEMENT, last + 1)]
                cursor.execute(sql, parameters + bounds, binary=True)
                parts.append(cursor.fetchone()[0] or b"")
    return np.frombuffer(b"".join(parts), dtype=ROW)


def _taken_back(project: Project, up_to: int) -> Indices:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT supersedes FROM labeling_vote"
            " WHERE project_id = %s AND supersedes IS NOT NULL AND number <= %s",
            [project.pk, up_to],
        )
        return np.array([number for (number,) in cursor.fetchall()], dtype=np.int64)


def _as_votes(rows: Any, labels: Indices, project: Project) -> Votes:
    number, person, given, setting, at, small = (
        rows[name].astype(np.int64) for name in ("number", "person", "label", "setting", "at", "small")
    )
    known = {int(label): place for place, label in enumerate(labels)} | NO_LABEL
    if project.task_type != TaskType.DETECTION:
        del known[-2]
    label = np.full(len(rows), ABSENT)
    for identity, place in known.items():
        label[given == identity] = place
    high, low = np.ascontiguousarray(rows["image"]).view(">u8").reshape(-1, 2).astype(np.uint64).T
    order = _by_image(high, low, number)
    order = order[label[order] != ABSENT]
    high, low, small = high[order], low[order], small[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return Votes(
        images=np.ascontiguousarray(rows["image"][order[first]]).reshape(-1, 16),
        item=np.cumsum(first) - 1,
        person=person[order],
        label=label[order],
        guideline=small >> 32,
        setting=setting[order],
        tenths=(small >> 1) & (2**31 - 1),
        week=(at[order] + MONDAY) // WEEK,
        blind=(small & 1) != 0,
        number=number[order],
    )


def _by_image(high: Any, low: Any, number: Indices) -> Indices:
    """The rows in order of image, whose id is two halves, and of number within one."""
    order: Indices = np.argsort(high, kind="stable")
    sorted_high = high[order]
    same = sorted_high[1:] == sorted_high[:-1]
    before, after = order[:-1][same], order[1:][same]
    # Ids of version 7 hardly ever share a half, and votes mostly come as they are numbered.
    if np.all((low[before] == low[after]) & (number[before] < number[after])):
        return order
    return np.lexsort((number, low, high))


def _of_images(votes: Votes, project: Project, labels: list[int], filters: Filters) -> Votes:
    """Those on the images that anybody gave the label asked for, and that the annotator asked for answered."""
    if filters.label and project.task_type == TaskType.DETECTION:
        holding = Answer.objects.filter(
            project=project, value__contains={"regions": [{"label": filters.label}]}
        ).values("pk")
        numbers = Vote.objects.filter(project=project, answer_id__in=holding).values_list("number", flat=True)
        votes = _on_same_images(votes, np.isin(votes.number, list(numbers)))
    elif filters.label:
        ids = project.labels.filter(key=filters.label).values_list("pk", flat=True)
        places = [labels.index(label) for label in ids if label in labels]
        votes = _on_same_images(votes, np.isin(votes.label, places))
    if filters.annotator:
        people = User.objects.filter(username=filters.annotator).values_list("pk", flat=True)
        votes = _on_same_images(votes, np.isin(votes.person, list(people)))
    return votes


def _on_same_images(votes: Votes, rows: Any) -> Votes:
    kept = np.zeros(len(votes.images), dtype=bool)
    kept[votes.item[rows]] = True
    return votes.of_images(kept)
