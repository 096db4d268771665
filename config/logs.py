"""How every process logs: JSON a line, plain text on a terminal, and nothing in it that says who somebody is."""

import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from config.tracing import span

if TYPE_CHECKING:
    from procrastinate import JobContext
    from procrastinate.worker import Worker

FORMATS = ("json", "plain")
LEFT_OUT = "[left out]"

SECRETS = [
    # PostgreSQL quotes the row that it refused.
    (re.compile(r"DETAIL:.*"), f"DETAIL: {LEFT_OUT}"),
    (re.compile(r"//[^/\s:@]+:[^/\s@]+@"), f"//{LEFT_OUT}@"),
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"), LEFT_OUT),
    (re.compile(r"\b(Token|Bearer) +\S+"), rf"\1 {LEFT_OUT}"),
    # What signs an image's address, or signs somebody in, stands in a query.
    (re.compile(r"\?[\w.%-]+=[^\s\"'<>]+"), f"?{LEFT_OUT}"),
    # 256 bits as people.services.tokens, sessions of phones and webhooks write them.
    (re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])"), LEFT_OUT),
]
"""What a message or a traceback may quote that says who somebody is, or lets somebody in; and what stands for it."""


def configuration(environ: Mapping[str, str]) -> dict[str, Any]:
    """Django's LOGGING: every logger of every library to standard error. Raises ValueError for a format that is none.

    VOUCH_LOG_FORMAT is json or plain; without it plain where standard error is a terminal. VOUCH_LOG_LEVEL: WARNING.
    """
    chosen = environ.get("VOUCH_LOG_FORMAT") or ("plain" if sys.stderr.isatty() else "json")
    if chosen not in FORMATS:
        raise ValueError(f"VOUCH_LOG_FORMAT is json or plain, not {chosen!r}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "chosen": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _facts(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    without_secrets,
                    *_rendering(chosen),
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "chosen"}},
        "loggers": {
            # A refusal is an answer, and no cause for alarm.
            "django.request": {"level": "ERROR"},
            # The web server has brought handlers of its own by now: listed, it loses them, and keeps its level.
            **{
                name: {"handlers": [], "propagate": True}
                for name in ("uvicorn", "uvicorn.error", "uvicorn.access")
            },
        },
        "root": {"handlers": ["console"], "level": environ.get("VOUCH_LOG_LEVEL", "WARNING")},
    }


def _facts() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _process,
    ]


def _rendering(chosen: str) -> list[Processor]:
    if chosen == "json":
        return [structlog.processors.JSONRenderer(ensure_ascii=False)]
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        timestamp_key="at",
        pad_event_to=0,
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [plain]


def _process(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event["pid"] = os.getpid()
    return event


def without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The event with SECRETS left out of every text in it, the traceback too."""
    for name, value in event.items():
        if isinstance(value, str):
            for pattern, instead in SECRETS:
                value = pattern.sub(instead, value)
            event[name] = value
    return event


async def naming_job(call_next: Any, context: "JobContext", worker: "Worker") -> Any:
    """A worker's middleware: what a job logs names the job and its task, and it is a span of its own."""
    job = context.job
    with bound_contextvars(job=job.id, task=job.task_name), span(job.task_name, job=job.id):
        return await call_next()


# A structlog logger, where one is asked for, writes by the same handlers.
structlog.configure(
    processors=[*_facts(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
