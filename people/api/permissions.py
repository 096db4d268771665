"""Denied unless a view says otherwise: which scope a token needs, and that somebody is signed in."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from people.models import Token


class Denied(BasePermission):
    """What a view gets that declares nothing."""

    message = "This endpoint has no rule that allows it."

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


class Scoped(BasePermission):
    """Somebody is signed in, or a token has the scope that `view.scopes` names for the method.

    What that somebody may do to which object is for the app's `rules`; this only bounds the token.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        needed = view.scopes.get("GET" if request.method in ("HEAD", "OPTIONS") else request.method)
        if needed is None:
            return False
        if isinstance(request.auth, Token):
            self.message = f"This needs a token with scope {needed}."
            return str(needed) in request.auth.scopes
        return True
