"""Options by which a command is told what a model from elsewhere takes and gives."""

from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management import CommandError

from inference.domain import declaration as declared
from inference.domain.declaration import Declaration, DeclarationRefused

_OPTIONS = [field.name for field in fields(Declaration) if field.name != "labels"]


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number, nor several with commas between them") from None


def _labels(text: str) -> tuple[str, ...]:
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text()
        except OSError as error:
            raise ArgumentTypeError(f"{text[1:]}: {error.strerror}") from None
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())


def add_arguments(parser: ArgumentParser) -> None:
    """Add `--labels` and what goes with it."""
    foreign = parser.add_argument_group("a model from elsewhere")
    foreign.add_argument(
        "--labels",
        type=_labels,
        metavar="KEY,KEY,-",
        help="the project's label of each of the model's columns, - for a column that is none; or @FILE, one a line",
    )
    foreign.add_argument("--output", choices=declared.OUTPUTS, help="what it gives out (auto)")
    foreign.add_argument("--output-name", help="the output to read where it has several")
    foreign.add_argument("--size", type=int, help="side of the square it takes, where the file does not say")
    foreign.add_argument("--resize", help="squash (the default), letterbox or crop")
    foreign.add_argument("--interpolation", help="bilinear (the default), bicubic or lanczos")
    foreign.add_argument("--layout", choices=declared.LAYOUTS, type=str.lower, help="of its input (auto)")
    foreign.add_argument(
        "--colour", choices=declared.COLOURS, type=str.lower, help="order of its channels (rgb)"
    )
    foreign.add_argument("--scale", type=float, help="what a pixel 0..255 is multiplied by first (1/255)")
    foreign.add_argument("--mean", type=_numbers, metavar="M[,M,M]", help="taken off after that (0)")
    foreign.add_argument("--std", type=_numbers, metavar="S[,S,S]", help="divided by after that (1)")
    foreign.add_argument("--units", choices=declared.UNITS, help="of a detector's boxes (auto)")
    foreign.add_argument("--corners", choices=declared.CORNERS, help="how its boxes are written (xyxy)")
    foreign.add_argument("--overlap", type=float, help="boxes that overlap by more are one (0.5 for yolo)")
    foreign.add_argument("--floor", type=float, help="nothing less sure is proposed (0.3)")
    foreign.add_argument("--architecture", help="what it is called on its page")


def given(options: dict[str, Any]) -> dict[str, Any]:
    """What of a Declaration, but for its labels, the options say."""
    return {name: options[name] for name in _OPTIONS if options.get(name) is not None}


def declaration(options: dict[str, Any]) -> Declaration | None:
    """What the options declare; None where they declare nothing. Raises CommandError."""
    said = given(options)
    if options["labels"] is None:
        if said:
            raise CommandError(
                f"--{next(iter(said)).replace('_', '-')} is of a model from elsewhere: name its --labels too.",
                returncode=2,
            )
        return None
    try:
        return Declaration(labels=options["labels"], **said)
    except DeclarationRefused as refused:
        raise CommandError(f"--{refused.field.replace('_', '-')} {refused.reason}", returncode=2) from None
