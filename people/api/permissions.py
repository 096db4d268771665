"""Denied unless a view says otherwise: which scope a token needs, and that somebody is signed in."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from people.enums import Scope
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
            if not hasattr(view, (request.method or "").lower()):
                # Nobody may: the view itself answers that there is no such method, with those there are.
                return True
            self.message = f"{request.method} is not for this address."
            return False
        if isinstance(request.auth, Token):
            any_of = [needed] if isinstance(needed, Scope) else list(needed)
            self.message = f"This needs a token with scope {' or '.join(any_of)}."
            return not set(any_of).isdisjoint(request.auth.scopes)
        return True
