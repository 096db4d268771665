"""OpenID Connect with the provider that the settings name: django-allauth speaks it, held to verifying every token."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from requests import RequestException

from people.domain.id_token import TokenRefused, verified

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OF_THE_ADDRESS = {"email", "email_verified"}


class ProviderFailed(Exception):
    """The provider did not answer, or not as the protocol says; the reason is for the log, and names no person."""


class Unfinished(Exception):
    """Nobody was signed in at the provider, or too long ago, or in another browser."""


@dataclass(frozen=True)
class Vouched:
    """What the provider says of who signed in there, and the page here that they wanted; "" for none."""

    issuer: str
    claims: dict[str, Any]
    following: str


class _Adapter(OpenIDConnectOAuth2Adapter):
    """The provider of the settings, whatever the database says of others."""

    def get_provider(self) -> "_Provider":
        return _Provider.of_settings(self.request)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("oidc-callback"))

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider publishes of itself. Raises ProviderFailed where that is another's, or can be overheard."""
        found, issuer = super().openid_config, settings.OIDC.issuer
        if not isinstance(found, dict) or str(found.get("issuer")).rstrip("/") != issuer.rstrip("/"):
            raise ProviderFailed("the discovery document is not that of the issuer")
        for name in (*ENDPOINTS, *({"userinfo_endpoint"} & found.keys())):
            if urlsplit(str(found.get(name))).scheme not in ("https", urlsplit(issuer).scheme):
                raise ProviderFailed(f"the discovery document names no https address as {name}")
        return found


class _Provider(OpenIDConnectProvider):
    oauth2_adapter_class = _Adapter

    @classmethod
    def of_settings(cls, request: HttpRequest) -> "_Provider":
        known = settings.OIDC
        app = SocialApp(
            provider=cls.id,
            provider_id=cls.id,
            name=known.name,
            client_id=known.client_id,
            secret=known.secret,
            settings={"server_url": known.issuer.rstrip("/"), "oauth_pkce_enabled": True},
        )
        return cls(request, app=app)


def begin(request: HttpRequest, following: str) -> HttpResponse:
    """Send the browser to the provider; what it must bring back is in its session. Raises ProviderFailed."""
    nonce = secrets.token_urlsafe(32)
    with _answering():
        return _Provider.of_settings(request).redirect(
            request, AuthProcess.LOGIN, next_url=following, nonce=nonce, auth_params={"nonce": nonce}
        )


def finish(request: HttpRequest) -> Vouched:
    """Who came back from the provider, proved by a signed token. Raises Unfinished or ProviderFailed.

    What the session kept is used up by it: the same address again is Unfinished.
    """
    provider = _Provider.of_settings(request)
    try:
        begun = provider.unstash_redirect_state(request, request.GET.get("state"))
    except PermissionDenied:
        raise Unfinished from None
    if request.GET.get("error", "access_denied") != "access_denied":
        raise ProviderFailed(f"the provider refused: {request.GET['error'][:40]!r}")
    if "code" not in request.GET:
        raise Unfinished
    adapter = _Adapter(request, provider.app.provider_id)
    with _answering():
        client = adapter.get_client(request, provider.app)
        token = adapter.get_access_token_data(
            request, provider.app, client, pkce_code_verifier=begun["pkce_code_verifier"]
        )
        published = adapter.openid_config
        claims = verified(
            token["id_token"],
            _asked(published["jwks_uri"]),
            issuer=published["issuer"],
            audience=provider.app.client_id,
            nonce=begun["nonce"],
        )
        if not claims.keys() >= OF_THE_ADDRESS and "userinfo_endpoint" in published:
            claims = _with_userinfo(claims, published["userinfo_endpoint"], token["access_token"])
    return Vouched(published["issuer"], claims, begun.get("next", ""))


def _with_userinfo(claims: dict[str, Any], address: str, access_token: str) -> dict[str, Any]:
    """Some providers keep the token short, and tell the rest when asked; of another person it is worth nothing."""
    more = _asked(address, {"Authorization": f"Bearer {access_token}"})
    if more.get("sub") != claims["sub"]:
        raise ProviderFailed("what the provider tells of the person is of another (sub)")
    # An address and whether it is verified are said in one breath, or mean nothing.
    return {name: claims[name] for name in claims.keys() - OF_THE_ADDRESS} | more


def _asked(address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    with get_adapter().get_requests_session() as session:
        response = session.get(address, headers=headers)
        response.raise_for_status()
        found = response.json()
    if not isinstance(found, dict):
        raise ProviderFailed("the provider answered something else than an object")
    return found


@contextmanager
def _answering() -> Iterator[None]:
    """Turn all that comes of a provider that is down or answers nonsense into ProviderFailed."""
    try:
        yield
    except TokenRefused as refused:
        raise ProviderFailed(str(refused)) from None
    except OAuth2Error as error:
        # The message quotes the answer, which may hold tokens; the code in it is what helps.
        code = re.search(r'"error"\s*:\s*"([a-z_]{1,40})"', str(error))
        raise ProviderFailed(f"no token for the code: {code[1] if code else 'no reason given'}") from None
    except RequestException as error:
        answered = f" {error.response.status_code}" if error.response is not None else ""
        raise ProviderFailed(f"the provider does not answer: {type(error).__name__}{answered}") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProviderFailed(f"the provider answers nonsense: {type(error).__name__}") from None
