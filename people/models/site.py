"""A store or plant: where cameras hang and associates work."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.db import models

from people.keys import KEY_LENGTH, validate_key


def validate_timezone(value: str) -> None:
    """Raise ValidationError unless `value` names a time zone of the IANA database."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(
            "%(value)r is not a time zone; write one like Europe/Stockholm.", params={"value": value[:80]}
        )


class Site(models.Model):
    key = models.CharField(max_length=KEY_LENGTH, unique=True, validators=[validate_key])
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])

    def __str__(self) -> str:
        return self.name
