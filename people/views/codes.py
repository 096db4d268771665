"""The page where a site's manager signs phones in: a new code to show or print, and those that hold.

Who leads the project says there who manages which store.
"""

import io
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from people import rules
from people.models import Project, SignInCode, Site, User
from people.queries import associates, projects, sign_in_codes
from people.services import managers as managing
from people.services import sign_in_codes as services
from people.views.language import in_readers_language

SHOWN = 50
MOST_PEOPLE = 500
NEWCOMER = "new"


def address_of(request: HttpRequest, secret: str) -> str:
    """The whole address that a code's picture holds."""
    return request.build_absolute_uri(reverse("start-shift", args=[secret]))


def picture_of(address: str) -> SafeString:
    """The QR code (ISO/IEC 18004, a quarter of it may be covered) as SVG of its own size, for a page or a printer."""
    drawn = io.BytesIO()
    segno.make(address, error="q", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, border=4, dark="#000", light="#fff", omitsize=True
    )
    return mark_safe(drawn.getvalue().decode())


@dataclass
class CodeForm:
    """What was asked for, as it was typed, and what was wrong with it."""

    site: str = ""
    person: str = ""
    name: str = ""
    hours: str = "9"
    several: bool = False
    errors: dict[str, str] = field(default_factory=dict)


@in_readers_language
def codes(request: HttpRequest, slug: str) -> HttpResponse:
    """The form and the list; POST makes a code and shows it, this once."""
    project = _project_or_404(request, slug)
    sites = list(sign_in_codes.sites_to_manage(request.user, project))
    people = {site: list(sign_in_codes.associates_at(project, site)) for site in sites}
    form, made = CodeForm(), None
    if request.method == "POST":
        form, made = _make(request, project, sites)
    context = {
        "project": project,
        "form": form,
        "sites": sites,
        "people": people,
        "codes": sign_in_codes.visible_to(request.user).filter(project=project).order_by("-id")[:SHOWN],
        "made": made[0] if made else None,
        "picture": picture_of(address_of(request, made[1])) if made else "",
        "associates": associates.visible_to(request.user, project)[:MOST_PEOPLE],
    }
    response = render(request, "people/codes/codes.html", context, status=400 if form.errors else 200)
    add_never_cache_headers(response)
    return response


def _project_or_404(request: HttpRequest, slug: str) -> Project:
    project = projects.visible_to(request.user).filter(slug=slug).first()
    if project is None:
        raise Http404(f"There is no project {slug!r} for you here.")
    rules.check_manages(request.user, project)
    return project


def _make(
    request: HttpRequest, project: Project, sites: list[Site]
) -> tuple[CodeForm, tuple[SignInCode, str] | None]:
    sent: Any = request.POST
    form = CodeForm(
        site=sent.get("site", ""),
        person=sent.get("person", ""),
        name=sent.get("name", ""),
        hours=sent.get("hours", "").strip(),
        several=sent.get("several") == "1",
    )
    site = next((one for one in sites if one.key == form.site), None)
    if site is None:
        form.errors["site"] = gettext("Choose one of the stores.")
        return form, None
    person = None
    if form.person != NEWCOMER:
        person = User.objects.filter(username=form.person.replace("\0", "")).first()
        if person is None:
            form.errors["person"] = gettext("Choose who it is for.")
            return form, None
    try:
        hours = float(form.hours.replace(",", "."))
    except ValueError:
        hours = 0.0
    try:
        made = services.make_code(
            user=request.user,
            project=project,
            site=site,
            person=person,
            name=form.name,
            hours=hours,
            is_single_use=not form.several,
        )
    except services.CodeRefused as refused:
        form.errors[refused.field] = {
            "hours": gettext("A shift has more than 0 and at most 24 hours."),
            "name": gettext("A name has 1 to 100 characters."),
            "person": gettext(
                "They are no associate of this store, or may do more than one: they use a password."
            ),
        }[refused.field]
        return form, None
    return CodeForm(site=form.site, hours=form.hours, several=form.several), made


@in_readers_language
@require_POST
def revoke(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Withdraw a code, and sign out who came in by it."""
    project = _project_or_404(request, slug)
    code = sign_in_codes.visible_to(request.user).filter(project=project, pk=pk).first()
    if code is None:
        raise Http404("There is no such code for you here.")
    services.revoke(user=request.user, code=code)
    said = gettext("%(name)s is signed out at %(site)s, and the code opens nothing any more.")
    messages.success(request, said % {"name": code.user, "site": code.site})
    return redirect("sign-in-codes", slug)


@in_readers_language
@require_POST
def managers(request: HttpRequest, slug: str) -> HttpResponse:
    """Let an associate manage their stores, or no more."""
    project = _project_or_404(request, slug)
    person: Any = request.POST.get("person", "").replace("\0", "")
    held = associates.visible_to(request.user, project).filter(user__username=person).first()
    if held is None:
        raise Http404("There is no such associate for you here.")
    wished = request.POST.get("manages") == "1"
    try:
        managing.set_manages(user=request.user, membership=held, manages=wished)
    except managing.NotToManage as refused:
        reasons = {
            managing.NO_STORE: gettext("%(name)s belongs to no store yet."),
            managing.NO_PASSWORD: gettext(
                "%(name)s has no password yet, and whoever manages a store signs in by one: an engineer sets it."
            ),
        }
        said = reasons.get(str(refused), str(refused))
        messages.error(request, said % {"name": held.user})
    else:
        said = gettext("%(name)s manages their stores from now on.")
        if not wished:
            said = gettext("%(name)s manages no store any more.")
        messages.success(request, said % {"name": held.user})
    return redirect("sign-in-codes", slug)
