"""Writing what people go by: the version in force, the draft with its preview, and publication."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from labeling import rules
from labeling.markup import render_markdown
from labeling.models import GuidelineVersion
from labeling.queries import guidelines as versions
from labeling.queries.guideline_changes import compare
from labeling.queries.guideline_flags import waiting
from labeling.services import guidelines as services
from labeling.views.access import project_or_404
from labeling.views.change_rows import ChangesShown, changes_shown
from labeling.views.example_rows import by_label

LONGEST_BODY = 100_000


def guidelines(request: HttpRequest, slug: str) -> HttpResponse:
    """The version in force, the editor of the draft, and every version; POST keeps the draft."""
    project = project_or_404(request, slug, rules.check_write_guideline)
    in_force, draft = versions.in_force(project), versions.draft(project)
    body = draft.body if draft else (in_force.body if in_force else "")
    error = ""
    examples_of = draft or in_force
    if request.method == "POST":
        body = request.POST.get("body", "").replace("\r\n", "\n")
        error = _refusal(body)
        if not error:
            services.write_draft(user=request.user, project=project, body=body)
            if "publish" in request.POST:
                return redirect("publish-guideline", slug)
            messages.success(request, "Draft kept. Nobody sees it before it is published.")
            return redirect("guidelines", slug)
    context = {
        "project": project,
        "in_force": in_force,
        "draft": draft,
        "body": body,
        "error": error,
        "preview": render_markdown(body),
        "versions": versions.counted(project),
        "examples": by_label(versions.examples_of(examples_of), request.user) if examples_of else [],
        "changes": _changes(in_force, draft, request),
        "flags": waiting(project),
    }
    return render(request, "labeling/guidelines/guidelines.html", context, status=400 if error else 200)


@require_POST
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The words of the editor as readers will see them."""
    project_or_404(request, slug, rules.check_write_guideline)
    body = request.POST.get("body", "")[:LONGEST_BODY]
    return render(request, "labeling/guidelines/preview.html", {"preview": render_markdown(body)})


def publish(request: HttpRequest, slug: str) -> HttpResponse:
    """What publishing will do, and the button that does it."""
    project = project_or_404(request, slug, rules.check_write_guideline)
    in_force, draft = versions.in_force(project), versions.draft(project)
    if draft is None:
        messages.info(request, "There is no draft to publish.")
        return redirect("guidelines", slug)
    if request.method == "POST":
        try:
            published = services.publish(user=request.user, guideline=draft)
            messages.success(request, f"Version {published.number} is in force.")
        except services.AlreadyPublished as already:
            messages.info(request, str(already))
        return redirect("guidelines", slug)
    readers = versions.readers(project, request.user)
    context = {
        "project": project,
        "draft": draft,
        "preview": render_markdown(draft.body),
        "next_number": (in_force.number if in_force else 0) + 1,
        "in_force": in_force,
        "changes": _changes(in_force, draft, request),
        "examples": by_label(versions.examples_of(draft), request.user),
        "readers": readers,
        "reader_count": sum(readers.values()),
    }
    return render(request, "labeling/guidelines/publish.html", context)


def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One published version as its readers saw it, and what changed against another (`?against=`)."""
    project = project_or_404(request, slug, rules.check_see_reports)
    published = versions.published(project)
    shown = published.filter(number=number).select_related("author").first()
    if shown is None:
        messages.info(request, f"There is no version {number}.")
        return redirect("guidelines", slug)
    others = list(published.exclude(pk=shown.pk).order_by("-number"))
    asked = request.GET.get("against", str(number - 1))
    against = next((one for one in others if str(one.number) == asked), None)
    context = {
        "project": project,
        "version": shown,
        "body_html": render_markdown(shown.body),
        "examples": by_label(versions.examples_of(shown), request.user),
        "others": others,
        "against": against,
        "changes": changes_shown(compare(against, shown), request.user) if against else None,
    }
    return render(request, "labeling/guidelines/version.html", context)


def _changes(
    in_force: GuidelineVersion | None, draft: GuidelineVersion | None, request: HttpRequest
) -> ChangesShown | None:
    return changes_shown(compare(in_force, draft), request.user) if in_force and draft else None


def _refusal(body: str) -> str:
    if "\0" in body:
        return "There is a character in it that cannot be kept (a NUL byte): take it out."
    if not body.strip():
        return "Write something: an empty guideline helps nobody."
    if len(body) > LONGEST_BODY:
        return f"This is {len(body):,} characters long; {LONGEST_BODY:,} is the most."
    return ""
