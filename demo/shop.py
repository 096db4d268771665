"""Builds the demo's project: a synthetic shop with its stores, cameras, people, guideline and first photographs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import transaction

from demo.logins import PEOPLE, passwords
from demo.photographs import CAMERAS, LABELS, Photograph, training_set
from feedback.services import policies
from labeling.domain.colours import GREEN, ORANGE, SKY, VERMILION
from labeling.enums import ResolvedBy, SourceKind
from labeling.models import Queue, Source
from labeling.services import guidelines, images
from labeling.services.projects import create_project
from labeling.services.resolving import settle
from people.enums import Role, TaskType
from people.models import Membership, Project, Site, User

SLUG = "shop"
NAME = "Synthetic shop"
STORES = {"north": "Store North", "south": "Store South"}
TIMEZONE = "Europe/Stockholm"
PHOTOGRAPHS_A_LABEL = 75
SEED = 20
COLOURS = {"in_stock": GREEN, "low_stock": ORANGE, "out_of_stock": VERMILION, "blocked": SKY}
"""A full shelf reads as well, an empty one as urgent; where left out, labels get colours by their position."""

BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
APART = timedelta(seconds=20)
"""The first photographs were taken one after the other from here on: what lies close together is one burst."""

THRESHOLD = 0.85
AUDIT_SHARE = 0.1
ALERTS_FOR = "out_of_stock"

GUIDELINE = """\
# What is on the shelf?

These photographs are **synthetic**: drawn by the demo, not taken in a shop. Judge the middle of the picture.

| label | when |
|---|---|
| **In stock** | Every place has products standing at the front edge. |
| **Low stock** | Some places hold only a few products, or they stand far back. Something can still be bought. |
| **Out of stock** | A whole section is empty: the back of the shelf shows, the price tags hang over nothing. \
One fallen item changes nothing. |
| **View blocked** | A person, a trolley or boxes hide so much that you cannot tell. |

If the picture is too bright, too dark or smeared, answer what you see all the same. Only where two of you would \
argue, press *Can't tell*.
"""


def exists() -> bool:
    """Whether the shop was built before, wholly."""
    return Project.objects.filter(slug=SLUG).exists()


@transaction.atomic
def build(*, var: Path) -> Project:
    """Make people, stores, cameras, queues, guideline and routing policy. All of it or nothing."""
    people = _people(passwords(var))
    engineer, lead = people["engineer"], people["qa"]
    project = create_project(
        user=engineer,
        slug=SLUG,
        name=NAME,
        task_type=TaskType.CLASSIFICATION,
        labels=[{"key": label.key, "name": label.name, "colour": COLOURS[label.key]} for label in LABELS],
        reserved=True,
    )
    sites = {
        key: Site.objects.get_or_create(key=key, defaults={"name": name, "timezone": TIMEZONE})[0]
        for key, name in STORES.items()
    }
    for person in PEOPLE:
        held, _ = Membership.objects.get_or_create(
            user=people[person.username], project=project, defaults={"role": person.role}
        )
        if person.site:
            held.sites.add(sites[person.site])
    for camera in CAMERAS:
        Source.objects.create(
            project=project,
            key=camera.key,
            name=camera.name,
            site=sites[camera.site],
            kind=SourceKind.CAMERA,
        )
    draft = guidelines.write_draft(user=lead, project=project, body=GUIDELINE)
    version = guidelines.publish(user=lead, guideline=draft)
    for person in PEOPLE:
        if person.role in (Role.ANNOTATOR, Role.ENGINEER):
            guidelines.acknowledge(user=people[person.username], guideline=version)
    review = Queue.objects.get(project=project, name="review")
    policies.set_policy(
        user=engineer,
        project=project,
        threshold=THRESHOLD,
        audit_share=AUDIT_SHARE,
        queue=review,
        label_rules={ALERTS_FOR: {"threshold": 1.0, "queue": "alerts"}},
    )
    return project


def _people(known: dict[str, str]) -> dict[str, User]:
    people = {}
    for person in PEOPLE:
        first, _, last = person.name.partition(" ")
        user = User.objects.filter(username=person.username).first() or User(username=person.username)
        user.first_name, user.last_name = first, last
        user.set_password(known[person.username])
        user.save()
        people[person.username] = user
    return people


def add_photographs(project: Project, a_label: int) -> Iterator[int]:
    """Bring in the first photographs, `a_label` of each label, where it stopped before; yields how many are in."""
    sources = {source.key: source for source in project.sources.select_related("site")}
    known = project.images.exclude(resolutions=None).count()
    for number, photograph in enumerate(training_set(a_label, seed=SEED)):
        if number >= known:
            _add(project, sources[photograph.camera], photograph, number)
        yield number + 1


@transaction.atomic
def _add(project: Project, source: Source, photograph: Photograph, number: int) -> None:
    image, _ = images.store(
        project=project,
        data=photograph.jpeg,
        filename=f"{photograph.camera}-{number:04d}.jpg",
        source=source,
        captured_at=BEGAN + number * APART,
        context=photograph.context,
    )
    settle(image=image, value={"label": photograph.label}, by=ResolvedBy.IMPORTED)
