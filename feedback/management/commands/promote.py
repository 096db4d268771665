"""`manage.py promote`: have a model serve if it beats the champion."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from feedback.domain.gate import Rule
from feedback.enums import PromotionKind
from feedback.services.promotion import GateFailed, promote
from inference.enums import ModelRuntime, Stage
from inference.models import ModelVersion
from inference.services.models import ModelRefused
from people.models import Project


class Command(BaseCommand):
    help = (
        "Have a model serve, if it beats the champion on the frozen test set. Shows every rule with both figures; "
        "exits with 0 only when the model serves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument("--model", type=int, metavar="NUMBER", help="the newest candidate where left out")
        parser.add_argument(
            "--override", default="", metavar="REASON", help="in spite of the gate, because …"
        )

    def handle(self, *args: Any, project: str, model: int | None, override: str, **options: Any) -> None:
        found = Project.objects.filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project {project!r}.")
        rows = ModelVersion.objects.filter(project=found, runtime=ModelRuntime.ONNX.value).order_by("-number")
        never_served = [Stage.CANDIDATE.value, Stage.SHADOW.value]
        rows = rows.filter(stage__in=never_served) if model is None else rows.filter(number=model)
        chosen = rows.first()
        if chosen is None:
            missing = "no candidate" if model is None else f"no model {model} that can serve"
            raise CommandError(f"{found} has {missing}; train one first.")
        try:
            made = promote(user=None, model=chosen, override_reason=override)
        except GateFailed as failed:
            self._show([rule.as_json() for rule in failed.rules])
            raise CommandError(str(failed)) from None
        except ModelRefused as refused:
            raise CommandError(str(refused)) from None
        self._show(made.rules)
        spite = " in spite of the gate" if made.kind == PromotionKind.OVERRIDDEN else ""
        self.stdout.write(f"{chosen} serves now{spite}; before it {made.champion or 'none did'}.")

    def _show(self, rules: list[dict[str, Any]]) -> None:
        for rule in (Rule(**one) for one in rules):
            figures = ", ".join(
                f"{name} {value:.4g}"
                for name, value in (
                    ("challenger", rule.challenger),
                    ("champion", rule.champion),
                    ("limit", rule.limit),
                    ("images", rule.images),
                )
                if value is not None
            )
            if rule.difference is not None:
                figures += f", difference {rule.difference:+.4f} from {rule.low:+.4f} to {rule.high:+.4f}"
            if rule.part:
                figures = f"{rule.part}: {figures}"
            self.stderr.write(
                f"{'passed' if rule.passed else 'FAILED'}: {rule.name} ({figures or 'no figures'})"
            )
