"""Images by the numbers in their context: which keys are put into ranges, and in which range an image lies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from django.db import connection

from labeling.domain.agreement import ranges
from labeling.domain.agreement.votes import Votes
from labeling.models import ContextRanges
from people.models import Project

Ranges = Mapping[str, Sequence[float]]
"""Edges by key."""
MOST_KEYS = 3
"""More would tear the images into as many kinds as there are images."""
LOOKED_AT = 2_000
"""Images, a project's newest, by which ranges are fixed."""
ONE_BY_ONE = 5_000
"""Images up to which those alone are read, and not the whole project's."""
BASE = 8
"""Of the code that says in which range of every key an image lies: a digit each, 0 where it has no number."""
NUMBERS = """
SELECT key, array_agg((value::numeric)::float8) FROM (
    SELECT context FROM labeling_image WHERE project_id = %s ORDER BY id DESC LIMIT %s
) AS newest, jsonb_each(context)
WHERE CASE WHEN jsonb_typeof(value) = 'number' THEN abs(value::numeric) < %s ELSE false END
  AND length(key) <= 100
GROUP BY key ORDER BY count(*) DESC, key
"""
DIGIT = """
CASE WHEN jsonb_typeof(context -> %s::text) = 'number'
     THEN (width_bucket((context -> %s::text)::numeric, %s::numeric[]) + 1) * %s ELSE 0 END
"""
CODES = "SELECT string_agg(uuid_send(id) || int4send({code}), '' ORDER BY id) FROM labeling_image WHERE project_id = %s"
ROW = np.dtype([("image", "u1", 16), ("code", ">i4")])
ODD = np.uint64(0x9E3779B97F4A7C15)


def in_force(project: Project) -> dict[str, list[float]]:
    """The ranges fixed for the project, by key in order."""
    kept = ContextRanges.objects.filter(project=project).exclude(edges=[]).order_by("key")
    return dict(kept.values_list("key", "edges"))


def to_fix(project: Project, known: Ranges) -> dict[str, tuple[float, ...]]:
    """The edges of further keys whose numbers enough of the newest images know; none where MOST_KEYS are known.

    Nor of a key whose ranges somebody took away.
    """
    if len(known) >= MOST_KEYS:
        return {}
    settled = set(ContextRanges.objects.filter(project=project).values_list("key", flat=True))
    edges = {
        key: found
        for key, values in numbers(project).items()
        if key not in settled and (found := ranges.edges_of(values))
    }
    return dict(list(edges.items())[: MOST_KEYS - len(known)])


def numbers(project: Project) -> dict[str, list[float]]:
    """The numbers that the contexts of the newest images have, by key, the key that most of them have first."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, [project.pk, LOOKED_AT, ranges.LARGEST])
        return dict(cursor.fetchall())


def codes(project: Project, images: Sequence[UUID] | None, edges: Ranges) -> Any:
    """(image, code) of these images, or all of the project, structured as ROW, in order of the images."""
    sql, parameters = [], []
    for place, (key, given) in enumerate(edges.items()):
        sql.append(DIGIT)
        parameters += [key, key, [Decimal(repr(edge)) for edge in given], BASE**place]
    statement = CODES.format(code=" + ".join(sql))
    parameters.append(project.pk)
    if images is not None:
        statement += " AND id = ANY(%s)"
        parameters.append(list(images))
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, binary=True)
        (found,) = cursor.fetchone() or (None,)
    return np.frombuffer(found or b"", dtype=ROW)


def in_ranges(code: int, edges: Ranges) -> dict[str, str]:
    """`{"context.KEY": range}` of every number that an image of this code has."""
    found = {}
    for key, given in edges.items():
        code, digit = divmod(code, BASE)
        if digit:
            found[f"context.{key}"] = ranges.names(given)[digit - 1]
    return found


def with_ranges(votes: Votes, project: Project, edges: Ranges) -> Votes:
    """The votes, those on images of other ranges being of other settings."""
    if not edges or not len(votes):
        return votes
    few = len(votes.images) <= ONE_BY_ONE
    ids = [UUID(bytes=image.tobytes()) for image in votes.images] if few else None
    rows = codes(project, ids, edges)
    if not len(rows):
        return votes
    known, wanted = _as_text(rows["image"]), _as_text(votes.images)
    place = np.minimum(np.searchsorted(known, wanted), len(rows) - 1)
    code = np.where(known[place] == wanted, rows["code"][place], 0).astype(np.uint64)[votes.item]
    setting = votes.setting.astype(np.uint64) ^ (code * ODD)
    return replace(votes, setting=setting.astype(np.int64))


def _as_text(images: Any) -> Any:
    """Ids (n, 16) as one value each, in the order of their bytes."""
    return np.ascontiguousarray(images).view("S16").ravel()
