"""Images, queues, tasks and answers for tests."""

import hashlib
from io import BytesIO

import factory
import numpy as np
from django.utils import timezone
from PIL import Image as Picture

from labeling.enums import Audience, ResolvedBy, SourceKind, Verdict
from labeling.models import (
    Answer,
    GuidelineExample,
    GuidelineFlag,
    GuidelineVersion,
    Image,
    Label,
    Queue,
    Resolution,
    Source,
)
from labeling.services.projects import FIRST_QUEUES
from labeling.services.tasks import Request, open_tasks
from tests.factories.people import ProjectFactory, SiteFactory, UserFactory

LABELS = ("in_stock", "low_stock", "out_of_stock", "blocked")


def picture(seed=0, size=(64, 48), kind="JPEG", **options):
    """The bytes of a small photograph-like image, another for every seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    out = BytesIO()
    Picture.fromarray(noise).resize(size).save(out, kind, **options)
    return out.getvalue()


class LabelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Label

    project = factory.SubFactory(ProjectFactory)
    key = factory.Sequence("label-{:05}".format)
    name = factory.LazyAttribute(lambda label: label.key.replace("_", " ").capitalize())
    position = factory.Sequence(lambda number: number)


class SourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Source

    project = factory.SubFactory(ProjectFactory)
    key = factory.Sequence("camera-{:05}".format)
    name = factory.Sequence("Camera {:05}".format)
    site = factory.SubFactory(SiteFactory)
    kind = SourceKind.CAMERA.value


class QueueFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Queue

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence("queue-{:05}".format)
    audience = Audience.ANNOTATOR.value


class GuidelineFactory(factory.django.DjangoModelFactory):
    """A published version; `number=None, published_at=None` is a draft."""

    class Meta:
        model = GuidelineVersion

    project = factory.SubFactory(ProjectFactory)
    number = factory.Sequence(lambda number: number + 1)
    body = "# What to look for\n\nA shelf is **low** when under a third of it is filled."
    published_at = factory.LazyFunction(timezone.now)


class ImageFactory(factory.django.DjangoModelFactory):
    """A row alone, its bytes nowhere; `labeling.services.images.store(data=picture(7))` keeps real ones."""

    class Meta:
        model = Image

    class Params:
        number = factory.Sequence(lambda number: number)

    project = factory.SubFactory(ProjectFactory)
    sha256 = factory.LazyAttribute(lambda made: hashlib.sha256(f"{made.number}".encode()).hexdigest())
    key = factory.LazyAttribute(lambda made: f"images/{made.project.pk}/{made.sha256[:2]}/{made.sha256}")
    media_type = "image/jpeg"
    bytes = 1000
    width, height = 64, 48
    filename = factory.LazyAttribute(lambda made: f"{made.number}.jpg")


class GuidelineExampleFactory(factory.django.DjangoModelFactory):
    """A right example of the project's first label. `guideline` must be given: a draft."""

    class Meta:
        model = GuidelineExample

    image = factory.SubFactory(ImageFactory, project=factory.SelfAttribute("..guideline.project"))
    label = factory.LazyAttribute(lambda made: made.guideline.project.labels.order_by("position").first())


class GuidelineFlagFactory(factory.django.DjangoModelFactory):
    """An open flag, raised by nobody's task. `image` must be given."""

    class Meta:
        model = GuidelineFlag

    project = factory.SelfAttribute("image.project")
    user = factory.SubFactory(UserFactory)


class AnswerFactory(factory.django.DjangoModelFactory):
    """An answer as it stands in the table; nothing follows from it. `task` must be given."""

    class Meta:
        model = Answer

    project = factory.SelfAttribute("task.project")
    user = factory.SubFactory(UserFactory)
    client_id = factory.Faker("uuid4")
    verdict = Verdict.LABEL.value
    value = factory.LazyFunction(lambda: {"label": LABELS[0]})
    seconds = 2.0


class ResolutionFactory(factory.django.DjangoModelFactory):
    """A resolution as it stands in the table; no example follows from it."""

    class Meta:
        model = Resolution

    image = factory.SubFactory(ImageFactory)
    project = factory.SelfAttribute("image.project")
    value = factory.LazyFunction(lambda: {"label": LABELS[0]})
    by = ResolvedBy.IMPORTED.value


def project_with(labels=LABELS, queues=tuple(FIRST_QUEUES), **fields):
    """A project with these labels and, of the four usual queues, those named."""
    project = ProjectFactory(**fields)
    for position, key in enumerate(labels):
        LabelFactory(project=project, key=key, position=position, hotkey=str(position + 1))
    for name in queues:
        QueueFactory(project=project, name=name, **FIRST_QUEUES[name])
    return project


def open_task(queue, image=None, **request):
    """One open task of the queue; `site_id`, `proposal`, `capture_id`, `priority` as in tasks.Request."""
    image = image or ImageFactory(project=queue.project)
    (task,) = open_tasks(queue=queue, requests=[Request(image=image, **request)])
    return task
