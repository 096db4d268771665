"""A table of counts or values shaded by size: each cell says its number, and may be a link to what is behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

SHADES = 9


@dataclass(frozen=True)
class HeatCell:
    """`words` is what it says, `shade` 0..1 how dark it is; `href` and `spoken` make it a link with a name."""

    words: str
    shade: float = 0
    href: str = ""
    spoken: str = ""
    note: str = ""
    is_right: bool = False


EMPTY = HeatCell("")


def heat_table(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[HeatCell | None]],
    *,
    caption: str,
    corner: str,
) -> SafeString:
    """An HTML table; a cell of None is left empty. `corner` says what rows and columns are.

    Written as text, for a template of as many cells takes a hundred times as long. Raises ValueError where the
    numbers of rows, columns and cells differ.
    """
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in columns)
    out = [
        f'<table class="heat"><caption>{escape(caption)}</caption>',
        f'<thead><tr><td class="corner">{escape(corner)}</td>{head}</tr></thead><tbody>',
    ]
    for name, row in zip(rows, cells, strict=True):
        if len(row) != len(columns):
            raise ValueError(f"row {name!r} has {len(row)} cells for {len(columns)} columns")
        out.append(f'<tr><th scope="row">{escape(name)}</th>')
        out.extend(_cell(cell) for cell in row)
        out.append("</tr>")
    out.append("</tbody></table>")
    return mark_safe("".join(out))


def _cell(cell: HeatCell | None) -> str:
    if cell is None:
        return '<td class="none"></td>'
    shade = min(SHADES, max(0, round(cell.shade * SHADES)))
    kind = f"heat-{shade}{' right' if cell.is_right else ''}"
    said = escape(cell.words)
    if cell.note:
        said += f"<small>{escape(cell.note)}</small>"
    if cell.href:
        said = f'<a href="{escape(cell.href)}" aria-label="{escape(cell.spoken)}">{said}</a>'
    return f'<td class="{kind}">{said}</td>'
