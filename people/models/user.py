"""Whoever signs in: a person, or a machine that holds only tokens."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractUser
from django.db import models

if TYPE_CHECKING:
    from people.models.sign_in_code import SignInCode


class User(AbstractUser):
    is_machine = models.BooleanField(default=False, help_text="Holds tokens only; cannot sign in to pages.")
    # The code this session was signed in by: it is an associate's of one site, whatever else the user is.
    shift: "SignInCode | None" = None

    def __str__(self) -> str:
        return self.get_full_name() or self.username
