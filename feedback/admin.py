"""What the admin shows of routing, examples, datasets and promotions: to read, for these rows are never edited."""

from django.contrib import admin

from feedback.models import DatasetVersion, Example, Promotion, RoutingDecision, RoutingPolicy
from people.admin import ReadOnly


@admin.register(RoutingPolicy)
class RoutingPolicyAdmin(ReadOnly):
    list_display = ["project", "version", "threshold", "audit_share", "queue", "by", "created_at"]
    list_select_related = ["project", "queue", "by"]
    exclude = ["draw_key"]


@admin.register(RoutingDecision)
class RoutingDecisionAdmin(ReadOnly):
    list_display = ["capture_id", "action", "inclusion_probability", "policy", "created_at"]
    list_filter = ["action"]
    list_select_related = ["policy"]


@admin.register(Example)
class ExampleAdmin(ReadOnly):
    list_display = ["id", "project", "image", "value", "created_at", "replaced_at"]
    list_select_related = ["project", "image"]


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ReadOnly):
    list_display = ["project", "number", "name", "state", "hash", "created_at"]
    list_filter = ["state"]
    list_select_related = ["project"]


@admin.register(Promotion)
class PromotionAdmin(ReadOnly):
    list_display = ["project", "challenger", "champion", "kind", "by", "at"]
    list_filter = ["kind"]
    list_select_related = ["project", "challenger", "champion", "by"]
