"""What a set of images is chosen by: the fields there are, and their values checked in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from labeling.domain.documents import check_document, is_text
from labeling.domain.moments import moment
from labeling.domain.values import ValueRefused

MOST_IMAGES = 1_000_000
MOST_SIMILAR = 1_000
MOST_EXAMPLES = 50
LARGEST_SEED = 2**31 - 1


class FieldKind(StrEnum):
    """What a filter's value is, and so how a page asks for it."""

    SOURCE = "source"
    LABEL = "label"
    MOMENT = "moment"
    CONTEXT = "context"
    FLAG = "flag"
    SHARE = "share"
    IMAGE = "image"
    IMAGES = "images"
    ID = "id"
    OPTION = "option"
    COUNT = "count"
    PICK = "pick"
    SEED = "seed"


class Pick(StrEnum):
    """Which images are taken where there are more than the limit."""

    NEWEST = "newest"
    RANDOM = "random"


@dataclass(frozen=True)
class FilterField:
    """One filter: its name in a request, its title and hint on a page, and the kind of its value.

    `options` are the values of an OPTION with their words on a page, and `any` the words for none of them.
    """

    name: str
    title: str
    kind: FieldKind
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    any: str = "Any"


OWN_FIELDS = (
    FilterField("source", "Camera or import", FieldKind.SOURCE),
    FilterField("since", "Taken since", FieldKind.MOMENT),
    FilterField("until", "Taken before", FieldKind.MOMENT),
    FilterField(
        "context", "Context", FieldKind.CONTEXT, "As key=value, like lighting=night; commas between."
    ),
    FilterField("never_labelled", "Never labelled before", FieldKind.FLAG),
)
HOW_MANY = (
    FilterField("limit", "At most", FieldKind.COUNT, "Images; empty takes all."),
    FilterField("pick", "Which of them", FieldKind.PICK),
    FilterField("seed", "Seed", FieldKind.SEED, "The same seed draws the same sample again."),
)


def check_filters(given: Any, fields: Sequence[FilterField]) -> dict[str, Any]:
    """The filters in canonical form, empty ones left out. Raises ValueRefused naming every field that is wrong."""
    if not isinstance(given, Mapping):
        raise ValueRefused({"filters": ['must be an object, like {"source": "camera-1"}.']})
    known = {field.name: field for field in fields}
    errors: dict[str, list[str]] = {}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            errors[f"filters.{str(name)[:80]}"] = [f"is not a filter; they are {', '.join(known)}."]
        elif value is not None and value != "" and value is not False and value != {}:
            try:
                found[name] = _CHECKS[known[name].kind](value)
                if known[name].kind == FieldKind.OPTION:
                    _is_option(value, known[name])
            except ValueError as error:
                errors[f"filters.{name}"] = [str(error)]
    low, high = found.get("confidence_min"), found.get("confidence_max")
    if low is not None and high is not None and low > high:
        errors["filters.confidence_max"] = ["must not be below confidence_min."]
    if {"since", "until"} <= set(found) and moment(found["since"]) >= moment(found["until"]):
        errors["filters.until"] = ["must be later than since."]
    if "similar_to" in found and found.get("pick") == Pick.RANDOM:
        errors["filters.pick"] = ["must be left out with similar_to: the nearest images are taken."]
    for ranking in ("strategy", "label_errors"):
        for name in {"similar_to", "pick", "strategy"} & set(found) - {ranking}:
            if ranking in found:
                errors[f"filters.{name}"] = [f"must be left out with {ranking}: that says which are taken."]
    if "suspected_as" in found and "label_errors" not in found:
        errors["filters.suspected_as"] = ["means nothing without label_errors."]
    if errors:
        raise ValueRefused(errors)
    return found


def context_of(text: str) -> dict[str, Any]:
    """The context that "lighting=night, shelf=3" asks for; a number is one. Raises ValueRefused for anything else."""
    found: dict[str, Any] = {}
    for part in text.replace("\n", ",").split(","):
        if not part.strip():
            continue
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not key or not equals or not value:
            raise ValueRefused(
                {"filters.context": [f"{part.strip()[:40]!r} is not key=value, like lighting=night."]}
            )
        found[key] = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else value
    return found


def _key(value: Any) -> str:
    if not isinstance(value, str) or not is_text(value) or len(value) > 64:
        raise ValueError("must be a key.")
    return value


def _moment(value: Any) -> str:
    if not isinstance(value, str | datetime):
        raise ValueError("must be a day or a time, like 2026-03-01 or 2026-03-01T08:30:00Z.")
    return moment(str(value)).isoformat()


def _context(value: Any) -> dict[str, Any]:
    try:
        return check_document(value, "context")
    except ValueRefused as refused:
        raise ValueError(refused.errors["context"][0]) from None


def _flag(value: Any) -> bool:
    if value is not True:
        raise ValueError("must be true or false.")
    return True


def _share(value: Any) -> float:
    number = _number(value, float)
    if not 0 <= number <= 1:
        raise ValueError("must be from 0 to 1.")
    return number


def _image(value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise ValueError("must be an image's id.") from None


def _id(value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise ValueError("must be an id.") from None


def _images(value: Any) -> list[str]:
    given = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_EXAMPLES:
        raise ValueError(f"must be 1 to {MOST_EXAMPLES} ids of images.")
    try:
        return sorted({str(UUID(str(one))) for one in given})
    except ValueError:
        raise ValueError("must be ids of images.") from None


def _is_option(value: str, field: FilterField) -> None:
    options = [option for option, _ in field.options]
    if value not in options:
        raise ValueError(f"must be one of {', '.join(options)}.")


def _count(value: Any) -> int:
    number = _number(value, int)
    if not 1 <= number <= MOST_IMAGES:
        raise ValueError(f"must be from 1 to {MOST_IMAGES}.")
    return number


def _seed(value: Any) -> int:
    number = _number(value, int)
    if not 0 <= number <= LARGEST_SEED:
        raise ValueError(f"must be from 0 to {LARGEST_SEED}.")
    return number


def _pick(value: Any) -> str:
    if value not in list(Pick):
        raise ValueError(f"must be {' or '.join(Pick)}.")
    return str(value)


def _number(value: Any, kind: type[int] | type[float]) -> Any:
    whole = kind is int
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > 20:
        raise ValueError("must be a whole number." if whole else "must be a number.")
    try:
        number = kind(str(value))
    except ValueError:
        raise ValueError("must be a whole number." if whole else "must be a number.") from None
    return number


_CHECKS = {
    FieldKind.SOURCE: _key,
    FieldKind.LABEL: _key,
    FieldKind.MOMENT: _moment,
    FieldKind.CONTEXT: _context,
    FieldKind.FLAG: _flag,
    FieldKind.SHARE: _share,
    FieldKind.IMAGE: _image,
    FieldKind.IMAGES: _images,
    FieldKind.ID: _id,
    FieldKind.OPTION: _key,
    FieldKind.COUNT: _count,
    FieldKind.PICK: _pick,
    FieldKind.SEED: _seed,
}
