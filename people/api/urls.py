"""The addresses of this app's part of the API."""

from django.urls import path

from people.api.alarms import AlarmAcknowledgement, Alarms, AlarmSettlement
from people.api.associates import Associates, OneAssociate
from people.api.push import OnePushSubscription, PushKey, PushSubscriptions
from people.api.sign_in_codes import SignInCodeRevocation, SignInCodes
from people.api.sites import Sites
from people.api.webhooks import Deliveries, OneWebhook, Ping, Redelivery, Webhooks

urlpatterns = [
    path("sites/", Sites.as_view(), name="api-sites"),
    path("projects/<slug:slug>/alarms/", Alarms.as_view(), name="api-alarms"),
    path("alarms/<uuid:pk>/acknowledge/", AlarmAcknowledgement.as_view(), name="api-alarm-acknowledge"),
    path("alarms/<uuid:pk>/settle/", AlarmSettlement.as_view(), name="api-alarm-settle"),
    path("projects/<slug:slug>/webhooks/", Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<uuid:pk>/", OneWebhook.as_view(), name="api-webhook"),
    path("webhooks/<uuid:pk>/ping/", Ping.as_view(), name="api-webhook-ping"),
    path("webhooks/<uuid:pk>/deliveries/", Deliveries.as_view(), name="api-deliveries"),
    path("deliveries/<uuid:pk>/redeliver/", Redelivery.as_view(), name="api-redeliver"),
    path("push-key/", PushKey.as_view(), name="api-push-key"),
    path("push-subscriptions/", PushSubscriptions.as_view(), name="api-push-subscriptions"),
    path("push-subscriptions/<uuid:pk>/", OnePushSubscription.as_view(), name="api-push-subscription"),
    path("projects/<slug:slug>/associates/", Associates.as_view(), name="api-associates"),
    path("projects/<slug:slug>/associates/<str:username>/", OneAssociate.as_view(), name="api-one-associate"),
    path("projects/<slug:slug>/sign-in-codes/", SignInCodes.as_view(), name="api-sign-in-codes"),
    path("sign-in-codes/<uuid:pk>/revoke/", SignInCodeRevocation.as_view(), name="api-sign-in-code-revoke"),
]
