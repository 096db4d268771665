"""Signing in with somebody else's word: to the provider, back from it, and why not."""

import logging

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from people.services.passwords import BACKEND
from people.services.single_sign_on import NotAdmitted, Why, admit
from people.views import oidc_protocol
from people.views.language import in_readers_language
from people.views.second_factor import PASSED

logger = logging.getLogger(__name__)


@login_not_required
@in_readers_language
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """On to the provider.

    By a link and not a form: a policy's form-action is held against each redirect that follows, and a provider may
    pass the browser on to others that only it knows. Who is sent here unasked signs in as themselves or not at all.
    """
    _check_there_is_one()
    following = request.GET.get("next", "")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(following, hosts, require_https=request.is_secure()):
        following = ""
    if request.user.is_authenticated:
        return redirect(following or settings.LOGIN_REDIRECT_URL)
    try:
        response = oidc_protocol.begin(request, following)
    except oidc_protocol.ProviderFailed as failed:
        response = _failed(request, failed)
    add_never_cache_headers(response)
    return response


@login_not_required
@in_readers_language
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider: in, or a page that says why not."""
    provider = _check_there_is_one()
    try:
        vouched = oidc_protocol.finish(request)
        user = admit(issuer=vouched.issuer, claims=vouched.claims, newcomers=provider.admits_newcomers)
    except oidc_protocol.Unfinished:
        response = _refused(
            request, gettext("That took too long, or was broken off. Sign in once more."), 400
        )
    except oidc_protocol.ProviderFailed as failed:
        response = _failed(request, failed)
    except NotAdmitted as refused:
        logger.info("Sign-in with %s refused: %s", provider.name, refused)
        response = _refused(request, _said(refused), 403)
    else:
        if request.session.get(SESSION_KEY) is not None:
            # Whoever was signed in here before leaves nothing in the session.
            logout(request)
        login(request, user, backend=BACKEND)
        # Asking for more than a password is the provider's work.
        request.session[PASSED] = "provider"
        response = redirect(vouched.following or settings.LOGIN_REDIRECT_URL)
    add_never_cache_headers(response)
    return response


def _check_there_is_one() -> object:
    if settings.OIDC is None:
        raise Http404
    return settings.OIDC


def _failed(request: HttpRequest, failed: oidc_protocol.ProviderFailed) -> HttpResponse:
    logger.warning("Sign-in with %s failed: %s", settings.OIDC.name, failed)
    said = gettext(
        "%(provider)s does not answer as it should. Try again in a while, or log in with a password."
    )
    return _refused(request, said % {"provider": settings.OIDC.name}, 502)


def _said(refused: NotAdmitted) -> str:
    """What somebody can do about it."""
    match refused.why:
        case Why.UNVERIFIED:
            said = gettext(
                "%(provider)s has verified no address of yours. Verify one there, and sign in again."
            )
        case Why.UNKNOWN:
            said = gettext("Nobody here has the address %(address)s. An engineer of your project can add it.")
        case Why.AMBIGUOUS:
            said = gettext(
                "Several accounts have the address %(address)s. An engineer can leave it on one alone."
            )
        case Why.TAKEN:
            said = gettext(
                "The account with %(address)s belongs to somebody else. An engineer can untie it from them."
            )
        case Why.INACTIVE:
            said = gettext("Your account is switched off. An engineer of your project can say why.")
    return said % {"provider": settings.OIDC.name, "address": refused.address}


def _refused(request: HttpRequest, said: str, status: int) -> HttpResponse:
    return render(request, "people/not_signed_in.html", {"said": said}, status=status)
