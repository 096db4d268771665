"""A report as rows for a spreadsheet: one figure a row, whatever it is a figure of."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

HEAD = ("section", "of", "and", "figure", "value", "low", "high", "count")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = tuple[Any, ...]


def as_csv(figures: Mapping[str, Any]) -> str:
    """The report with HEAD as its first line; an empty cell is no figure.

    Text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    for row in rows(figures):
        writer.writerow([_safe(cell) for cell in (*row, *("",) * (len(HEAD) - len(row)))])
    return out.getvalue()


def rows(figures: Mapping[str, Any]) -> Iterator[Row]:
    """The cells of each row, as many of HEAD as there are."""
    for name, value in figures["filters"].items():
        yield "filter", name, "", "", value
    for name in ("up_to", "as_of", "intervals_as_of", "data_hash", "level", "bootstrap", "seed", "paradox"):
        if name in figures:
            yield "report", "", "", name, figures[name]
    for name in ("items", "annotations", "pairable_items", "seconds"):
        yield "report", "", "", name, figures[name]
    yield "report", "", "", "coverage", figures["coverage"]["share"], "", "", figures["coverage"]["images"]
    for name, count in figures["left_out"].items():
        yield "report", "", "", name, "", "", "", count
    for name, figure in figures["coefficients"].items():
        yield "coefficient", "", "", name, figure["value"], *_ends(figure), figures["pairable_items"]
    for label in figures["label_order"]:
        figure = figures["labels"][label]
        yield "label", label, "", "krippendorff_alpha", figure["alpha"], *_ends(figure), figure["support"]
        yield "label", label, "", "prevalence", figures["prevalence"].get(label)
    for pair in figures["confusion"]:
        yield "confusion", pair["a"], pair["b"], "share", pair["share"], "", "", pair["count"]
    yield from _compared(figures)
    yield from _people(figures)


def _compared(figures: Mapping[str, Any]) -> Iterator[Row]:
    for change in figures["guidelines"]:
        name = f"v{change['before']} to v{change['after']}"
        for label, figure in {"": change["all"], **change["labels"]}.items():
            yield "guideline", name, label, "alpha_before", figure["before"], "", "", change["images_before"]
            yield "guideline", name, label, "alpha_after", figure["after"], "", "", change["images_after"]
            yield "guideline", name, label, "difference", figure["difference"], *_ends(figure)
    for part in figures["slices"]["list"]:
        name = ", ".join(f"{key}={value}" for key, value in part["by"].items())
        yield "slice", name, "", "krippendorff_alpha", part["alpha"], "", "", part["images"]
        yield "slice", name, "", "difference", part["difference"], *_ends(part)
        yield "slice", name, "", "p_corrected", part["p_corrected"]
    for week in figures["weeks"]["list"]:
        yield "week", week["week"], "", "krippendorff_alpha", week["alpha"], "", "", week["images"]
        yield "week", week["week"], "", "limits", figures["weeks"]["centre"], week["low"], week["high"]
    for name, value in figures["adjudication"].items():
        if not isinstance(value, Mapping):
            yield "adjudication", "", "", name, value
    for name in ("human_human", "human_model", "difference") if figures.get("model") else ():
        model = figures["model"]
        yield "model", model["name"], "", name, model[name]["value"], *_ends(model[name]), model["images"]


def _people(figures: Mapping[str, Any]) -> Iterator[Row]:
    for name, card in figures["annotators"].items():
        for figure in ("agreement_with_others", "alpha_without", "median_seconds"):
            if not card["hidden"]:
                yield "annotator", name, "", figure, card[figure], "", "", card["answers"]
        yield "annotator", name, "", "cant_tell", "", "", "", card["cant_tell"]
    for pair in figures["pairs"]:
        yield "pair", pair["a"], pair["b"], "cohen_kappa", pair["kappa"], "", "", pair["items"]


def _ends(figure: Mapping[str, Any]) -> tuple[Any, Any]:
    return tuple(figure["ci"]) if figure["ci"] else ("", "")


def _safe(cell: Any) -> Any:
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
