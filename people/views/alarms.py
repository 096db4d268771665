"""Saying on a page that an alarm needs nobody any more."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from people.queries import alarms
from people.services.alarms import settle as settle_alarm


@require_POST
def settle(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Settle the alarm and go back to the page it stood on, which `next` names."""
    alarm = alarms.visible_to(request.user).filter(pk=pk, project__slug=slug).first()
    if alarm is None:
        raise Http404("There is no such alarm for you here.")
    settle_alarm(user=request.user, alarm=alarm)
    messages.success(request, "Settled. It is raised again if it comes back.")
    back = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if inside else "home")
