"""What stands at the top of pages: the pages of the reader's role, and the alarms that nobody has settled."""

from typing import Any

from django import template

from people.enums import Role
from people.queries import alarms as standing_alarms
from people.rules import membership
from people.views import navigation as pages

register = template.Library()


@register.inclusion_tag("people/_navigation.html", takes_context=True)
def navigation(context: dict[str, Any], as_menu: bool = False) -> dict[str, Any]:
    """The reader's pages of the current project: rows of links, or plain links inside a menu."""
    request, project = context.get("request"), context.get("project")
    user = getattr(request, "user", None)
    if request is None or project is None or user is None or not user.is_authenticated:
        return {"entries": [], "as_menu": as_menu}
    held = membership(user, project)
    current = request.resolver_match.url_name if request.resolver_match else ""
    links = pages.links(Role(held.role), project, current, manages=held.manages) if held else []
    entries = pages.entries(links)
    within = next((one for one in entries if isinstance(one, pages.Group) and one.current), None)
    return {"entries": entries, "within": within, "as_menu": as_menu}


@register.inclusion_tag("people/_alarms.html", takes_context=True)
def alarms(context: dict[str, Any], kind: str | None = None) -> dict[str, Any]:
    """The current project's standing alarms, all or of one kind, each with a button that settles it."""
    request, project = context["request"], context["project"]
    found = standing_alarms.standing(project, kind)
    return {
        "alarms": found,
        "project": project,
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }
