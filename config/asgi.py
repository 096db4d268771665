"""The ASGI application: pages and API by Django, live updates by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from config.routing import with_websockets  # noqa: E402  (Django must be set up before consumers are imported)

application = with_websockets(django_application)
