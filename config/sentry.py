"""Errors sent to Sentry, or what speaks its language, where VOUCH_SENTRY_DSN names one (extra `sentry`); else nowhere.

What is sent is chosen, not sifted: where it happened and what kind of error it is. No request, no variable, no picture
and no person is ever part of it, whatever a later release of the SDK would like to gather.
"""

from collections.abc import Mapping
from typing import Any

from structlog.contextvars import get_contextvars

from config.logs import without_secrets

NAMED = ("request", "capture", "job", "task")
"""What the log says of where something happened, and no id of a person is among."""
KEPT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "sdk")
FRAME = ("filename", "function", "module", "lineno", "in_app")


def report(environ: Mapping[str, str]) -> bool:
    """Begin to send what is logged as an error in this process; whether anything is sent."""
    address = environ.get("VOUCH_SENTRY_DSN")
    if not address:
        return False
    import sentry_sdk
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=address,
        environment=environ.get("VOUCH_SENTRY_ENVIRONMENT") or "production",
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[LoggingIntegration(level=None)],
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=chosen,
    )
    return True


def chosen(event: Any, hint: Any) -> Any:
    """Of what the SDK has gathered, what is sent: the message's words without what was filled in, and the traceback."""
    known = get_contextvars()
    sent = {name: event[name] for name in KEPT if name in event}
    sent["tags"] = {name: known[name] for name in NAMED if known.get(name) is not None}
    if message := event.get("logentry", {}).get("message"):
        sent["logentry"] = {"message": _clean(message)}
    if raised := event.get("exception", {}).get("values"):
        sent["exception"] = {"values": [_raised(each) for each in raised]}
    return sent


def _raised(error: Mapping[str, Any]) -> dict[str, Any]:
    frames = error.get("stacktrace", {}).get("frames", [])
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "value": _clean(error.get("value") or ""),
        "stacktrace": {
            "frames": [{name: frame[name] for name in FRAME if name in frame} for frame in frames]
        },
    }


def _clean(text: str) -> str:
    return str(without_secrets(None, "", {"event": text})["event"])
