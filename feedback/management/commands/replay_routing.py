"""What a policy would have done with a stream of the past, through the code that serves."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from feedback.domain.replay import StreamRefused, read, replay
from feedback.domain.stream import Terms


class Command(BaseCommand):
    help = (
        "Plays a CSV file (columns confidence 0..1, correct 0 or 1, and if there: label, slice; oldest first) through "
        "the router. It learns what was correct only of what it reviewed or audited. Needs no database."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.csv")
        parser.add_argument(
            "--budget",
            type=float,
            required=True,
            metavar="RATIO",
            help="Share of the accepted that may be wrong.",
        )
        parser.add_argument(
            "--confidence", type=float, default=0.95, metavar="RATIO", help="How sure to be of that. 0.95."
        )
        parser.add_argument(
            "--audit-share",
            type=float,
            default=0.05,
            metavar="RATIO",
            help="Share of the accepted checked. 0.05.",
        )
        parser.add_argument(
            "--label-budget",
            action="append",
            default=[],
            metavar="LABEL=RATIO",
            help="A budget of its own for what was predicted to be this label; may be given again.",
        )
        parser.add_argument(
            "--capacity",
            type=int,
            metavar="N",
            help="How many reviews people do over the whole file, evenly; what is worth most comes first. Any.",
        )
        parser.add_argument(
            "--seed", type=int, default=0, metavar="N", help="The same seed draws the same audits. 0."
        )
        parser.add_argument("--json", action="store_true", help="One JSON object instead of sentences.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["capacity"] is not None and options["capacity"] < 0:
            raise CommandError("--capacity must be 0 or more.", returncode=2)
        try:
            terms = Terms(
                budget=options["budget"],
                confidence=options["confidence"],
                audit_share=options["audit_share"],
                label_budgets=dict(_label_budget(text) for text in options["label_budget"]),
            )
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from None
        try:
            with open(options["file"], encoding="utf-8-sig", newline="") as lines:
                rows = tqdm(read(lines), unit=" rows", disable=None, leave=False)
                found = replay(rows, terms, capacity=options["capacity"], seed=options["seed"])
        except StreamRefused as refused:
            raise CommandError(f"{options['file']}: {refused}", returncode=2) from None
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.", returncode=2) from None
        self.stdout.write(json.dumps(found, allow_nan=False) if options["json"] else _sentences(found))


def _label_budget(text: str) -> tuple[str, float]:
    label, _, budget = text.rpartition("=")
    try:
        return label, float(budget)
    except ValueError:
        raise ValueError(f"--label-budget must be LABEL=RATIO, not {text!r}.") from None


def _sentences(found: dict[str, Any]) -> str:
    rate = found["accepted_error_rate"]
    share = "" if rate is None else f" ({rate:.2%})"
    left = ""
    if found["waiting"]:
        left = (
            f"Of those waiting {found['waiting_errors']} are wrong; the model expected "
            f"{found['waiting_expected_errors']:.0f}.\n"
        )
    return (
        f"{found['total']} predictions: {found['accepted']} accepted, {found['audited']} of them audited; "
        f"{found['reviewed']} reviewed, {found['waiting']} waiting for people.\n"
        f"Wrong among the accepted: {found['accepted_errors']}{share}.\n"
        f"{left}"
        f"The threshold changed {len(found['thresholds'])} times; {found['alarms']} alarms."
    )
