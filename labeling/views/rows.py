"""An answer as a row of a table: in the names of labels and the words of the reader."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labeling.enums import AnswerState, Verdict
from labeling.models import Answer, Image, Label
from labeling.queries import images

CANT_TELL = "can't tell"
VERDICTS: dict[str, str] = {
    Verdict.ACCEPT: "kept",
    Verdict.CORRECT: "corrected",
    Verdict.LABEL: "labelled",
    Verdict.NONE_OF_THESE: "none of these",
    Verdict.CANT_TELL: CANT_TELL,
}
"""What a table calls each verdict."""


@dataclass(frozen=True)
class Said:
    """A value in words. `label` is None where it is not one label of the project; `confidence` is 0..1."""

    words: str
    label: Label | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class AnswerRow:
    """An answer with its image's address, its verdict in words, what was said and what had been proposed."""

    answer: Answer
    image: Image
    address: str
    verdict: str
    said: Said
    proposal: Said | None
    aside: str


def value_in_words(value: Mapping[str, Any] | None, labels: Mapping[str, Label]) -> Said:
    """A wire value, or a proposal, by the names of its labels."""
    if value is None:
        return Said(CANT_TELL)
    confidence = value.get("confidence")
    if "label" in value:
        label = labels.get(value["label"])
        return Said(label.name if label else value["label"], label, confidence)
    count = len(value.get("regions", ()))
    return Said(
        "nothing there" if count == 0 else f"{count} region{'s' if count != 1 else ''}", None, confidence
    )


def answer_rows(answers: Iterable[Answer], user: Any, labels: Mapping[str, Label]) -> list[AnswerRow]:
    """Rows for answers whose task, image, queue and user are loaded."""
    rows = []
    for answer in answers:
        image = answer.task.image
        shown = answer.shown.get("proposal")
        said = Said(answer.words) if answer.words else value_in_words(answer.value, labels)
        rows.append(
            AnswerRow(
                answer=answer,
                image=image,
                address=images.small_address(image, user),
                verdict=VERDICTS[answer.verdict],
                said=said,
                proposal=value_in_words(shown, labels) if shown else None,
                aside=standing(answer),
            )
        )
    return rows


def standing(answer: Answer) -> str:
    """Why an answer does not count, in a word; "" where it does."""
    if answer.state == AnswerState.LATE:
        return "late"
    return "changed later" if hasattr(answer, "superseded_by") else ""


def is_synthetic(image: Image) -> bool:
    """Whether the image was drawn and not taken: it says so wherever it shows."""
    return bool(image.context.get("synthetic"))
