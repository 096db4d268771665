"""Which pages each role has, in the order they stand in the navigation; the first is where it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from django.urls import NoReverseMatch, reverse

from people.enums import Role
from people.models import Project


@dataclass(frozen=True)
class Page:
    """`name` is the URL's name; `also` are names of pages that belong under this one.

    Pages of one `group` that follow on each other share an entry where a role has several.
    """

    name: str
    title: str
    also: tuple[str, ...] = ()
    group: str = ""


ALERTS = Page("alerts", "Alerts", group="Stores")
KIOSK = Page("kiosk", "On a screen", group="Stores")
CAMERAS = Page("cameras", "Cameras", ("region",), "Stores")
CAMERA_HEALTH = Page("camera-health", "Camera health", ("camera",), "Stores")
PHONES = Page("sign-in-codes", "Phones", group="Stores")
RULES = Page("alert-rules", "Alert rules", group="Stores")
WORK = Page("work", "Label", ("work-queue", "quiz", "quiz-result"))
QUALITY = Page("quality", "Summary", ("import-labels", "label-import", "queue-settings"), "Quality")
AGREEMENT = Page(
    "agreement",
    "Agreement",
    (
        *("agreement-pair", "agreement-disputed"),
        *("agreement-reports", "agreement-report", "agreement-schedule", "context-ranges"),
    ),
    "Quality",
)
ROUNDS = Page(
    "rounds",
    "Rounds",
    ("new-round", "round", "add-to-round", "change-round-terms", "gold", "quizzes", "new-quiz", "one-quiz"),
    "Quality",
)
NEXT = Page("what-next", "What next", group="Quality")
ANSWERS = Page("answers", "Answers", ("image",), "Quality")
GUIDELINES = Page(
    "guidelines", "Guidelines", ("guideline", "publish-guideline", "add-example", "flags"), "Quality"
)
OVERVIEW = Page("overview", "Overview", ("routing",), "Production")
WEEKLY = Page("weekly", "Week", group="Production")
ALARMS = Page("alarms", "Alarms", group="Production")
DRIFT = Page("drift", "Drift", group="Production")
CAPTURES = Page("captures", "Captures", group="Production")
MODELS = Page(
    "models",
    "Models",
    ("model", "ancestry", "bring-model", "promote-model", "model-worse", "roll-back"),
    "Models",
)
RUNS = Page("runs", "Training", ("run", "set-when"), "Models")
DATASETS = Page(
    "datasets",
    "Datasets",
    ("dataset-changes", "label-errors", "person-descent", "image-descent"),
    "Models",
)
PIPELINE = Page("pipeline", "Pipeline", group="Project")
PRIVACY = Page("privacy", "Privacy", ("erase-image", "erasure", "blur-image"), "Project")
WEBHOOKS = Page("webhooks", "Webhooks", ("webhook",), "Project")

# The pages of each group, in their order.
OF_QUALITY = (QUALITY, AGREEMENT, ROUNDS, NEXT, ANSWERS, GUIDELINES)
OF_PRODUCTION = (OVERVIEW, WEEKLY, ALARMS, DRIFT, CAPTURES)
OF_MODELS = (MODELS, RUNS, DATASETS)
OF_THE_PROJECT = (PIPELINE, PRIVACY)
OF_STORES = (ALERTS, KIOSK, RULES, CAMERAS, CAMERA_HEALTH, PHONES)

PAGES = {
    Role.ASSOCIATE: (ALERTS, KIOSK, CAMERA_HEALTH),
    Role.ANNOTATOR: (WORK,),
    Role.QA_LEAD: (*OF_QUALITY, *OF_PRODUCTION, *OF_MODELS, *OF_THE_PROJECT, WORK, *OF_STORES),
    Role.ENGINEER: (*OF_PRODUCTION, *OF_MODELS, *OF_THE_PROJECT, WEBHOOKS, *OF_QUALITY, WORK, *OF_STORES),
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
    group: str = ""


@dataclass(frozen=True)
class Group:
    """Pages under one entry that leads to the first of them; what waits on any of them waits here."""

    title: str
    links: list[Link]

    @property
    def url(self) -> str:
        return self.links[0].url

    @property
    def current(self) -> bool:
        return any(link.current for link in self.links)

    @property
    def waiting(self) -> int:
        return sum(link.waiting for link in self.links)


def links(role: Role, project: Project, current: str = "", *, manages: bool = False) -> list[Link]:
    """The role's pages of a project, and a site manager's; one whose address does not exist is left out."""
    found = []
    for page in (*PAGES[role], *([PHONES] if manages else [])):
        try:
            url = reverse(page.name, args=[project.slug])
        except NoReverseMatch:
            continue
        waiting = COUNTS[page.name](project) if page.name in COUNTS else 0
        found.append(Link(page.title, url, current in (page.name, *page.also), waiting, page.group))
    return found


def entries(found: list[Link]) -> list[Link | Group]:
    """What stands in the first row: the pages, those of a group together where that is not all there is."""
    made: list[Link | Group] = []
    for group, some in groupby(found, key=lambda link: link.group):
        together = list(some)
        alone = not group or len(together) in (1, len(found))
        made += together if alone else [Group(group, together)]
    return made


def start_of(role: Role, project: Project) -> str | None:
    """The address where this role's work in the project begins; None where there is none."""
    ways = links(role, project)
    return ways[0].url if ways else None
