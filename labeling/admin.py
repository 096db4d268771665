"""Images, guidelines, queues, tasks and answers in the admin; what people said is read, never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from labeling.models import Answer, GuidelineVersion, Image, Label, Queue, Resolution, Slot, Source, Task
from people.admin import ReadOnly


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin):
    list_display = ["project", "position", "key", "name", "colour", "hotkey", "retired_at"]
    list_filter = ["project"]
    list_select_related = ["project"]
    search_fields = ["key", "name"]
    ordering = ["project", "position"]

    def get_readonly_fields(self, request: HttpRequest, obj: Label | None = None) -> list[str]:
        # A key never changes its meaning: answers and datasets hold it.
        return ["project", "key"] if obj else []


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    list_display = ["project", "key", "name", "site", "kind"]
    list_filter = ["project", "kind"]
    list_select_related = ["project", "site"]
    search_fields = ["key", "name"]
    autocomplete_fields = ["project", "site"]


@admin.register(Queue)
class QueueAdmin(admin.ModelAdmin):
    list_display = ["project", "name", "audience", "by_site", "answers_required", "lease_seconds", "blind"]
    list_filter = ["project", "audience", "blind"]
    list_select_related = ["project"]
    search_fields = ["name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Queue | None = None) -> list[str]:
        # Open tasks were given their places by these.
        return ["project", "by_site", "answers_required"] if obj else []


@admin.register(GuidelineVersion)
class GuidelineAdmin(admin.ModelAdmin):
    list_display = ["project", "__str__", "author", "created_at", "published_at"]
    list_filter = ["project"]
    list_select_related = ["project", "author"]
    readonly_fields = ["number", "author", "created_at", "published_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.published_at is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.published_at is None) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: GuidelineVersion, form: Any, change: bool) -> None:
        obj.author = request.user
        super().save_model(request, obj, form, change)


@admin.register(Image)
class ImageAdmin(ReadOnly):
    list_display = ["filename", "project", "source", "width", "height", "split", "captured_at", "created_at"]
    list_filter = ["project", "split", "media_type"]
    list_select_related = ["project", "source"]
    search_fields = ["=sha256", "filename"]
    ordering = ["-id"]


@admin.register(Task)
class TaskAdmin(ReadOnly):
    list_display = ["id", "queue", "image", "site_id", "state", "priority", "due_at", "created_at"]
    list_filter = ["project", "state", "queue__name"]
    list_select_related = ["queue", "image"]
    ordering = ["-id"]


@admin.register(Slot)
class SlotAdmin(ReadOnly):
    """Who holds what right now, and who filled it."""

    list_display = ["id", "task_id", "user", "leased_at", "expires_at", "answered_at"]
    list_filter = [("answered_at", admin.EmptyFieldListFilter), ("user", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    exclude = ["secret"]
    ordering = ["-id"]


@admin.register(Answer)
class AnswerAdmin(ReadOnly):
    list_display = ["created_at", "project", "user", "verdict", "value", "state", "guideline", "seconds"]
    list_filter = ["project", "verdict", "state"]
    list_select_related = ["project", "user", "guideline"]
    search_fields = ["user__username"]
    ordering = ["-id"]


@admin.register(Resolution)
class ResolutionAdmin(ReadOnly):
    list_display = ["created_at", "project", "image", "value", "by", "answer_count", "replaced_at"]
    list_filter = ["project", "by", ("replaced_at", admin.EmptyFieldListFilter)]
    list_select_related = ["project", "image"]
    ordering = ["-id"]
