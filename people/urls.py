"""The addresses of this app's pages."""

from django.urls import path

from people.views import alarms, home

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", home.LogIn.as_view(), name="login"),
    path("p/<slug:slug>/alarms/<uuid:pk>/settle/", alarms.settle, name="settle-alarm"),
    path("logout/", home.LogOut.as_view(), name="logout"),
]
