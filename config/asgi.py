"""The ASGI application: pages and API by Django, live updates by Channels."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup(set_prefix=False)

# Django must be set up before consumers and views are imported.
from django.urls import resolve  # noqa: E402

from config.handler import Handler  # noqa: E402
from config.request_ids import Named  # noqa: E402
from config.routing import with_websockets  # noqa: E402
from people.api.bodies import Bounded  # noqa: E402

application = Named(with_websockets(Bounded(Handler())))

# What is loaded stays: a busy server need not walk it over and over for garbage, a fifth of a second a time. With the
# first path that is looked up come all views.
resolve("/")
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
