"""An upload written by one statement: its image's row, its capture, what a repetition is answered, the announcement."""

import json
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, Model
from django.db.models.fields import NOT_PROVIDED

from inference.models import Capture
from labeling.models import Image
from people.models import IdempotencyKey
from people.queries.prepared import run
from people.services.announcements import CAPTURES, WORK_CHANNEL


def write(*, image: Image, capture: Capture, answer: IdempotencyKey | None = None) -> bool:
    """Write unsaved rows and announce the capture, all or nothing; where no transaction is open, committed at once.

    The capture gets the image that the project has of these bytes, `image` if there is none. `answer` is what a
    repetition of the request is told. False, and nothing is written, where its key was used before: by a request that
    has ended, since one that has not is waited for.

    One statement instead of ten: each costs the web process and PostgreSQL a tenth of what they have for an upload.
    """
    rows: list[Model] = [image, capture] if answer is None else [answer, image, capture]
    parameters: list[Any] = []
    for row in rows:
        parameters += _values(row)
        if row is image:
            parameters = [image.project_id, image.sha256, *parameters]
    payload = json.dumps({"topic": CAPTURES, "event": "captures.received", "ids": [str(capture.pk)]})
    return bool(run(_statement(answer is not None), [*parameters, WORK_CHANNEL, payload]))


@cache
def _statement(answered: bool) -> str:
    """The statement; whatever is written after the key depends on its row, so that a key used before writes nothing.

    An image that somebody else writes at the same moment is waited for, and then updated to what it is: only so does
    PostgreSQL return a row that the statement itself cannot see.
    """
    parts = [
        "known AS (SELECT id FROM labeling_image WHERE project_id = %s AND sha256 = %s)",
    ]
    once = ""
    if answered:
        parts.append(f"said AS ({_insert(IdempotencyKey)} ON CONFLICT DO NOTHING RETURNING 1)")
        once = " AND EXISTS (SELECT 1 FROM said)"
    returned = "ON CONFLICT (project_id, sha256) DO UPDATE SET sha256 = EXCLUDED.sha256 RETURNING id"
    parts += [
        f"new AS ({_insert(Image)} WHERE NOT EXISTS (SELECT 1 FROM known){once} {returned})",
        "kept AS (SELECT id FROM known UNION ALL SELECT id FROM new)",
        f"taken AS ({_insert(Capture, image_id='kept.id')} FROM kept WHERE true{once} RETURNING 1)",
    ]
    return f"WITH {', '.join(parts)} SELECT pg_notify(%s, %s) FROM taken"


def _insert(model: type[Model], **from_rows: str) -> str:
    columns = [field.column for field in _written(model)]
    values = [from_rows.get(column, "%s") for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(values)}"


def _values(row: Model) -> list[Any]:
    """What stands for the row's columns, in their order; a capture's image comes from the statement itself."""
    # Looked up once: Django's `connection` looks itself up at each of its uses, several a column.
    database = connections[DEFAULT_DB_ALIAS]
    return [
        field.get_db_prep_save(getattr(row, field.attname), database)
        for field in _written(type(row))
        if not (isinstance(row, Capture) and field.name == "image")
    ]


@cache
def _written(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    """The columns that are not the database's own to fill."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if field.db_default is NOT_PROVIDED and not field.db_returning
    )
