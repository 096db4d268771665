"""Whose name and password these are, for pages and the administration alike: each attempt is counted first."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from people.models import User
from people.services import sign_in_attempts as attempts

BACKEND = "people.services.passwords.CountedPasswords"


class CountedPasswords(ModelBackend):
    """A password that comes too soon after too many wrong ones is not looked at.

    Then `request.held_off_seconds` says for how long, the same for an account that there is and one that there is not.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **given: Any,
    ) -> User | None:
        name = given.get(User.USERNAME_FIELD) if username is None else username
        if name is None or password is None:
            return None
        account, address = attempts.account(name), None
        try:
            with transaction.atomic():
                attempts.count(account, free=attempts.FREE_AT_ACCOUNT)
                if request is not None and request.META.get("REMOTE_ADDR"):
                    address = attempts.address(request.META["REMOTE_ADDR"])
                    attempts.count(address, free=attempts.FREE_FROM_ADDRESS)
        except attempts.TooManyAttempts as held_off:
            if request is not None:
                request.held_off_seconds = held_off.seconds  # type: ignore[attr-defined]
            # No other backend is asked.
            raise PermissionDenied from None
        user = super().authenticate(request, username=name, password=password)
        if user is None:
            attempts.failed(account, at="an account", user=User.objects.filter(username=name).first())
            if address is not None:
                attempts.failed(address, at="an address", user=None)
            return None
        attempts.succeeded(account)
        if address is not None:
            attempts.take_back(address)
        return user

    def user_can_authenticate(self, user: Any) -> bool:
        """Active people: a machine holds tokens only."""
        return super().user_can_authenticate(user) and not user.is_machine
