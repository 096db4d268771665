"""A code beside the password: asked while signing in, set up, and required where the installation says so."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from people.domain import one_time_codes
from people.models import User
from people.services import second_factors
from people.services.passwords import BACKEND
from people.services.sign_in_attempts import TooManyAttempts
from people.views.codes import picture_of

PENDING = "second_factor_pending"
"""Under this name a session keeps who has given a password and is still to give a code."""
PENDING_SECONDS = 300
PASSED = "second_factor"
"""Under this name a session keeps what beside a password it was signed in with: `code`, or `provider`."""
NEW_SECRET = "second_factor_secret"
WRONG = "That is not the code of this half minute, or it was used before. Wait for the next one."


def hold(request: HttpRequest, user: User, following: str) -> HttpResponse:
    """The password was right: on to the page that asks for the code. Nobody is signed in yet."""
    request.session.flush()
    request.session[PENDING] = {"user": user.pk, "at": time.time(), "next": following}
    return redirect("second-factor-code")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The code, between the password and the first page."""
    pending = request.session.get(PENDING)
    if not pending or not 0 <= time.time() - pending["at"] <= PENDING_SECONDS:
        request.session.pop(PENDING, None)
        return redirect("login")
    user = User.objects.filter(pk=pending["user"], is_active=True, is_machine=False).first()
    if user is None:
        request.session.pop(PENDING, None)
        return redirect("login")
    said, status, wait = "", 200, 0
    if request.method == "POST":
        said, status, wait = _checked(user, request.POST.get("code", ""))
        if not said:
            if request.session.get(SESSION_KEY) is not None:
                logout(request)
            login(request, user, backend=BACKEND)
            request.session.pop(PENDING, None)
            request.session[PASSED] = "code"
            return redirect(pending["next"] or settings.LOGIN_REDIRECT_URL)
    response = render(request, "people/second_factor/ask.html", {"said": said, "person": user}, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    add_never_cache_headers(response)
    return response


def _checked(user: User, code: str) -> tuple[str, int, int]:
    """What is wrong with the code, "" where nothing is; the status to say it with; seconds to wait."""
    try:
        second_factors.check(user=user, code=code)
    except second_factors.WrongCode:
        return WRONG, 400, 0
    except TooManyAttempts as held_off:
        return waiting_words(held_off.seconds), 429, held_off.seconds
    return "", 200, 0


def waiting_words(seconds: int) -> str:
    """What somebody reads who has tried too often."""
    return f"Too many attempts. Nothing was looked at; try again in {seconds} seconds."


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set it up by its picture; once there is one, new recovery codes, or away with it."""
    if request.user.shift is not None:
        return redirect("home")
    factor = second_factors.factor_of(request.user)
    shown: dict[str, Any] = {
        "factor": factor,
        "is_required": second_factors.is_required(request.user),
        "following": _following(request),
        "said": "",
    }
    status = 200
    if request.method == "POST":
        act = _set_up if factor is None else _change
        shown["said"], status = act(request, shown)
        if not shown["said"] and request.POST.get("act") == "pass":
            return redirect(shown["following"] or settings.LOGIN_REDIRECT_URL)
        factor = shown["factor"] = second_factors.factor_of(request.user)
    shown["must_pass"] = is_missing(request.session, request.user)
    if factor is None:
        secret = request.session.setdefault(NEW_SECRET, one_time_codes.new_secret())
        address = one_time_codes.address_of(secret, name=request.user.username, issuer="Vouch")
        shown |= {"picture": picture_of(address), "secret": " ".join(_in_fours(secret))}
    else:
        shown["left"] = second_factors.left(request.user)
    response = render(request, "people/second_factor/second_factor.html", shown, status=status)
    add_never_cache_headers(response)
    return response


def _set_up(request: HttpRequest, shown: dict[str, Any]) -> tuple[str, int]:
    secret = request.session.get(NEW_SECRET)
    if secret is None:
        return "This page was open for too long. Read the new picture.", 400
    try:
        shown["codes"] = second_factors.set_up(
            user=request.user, secret=secret, code=request.POST.get("code", "")
        )
    except second_factors.WrongCode:
        return "That is not the code that belongs to this picture. Is the phone's clock right?", 400
    del request.session[NEW_SECRET]
    request.session[PASSED] = "code"
    return "", 200


def _change(request: HttpRequest, shown: dict[str, Any]) -> tuple[str, int]:
    """Anything that changes it asks for a code first: a session left open is not enough."""
    asked = request.POST.get("act")
    if asked not in ("pass", "renew", "take-away"):
        return "Choose what to do.", 400
    if asked == "take-away" and shown["is_required"]:
        return "This installation asks you for a second factor: it cannot be taken away.", 400
    said, status, _ = _checked(request.user, request.POST.get("code", ""))
    if said:
        return said, status
    request.session[PASSED] = "code"
    if asked == "renew":
        shown["codes"] = second_factors.renew_recovery_codes(user=request.user)
    elif asked == "take-away":
        second_factors.take_away(user=request.user, by=request.user)
        del request.session[PASSED]
    return "", 200


def _in_fours(secret: str) -> list[str]:
    return [secret[at : at + 4] for at in range(0, len(secret), 4)]


def _following(request: HttpRequest) -> str:
    following = request.POST.get("next", request.GET.get("next", ""))
    hosts = {request.get_host()}
    return following if url_has_allowed_host_and_scheme(following, hosts, request.is_secure()) else ""


def is_missing(session: Any, user: Any) -> bool:
    """Whether this session may do nothing before it has given a code."""
    if not settings.SECOND_FACTOR_FOR or not user.is_authenticated or session.get(PASSED):
        return False
    return second_factors.is_required(user)


class SecondFactors(MiddlewareMixin):
    """Stands after the shifts; sends who has to have a second factor, and gave none, to the page that asks for it."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not settings.SECOND_FACTOR_FOR or not getattr(view, "login_required", True):
            return None
        here = request.path
        if here in (reverse("second-factor"), reverse("logout")) or not is_missing(
            request.session, request.user
        ):
            return None
        following = {"next": request.get_full_path()} if request.method == "GET" else {}
        return redirect(
            f"{reverse('second-factor')}?{urlencode(following)}" if following else "second-factor"
        )
