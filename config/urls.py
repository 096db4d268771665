"""Every address of the installation."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from config import api_description
from config.watching import health
from people.api.problems import nowhere

api: list[URLPattern | URLResolver] = [
    path("", include("people.api.urls")),
    path("", include("labeling.api.urls")),
    path("", include("feedback.api.urls")),
    path("schema/", api_description.Description.as_view(), name="schema"),
    path("docs/", api_description.docs, name="api-docs"),
    # A path takes no line break; the last takes anything, and nothing too.
    path("<path:rest>", nowhere),
    re_path("", nowhere),
]

handler403 = "people.views.refusals.forbidden"
handler404 = "people.views.refusals.nothing_here"
handler500 = "people.api.problems.broken"

urlpatterns = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
    path("api/v1/", include(api)),
    path("admin/", admin.site.urls),
    path("", include("people.urls")),
    path("", include("labeling.urls")),
    path("", include("feedback.urls")),
]
