"""Whoever signs in: a person, or a machine that holds only tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    is_machine = models.BooleanField(default=False, help_text="Holds tokens only; cannot sign in to pages.")

    def __str__(self) -> str:
        return self.get_full_name() or self.username
