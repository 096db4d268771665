"""Many values given to a query as one parameter."""

from collections.abc import Collection
from uuid import UUID

from django.db.models.expressions import RawSQL


def given_ids(ids: Collection[UUID]) -> RawSQL:
    """What stands behind `pk__in=`: a parameter for each of hundreds costs Django more than the query PostgreSQL."""
    return RawSQL("SELECT unnest(%s::uuid[])", [list(ids)])


def given_texts(texts: Collection[str]) -> RawSQL:
    """As `given_ids`, for text."""
    return RawSQL("SELECT unnest(%s::text[])", [list(texts)])
