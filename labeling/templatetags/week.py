"""What became of the reader's answers, said where their work is."""

from typing import Any

from django import template

from labeling.queries.my_week import Week, week_of

register = template.Library()


@register.inclusion_tag("labeling/_my_week.html", takes_context=True)
def my_week(context: dict[str, Any]) -> dict[str, Week]:
    """One sentence about the week; nothing before the first answer of it."""
    return {"week": week_of(context["request"].user, context["project"])}
