"""What to do about a kind of alarm, as docs/operations/alarms.md has it: letters and webhooks lead here."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from labeling.markup import render_markdown

OPERATIONS = settings.ROOT / "docs" / "operations"
RUNBOOKS = OPERATIONS / "alarms.md"
BACKUP = "backup"
"""What is no alarm, and has a page of the documentation to itself."""
PAGE = re.compile(
    r"\A# (?P<title>[^\n]+)\n(?P<how>.*?)^## .*^## Every night\n(?P<nightly>.*?)^## ",
    re.MULTILINE | re.DOTALL,
)
SECTION = re.compile(
    r"^## (?P<title>[^\n]+) \(`(?P<kind>[a-z_]+)`\)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
TO_OTHER_PAGES = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")
"""Links that hold among the files of the documentation alone."""


def runbook(request: HttpRequest, kind: str) -> HttpResponse:
    """The kind's section, or how backups are made, for whoever is signed in."""
    found = backing_up() if kind == BACKUP else sections().get(kind)
    if found is None:
        raise Http404(f"There is no runbook of {kind!r}.")
    title, body = found
    words = render_markdown(TO_OTHER_PAGES.sub(r"\1", body))
    return render(
        request, "labeling/runbook.html", {"title": title, "words": words, "is_alarm": kind != BACKUP}
    )


def backing_up() -> tuple[str, str]:
    """Title of the page on backups, and Markdown of how one is made, by hand and every night."""
    found = PAGE.match((OPERATIONS / "backup.md").read_text(encoding="utf-8"))
    assert found is not None
    return found["title"], found["how"] + found["nightly"]


def sections() -> dict[str, tuple[str, str]]:
    """Title and Markdown of each kind's section."""
    text = RUNBOOKS.read_text(encoding="utf-8")
    return {one["kind"]: (one["title"], one["body"]) for one in SECTION.finditer(text)}
