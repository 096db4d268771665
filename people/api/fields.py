"""Serializer fields that every app's API shares."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from people.keys import KEY_LENGTH, validate_key


class KeyField(serializers.CharField):
    """A key or slug: folded to lower case, then held to `people.keys`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": KEY_LENGTH, **options})

    def to_internal_value(self, data: Any) -> str:
        key = super().to_internal_value(data).casefold()
        try:
            validate_key(key)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        return key
