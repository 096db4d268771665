"""The names that a file uses for labels, and the labels of the project they stand for."""

from collections.abc import Collection

from django.db import transaction

from labeling import rules
from labeling.domain.colours import colour
from labeling.domain.documents import is_text
from labeling.models import Label
from labeling.services.projects import HOTKEYS
from people.keys import folded
from people.models import Project, User
from people.services import audit


def keys_of(project: Project, names: Collection[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The key of every name that means a label, by its key or by its name in any case; and all keys there are."""
    labels = list(project.labels.filter(retired_at=None).order_by("position", "id"))
    by_word: dict[str, str] = {}
    for word_of in (
        lambda label: label.key,
        lambda label: label.name.casefold(),
        lambda label: folded(label.name),
    ):
        for label in labels:
            by_word.setdefault(word_of(label), label.key)
    by_word.pop("", None)
    found = {}
    for name in names:
        written = name.strip()
        words = (written, written.casefold(), folded(written))
        if key := next((by_word[word] for word in words if word in by_word), None):
            found[name] = key
    return found, tuple(sorted(label.key for label in labels))


@transaction.atomic
def create_labels(*, user: User | None, project: Project, names: Collection[str]) -> list[Label]:
    """A label for every name that means none yet. Raises PermissionDenied for who may not manage the project."""
    if user is not None:
        rules.check_manage(user, project)
    known, _ = keys_of(project, names)
    taken = set(project.labels.values_list("key", flat=True))
    hotkeys = set(project.labels.filter(retired_at=None).values_list("hotkey", flat=True))
    free = iter([hotkey for hotkey in HOTKEYS if hotkey not in hotkeys])
    position = project.labels.count()
    made: dict[str, Label] = {}
    for name in sorted({name.strip() for name in names if name not in known and is_text(name)} - {""}):
        # A name in other letters than Latin ones folds to nothing, and may not become somebody else's key.
        key = folded(name) or f"label-{position + 1}"
        if key in taken or key in made:
            continue
        made[key] = Label(
            project=project,
            key=key,
            name=name[:200],
            colour=colour(position),
            hotkey=next(free, ""),
            position=position,
        )
        position += 1
    Label.objects.bulk_create(made.values())
    for label in made.values():
        audit.record(actor=user, action="label.created", target=label, project_id=project.pk)
    return list(made.values())
