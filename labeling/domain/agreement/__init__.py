"""Agreement between people: chance-corrected coefficients with intervals, pairs, annotators, Dawid-Skene, boxes.

From a table of `Answers` to one `report`; from `Boxes` to one `box_report`. Every part can be called by itself.
"""

from labeling.domain.agreement.answers import Answers, tabulate
from labeling.domain.agreement.box_agreement import box_report
from labeling.domain.agreement.boxes import Boxes
from labeling.domain.agreement.csvfile import FileRefused, declared_labels, read_answers
from labeling.domain.agreement.dawid_skene import DawidSkene, dawid_skene
from labeling.domain.agreement.distances import Level, Weights
from labeling.domain.agreement.patterns import Patterns, patterns, patterns_of_cells
from labeling.domain.agreement.report import report

__all__ = [
    "Answers",
    "Boxes",
    "DawidSkene",
    "FileRefused",
    "Level",
    "Patterns",
    "Weights",
    "box_report",
    "dawid_skene",
    "declared_labels",
    "patterns",
    "patterns_of_cells",
    "read_answers",
    "report",
    "tabulate",
]
