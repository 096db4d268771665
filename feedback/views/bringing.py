"""Bringing in a model from elsewhere: the form, and what became of the files sent."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from feedback import rules
from inference.domain import declaration as declared
from inference.domain.declaration import Declaration, DeclarationRefused
from inference.enums import JobKind
from inference.models import ModelJob
from inference.services.model_jobs import request_registration
from labeling.views.access import project_or_404
from people.api.bodies import OVERHEAD
from people.models import Project

LATEST = 10


def _choices(names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


class Numbers(forms.CharField):
    """Numbers with commas between them."""

    def to_python(self, value: Any) -> tuple[float, ...] | None:
        text = super().to_python(value)
        try:
            return tuple(float(part) for part in text.split(",")) if text else None
        except ValueError:
            raise forms.ValidationError(
                "Write numbers with commas between them, like 0.485, 0.456, 0.406."
            ) from None


class ModelFile(forms.Form):
    """The file and, of one that is not Vouch's own, what it takes and gives."""

    file = forms.FileField(error_messages={"required": "Choose the model's file."})
    name = forms.CharField(max_length=200, required=False)
    labels = forms.CharField(required=False, max_length=100_000)
    output = forms.ChoiceField(choices=_choices(declared.OUTPUTS), initial="auto")
    size = forms.IntegerField(required=False)
    resize = forms.ChoiceField(choices=_choices(("squash", "letterbox", "crop")), initial="squash")
    layout = forms.ChoiceField(choices=_choices(declared.LAYOUTS), initial="auto")
    colour = forms.ChoiceField(choices=_choices(declared.COLOURS), initial="rgb")
    scale = forms.FloatField(required=False)
    mean = Numbers(required=False)
    std = Numbers(required=False)
    interpolation = forms.ChoiceField(
        choices=_choices(("bilinear", "bicubic", "lanczos")), initial="bilinear", required=False
    )
    output_name = forms.CharField(max_length=200, required=False)
    units = forms.ChoiceField(choices=_choices(declared.UNITS), initial="auto")
    corners = forms.ChoiceField(choices=_choices(declared.CORNERS), initial="xyxy", required=False)
    overlap = forms.FloatField(required=False)
    floor = forms.FloatField(required=False)

    def declaration(self) -> Declaration | None:
        """What was declared; None where no labels were. Raises DeclarationRefused."""
        given = dict(self.cleaned_data)
        words = given["labels"].replace("\n", ",").split(",")
        labels = tuple(word.strip() for word in words if word.strip())
        if not labels:
            return None
        names = set(given) - {"file", "name", "labels"}
        return Declaration(
            labels=labels, **{name: given[name] for name in names if given[name] not in (None, "")}
        )


class BringModel(View):
    """GET shows the form and the latest files; POST keeps a file for a worker to try."""

    most_body_bytes = settings.MAX_IMPORT_BYTES + OVERHEAD

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        project = project_or_404(request, slug, rules.check_promote)
        if request.htmx:
            return render(
                request, "feedback/models/_brought.html", {"project": project, "jobs": _jobs(project)}
            )
        return _page(request, project, ModelFile())

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        project = project_or_404(request, slug, rules.check_promote)
        form = ModelFile(request.POST, request.FILES)
        if form.is_valid():
            try:
                declaration = form.declaration()
            except DeclarationRefused as refused:
                field = refused.field if refused.field in form.fields else None
                form.add_error(field, f"{refused.field.capitalize()} {refused.reason}")
        if not form.is_valid():
            return _page(request, project, form, status=400)
        file = form.cleaned_data["file"]
        request_registration(
            user=request.user,
            project=project,
            file=(file.name, file.file),
            declaration=declaration,
            name=form.cleaned_data["name"],
        )
        messages.success(request, f"{file.name} is here; a worker tries it now.")
        return redirect("bring-model", slug)


def _jobs(project: Project) -> list[ModelJob]:
    sent = ModelJob.objects.filter(project=project, kind=JobKind.REGISTER.value)
    return list(sent.select_related("model", "asked_by").order_by("-pk")[:LATEST])


def _page(request: HttpRequest, project: Project, form: ModelFile, status: int = 200) -> HttpResponse:
    context = {
        "project": project,
        "form": form,
        "jobs": _jobs(project),
        "labels": project.labels.filter(retired_at=None).order_by("position"),
        "most_mb": settings.MAX_IMPORT_BYTES // 2**20,
    }
    return render(request, "feedback/models/bring.html", context, status=status)
