"""The addresses of this app's pages."""

from django.apps import apps
from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.i18n import set_language

from people.views import alarms, codes, home, notifications, second_factor, shifts, webhooks

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", home.LogIn.as_view(), name="login"),
    path("p/<slug:slug>/alarms/", alarms.alarms, name="alarms"),
    path("p/<slug:slug>/alarms/<uuid:pk>/acknowledge/", alarms.acknowledge, name="acknowledge-alarm"),
    path("p/<slug:slug>/alarms/<uuid:pk>/settle/", alarms.settle, name="settle-alarm"),
    path("p/<slug:slug>/phones/", codes.codes, name="sign-in-codes"),
    path("p/<slug:slug>/phones/<uuid:pk>/revoke/", codes.revoke, name="revoke-sign-in-code"),
    path("p/<slug:slug>/phones/managers/", codes.managers, name="store-managers"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("shift/over/", shifts.handed_over, name="handed-over"),
    path("shift/hand-over/", shifts.hand_over, name="hand-over"),
    path("shift/<str:secret>/", shifts.start, name="start-shift"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("p/<slug:slug>/webhooks/", webhooks.webhooks, name="webhooks"),
    path("p/<slug:slug>/webhooks/<uuid:pk>/", webhooks.webhook, name="webhook"),
    path("p/<slug:slug>/webhooks/<uuid:pk>/act/", webhooks.act, name="webhook-act"),
    path("login/code/", second_factor.ask, name="second-factor-code"),
    path("second-factor/", second_factor.second_factor, name="second-factor"),
    path("logout/", home.LogOut.as_view(), name="logout"),
]

if apps.is_installed("allauth.socialaccount"):
    from people.views import single_sign_on

    urlpatterns += [
        path("login/oidc/", single_sign_on.begin, name="oidc-begin"),
        path("login/oidc/callback/", single_sign_on.callback, name="oidc-callback"),
    ]
