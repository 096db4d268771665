"""Into which ranges reports put the numbers of a context: shown beside the numbers there are, and changed."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from labeling import rules
from labeling.domain.agreement import ranges
from labeling.domain.values import ValueRefused
from labeling.queries.agreement import measured
from labeling.services import context_ranges
from labeling.views.access import project_or_404

PREFIX = "edges."
APART = re.compile(r"[\s;]+")
MOST_KEYS = 20


@dataclass(frozen=True)
class Key:
    """A key of the context: its edges as typed, the ranges they make in words, and the numbers there are of it."""

    key: str
    title: str
    typed: str
    words: list[str]
    images: int
    spread: tuple[str, str, str] | None
    error: str


def context_ranges_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Every key with numbers and its edges; POST changes those that differ."""
    project = project_or_404(request, slug, rules.check_manage)
    current, numbers = measured.in_force(project), measured.numbers(project)
    keys = [*current, *(key for key in numbers if key not in current)][:MOST_KEYS]
    typed = {key: _typed(current.get(key, [])) for key in keys}
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {key: request.POST.get(PREFIX + key, typed[key])[:200] for key in keys}
        wanted = {key: _read(text) for key, text in typed.items()}
        errors = {
            key: "Give numbers with spaces between them." for key, edges in wanted.items() if edges is None
        }
        changed = {key: edges for key, edges in wanted.items() if edges != current.get(key, [])}
        if not errors:
            try:
                context_ranges.change(user=request.user, project=project, edges=changed)  # type: ignore[arg-type]
            except ValueRefused as refused:
                errors = {key: f"This {reasons[0]}" for key, reasons in refused.errors.items()}
            else:
                messages.success(request, "Reports use these ranges from now on.")
                return redirect("agreement", slug)
    shown = [_key(key, typed[key], current.get(key, []), numbers.get(key, []), errors) for key in keys]
    context = {"project": project, "keys": shown, "most": measured.MOST_KEYS, "prefix": PREFIX}
    return render(request, "labeling/agreement/ranges.html", context, status=400 if errors else 200)


def _key(key: str, typed: str, edges: list[float], numbers: list[float], errors: dict[str, str]) -> Key:
    words = [ranges.words(text) for text in ranges.names(edges)] if edges else []
    title = key.replace("_", " ").capitalize()
    return Key(key, title, typed, words, len(numbers), _spread(numbers), errors.get(key, ""))


def _spread(numbers: list[float]) -> tuple[str, str, str] | None:
    """The least, the middle and the largest of them."""
    if not numbers:
        return None
    least, middle, largest = (f"{number:.6g}" for number in np.quantile(numbers, (0, 0.5, 1)))
    return least, middle, largest


def _typed(edges: Any) -> str:
    return "  ".join(f"{edge:.12g}" for edge in edges)


def _read(text: str) -> list[float] | None:
    parts = [part for part in APART.split(text.strip()) if part]
    try:
        return [float(part.replace(",", ".").replace("−", "-")) for part in parts]
    except ValueError:
        return None
