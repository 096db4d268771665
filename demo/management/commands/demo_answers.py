"""`manage.py demo_answers N`: answers what waits in the demo's queues as careful people would."""

import sys
import uuid
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from tqdm import tqdm

from demo import shop, truth
from labeling.enums import Verdict
from labeling.models import Queue, Task
from labeling.queries import guidelines
from labeling.services import leases
from labeling.services.answers import Said, proposed_value, record_answer
from labeling.services.guidelines import acknowledge
from people.models import Project, User

SECONDS = 2.0
ANSWERED_BY = {"review": ["annotator"], "audit": ["annotator"], "alerts": ["associate", "associate-south"]}


class Command(BaseCommand):
    help = (
        "Answer up to N tasks of the demo's shop with what its camera really drew, signed by the demo's annotator and "
        "associates: what an hour of people's work would bring, at once. For the synthetic shop alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="N")

    def handle(self, *args: Any, count: int, **options: Any) -> None:
        project = Project.objects.filter(slug=shop.SLUG).first()
        if project is None:
            raise CommandError("There is no demo here yet: run `make demo` first.")
        known = truth.labels(settings.VAR)
        done = 0
        with tqdm(total=count, desc="answers", file=sys.stderr) as bar:
            for name, usernames in ANSWERED_BY.items():
                queue = Queue.objects.get(project=project, name=name)
                for user in User.objects.filter(username__in=usernames):
                    guideline = guidelines.in_force(project)
                    if guideline is not None:
                        acknowledge(user=user, guideline=guideline)
                    while done < count and (claimed := leases.claim(user=user, queue=queue)):
                        for task, held in claimed:
                            record_answer(user=user, task=task, lease=held.token, said=said(task, known))
                        done += len(claimed)
                        bar.update(len(claimed))
        self.stdout.write(f"{done} answered")


def said(task: Task, known: dict[str, str]) -> Said:
    """The true answer to a task; "can't tell" for a photograph that did not come from the demo's camera."""
    label = known.get(task.image.sha256)
    if label is None:
        return Said(client_id=uuid.uuid4(), verdict=Verdict.CANT_TELL, seconds=SECONDS)
    proposed = None if task.queue.blind else proposed_value(task)
    verdict = Verdict.CORRECT
    if proposed is None:
        verdict = Verdict.LABEL
    elif proposed == {"label": label}:
        verdict = Verdict.ACCEPT
    return Said(client_id=uuid.uuid4(), verdict=verdict, value={"label": label}, seconds=SECONDS)
