"""The form that images are chosen by: read from a request, and drawn with what may be chosen in each field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labeling.domain.image_filters import FieldKind, FilterField, Pick, check_filters, context_of
from labeling.domain.moments import moment
from labeling.domain.values import ValueRefused
from labeling.models import Image
from labeling.queries import images as addresses
from labeling.queries import selecting
from people.models import Project

SHOWN = 12
COUNTED_TO = 100_000
PICKS = {Pick.NEWEST: "the newest", Pick.RANDOM: "a random sample"}


@dataclass(frozen=True)
class Drawn:
    """A field as a page draws it: `choices` are (value, words) pairs where one of several is chosen."""

    field: FilterField
    value: str
    choices: list[tuple[str, str]]
    error: str


@dataclass(frozen=True)
class Chosen:
    """What filters choose: how many images, counted up to a limit, and the first of them with their addresses."""

    found: int
    is_more: bool
    first: list[tuple[Image, str]]
    errors: dict[str, list[str]]

    @property
    def reasons(self) -> list[str]:
        """What is wrong with the filters, a sentence each."""
        return [f"{name.removeprefix('filters.')} {each[0]}" for name, each in self.errors.items()]


def filters_of(given: Mapping[str, str]) -> dict[str, Any]:
    """The filters a form or an address gives, checked. Raises ValueRefused naming every field."""
    fields = selecting.fields()
    raw: dict[str, Any] = {}
    for field in fields:
        text = given.get(field.name, "").strip()
        if field.kind == FieldKind.FLAG:
            raw[field.name] = bool(text)
        elif field.kind == FieldKind.CONTEXT:
            raw[field.name] = context_of(text)
        else:
            raw[field.name] = text
    # A sample's size and seed mean nothing alone: the form always sends them.
    ranked = ("similar_to", "strategy", "label_errors")
    if raw.get("pick") == Pick.NEWEST or any(raw.get(name) for name in ranked):
        raw.pop("pick", None)
    if raw.get("pick") != Pick.RANDOM:
        raw.pop("seed", None)
    return check_filters(raw, fields)


def drawn(project: Project, given: Mapping[str, str], errors: Mapping[str, list[str]]) -> list[Drawn]:
    """Every field with its value and its choices."""
    sources = [(one.key, one.name) for one in project.sources.order_by("name")]
    labels = [(one.key, one.name) for one in project.labels.filter(retired_at=None).order_by("position")]
    choices = {
        FieldKind.SOURCE: [("", "Any"), *sources],
        FieldKind.LABEL: [("", "Any"), *labels],
        FieldKind.PICK: [(str(pick), words) for pick, words in PICKS.items()],
    }
    return [
        Drawn(
            field,
            given.get(field.name, ""),
            [("", field.any), *field.options] if field.options else choices.get(field.kind, []),
            errors.get(f"filters.{field.name}", [""])[0],
        )
        for field in selecting.fields()
    ]


def choose(project: Project, user: Any, given: Mapping[str, str]) -> Chosen:
    """What the form's filters choose now."""
    try:
        filters = filters_of(given)
        images = selecting.narrowed(project, filters)
        chosen = selecting.within(images, selecting.bound_of(images, project, filters))
    except ValueRefused as refused:
        return Chosen(0, False, [], refused.errors)
    first = [(image, addresses.small_address(image, user)) for image in chosen.order_by("-pk")[:SHOWN]]
    found = chosen.order_by()[: COUNTED_TO + 1].count()
    return Chosen(min(found, COUNTED_TO), found > COUNTED_TO, first, {})


def in_words(filters: Mapping[str, Any]) -> list[str]:
    """Filters as a page lists them: "context lighting=night", "at most 200"."""
    titles = {field.name: field for field in selecting.fields()}
    said = []
    for name, value in filters.items():
        field = titles.get(name)
        if field is None or field.kind == FieldKind.SEED:
            continue
        if field.kind == FieldKind.FLAG:
            said.append(field.title.lower())
        elif field.kind == FieldKind.CONTEXT:
            said += [f"{key} = {each}" for key, each in value.items()]
        elif field.kind == FieldKind.PICK:
            said.append(f"{PICKS[Pick(value)]}, seed {filters.get('seed', 0)}")
        elif field.kind == FieldKind.OPTION:
            said.append(f"{field.title.lower()}: {dict(field.options).get(value, value).lower()}")
        elif field.kind == FieldKind.IMAGES:
            said.append(f"{field.title.lower()}: {len(value)}")
        elif field.kind == FieldKind.MOMENT:
            said.append(f"{field.title.lower()} {moment(value):%Y-%m-%d}")
        else:
            said.append(f"{field.title.lower()} {value}")
    return said or ["all images of the project"]
