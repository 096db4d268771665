"""How figures, times and labels are written on every page."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()
NOTHING = "–"
UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


@register.filter
def percent(share: float | str | None, decimals: int = 0) -> str:
    """A share, 0..1, as a percentage; a dash for none. What is not all or nothing never reads as 100% or 0%."""
    # A template hands on "" for what it did not find.
    if share is None or isinstance(share, str):
        return NOTHING
    written = f"{share * 100:.{decimals}f}"
    least = 10**-decimals
    if float(written) == 100 and share < 1:
        written = f"{100 - least:.{decimals}f}"
    if float(written) == 0 and share > 0:
        return f"<{least:g}%"
    return f"{written}%"


@register.filter
def setting(share: float) -> str:
    """A share that somebody set, 0..1, as the percentage they set: "80%", "2.5%"."""
    return f"{share * 100:.6g}%"


@register.filter
def percent_range(interval: tuple[float, float] | None, decimals: int = 0) -> str:
    """An interval of shares, 0..1, as "84–90%"."""
    if not interval:
        return NOTHING
    low, high = interval
    return f"{low * 100:.{decimals}f}–{high * 100:.{decimals}f}%"


@register.filter
def duration(seconds: float | str | None) -> str:
    """A length of time in its two largest units at most: "0.8 s", "2.4 s", "12 min", "3 h 5 min"."""
    if seconds is None or isinstance(seconds, str):
        return NOTHING
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    whole = round(seconds / 60)
    if whole < 60:
        return f"{whole} min"
    hours, minutes = divmod(whole, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """How long ago, or in how long, with the moment itself on hover; `js/ago.js` keeps it true."""
    if not moment:
        return NOTHING
    passed = (timezone.now() - moment).total_seconds()
    words = gettext("just now") if passed >= 0 else gettext("in a moment")
    for length, unit in UNITS:
        if abs(passed) >= length:
            written = f"{int(abs(passed) // length)} {unit}"
            words = (gettext("%s ago") if passed > 0 else gettext("in %s")) % written
            break
    exact = moment.astimezone(timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        moment.isoformat(),
        f"{exact.day} {exact:%B %Y, %H:%M:%S %Z}",
        words,
    )


@register.simple_tag
def bar(share: float | None, colour: str = "") -> SafeString:
    """A bar as long as the share, 0..1, of its cell. It repeats a figure written beside it."""
    fill = format_html(' fill="{}"', colour) if colour else ""
    width = f"{100 * min(max(share or 0, 0), 1):.1f}%"
    return format_html(
        '<svg class="bar" aria-hidden="true" focusable="false">'
        '<rect class="bar__track" width="100%" height="100%"/>'
        '<rect class="bar__fill" width="{}" height="100%"{}/></svg>',
        width,
        fill,
    )


@register.filter
def swatch(colour: str) -> SafeString:
    """A label's colour as a small square; its name stands beside it."""
    return format_html(
        '<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true" focusable="false">'
        '<rect width="12" height="12" rx="3" fill="{}"/></svg>',
        colour,
    )


@register.filter
def spaced(word: Any) -> str:
    """A key or an enumerated word as prose: "out_of_stock" as "out of stock"."""
    return str(word).replace("_", " ")


@register.filter
def signed(change: int) -> str:
    """A difference with its sign: "+12", "−3"."""
    return f"+{change:,}" if change > 0 else f"−{-change:,}"
