"""People, projects and tokens in the admin; what was done is read, never changed."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from people.models import AuditEvent, Identity, Membership, Project, Site, Token, User


def log_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The administration has no way in of its own: it would ask for no second factor."""
    if request.user.is_authenticated:
        raise PermissionDenied("This page is for who administers the installation.")
    return redirect_to_login(reverse("admin:index"))


admin.site.login = login_not_required(log_in)  # type: ignore[method-assign]


class ReadOnly(admin.ModelAdmin):
    """Rows that are looked at: the services alone write them, and record who made the change."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user", "project", "sites"]


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ["username", "first_name", "last_name", "is_machine", "is_active", "last_login"]
    list_filter = ["is_machine", "is_active", "is_superuser", "memberships__role"]
    fieldsets = [*UserAdmin.fieldsets, ("Vouch", {"fields": ["is_machine"]})]
    inlines = [MembershipInline]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ["slug", "name", "task_type", "created_at"]
    list_filter = ["task_type"]
    search_fields = ["slug", "name"]
    readonly_fields = ["id", "created_at"]
    inlines = [MembershipInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Project | None = None) -> list[str]:
        # Stored bytes, addresses and scripts go by the slug, and values by the task type.
        return [*self.readonly_fields, "slug", "task_type"] if obj else list(self.readonly_fields)


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):
    list_display = ["key", "name", "timezone"]
    search_fields = ["key", "name"]


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ["user", "project", "role", "at_sites"]
    list_filter = ["role", "project"]
    search_fields = ["user__username", "project__slug"]
    autocomplete_fields = ["user", "project", "sites"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user", "project").prefetch_related("sites")

    @admin.display(description="sites")
    def at_sites(self, membership: Membership) -> str:
        return ", ".join(sorted(site.key for site in membership.sites.all())) or "—"


@admin.register(Identity)
class IdentityAdmin(admin.ModelAdmin):
    """Tied by hand for whose provider verifies no address, untied for who must not come in by it any more."""

    list_display = ["user", "issuer", "subject", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__email", "subject"]
    autocomplete_fields = ["user"]


@admin.register(Token)
class TokenAdmin(ReadOnly):
    """Tokens are minted by `create_token`, which shows the secret once; here they are found and revoked."""

    list_display = ["user", "project", "reserved_slug", "scopes", "created_at", "expires_at", "revoked_at"]
    list_filter = ["project"]
    list_select_related = ["user", "project"]
    search_fields = ["user__username"]
    fields = ["user", "project", "reserved_slug", "scopes", "created_at", "expires_at", "revoked_at"]
    readonly_fields = ["user", "project", "reserved_slug", "scopes", "created_at", "expires_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    list_display = ["at", "actor", "action", "target", "detail"]
    list_filter = ["action"]
    list_select_related = ["actor"]
    search_fields = ["target", "actor__username"]
    ordering = ["-id"]
