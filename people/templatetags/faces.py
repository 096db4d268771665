"""What stands at the top of every page: the pages of the reader's role."""

from typing import Any

from django import template

from people.enums import Role
from people.rules import membership
from people.views import navigation as pages

register = template.Library()


@register.inclusion_tag("people/_navigation.html", takes_context=True)
def navigation(context: dict[str, Any], as_menu: bool = False) -> dict[str, Any]:
    """The reader's pages of the current project: a row of links, or plain links inside a menu."""
    request, project = context.get("request"), context.get("project")
    user = getattr(request, "user", None)
    if request is None or project is None or user is None or not user.is_authenticated:
        return {"links": [], "as_menu": as_menu}
    held = membership(user, project)
    current = request.resolver_match.url_name if request.resolver_match else ""
    links = pages.links(Role(held.role), project, current) if held else []
    return {"links": links, "as_menu": as_menu}
