"""What a key or slug looks like, everywhere one is accepted."""

import re

from django.core.exceptions import ValidationError

KEY_LENGTH = 64
KEY_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"


def validate_key(value: str) -> None:
    """Raise ValidationError unless `value` is a key: lower-case letters, digits, `_` and `-`, 64 at most."""
    if not re.fullmatch(KEY_PATTERN, value):
        raise ValidationError(
            "%(value)r is not a key: up to 64 of a-z, 0-9, _ and -, beginning with a letter or digit.",
            params={"value": value[:80]},
        )


def folded(name: str) -> str:
    """The key a written name stands for: case-folded, runs of anything else becoming one `-`."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.casefold()).strip("-_")[:KEY_LENGTH]
