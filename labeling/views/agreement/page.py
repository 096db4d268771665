"""The agreement page: a project's report under the filters of the address, from the verdict down."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django_htmx.http import push_url

from labeling import rules
from labeling.domain.agreement.filters import Filters
from labeling.domain.agreement.overview import LEAST_ANSWERS
from labeling.domain.agreement.verdict import verdict
from labeling.domain.values import ValueRefused
from labeling.models import ContextRanges, Label
from labeling.queries import guidelines
from labeling.queries.audits import schedule_of
from labeling.queries.said import labels_by_key
from labeling.services.agreement_later import report_soon
from labeling.templatetags.figures import duration
from labeling.views.access import project_or_404
from labeling.views.agreement import boxes, choices, compared, labels, people
from labeling.views.agreement.conclusions import conclusions
from labeling.views.agreement.headline import headline
from labeling.views.agreement.pair import most_settled_by_one_more, most_undecided
from labeling.views.charts.forest import in_words
from people.models import Project, User

VIEW = ("labels", "all", "people", "find")
"""Parameters that say how the report is shown, and not which answers it is about."""
SUGGESTED = 50


def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, or the report alone where htmx asks."""
    project = project_or_404(request, slug, rules.check_see_reports)
    context: dict[str, Any] = {"project": project, "here": request.get_full_path(), "query": {}}
    status = 200
    try:
        filters = Filters.from_query(request.GET.dict(), ignored=VIEW)
    except ValueRefused as refused:
        context["error"] = str(refused)
        status = 400
        filters = Filters()
    else:
        figures = report_soon(project=project, filters=filters)
        if figures is None:
            # Asked again by itself, until a worker has counted it.
            context["is_computing"] = True
            status = 202
        else:
            context |= report_context(request, project, filters, figures)
    if request.htmx:
        response = render(request, "labeling/agreement/report.html", context, status=status)
        if request.htmx.trigger == "computing":
            return response
        # A form sends its empty fields too; the address that is passed on is without them.
        given = {name: value for name, value in request.GET.items() if value}
        return push_url(response, f"{request.path}?{urlencode(given)}" if given else request.path)
    context["filters"] = choices.choices(project, filters)
    return render(request, "labeling/agreement/agreement.html", context, status=status)


def report_context(
    request: HttpRequest, project: Project, filters: Filters, figures: Mapping[str, Any]
) -> dict[str, Any]:
    """All that the report's template shows of these figures."""
    query = filters.as_query()
    known = labels_by_key(project)
    floor = schedule_of(project).floor
    names = names_of(figures)
    context = {
        "figures": figures,
        "query": query,
        "floor": floor,
        "as_of": parse_datetime(figures["as_of"]),
        "intervals_as_of": _lagging(figures),
        "people_count": len(figures["annotators"]),
        "left_out": sum(figures["left_out"].values()),
        "strip": _strip(figures),
        "headline": headline(
            verdict(figures["coefficients"]["krippendorff_alpha"], figures["labels"], floor),
            {key: labels.name_of(known, key) for key in figures["label_order"]},
            floor,
        ),
        "csv_href": _export(project, query | {"format": "csv"}),
        "json_href": _export(project, query),
        "suggested_name": _suggested_name(query),
        "least_answers": LEAST_ANSWERS,
    }
    context |= _labels(request, project, figures, known, query, floor)
    context |= _compared(project, figures, known, query, names)
    context |= _people(request, figures, known, names)
    context |= _disputed(project, figures, query)
    context |= boxes.boxes(figures, names)
    return context | conclusions(context)


def names_of(figures: Mapping[str, Any]) -> dict[str, str]:
    """How everybody in the report is called, by username."""
    users = User.objects.filter(username__in=figures["annotators"])
    return {user.username: str(user) for user in users}


def _address(project: Project, name: str, query: Mapping[str, str]) -> str:
    return f"{reverse(name, args=[project.slug])}{'?' if query else ''}{urlencode(query)}"


def _export(project: Project, query: Mapping[str, str]) -> str:
    return f"/api/v1/projects/{project.slug}/agreement/{'?' if query else ''}{urlencode(query)}"


def _lagging(figures: Mapping[str, Any]) -> Any:
    """When the intervals were made, where that is before the point values."""
    if figures["intervals_as_of"] == figures["as_of"]:
        return None
    return parse_datetime(figures["intervals_as_of"])


