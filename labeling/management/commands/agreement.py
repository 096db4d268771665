"""How far annotators agree: every figure over a CSV file of answers, as a table or as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.domain.agreement import FileRefused, Level, Weights, declared_labels, read_answers, report

MOST_BOOTSTRAP = 100_000
NAMES = {
    "percent_agreement": "percent agreement",
    "cohen_kappa": "Cohen κ",
    "conger_kappa": "Conger κ",
    "fleiss_kappa": "Fleiss κ",
    "brennan_prediger": "Brennan-Prediger",
    "gwet_ac1": "Gwet AC1",
    "gwet_ac2": "Gwet AC2",
    "krippendorff_alpha": "Krippendorff α",
}
MOST_LISTED = 20


class Command(BaseCommand):
    help = (
        "How far annotators agree, over a CSV file with columns item, annotator, label. Intervals are 95%, by drawing "
        "the items anew; the answer of one annotator on one item that counts is the last. Needs no database."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE.csv", help="One row an answer, oldest first; other columns are ignored."
        )
        parser.add_argument(
            "--level",
            choices=[str(level) for level in Level],
            default="nominal",
            help="What α takes the labels for.",
        )
        parser.add_argument(
            "--labels",
            metavar="a,b,c",
            help="All labels in their order, those that nobody used too; otherwise, those used.",
        )
        parser.add_argument(
            "--weights",
            choices=[str(weights) for weights in Weights],
            default="identity",
            help="How much different labels agree, by their order: for every coefficient; for α at the nominal level.",
        )
        parser.add_argument(
            "--bootstrap",
            type=int,
            default=1_000,
            metavar="N",
            help="Replicates for the intervals; 0: no intervals. 1000.",
        )
        parser.add_argument(
            "--seed", type=int, default=0, metavar="N", help="The same seed draws the same items. 0."
        )
        parser.add_argument(
            "--dawid-skene",
            action="store_true",
            help="Also judge what is true of each item, and how each annotator errs.",
        )
        parser.add_argument("--json", action="store_true", help="One JSON object instead of a table.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["bootstrap"] <= MOST_BOOTSTRAP:
            raise CommandError(f"--bootstrap must be from 0 to {MOST_BOOTSTRAP}.", returncode=2)
        if options["seed"] < 0:
            raise CommandError("--seed must be 0 or more.", returncode=2)
        level, weights = Level(options["level"]), Weights(options["weights"])
        try:
            labels = declared_labels(options["labels"]) if options["labels"] is not None else []
            with open(options["file"], encoding="utf-8-sig", newline="") as lines:
                answers = read_answers(lines, labels=labels, level=level, weights=weights)
        except FileRefused as refused:
            raise CommandError(f"{options['file']}: {refused}", returncode=2) from None
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.", returncode=2) from None
        found = report(
            answers,
            level=level,
            weights=weights,
            bootstrap=options["bootstrap"],
            seed=options["seed"],
            with_dawid_skene=options["dawid_skene"],
        )
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, allow_nan=False))
        else:
            self.stdout.write("\n".join(table(found)))


def table(found: dict[str, Any]) -> Iterator[str]:
    """The report in lines to read."""
    yield (
        f"{found['items']} items, {len(found['annotators'])} annotators, {found['annotations']} answers; "
        f"{found['pairable_items']} items with two answers or more"
        + (f"; {found['repeated']} repeated answers, of which the last counts" if found["repeated"] else "")
    )
    yield ""
    for name, figure in found["coefficients"].items():
        yield f"{NAMES[name]:<20}{_figure(figure['value'], figure['ci'], figure.get('reason', ''))}"
    if found["paradox"]:
        yield "High agreement beside a low κ: one label far outnumbers the rest. Read AC1 and each label's α."
    yield ""
    yield "Label, its share, answers with it, α against the rest"
    for name, label in found["labels"].items():
        share = found["prevalence"][name]
        yield (
            f"{name[:24]:<25}{_share(share)}{label['support']:>9}   "
            f"{_figure(label['alpha'], label['ci'], label.get('reason', ''))}"
        )
    yield ""
    yield "Annotator, answers, agreement with others, α without them"
    annotators = sorted(found["annotators"].items(), key=lambda named: -named[1]["answers"])
    for name, one in annotators[:MOST_LISTED]:
        agreement, without = _share(one["agreement_with_others"]), _figure(one["alpha_without"])
        yield f"{name[:24]:<25}{one['answers']:>7}{agreement}   {without}"
    if len(annotators) > MOST_LISTED:
        yield f"… and {len(annotators) - MOST_LISTED} more; --json has them all"
    if "dawid_skene" in found and found["dawid_skene"]["items"]:
        yield ""
        yield f"Dawid-Skene: log-likelihood {found['dawid_skene']['log_likelihood']:.2f}; share of each label"
        for name, share in found["dawid_skene"]["prevalence"].items():
            yield f"{name[:24]:<25}{_share(share)}"


def _figure(value: float | None, ci: list[float] | None = None, reason: str = "") -> str:
    if value is None:
        return f"     – {reason}".rstrip()
    return f"{value:7.3f}" + (f"  [{ci[0]:.3f}, {ci[1]:.3f}]" if ci else "")


def _share(share: float | None) -> str:
    return "      –" if share is None else f"{share:7.1%}"
