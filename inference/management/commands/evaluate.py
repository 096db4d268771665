"""`manage.py evaluate`: a model tried on the project's labelled images, beside rules that need no network."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from inference.domain.baseline_words import told
from inference.models import ModelVersion
from inference.runtimes import RuntimeRefused
from inference.services.baseline import NothingToMeasure, measure_baseline


class Command(BaseCommand):
    help = (
        "Try a registered model on up to 500 labelled images of its project that it did not learn from, beside "
        "rules that need no network: the commonest label and the nearest mean thumbnail, or, of a detector, nothing "
        "there and the boxes of the nearest other picture. Kept with the model."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", metavar="MODEL", type=UUID, help="a registered model's id")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, model: UUID, **options: Any) -> None:
        found = ModelVersion.objects.select_related("project").filter(pk=model).first()
        if found is None:
            raise CommandError(f"There is no model {model}.", returncode=2)
        try:
            figures = measure_baseline(model=found)
        except (RuntimeRefused, NothingToMeasure) as refused:
            raise CommandError(str(refused)) from None
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from None
        self.stdout.write(json.dumps(figures) if options["json"] else told(figures))
