"""What made `release.sql.xz`: an installation of an earlier release with rows in its tables, by its own code.

usage: cd CHECKOUT && python .../fill_release.py OUT.sql.xz

CHECKOUT is of the commit whose migrations test_upgrade.RELEASE names. It runs with that release alone, and is kept to
say where the file is from. Every row is ours, by the factories of that release's tests.
"""
# ruff: noqa: E402

import lzma
import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

sys.path.insert(0, os.getcwd())
VAR = Path(tempfile.mkdtemp())
os.environ |= {"VOUCH_VAR": str(VAR), "DJANGO_SETTINGS_MODULE": "config.settings"}

import django

from config import postgres

postgres.prepare(None, VAR, needed=True)
django.setup()

from django.core.management import call_command
from django.db import connection

from feedback.models import Promotion
from feedback.services import certifying, datasets, policies, routing, trust_states, workloads
from inference.enums import Stage
from inference.models import Embedding, ModelJob, TrainingRun
from labeling.domain.agreement.filters import Filters
from labeling.enums import ResolvedBy, Verdict
from labeling.models import Image, LabelImport
from labeling.services import agreement, answers, audits, leases, quizzes, rounds
from labeling.services.guidelines import acknowledge
from labeling.services.images import store
from labeling.services.resolving import settle
from people.enums import Event
from people.services import alarms, audit, sign_in_codes, webhooks
from tests.factories.feedback import EvaluationFactory
from tests.factories.gold import quiz_of
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import (
    LABELS,
    GuidelineExampleFactory,
    GuidelineFactory,
    GuidelineFlagFactory,
    ImageFactory,
    ResolutionFactory,
    SourceFactory,
    open_task,
    picture,
    project_with,
)
from tests.factories.people import SiteFactory, TokenFactory, UserFactory, member


class Shop:
    """A project with a camera, two annotators, a QA lead and an engineer."""

    def __init__(self) -> None:
        self.project = project_with(slug="cans", name="Cans")
        self.north = SiteFactory(key="north", name="Store North")
        self.camera = SourceFactory(project=self.project, site=self.north, key="till", name="Till 1")
        self.qa_lead, self.engineer = member(self.project, "qa_lead"), member(self.project, "engineer")
        self.annotators = member(self.project, "annotator"), member(self.project, "annotator")
        self.associate = member(self.project, "associate", self.north)
        TokenFactory(
            user=self.annotators[0], project=self.project, secret="kept since", scopes=["read", "label"]
        )
        UserFactory(username="ada", is_superuser=True, is_staff=True)


def label(shop: Shop) -> None:
    """Two people on the same twelve images, of one mind about nine; and all that goes with labeling."""
    project, first = shop.project, shop.annotators[0]
    guideline = GuidelineFactory(project=project, number=1)
    draft = GuidelineFactory(project=project, number=None, published_at=None)
    for user in (*shop.annotators, shop.qa_lead, shop.engineer, shop.associate):
        acknowledge(user=user, guideline=guideline)
    queue = project.queues.get(name="review")
    queue.answers_required = 2
    queue.save()
    for seed in range(12):
        image, _ = store(project=project, data=picture(seed), source=shop.camera, context={"lux": 100 + seed})
        open_task(queue, image)
    for user in shop.annotators:
        for place, (task, held) in enumerate(leases.claim(user=user, queue=queue, count=12)):
            differs = place >= 9 and user != first
            said = answers.Said(
                client_id=uuid.uuid4(),
                verdict=Verdict.LABEL,
                value={"label": LABELS[int(differs)]},
                seconds=3.0,
            )
            answers.record_answer(user=user, task=task, lease=held.token, said=said)
    settle(image=ImageFactory(project=project), value={"label": LABELS[2]}, by=ResolvedBy.IMPORTED)
    agreement.freeze(user=shop.qa_lead, project=project, filters=Filters(), name="November")
    audits.change_schedule(user=shop.qa_lead, project=project, every_days=7, floor=0.6)
    rounds.make_round(user=shop.qa_lead, project=project, name="all", title="All", filters={})
    quizzes.start(user=first, quiz=quiz_of(shop, 2))
    GuidelineExampleFactory(guideline=draft, image=image)
    GuidelineFlagFactory(image=image, user=first)
    LabelImport.objects.create(project=project, name="labels.csv")


