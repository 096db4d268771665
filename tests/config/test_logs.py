"""What a line of the log says, and what it never says."""

import json
import logging
import logging.config
import sys
from types import SimpleNamespace

import pytest
from structlog.contextvars import bound_contextvars, clear_contextvars, get_contextvars

from config import logs

SECRET = "kq3v5lLbl0pV1y2Xw8m2nB9t_4c-6Zr0aTtYQe7uJsA"


def written(record, **environ):
    """The line that the console's handler would write of the record."""
    given = logs.configuration(environ)
    formatter = logging.config.DictConfigurator(given).configure_formatter(given["formatters"]["chosen"])
    return formatter.format(record)


def record(message, *args, error=None):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("some.module", logging.ERROR, __file__, 1, message, args, info)


def test_a_line_is_json_with_what_is_bound_and_the_traceback():
    try:
        raise ValueError("Ångström")
    except ValueError as error:
        raised = error
    with bound_contextvars(request="r1", capture="c1"):
        line = written(record("%d went wrong", 3, error=raised), VOUCH_LOG_FORMAT="json")
    assert "\n" not in line
    said = json.loads(line)
    assert {name: said[name] for name in ("event", "level", "logger", "request", "capture")} == {
        "event": "3 went wrong",
        "level": "error",
        "logger": "some.module",
        "request": "r1",
        "capture": "c1",
    }
    assert said["at"].endswith("Z")
    assert said["exception"].endswith("ValueError: Ångström")


@pytest.mark.parametrize("form", logs.FORMATS)
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("no account for anna.b+x@shop.example", "anna"),
        ("duplicate key\nDETAIL:  Key (username)=(anna) already exists.", "anna"),
        ("cannot reach postgresql://anna:word@db/vouch", "word"),
        ("refused Authorization: Token abcdef", "abcdef"),
        ("GET /images/1/?for=17.99.c2lnbmVk", "c2lnbmVk"),
        (f"the secret was {SECRET}.", SECRET),
    ],
)
def test_who_somebody_is_and_what_lets_them_in_are_left_out(form, text, secret):
    for made in (record("%s", text), record("it failed", error=ValueError(text))):
        line = written(made, VOUCH_LOG_FORMAT=form)
        assert secret not in line
        assert logs.LEFT_OUT in line


def test_ids_and_digests_stay():
    text = "capture 0199f7a0-5d1c-7f6e-8c55-2f0b0c9d8e11 has " + "ab" * 32
    assert text in written(record(text), VOUCH_LOG_FORMAT="plain")


def test_a_terminal_is_written_plain_text_and_anything_else_json(monkeypatch):
    for terminal in (True, False):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal, raising=False)
        assert written(record("hello")).startswith("{") is not terminal


def test_another_format_is_refused_by_name():
    with pytest.raises(ValueError, match="json or plain, not 'xml'"):
        logs.configuration({"VOUCH_LOG_FORMAT": "xml"})


async def test_what_a_job_logs_names_the_job():
    async def work():
        return dict(get_contextvars())

    clear_contextvars()
    context = SimpleNamespace(job=SimpleNamespace(id=7, task_name="feedback.freeze"))
    assert await logs.naming_job(work, context, None) == {"job": 7, "task": "feedback.freeze"}
    assert get_contextvars() == {}
