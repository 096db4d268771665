"""Where a person has this phone told of alerts, and says when it may be."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from people.queries import push
from people.services import push_keys
from people.views.language import in_readers_language


@in_readers_language
def notifications(request: HttpRequest) -> HttpResponse:
    """The page; the browser asks its person, and subscribes over the API."""
    return render(
        request,
        "people/notifications.html",
        {"key": push_keys.public_key(), "subscriptions": list(push.visible_to(request.user).order_by("-id"))},
    )