def serve(shop: Shop) -> None:
    """A model that serves, a promise with its ledger, what people verified, a dataset and a run."""
    project = shop.project
    champion = ModelVersionFactory(project=project, stage=Stage.CHAMPION.value)
    candidate = ModelVersionFactory(project=project, parent=champion)
    EvaluationFactory(model=champion, accuracy=0.9)
    Promotion.objects.create(project=project, challenger=champion, kind="promoted", by=shop.engineer)
    ModelJob.objects.create(project=project, kind="profile", model=candidate, asked_by=shop.engineer)
    queue = project.queues.get(name="alerts")
    terms = {"error_budget": 0.1, "confidence_level": 0.9, "audit_share": 0.5}
    policies.set_policy(user=shop.engineer, project=project, queue=queue, **terms)
    made = [predicted(shop, champion, number) for number in range(40)]
    routing.route(predictions=made[:35])
    for prediction in made[:35]:
        ResolutionFactory(
            project=project, image=prediction.capture.image, value={"label": LABELS[0]}, by="one_answer"
        )
    certifying.recertify(project=project)
    routing.route(predictions=made[35:])
    trust_states.note(project=project)
    workloads.measure(policy=policies.in_force(project=project))
    dataset = datasets.freeze(datasets.request_dataset(user=shop.engineer, project=project).pk)
    TrainingRun.objects.create(
        project=project,
        dataset_id=dataset.pk,
        manifest_key=dataset.manifest_key,
        model=candidate,
        state="succeeded",
    )
    CaptureFactory(project=project, source=shop.camera)


def predicted(shop: Shop, champion, number: int):
    """One prediction with its embedding, of a burst of its own."""
    capture = CaptureFactory(project=shop.project, source=shop.camera, state="predicted")
    Image.objects.filter(pk=capture.image_id).update(group=f"burst {number}")
    capture.image.refresh_from_db()
    made = PredictionFactory(
        capture=capture, project=shop.project, model=champion, value={"label": LABELS[0]}, confidence=0.95
    )
    Embedding.objects.create(prediction=made, vector=[number, 0.5, -1.0])
    return made


def tell(shop: Shop) -> None:
    """An alarm that stands and one that is settled, those who are told, and the log."""
    project = shop.project
    webhooks.register(user=shop.engineer, project=project, url="https://93.184.216.34/hook")
    for subject in ("in_stock", "blocked"):
        alarm, _ = alarms.raise_alarm(
            project=project, kind="agreement_low", subject=subject, words="It fell.", detail={"alpha": 0.4}
        )
    alarms.settle(user=shop.qa_lead, alarm=alarm)
    webhooks.announce(project=project, event=Event.IMAGES_RESOLVED, data={"images": []})
    sign_in_codes.make_code(user=shop.qa_lead, project=project, site=shop.north, person=shop.associate)
    audit.record(actor=shop.engineer, action="thing.done", target=project, project_id=project.pk)


def main() -> None:
    call_command("migrate", verbosity=0)
    shop = Shop()
    label(shop)
    serve(shop)
    tell(shop)
    at = connection.settings_dict
    program = postgres.place._installed() / "bin" / "pg_dump"
    words = [
        "--no-owner",
        "--no-privileges",
        "--dbname",
        at["NAME"],
        "--host",
        at["HOST"],
        "--username",
        at["USER"],
    ]
    dumped = subprocess.run([str(program), *words], check=True, capture_output=True).stdout
    Path(sys.argv[1]).write_bytes(lzma.compress(dumped, preset=9 | lzma.PRESET_EXTREME))
    empty = [model for model in django.apps.apps.get_models() if not model._base_manager.exists()]
    print("without a row:", *sorted(model._meta.db_table for model in empty))


if __name__ == "__main__":
    main()
