"""Charts as SVG made on the server: readable without colour, without a mouse and without a script."""

from labeling.views.charts.bars import bars
from labeling.views.charts.lines import Line, Mark, Panel, lines
from labeling.views.charts.svg import BOTH_WIDTHS, both_widths

__all__ = ["BOTH_WIDTHS", "Line", "Mark", "Panel", "bars", "both_widths", "lines"]
