"""Phones signed in by a code: starting the shift, and what holds while it lasts."""

from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY, get_user, login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_http_methods, require_POST

from people.models import User
from people.services import sign_in_codes
from people.services.passwords import BACKEND
from people.views.language import in_readers_language

SHIFT = "shift"
"""Under this name a session keeps the id of the code that signed it in."""


def bounded(session: Any, user: Any) -> Any:
    """The session's user, bounded to the code that signed them in; nobody once that shift is over."""
    code_id = session.get(SHIFT)
    if code_id is None or not user.is_authenticated:
        return user
    user.shift = sign_in_codes.shift_of(user.pk, code_id)
    if user.shift is None:
        session.flush()
        return AnonymousUser()
    return user


def _user_of(request: HttpRequest) -> Any:
    if not hasattr(request, "_bounded_user"):
        request._bounded_user = bounded(request.session, get_user(request))  # type: ignore[attr-defined]
    return request._bounded_user


class Shifts(MiddlewareMixin):
    """Stands after Django's AuthenticationMiddleware, and puts the bounded user in the place of its."""

    def process_request(self, request: HttpRequest) -> None:
        request.user = SimpleLazyObject(lambda: _user_of(request))  # type: ignore[assignment]
        request.auser = partial(sync_to_async(_user_of), request)  # type: ignore[assignment]


@login_not_required
@in_readers_language
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, secret: str) -> HttpResponse:
    """What the code opens, and a button that opens it: a link that is only looked at uses nothing up."""
    try:
        if request.method == "POST":
            code = sign_in_codes.use(secret=secret)
            _begin(request, code.user, str(code.pk), code.ends_at)
            return redirect("home")
        code = sign_in_codes.find(secret)
    except sign_in_codes.CodeSpent as spent:
        response = render(request, "people/codes/spent.html", {"reason": str(spent)}, status=410)
    else:
        response = render(request, "people/codes/start.html", {"code": code})
    add_never_cache_headers(response)
    # The address is the secret: it goes nowhere else. Nothing at all would make the origin of the press unknown.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _begin(request: HttpRequest, user: User, code_id: str, ends_at: Any) -> None:
    if request.session.get(SESSION_KEY) is not None:
        # Whoever held the phone before leaves nothing in its session.
        logout(request)
    login(request, user, backend=BACKEND)
    request.session[SHIFT] = code_id
    request.session.set_expiry(ends_at)


@require_POST
def hand_over(request: HttpRequest) -> HttpResponse:
    """Sign out, and say how the next one begins. What was not sent yet waits in the browser for its author."""
    logout(request)
    return redirect("handed-over")


@login_not_required
@in_readers_language
def handed_over(request: HttpRequest) -> HttpResponse:
    """The page between two people with one phone."""
    return render(request, "people/codes/handed_over.html")
