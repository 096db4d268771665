"""Bringing labels of other tools in: choose a file, see what became of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django_htmx.http import HttpResponseClientRefresh

from labeling import rules
from labeling.domain.formats.detection import READERS
from labeling.domain.formats.found import FileUnreadable
from labeling.models import Queue
from labeling.queries import label_imports
from labeling.services.label_import.destination import DEFAULT_QUEUE, Kind, queue_for, queues_for
from labeling.services.label_import.importing import import_labels
from labeling.services.label_import.later import AT_ONCE_BYTES, keep_report, start_import
from labeling.services.label_import.sources import in_stream
from labeling.views.access import project_or_404
from people.api.bodies import OVERHEAD
from people.models import Project
from people.views.paging import page_of

MOST_SHOWN = 100
"""Rows of the table of errors; the download has them all."""
A_PAGE = 20
"""Past imports."""
FORMATS = {
    "auto": "Find out",
    "coco": "COCO",
    "yolo": "YOLO (zip)",
    "voc": "Pascal VOC (zip)",
    "csv": "CSV",
    "label-studio": "Label Studio (JSON)",
}


class LabelFile(forms.Form):
    file = forms.FileField(
        allow_empty_file=True, error_messages={"required": "Choose the file that holds the labels."}
    )
    kind = forms.ChoiceField(choices=[(str(kind), str(kind)) for kind in Kind], initial=str(Kind.LABELS))
    queue = forms.ChoiceField(required=False)
    format = forms.ChoiceField(choices=[(key, FORMATS[key]) for key in ("auto", *READERS)], initial="auto")
    create_labels = forms.BooleanField(required=False)
    reference = forms.FileField(required=False)

    def __init__(self, project: Project, *args: Any) -> None:
        super().__init__(*args)
        names = list(queues_for(project).values_list("name", flat=True))
        self.fields["queue"].choices = [(name, name) for name in names]
        self.fields["queue"].initial = DEFAULT_QUEUE


class LabelImport(View):
    """GET shows the form over what was imported before; POST imports and shows what became of it."""

    # What people.api.bodies lets through: the same as the API's.
    most_body_bytes = settings.MAX_IMPORT_BYTES + OVERHEAD

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        project = project_or_404(request, slug, rules.check_manage)
        return _page(request, project, LabelFile(project))

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        project = project_or_404(request, slug, rules.check_manage)
        form = LabelFile(project, request.POST, request.FILES)
        if not form.is_valid():
            return _page(request, project, form, status=400)
        given = form.cleaned_data
        predictions = given["kind"] == Kind.PREDICTIONS
        reference = given["reference"]
        terms = {
            "layout": given["format"],
            "queue": queue_for(project, given["kind"], given["queue"] if predictions else ""),
            "new_labels": given["create_labels"],
        }
        if given["file"].size + (reference.size if reference else 0) > AT_ONCE_BYTES:
            made = start_import(
                user=request.user,
                project=project,
                file=(given["file"].name, given["file"].file),
                reference=reference and (reference.name, reference.file),
                **terms,
            )
            return redirect("label-import", slug, made.pk)
        try:
            report = import_labels(
                user=request.user,
                project=project,
                files=in_stream(given["file"].name, given["file"].file),
                reference=reference and in_stream(reference.name, reference.file),
                **terms,
            )
        except FileUnreadable as unreadable:
            form.add_error("file", f"{unreadable} Nothing was imported.")
            return _page(request, project, form, status=400)
        keep_report(user=request.user, project=project, name=given["file"].name, report=report, **terms)
        outcome = _outcome(given["file"].name, terms["queue"], report.as_json())
        return _page(request, project, LabelFile(project), outcome=outcome)


def one_import(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """How far a long file has come, its live part alone where htmx asks; in the end, what became of it."""
    project = project_or_404(request, slug, rules.check_manage)
    found = label_imports.visible_to(request.user).filter(project=project, pk=pk).first()
    if found is None:
        raise Http404("There is no such import in this project.")
    if request.htmx and found.finished_at is not None:
        return HttpResponseClientRefresh()
    context = {"project": project, "import": found}
    if found.report:
        context |= _outcome(found.name, found.queue, found.report)
    page = "labeling/label_import/progress.html" if request.htmx else "labeling/label_import/one.html"
    return render(request, page, context)


def _outcome(name: str, queue: Queue | None, report: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "file_name": name,
        "queue": queue,
        "report": report,
        "errors": report["errors"][:MOST_SHOWN],
        "all_errors": [[error["row"], error["file"], error["detail"]] for error in report["errors"]],
    }


def _page(
    request: HttpRequest,
    project: Project,
    form: LabelFile,
    status: int = 200,
    outcome: Mapping[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "project": project,
        "form": form,
        "labels": project.labels.filter(retired_at=None).order_by("position", "id"),
        "images": project.images.exists(),
        "page": page_of(label_imports.listed(request.user).filter(project=project), request, A_PAGE),
        "most_mb": settings.MAX_IMPORT_BYTES // 2**20,
        **(outcome or {}),
    }
    return render(request, "labeling/label_import/page.html", context, status=status)
