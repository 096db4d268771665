"""A planted story: what a report on agreement must find by itself in a project's answers."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from labeling.enums import TaskState, Verdict
from labeling.models import Answer, GuidelineVersion, Image, Queue, Task
from people.models import Project, User
from tests.factories.labeling import GuidelineFactory, ImageFactory, SourceFactory, project_with
from tests.factories.people import MembershipFactory, SiteFactory, UserFactory

LABELS = ("full", "low", "empty", "blocked", "damaged")
CONFUSED = ("low", "empty")
"""What the second version of the guideline helps to tell apart."""
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
WEEKS = 6
PEOPLE = ("ada", "ben", "cleo", "dora", "emil", "frank")
CARELESS = "frank"


@dataclass
class Story:
    """What was planted. `camera` is bad at night (context lighting=night) only; `queue` asks for three answers."""

    project: Project
    queue: Queue
    people: dict[str, User]
    camera: str
    guidelines: list[GuidelineVersion]
    changed_at: datetime
    images: list[Image] = field(repr=False)
    labels: tuple[str, ...] = LABELS
    confused: tuple[str, ...] = CONFUSED
    careless: str = CARELESS


def tell(images: int = 600, seed: int = 0) -> Story:
    """The story in a new project, two or three answers an image; the guideline changes after three of six weeks."""
    chance = np.random.default_rng(seed)
    project = project_with(labels=LABELS, queues=("review",))
    queue = project.queues.get(name="review")
    queue.answers_required = 3
    queue.blind = True
    queue.save(update_fields=["answers_required", "blind"])
    people = {name: _annotator(project, name) for name in PEOPLE}
    changed_at = START + timedelta(weeks=WEEKS / 2)
    guidelines = [
        GuidelineFactory(project=project, number=1, published_at=START - timedelta(days=1)),
        GuidelineFactory(project=project, number=2, published_at=changed_at),
    ]
    north, south = SiteFactory(name="North"), SiteFactory(name="South")
    cameras = [
        SourceFactory(project=project, key=key, site=site)
        for key, site in (("aisle-1", north), ("aisle-2", north), ("dock", south), ("door", south))
    ]
    rows = Image.objects.bulk_create(
        [
            ImageFactory.build(
                project=project,
                number=f"{project.pk} {number}",
                source=cameras[number % 4],
                context={
                    "lighting": "night" if chance.random() < 0.4 else "day",
                    "season": "winter" if chance.random() < 0.5 else "spring",
                },
            )
            for number in range(images)
        ]
    )
    told = Story(project, queue, people, cameras[3].key, guidelines, changed_at, rows)
    _answer(told, chance)
    return told


def _annotator(project: Project, name: str) -> User:
    user = UserFactory(username=f"{name}-{project.slug}", first_name=name.capitalize())
    MembershipFactory(project=project, user=user, role="annotator")
    return user


def _answer(told: Story, chance: np.random.Generator) -> None:
    tasks, answers = [], []
    names = list(told.people)
    span = timedelta(weeks=WEEKS) / len(told.images)
    for number, image in enumerate(told.images):
        at = START + span * number
        task = Task(
            project=told.project, queue=told.queue, image=image, state=TaskState.RESOLVED.value, closed_at=at
        )
        tasks.append(task)
        truth = int(chance.integers(len(LABELS)))
        for who in chance.choice(len(names), size=3 if chance.random() < 0.7 else 2, replace=False):
            label = _said(told, names[who], truth, image, at, chance)
            answers.append(
                Answer(
                    project=told.project,
                    task=task,
                    user=told.people[names[who]],
                    client_id=uuid.uuid4(),
                    verdict=Verdict.LABEL.value,
                    value={"label": LABELS[label]},
                    guideline=told.guidelines[at >= told.changed_at],
                    seconds=float(np.round(chance.uniform(2, 6) * (0.5 if names[who] == CARELESS else 1), 1)),
                    created_at=at + timedelta(minutes=int(who)),
                )
            )
    Task.objects.bulk_create(tasks)
    Answer.objects.bulk_create(answers)


def _said(told: Story, name: str, truth: int, image: Image, at: datetime, chance: np.random.Generator) -> int:
    wrong = 0.04
    if name == CARELESS:
        wrong = 0.35
    elif image.source.key == told.camera and image.context["lighting"] == "night":
        wrong = 0.6
    if chance.random() < wrong:
        return int(chance.integers(len(LABELS)))
    pair = [LABELS.index(label) for label in CONFUSED]
    if at < told.changed_at and truth in pair and chance.random() < 0.4:
        return pair[1 - pair.index(truth)]
    return truth
