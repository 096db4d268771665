"""`manage.py label_errors`: look for label errors in a frozen dataset, here and now."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from feedback.enums import SuspectKind
from feedback.management.named import dataset_named
from feedback.models import LabelErrorSearch
from feedback.queries import label_errors as queries
from feedback.services.label_errors import SearchRefused, carry_out, request_search
from inference.enums import RunState

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Look for labels of a frozen dataset that are likely wrong, near-duplicates with different labels, and "
        "outliers. Prints the search's id, and with --json all that it found. The dataset's page shows them, and sends "
        "them to review."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="the project's slug")
        parser.add_argument(
            "--dataset", type=int, metavar="NUMBER", help="the one frozen last where left out"
        )
        parser.add_argument("--json", action="store_true", help="one JSON line on standard output")

    def handle(self, *args: Any, project: str, **options: Any) -> None:
        dataset = dataset_named(project, options["dataset"])
        try:
            search = request_search(user=None, dataset=dataset)
        except SearchRefused as refused:
            raise CommandError(str(refused)) from None
        with tqdm(total=1.0, file=sys.stderr, disable=not sys.stderr.isatty()) as bar:

            def show(share: float) -> None:
                bar.n = share
                bar.refresh()

            carry_out(search.pk, show)
        search.refresh_from_db()
        if search.state != RunState.SUCCEEDED:
            raise CommandError(search.error)
        if options["json"]:
            self.stdout.write(json.dumps(_told(search)))
            return
        found = search.found
        self.stderr.write(
            f"Of {found['judged']} labels {found['flagged']} are likely wrong; the likeliest first:"
        )
        for suspect in queries.suspects(search, SuspectKind.LABEL).order_by("pk")[
            : min(found["flagged"], SHOWN)
        ]:
            self.stderr.write(
                f"{suspect.rank}. {suspect.image}: {suspect.given} ({suspect.given_probability:.0%}), rather "
                f"{suspect.suggested} ({suspect.suggested_probability:.0%})"
            )
        self.stdout.write(str(search.pk))


def _told(search: LabelErrorSearch) -> dict[str, Any]:
    """All that the search found, each list with its likeliest error first."""
    lists = {}
    for kind in SuspectKind:
        lists[str(kind)] = [
            {
                "image": str(suspect.image_id),
                "filename": suspect.image.filename,
                "given": suspect.given,
                "suggested": suspect.suggested or None,
                "given_probability": suspect.given_probability,
                "suggested_probability": suspect.suggested_probability,
                "like": str(suspect.like_id) if suspect.like_id else None,
                "distance": suspect.distance,
            }
            for suspect in queries.suspects(search, kind).order_by("pk")
        ]
    return {"search": str(search.pk), "dataset": str(search.dataset_id), **search.found, "suspects": lists}
