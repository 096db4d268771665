"""What an administrator sees of captures, models and training runs: all of it to read, little to change."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from inference.models import Capture, Evaluation, ModelVersion, Prediction, TrainingRun
from inference.services import captures
from people.admin import ReadOnly


@admin.register(Capture)
class CaptureAdmin(ReadOnly):
    list_display = ["id", "project", "source", "state", "captured_at", "failure"]
    list_filter = ["state", "project"]
    list_select_related = ["project", "source"]
    ordering = ["-pk"]
    actions = ["try_again"]

    @admin.action(description="Try failed captures again")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Capture]) -> None:
        count = captures.retry(by=request.user, captures=list(queryset))
        self.message_user(request, f"{count} failed captures will be tried again.")


@admin.register(Prediction)
class PredictionAdmin(ReadOnly):
    list_display = ["id", "project", "model", "value", "confidence", "created_at"]
    list_filter = ["project"]
    list_select_related = ["project", "model"]
    ordering = ["-pk"]


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    list_display = ["__str__", "project", "stage", "runtime", "architecture", "created_at"]
    list_filter = ["stage", "project"]
    list_select_related = ["project"]
    ordering = ["-pk"]


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnly):
    list_display = ["model", "test_hash", "images", "created_at"]
    list_select_related = ["model"]
    ordering = ["-pk"]


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly):
    list_display = ["id", "project", "state", "progress", "model", "asked_by", "created_at"]
    list_filter = ["state", "project"]
    list_select_related = ["project", "model", "asked_by"]
    ordering = ["-pk"]
