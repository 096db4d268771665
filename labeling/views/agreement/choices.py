"""What the agreement page can be narrowed by, and the choices of each filter."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from labeling.domain.agreement import ranges
from labeling.domain.agreement.filters import Filters
from labeling.enums import Audience, Purpose
from labeling.models import Image
from labeling.queries.agreement.measured import in_force
from people.enums import Role
from people.models import Project, User

MOST_KEYS, MOST_VALUES, LONGEST_VALUE = 4, 40, 60
LOOKED_AT = 500
"""Images whose context is read to know its keys: a project's newest."""


@dataclass(frozen=True)
class Choice:
    """A filter as the form shows it; `choices` are (value, words), for a date there are none."""

    name: str
    title: str
    chosen: str
    choices: list[tuple[str, str]]
    kind: str = "select"


def choices(project: Project, filters: Filters) -> list[Choice]:
    """Every filter with what may be chosen; one set by the address is there though nothing has it any more."""
    query = filters.as_query()
    queues = project.queues.exclude(purpose=Purpose.QUIZ).exclude(audience=Audience.QA_LEAD)
    sources = list(project.sources.select_related("site").order_by("name"))
    people = User.objects.filter(memberships__project=project).exclude(memberships__role=Role.ENGINEER)
    versions = project.guidelines.filter(number__isnull=False).order_by("-number")
    offered = {
        "queue": [(name, name) for name in queues.order_by("created_at").values_list("name", flat=True)],
        "label": [(label.key, label.name) for label in project.labels.order_by("position", "key")],
        "annotator": [(user.username, str(user)) for user in people.distinct().order_by("username")],
        "guideline": [(str(version.number), str(version)) for version in versions],
        "site": sorted({(one.site.key, one.site.name) for one in sources if one.site}),
        "source": [(source.key, source.name) for source in sources],
        **_context(project),
    }
    found = []
    for name in [*offered, *(name for name in query if name.startswith("context."))]:
        if any(choice.name == name for choice in found):
            continue
        pairs = offered.get(name, [])
        chosen = query.get(name, "")
        if chosen and chosen not in {value for value, _ in pairs}:
            pairs = [*pairs, (chosen, ranges.words(chosen))]
        if pairs:
            found.append(Choice(name, _title(name), chosen, pairs))
    for name, title in (("since", "From"), ("until", "Before")):
        found.append(Choice(name, title, query.get(name, "")[:10], [], "date"))
    return found


def _title(name: str) -> str:
    return name.removeprefix("context.").replace("_", " ").capitalize()


def _context(project: Project) -> dict[str, list[tuple[str, str]]]:
    values: dict[str, set[str]] = defaultdict(set)
    newest = Image.objects.filter(project=project).order_by("-id").values_list("context", flat=True)
    for context in newest[:LOOKED_AT]:
        for key, value in context.items():
            if isinstance(value, bool):
                values[key].add(str(value).lower())
            elif isinstance(value, str) and value and len(value) <= LONGEST_VALUE:
                values[key].add(value)
    words = {
        f"context.{key}": [(value, value.replace("_", " ")) for value in sorted(values[key])]
        for key in _telling(values)
    }
    numbers = {
        f"context.{key}": [(text, ranges.words(text)) for text in ranges.names(edges)]
        for key, edges in in_force(project).items()
    }
    return words | numbers


def _telling(values: Mapping[str, set[str]]) -> list[str]:
    telling = [key for key in sorted(values) if 1 < len(values[key]) <= MOST_VALUES]
    return telling[:MOST_KEYS]
