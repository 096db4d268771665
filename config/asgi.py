"""The ASGI application: pages and API by Django, live updates by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

# Django must be set up before consumers and views are imported.
from config.routing import with_websockets  # noqa: E402
from people.api.bodies import Bounded  # noqa: E402

application = with_websockets(Bounded(django_application))
