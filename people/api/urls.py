"""The addresses of this app's part of the API."""

from django.urls import path

from people.api.sites import Sites

urlpatterns = [path("sites/", Sites.as_view(), name="api-sites")]
