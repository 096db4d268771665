"""Which pages each role has, in the order they stand in the navigation; the first is where it starts."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from people.enums import Role
from people.models import Project


@dataclass(frozen=True)
class Page:
    """`name` is the URL's name; `also` are names of pages that belong under this one."""

    name: str
    title: str
    also: tuple[str, ...] = ()


ALERTS = Page("alerts", "Alerts")
WORK = Page("work", "Label", ("work-queue", "quiz", "quiz-result"))
QUALITY = Page("quality", "Quality", ("import-labels", "queue-settings"))
AGREEMENT = Page(
    "agreement",
    "Agreement",
    (
        *("agreement-pair", "agreement-disputed"),
        *("agreement-reports", "agreement-report", "agreement-schedule"),
    ),
)
ROUNDS = Page(
    "rounds",
    "Rounds",
    ("new-round", "round", "add-to-round", "gold", "quizzes", "new-quiz", "one-quiz"),
)
ANSWERS = Page("answers", "Answers", ("image",))
GUIDELINES = Page("guidelines", "Guidelines", ("guideline", "publish-guideline", "add-example", "flags"))
QUALITY_AND_ITS = Page(
    QUALITY.name,
    QUALITY.title,
    (*QUALITY.also, *(n for p in (AGREEMENT, ROUNDS, ANSWERS, GUIDELINES) for n in (p.name, *p.also))),
)
OVERVIEW = Page("overview", "Overview", ("routing",))
CAPTURES = Page("captures", "Captures")
MODELS = Page("models", "Models", ("model", "promote-model", "roll-back"))
RUNS = Page("runs", "Training", ("run",))
DATASETS = Page("datasets", "Datasets")

PAGES = {
    Role.ASSOCIATE: (ALERTS,),
    Role.ANNOTATOR: (WORK,),
    Role.QA_LEAD: (
        *(QUALITY, AGREEMENT, ROUNDS, ANSWERS, GUIDELINES),
        *(OVERVIEW, MODELS, RUNS, DATASETS, WORK, ALERTS),
    ),
    Role.ENGINEER: (OVERVIEW, CAPTURES, MODELS, RUNS, DATASETS, QUALITY_AND_ITS, WORK, ALERTS),
}


COUNTS: dict[str, Callable[[Project], int]] = {}
"""How much waits on a page, by the page's name; the app that has the page registers it at start-up."""


@dataclass(frozen=True)
class Link:
    """`waiting` is how much waits on the page; 0 says nothing."""

    title: str
    url: str
    current: bool
    waiting: int = 0


def links(role: Role, project: Project, current: str = "") -> list[Link]:
    """The role's pages of a project; one whose address does not exist is left out."""
    found = []
    for page in PAGES[role]:
        try:
            url = reverse(page.name, args=[project.slug])
        except NoReverseMatch:
            continue
        waiting = COUNTS[page.name](project) if page.name in COUNTS else 0
        found.append(Link(page.title, url, current in (page.name, *page.also), waiting))
    return found


def start_of(role: Role, project: Project) -> str | None:
    """The address where this role's work in the project begins; None where there is none."""
    ways = links(role, project)
    return ways[0].url if ways else None
