"""Where everybody begins: at their work."""

import math
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy

from people.enums import Role
from people.models import Membership, Project
from people.services import second_factors
from people.views import second_factor
from people.views.language import in_readers_language
from people.views.navigation import start_of

YOU_ARE = {
    Role.ASSOCIATE: gettext_lazy("You are a store associate here."),
    Role.ANNOTATOR: gettext_lazy("You are an annotator here."),
    Role.QA_LEAD: gettext_lazy("You are a QA lead here."),
    Role.ENGINEER: gettext_lazy("You are an engineer here."),
}


@method_decorator(in_readers_language, name="dispatch")
class LogIn(LoginView):
    """A wrong password keeps the name typed; who is signed in already goes on to their work."""

    template_name = "people/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Signed in; or, with a second factor, on to the page that asks for it."""
        user = form.get_user()
        if second_factors.factor_of(user) is not None:
            return second_factor.hold(self.request, user, self.get_redirect_url())
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        """The form again; who has tried too often is told how long to wait, whatever there is an account for."""
        response = super().form_invalid(form)
        seconds = getattr(self.request, "held_off_seconds", 0)
        if seconds:
            response.status_code = 429
            response["Retry-After"] = str(seconds)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "provider": settings.OIDC,
            "held_off_minutes": math.ceil(getattr(self.request, "held_off_seconds", 0) / 60),
        }


class LogOut(LogoutView):
    """By POST only, so that no link can do it."""


@dataclass(frozen=True)
class Way:
    """One project in the chooser: `role` says what this person is there, `url` is where their work in it begins."""

    project: Project
    role: str
    url: str


@in_readers_language
def home(request: HttpRequest) -> HttpResponse:
    """Straight to the work of who has one project; a chooser for several; a word to who has none."""
    held = (
        Membership.objects.filter(user=request.user.pk)
        .select_related("project")
        .order_by("project__name", "pk")
    )
    ways = [
        Way(one.project, str(YOU_ARE[Role(one.role)]), url)
        for one in held
        if (url := start_of(Role(one.role), one.project)) is not None
    ]
    if len(ways) == 1:
        return redirect(ways[0].url)
    return render(request, "people/home.html", {"ways": ways})
