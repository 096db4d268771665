"""Bringing labels of other tools in: choose a file, see what became of it."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from labeling import rules
from labeling.domain.formats.detection import READERS
from labeling.domain.formats.found import FileUnreadable
from labeling.services.label_import.destination import DEFAULT_QUEUE, Kind, queue_for, queues_for
from labeling.services.label_import.importing import Report, import_labels
from labeling.services.label_import.sources import in_stream
from labeling.views.access import project_or_404
from people.api.bodies import OVERHEAD
from people.models import Project

MOST_SHOWN = 100
"""Rows of the table of errors; the download has them all."""
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
    """GET shows the form; POST imports and shows what became of it."""

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
        try:
            report = import_labels(
                user=request.user,
                project=project,
                files=in_stream(given["file"].name, given["file"].file),
                layout=given["format"],
                queue=queue_for(project, given["kind"], given["queue"] if predictions else ""),
                new_labels=given["create_labels"],
                reference=given["reference"] and in_stream(given["reference"].name, given["reference"].file),
            )
        except FileUnreadable as unreadable:
            form.add_error("file", f"{unreadable} Nothing was imported.")
            return _page(request, project, form, status=400)
        return _page(request, project, LabelFile(project), report=report, about=given)


def _page(
    request: HttpRequest,
    project: Project,
    form: LabelFile,
    status: int = 200,
    report: Report | None = None,
    about: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "project": project,
        "form": form,
        "labels": project.labels.filter(retired_at=None).order_by("position", "id"),
        "images": project.images.exists(),
        "most_mb": settings.MAX_IMPORT_BYTES // 2**20,
        "report": report,
        "about": about,
    }
    if report is not None:
        context["errors"] = report.errors[:MOST_SHOWN]
        context["all_errors"] = [[error.row, error.file, error.detail] for error in report.errors]
    return render(request, "labeling/label_import/page.html", context, status=status)
