"""The addresses of this app's part of the API."""

from django.urls import path

from people.api.alarms import Alarms, AlarmSettlement
from people.api.sites import Sites

urlpatterns = [
    path("sites/", Sites.as_view(), name="api-sites"),
    path("projects/<slug:slug>/alarms/", Alarms.as_view(), name="api-alarms"),
    path("alarms/<uuid:pk>/settle/", AlarmSettlement.as_view(), name="api-alarm-settle"),
]
