"""Who else may say who somebody is: the OpenID Connect provider that the environment names, or none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Present only where a provider is named: elsewhere nothing of allauth is loaded.
APPS = ["config.allauth_apps.Accounts", "config.allauth_apps.SocialAccounts"]
ALLAUTH: dict[str, Any] = {
    # Without tables (see config.allauth_apps) there is nothing to migrate.
    "MIGRATION_MODULES": {"account": None, "socialaccount": None},
    # A provider that does not answer holds nobody for longer, in seconds, at each of the questions to it.
    "SOCIALACCOUNT_REQUESTS_TIMEOUT": 5,
}


@dataclass(frozen=True)
class Provider:
    """`admits_newcomers`: somebody without an account gets one, with no role. The secret is never shown."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str = "single sign-on"
    admits_newcomers: bool = False


def given(environ: Mapping[str, str]) -> Provider | None:
    """The provider named in the environment; None where nothing of one is.

    Raises ValueError for one named in part, an issuer that is not HTTPS (but on this machine's loopback), or a file
    without a secret.
    """
    issuer = environ.get("VOUCH_OIDC_ISSUER")
    client_id = environ.get("VOUCH_OIDC_CLIENT_ID")
    secret = environ.get("VOUCH_OIDC_CLIENT_SECRET")
    file = environ.get("VOUCH_OIDC_CLIENT_SECRET_FILE")
    if not (issuer or client_id or secret or file):
        return None
    if not issuer or not client_id or bool(secret) == bool(file):
        raise ValueError(
            "OpenID Connect needs VOUCH_OIDC_ISSUER, VOUCH_OIDC_CLIENT_ID, and either VOUCH_OIDC_CLIENT_SECRET "
            "or VOUCH_OIDC_CLIENT_SECRET_FILE."
        )
    if not is_safe(issuer):
        raise ValueError("VOUCH_OIDC_ISSUER must be an https:// address.")
    return Provider(
        issuer=issuer,
        client_id=client_id,
        secret=secret or _read(file or ""),
        name=environ.get("VOUCH_OIDC_NAME") or Provider.name,
        admits_newcomers=environ.get("VOUCH_OIDC_NEWCOMERS") == "1",
    )


def is_safe(address: str) -> bool:
    """Whether what is said to the address cannot be overheard: HTTPS, or this machine itself."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")


def _read(file: str) -> str:
    try:
        secret = Path(file).expanduser().read_text().strip()
    except OSError as error:
        raise ValueError(f"VOUCH_OIDC_CLIENT_SECRET_FILE cannot be read: {error.strerror}.") from None
    if not secret:
        raise ValueError("VOUCH_OIDC_CLIENT_SECRET_FILE is empty.")
    return secret
