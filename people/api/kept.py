"""Serializers that each thread keeps for the addresses asked most: making one costs more than what it is used for.

Its fields are made anew with each, and point at it as it points at them, so that nothing but the garbage collector,
which stops everybody, is rid of them.
"""

import threading
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer
from rest_framework.settings import api_settings

NON_FIELD = api_settings.NON_FIELD_ERRORS_KEY
_kept = threading.local()


def represented(kind: type[Serializer], instance: Any, **context: Any) -> Any:
    """`kind(instance, context=context).data`."""
    serializer = _of(kind)
    serializer._context = context
    try:
        return serializer.to_representation(instance)
    finally:
        serializer._context = {}


def validated(kind: type[Serializer], data: Any) -> dict[str, Any]:
    """The validated data of `kind(data=data)`. Raises ValidationError as its `is_valid(raise_exception=True)` does."""
    try:
        found: dict[str, Any] = _of(kind).run_validation(data)
    except ValidationError as error:
        if isinstance(error.detail, dict):
            raise
        raise ValidationError({NON_FIELD: error.detail}) from None
    return found


def _of(kind: type[Serializer]) -> Serializer:
    known: dict[type[Serializer], Serializer] = _kept.__dict__
    if kind not in known:
        known[kind] = kind()
    return known[kind]