def _strip(figures: Mapping[str, Any]) -> dict[str, Any]:
    found = figures["coefficients"]
    strip = {
        "alpha": _figure(found["krippendorff_alpha"]),
        "ac1": _figure(found["gwet_ac1"]),
        "percent": {"value": found["percent_agreement"]["value"]},
    }
    ends = found["percent_agreement"]["ci"]
    strip["percent"]["note"] = f"{ends[0] * 100:.0f} to {ends[1] * 100:.0f}%" if ends else ""
    strip["percent"]["note"] += f" · {figures['pairable_items']:,} compared"
    return strip


def _figure(found: Mapping[str, Any]) -> dict[str, str]:
    if found["value"] is None:
        return {"words": "–", "note": found["reason"]}
    ends = found["ci"]
    note = f"95%: {in_words(ends[0])} to {in_words(ends[1])}" if ends else "no interval"
    return {"words": in_words(found["value"]), "note": note}


def _suggested_name(query: Mapping[str, str]) -> str:
    parts = [f"{name.removeprefix('context.')} {value}" for name, value in query.items()]
    return ", ".join(parts)[:200] or "All answers"


def _labels(
    request: HttpRequest,
    project: Project,
    figures: Mapping[str, Any],
    known: Mapping[str, Label],
    query: Mapping[str, str],
    floor: float,
) -> dict[str, Any]:
    # Of a frozen report its own.
    here = request.path
    behind = reverse("agreement-pair", args=[project.slug])
    sort = request.GET.get("labels", "")
    sort = sort if sort in labels.SORTS else "alpha"
    everything = "all" in request.GET
    rows = labels.label_rows(figures, known, sort)
    shown = rows if everything else rows[: labels.MOST_LABELS]
    table, left_out = labels.heatmap(
        figures, known, behind, query, most=len(rows) if everything else labels.MOST_LABELS
    )
    return {
        "label_rows": rows,
        "label_sort": sort,
        "label_sorts": [
            (key, words, f"{here}?{urlencode({**query, 'labels': key})}")
            for key, words in labels.SORTS.items()
        ],
        "all_labels_href": f"{here}?{urlencode({**query, 'labels': sort, 'all': '1'})}",
        "label_count": len(rows),
        "labels_left_out": len(rows) - len(shown),
        "forest": labels.forest_of_labels(figures, shown, floor),
        "prevalence_rows": sorted(shown, key=lambda row: -row.support),
        "confused": labels.confused_pairs(figures, known, behind, query)[: labels.MOST_PAIRS],
        "heatmap": table,
        "heatmap_left_out": left_out,
    }


def _compared(
    project: Project,
    figures: Mapping[str, Any],
    known: Mapping[str, Label],
    query: Mapping[str, str],
    names: Mapping[str, str],
) -> dict[str, Any]:
    here = reverse("agreement", args=[project.slug])
    versions = list(guidelines.published(project).order_by("number"))
    model = figures.get("model")
    return {
        "changes": compared.changes(figures, known, names),
        "slices": compared.slices(figures, here, query),
        "ranged": [
            key.replace("_", " ")
            for key in ContextRanges.objects.filter(project=project).values_list("key", flat=True)
        ],
        "course": compared.course(figures, versions),
        "model": model,
        "model_chart": compared.beside_model(model),
    }


def _people(
    request: HttpRequest, figures: Mapping[str, Any], known: Mapping[str, Label], names: Mapping[str, str]
) -> dict[str, Any]:
    sort, find = request.GET.get("people", ""), request.GET.get("find", "")[:100]
    sort = sort if sort in people.SORTS else "harm"
    cards, hidden = people.cards(figures, known, names, figures.get("gold") or {}, sort=sort, search=find)
    shown = cards[: people.MOST_CARDS]
    return {
        "cards": shown,
        "more_people": len(cards) - len(shown),
        "hidden_people": hidden,
        "people_sorts": people.SORTS,
        "people_sort": sort,
        "find": find,
        "pairwise": people.pairwise(figures, names, [card.username for card in shown]),
    }


def _disputed(project: Project, figures: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    found = figures["adjudication"]
    one_more = found["one_more"]
    hours = found["hours_to_adjudicate"]
    count = len(most_undecided(figures))
    return {
        "disputed_count": count,
        "suggested_count": min(count, SUGGESTED),
        "to_ask_count": len(most_settled_by_one_more(figures)),
        "disputed_href": _address(project, "agreement-disputed", query),
        "adjudication_time": "" if hours is None else duration(hours * 3600),
        "one_more": f"{one_more['settled']:.0f} ({one_more['share'] * 100:.0f}%)"
        if one_more["share"] is not None
        else "",
    }
