"""Frozen agreement reports: kept under a name, read again, and made again to the digit."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from labeling import rules
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.models import AgreementReport
from labeling.services.agreement_checks import check_soon
from labeling.services.agreement_later import freeze_soon
from labeling.views.access import project_or_404
from labeling.views.agreement.acting import filters_of
from labeling.views.agreement.page import report_context
from people.models import Project

LATEST = 100


def reports(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest of them; POST freezes one of what stands by now, under the filters it carries."""
    project = project_or_404(request, slug, rules.check_see_reports)
    if request.method == "POST":
        name = request.POST.get("name", "").replace("\0", "").strip()[:200]
        try:
            made = freeze_soon(
                user=request.user, project=project, filters=filters_of(request), name=name or "Agreement"
            )
        except ValueRefused as refused:
            messages.error(request, str(refused))
            return redirect("agreement", slug)
        if isinstance(made, UUID):
            return redirect(f"{reverse('agreement-reports', args=[slug])}?waiting={made}")
        messages.success(request, "Frozen. It never changes, whatever is answered later.")
        return redirect("agreement-report", slug, made.pk)
    kept = project.agreement_reports.select_related("made_by").defer("figures").order_by("-created_at")
    context = {"project": project, "reports": kept[:LATEST], "is_waiting": _is_waiting(request, project)}
    return render(request, "labeling/agreement/reports.html", context)


def _is_waiting(request: HttpRequest, project: Project) -> bool:
    """Whether the report that the address waits for is still to be frozen by a worker."""
    try:
        pk = UUID(request.GET.get("waiting", ""))
    except ValueError:
        return False
    return not project.agreement_reports.filter(pk=pk).exists()


def report(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """One of them as it was frozen; POST makes it again from the answers and says whether it is the same."""
    project = project_or_404(request, slug, rules.check_see_reports)
    kept = AgreementReport.objects.filter(project=project, pk=pk).select_related("made_by", "project").first()
    if kept is None:
        raise Http404("There is no such report in this project.")
    if request.method == "POST":
        check_soon(user=request.user, report=kept)
        return redirect("agreement-report", slug, pk)
    filters = Filters.from_query(kept.filters)
    check = kept.checks.select_related("made_by").order_by("-id").first()
    context = {"project": project, "report": kept, "check": check, "here": request.get_full_path()}
    context |= report_context(request, project, filters, kept.figures)
    return render(request, "labeling/agreement/frozen.html", context)
