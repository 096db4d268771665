"""What every page draws the same way: the navigation, a label's colour, a moment in time, a ratio."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from people.enums import Role
from people.rules import membership
from people.views import navigation as pages

register = template.Library()

UNITS = ((86_400, "day"), (3_600, "h"), (60, "min"))


@register.inclusion_tag("people/_navigation.html", takes_context=True)
def navigation(context: dict[str, Any]) -> dict[str, Any]:
    """The reader's pages of the current project."""
    request, project = context.get("request"), context.get("project")
    user = getattr(request, "user", None)
    if request is None or project is None or user is None or not user.is_authenticated:
        return {"links": []}
    held = membership(user, project)
    current = request.resolver_match.url_name if request.resolver_match else ""
    return {"links": pages.links(Role(held.role), project, current) if held else []}


@register.simple_tag
def swatch(colour: str) -> SafeString:
    """A label's colour as a small square. An SVG attribute: the policy forbids inline styles."""
    return format_html(
        '<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">'
        '<rect x=".5" y=".5" width="11" height="11" rx="2.5" fill="{}"/></svg>',
        colour,
    )


def words_for(seconds: float) -> str:
    """`4 min ago`, `in 2 h`, `just now` within a minute; the browser's js/ago.js says the same."""
    distance = abs(seconds)
    for size, name in UNITS:
        if distance >= size:
            count = int(distance // size)
            words = f"{count} {name}{'s' if name == 'day' and count > 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now" if seconds >= 0 else "in a moment"


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """A moment as a relative time, absolute on hover; a dash for none. js/ago.js keeps it true."""
    if moment is None:
        return "–"
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        moment.isoformat(),
        local.strftime("%Y-%m-%d %H:%M %Z"),
        words_for((timezone.now() - moment).total_seconds()),
    )


@register.filter
def percent(ratio: float | None, digits: int = 0) -> str:
    """A ratio 0..1 as `71%`; a dash for none."""
    return "–" if ratio is None else f"{100 * ratio:.{digits}f}%"
