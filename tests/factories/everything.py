"""A project with one of everything that an address may name."""

from types import SimpleNamespace
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from feedback.models import DatasetVersion, EdgeDevice, LabelErrorSearch
from inference.enums import JobKind, RunState, Stage
from inference.models import ModelJob, SiteTrial, TrainingRun
from labeling.domain.agreement.filters import Filters
from labeling.enums import ResolvedBy
from labeling.models import LabelImport
from labeling.services import agreement, erasure, leases, quizzes, regions, rounds
from labeling.services.guidelines import acknowledge
from labeling.services.images import store
from labeling.services.resolving import settle
from people.enums import AlarmKind, Event
from people.models import Delivery, PushSubscription, Webhook
from people.services import sign_in_codes
from people.services.alarms import raise_alarm
from tests.factories.feedback import EvaluationFactory, RoutingPolicyFactory
from tests.factories.gold import quiz_of
from tests.factories.inference import ModelVersionFactory, PredictionFactory, coloured
from tests.factories.labeling import (
    LABELS,
    GuidelineExampleFactory,
    GuidelineFactory,
    GuidelineFlagFactory,
    open_task,
    picture,
    project_with,
)
from tests.factories.people import member


def furnish(shop: SimpleNamespace) -> SimpleNamespace:
    """The shop of `conftest` with one of everything, as its attributes, and `.elsewhere`, another project's engineer.

    `.known` says by the word that stands before it in an address of the API what may stand there.
    """
    project = shop.project
    shop.image, _ = store(project=project, data=picture(1), source=shop.camera)
    shop.task = open_task(shop.queue("alerts"), shop.image, site_id=shop.north.pk)
    shop.guideline = GuidelineFactory(project=project, number=1)
    shop.draft = GuidelineFactory(project=project, number=None, published_at=None)
    shop.holder = member(project, "associate", shop.north)
    for user in (
        shop.associate,
        shop.other_associate,
        shop.annotator,
        shop.qa_lead,
        shop.engineer,
        shop.holder,
    ):
        acknowledge(user=user, guideline=shop.guideline)
    shop.quiz = quiz_of(shop, 1)
    shop.gold = shop.quiz.questions.get()
    shop.attempt = quizzes.start(user=shop.annotator, quiz=shop.quiz)
    shop.round = rounds.make_round(user=shop.qa_lead, project=project, name="all", title="All", filters={})
    shop.report = agreement.freeze(user=None, project=project, filters=Filters(), name="then")
    shop.example = GuidelineExampleFactory(guideline=shop.draft, image=shop.image)
    shop.labels_import = LabelImport.objects.create(project=project, name="labels.csv")
    shop.flag = GuidelineFlagFactory(image=shop.image, user=shop.holder)
    regions.set_region(user=shop.engineer, source=shop.camera, name="Shelf 1", box=[0, 0, 1, 0.5])
    _of_the_model(shop)
    _of_others(shop)
    shop.other_project = project_with()
    shop.elsewhere = member(shop.other_project, "engineer")
    shop.known, shop.on_pages = known(shop), on_pages(shop)
    return shop


def _of_the_model(shop: SimpleNamespace) -> None:
    project = shop.project
    labelled, _ = store(project=project, data=picture(2), source=shop.camera)
    settle(image=labelled, value={"label": LABELS[0]}, by=ResolvedBy.IMPORTED)
    key = default_storage.save("datasets/everything.ndjson", ContentFile(b""))
    shop.dataset = DatasetVersion.objects.create(
        project=project,
        number=1,
        state="frozen",
        hash="a" * 64,
        test_hash="b" * 64,
        manifest_key=key,
        counts={"train": 1, "val": 0, "test": 0},
        frozen_at=timezone.now(),
    )
    shop.champion = ModelVersionFactory(
        project=project,
        stage=Stage.CHAMPION.value,
        labels=list(LABELS),
        dataset_id=shop.dataset.pk,
        sha256="c" * 64,
    )
    shop.model = ModelVersionFactory(project=project, labels=list(LABELS), parent=shop.champion)
    for model in (shop.champion, shop.model):
        EvaluationFactory(model=model, test_hash="b" * 64)
    shop.trial = SiteTrial.objects.create(project=project, site=shop.south, model=shop.champion)
    shop.policy = RoutingPolicyFactory(
        project=project, queue=shop.queue("review"), audit_queue=shop.queue("audit"), version=1
    )
    said = {"value": {"label": LABELS[0]}, "scores": dict.fromkeys(LABELS, 1 / len(LABELS))}
    seen, _ = store(project=project, data=coloured("red"), source=shop.camera)
    shop.prediction = PredictionFactory(
        capture__project=project,
        capture__image=seen,
        capture__source=shop.camera,
        model=shop.champion,
        **said,
    )
    shop.capture = shop.prediction.capture
    shop.run = TrainingRun.objects.create(
        project=project, dataset_id=shop.dataset.pk, manifest_key=key, base=shop.champion
    )
    found = dict.fromkeys(("judged", "flagged", "estimated", "left_out", "unreadable"), 0)
    shop.search = LabelErrorSearch.objects.create(
        dataset=shop.dataset, state=RunState.SUCCEEDED.value, found=found
    )
    shop.job = ModelJob.objects.create(project=project, kind=JobKind.PROFILE.value, model=shop.model)


