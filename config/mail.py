"""Where letters go: the SMTP server that VOUCH_MAIL names, or nowhere."""

from typing import Any
from urllib.parse import unquote, urlsplit


def settings(url: str | None, sender: str | None) -> dict[str, Any]:
    """Django's settings for `smtp://USER:PASSWORD@HOST:PORT` (`smtps://` for TLS from the start, port 465).

    Without a URL no letter is sent. Raises ValueError for one of another kind.
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("VOUCH_MAIL must be like smtp://USER:PASSWORD@HOST:587.")
    is_wrapped = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if is_wrapped else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_wrapped,
        # A server with a log-in is spoken to under TLS; one on this machine's loopback may know none.
        "EMAIL_USE_TLS": not is_wrapped and bool(parts.username),
        "EMAIL_TIMEOUT": 20,
        "DEFAULT_FROM_EMAIL": sender or f"vouch@{parts.hostname}",
    }
