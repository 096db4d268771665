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


ALERTS = Page("alerts", "Alerts", group="Alerts")
KIOSK = Page("kiosk", "On a screen", group="Alerts")
CAMERAS = Page("cameras", "Cameras", ("region",), "Alerts")
CAMERA_HEALTH = Page("camera-health", "Camera health", ("camera",), "Alerts")
PHONES = Page("sign-in-codes", "Phones", group="Alerts")
RULES = Page("alert-rules", "Alert rules", group="Alerts")
WORK = Page("work", "Label", ("work-queue", "quiz", "quiz-result"))
QUALITY = Page("quality", "Summary", ("import-labels", "queue-settings"), "Quality")
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
QUALITY_AND_ITS = Page(
    QUALITY.name,
    QUALITY.group,
    (*QUALITY.also, *(n for p in (AGREEMENT, ROUNDS, NEXT, ANSWERS, GUIDELINES) for n in (p.name, *p.also))),
)
OVERVIEW = Page("overview", "Overview", ("routing",), "Model")
WEEKLY = Page("weekly", "Week", group="Model")
PIPELINE = Page("pipeline", "Pipeline", group="Model")
ALARMS = Page("alarms", "Alarms", group="Model")
DRIFT = Page("drift", "Drift", group="Model")
CAPTURES = Page("captures", "Captures", group="Model")
MODELS = Page(
    "models",
    "Models",
    ("model", "ancestry", "bring-model", "promote-model", "model-worse", "roll-back"),
    "Model",
)
RUNS = Page("runs", "Training", ("run", "set-when"), "Model")
DATASETS = Page(
    "datasets",
    "Datasets",
    ("dataset-changes", "label-errors", "person-descent", "image-descent"),
    "Model",
)
PRIVACY = Page("privacy", "Privacy", ("erase-image", "erasure", "blur-image"), "Model")
WEBHOOKS = Page("webhooks", "Webhooks", ("webhook",), "Model")

PAGES = {
    Role.ASSOCIATE: (ALERTS, KIOSK, CAMERA_HEALTH),
    Role.ANNOTATOR: (WORK,),
    Role.QA_LEAD: (
        *(QUALITY, AGREEMENT, ROUNDS, NEXT, ANSWERS, GUIDELINES),
        *(OVERVIEW, WEEKLY, PIPELINE, ALARMS, DRIFT, MODELS, RUNS, DATASETS, PRIVACY),
        *(WORK, ALERTS, KIOSK, RULES, CAMERAS, CAMERA_HEALTH, PHONES),
    ),
    Role.ENGINEER: (
        OVERVIEW,
        WEEKLY,
        PIPELINE,
        ALARMS,
        DRIFT,
        CAPTURES,
        MODELS,
        RUNS,
        DATASETS,
        PRIVACY,
        WEBHOOKS,
        QUALITY_AND_ITS,
        WORK,
        ALERTS,
        KIOSK,
        RULES,
        CAMERAS,
        CAMERA_HEALTH,
        PHONES,
    ),
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
    """What stands in the first row: the pages, those of a group together."""
    made: list[Link | Group] = []
    for group, some in groupby(found, key=lambda link: link.group):
        together = list(some)
        made += [Group(group, together)] if group and len(together) > 1 else together
    return made


def start_of(role: Role, project: Project) -> str | None:
    """The address where this role's work in the project begins; None where there is none."""
    ways = links(role, project)
    return ways[0].url if ways else None