def _of_others(shop: SimpleNamespace) -> None:
    project = shop.project
    shop.alarm, _ = raise_alarm(
        project=project, kind=AlarmKind.CAMERA_SILENT, words="Silent.", subject=shop.camera.key
    )
    shop.webhook = Webhook.objects.create(project=project, url="https://hooks.example/vouch", events=[])
    shop.delivery = Delivery.objects.create(
        webhook=shop.webhook, event=Event.ALARM_RAISED.value, body="{}", state="failed"
    )
    shop.subscription = PushSubscription.objects.create(
        user=shop.engineer, endpoint="https://push.example/1", p256dh="k", auth="a"
    )
    shop.code, shop.code_secret = sign_in_codes.make_code(
        user=shop.qa_lead, project=project, site=shop.north, person=shop.holder
    )
    gone, _ = store(project=project, data=picture(3), source=shop.camera)
    shop.erasure, _ = erasure.erase(user=shop.qa_lead, image=gone, reason="They asked.")


def known(shop: SimpleNamespace) -> dict[str, list[str]]:
    """What may stand in an address of the API, by the word before it."""
    open_task(shop.queue("alerts"), site_id=shop.north.pk)
    lease: Any = leases.claim(user=shop.engineer, queue=shop.queue("alerts"))[0][1]
    things: dict[str, Any] = {
        "agreement-reports": shop.report,
        "alarms": shop.alarm,
        "captures": shop.capture,
        "datasets": shop.dataset,
        "deliveries": shop.delivery,
        "flags": shop.flag,
        "gold": shop.gold,
        "guideline-examples": shop.example,
        "guidelines": shop.draft,
        "images": shop.image,
        "label-errors": shop.search,
        "labels-imports": shop.labels_import,
        "model-jobs": shop.job,
        "models": shop.model,
        "push-subscriptions": shop.subscription,
        "queues": shop.queue("alerts"),
        "quiz-attempts": shop.attempt,
        "quizzes": shop.quiz,
        "rounds": shop.round,
        "sign-in-codes": shop.code,
        "tasks": shop.task,
        "training-runs": shop.run,
        "webhooks": shop.webhook,
    }
    return {
        **{name: [str(thing.pk)] for name, thing in things.items()},
        "projects": [shop.project.slug],
        "sources": [shop.camera.key],
        "cameras": [shop.camera.key],
        "store-hours": [shop.north.key],
        "associates": [shop.associate.username],
        "people": [shop.annotator.username],
        "leases": [lease.token],
        "files": [shop.champion.sha256 or "f" * 64],
    }


def on_pages(shop: SimpleNamespace) -> dict[str, list[str]]:
    """What may stand in an address of a page, by the word before it."""
    things: dict[str, Any] = {
        "alarms": shop.alarm,
        "phones": shop.code,
        "webhooks": shop.webhook,
        "models": shop.model,
        "trials": shop.trial,
        "people": shop.annotator,
        "images": shop.image,
        "runs": shop.run,
        "datasets": shop.dataset,
        "label-errors": shop.search,
        "reports": shop.report,
        "import": shop.labels_import,
        "examples": shop.example,
        "flags": shop.flag,
        "gold": shop.gold,
        "quizzes": shop.quiz,
        "quiz": shop.attempt,
    }
    return {
        **{name: [str(thing.pk)] for name, thing in things.items()},
        "p": [shop.project.slug],
        "runbooks": ["drift"],
        "work": ["review"],
        "cameras": [shop.camera.key],
        "camera-health": [shop.camera.key],
        "store-hours": [shop.north.key],
        "edge-devices": [str(EdgeDevice.objects.create(project=shop.project, device="till").pk)],
        "guidelines": ["1"],
        "rounds": [shop.round.queue.name],
        "shift": [shop.code_secret],
    }
