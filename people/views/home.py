"""Where everybody begins: at their work."""

from dataclasses import dataclass

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator

from people.enums import Role
from people.models import Membership, Project
from people.views.language import in_readers_language
from people.views.navigation import start_of

ROLE_NAMES = {
    Role.ASSOCIATE: "store associate",
    Role.ANNOTATOR: "annotator",
    Role.QA_LEAD: "QA lead",
    Role.ENGINEER: "engineer",
}


@method_decorator(in_readers_language, name="dispatch")
class LogIn(LoginView):
    """A wrong password keeps the name typed; who is signed in already goes on to their work."""

    template_name = "people/login.html"
    redirect_authenticated_user = True


class LogOut(LogoutView):
    """By POST only, so that no link can do it."""


@dataclass(frozen=True)
class Way:
    """One project in the chooser: `url` is where this person's work in it begins."""

    project: Project
    role: str
    url: str


def home(request: HttpRequest) -> HttpResponse:
    """Straight to the work of who has one project; a chooser for several; a word to who has none."""
    held = (
        Membership.objects.filter(user=request.user.pk)
        .select_related("project")
        .order_by("project__name", "pk")
    )
    ways = [
        Way(one.project, ROLE_NAMES[Role(one.role)], url)
        for one in held
        if (url := start_of(Role(one.role), one.project)) is not None
    ]
    if len(ways) == 1:
        return redirect(ways[0].url)
    return render(request, "people/home.html", {"ways": ways})
