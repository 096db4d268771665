"""The ASGI application: pages and API by Django, live updates by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup(set_prefix=False)

# Django must be set up before consumers and views are imported.
from config.handler import Handler  # noqa: E402
from config.routing import with_websockets  # noqa: E402
from people.api.bodies import Bounded  # noqa: E402

application = with_websockets(Bounded(Handler()))
