"""The addresses of this app's pages."""

from django.urls import path

from feedback.views import (
    alert_rules,
    bringing,
    calibration,
    captures,
    costs,
    dataset_changes,
    datasets,
    drift,
    joining,
    models,
    next_images,
    overview,
    promoting,
    routing,
    training,
)

urlpatterns = [
    path("p/<slug:slug>/", overview.overview, name="overview"),
    path("p/<slug:slug>/train/", training.train, name="train"),
    path("p/<slug:slug>/train/panel/", training.panel, name="train-panel"),
    path("p/<slug:slug>/captures/", captures.captures, name="captures"),
    path("p/<slug:slug>/models/", models.models, name="models"),
    path("p/<slug:slug>/models/<uuid:pk>/", models.model, name="model"),
    path("p/<slug:slug>/models/bring/", bringing.BringModel.as_view(), name="bring-model"),
    path("p/<slug:slug>/models/budget/", costs.serving_budget, name="serving-budget"),
    path("p/<slug:slug>/models/join/", joining.join_models, name="join-models"),
    path("p/<slug:slug>/models/<uuid:pk>/profile/", costs.profile, name="profile-model"),
    path("p/<slug:slug>/models/<uuid:pk>/promote/", promoting.promote, name="promote-model"),
    path("p/<slug:slug>/models/<uuid:pk>/roll-back/", promoting.roll_back, name="roll-back"),
    path("p/<slug:slug>/models/<uuid:pk>/calibrate/", calibration.recalibrate, name="recalibrate-model"),
    path("p/<slug:slug>/next/", next_images.what_next, name="what-next"),
    path("p/<slug:slug>/runs/", training.runs, name="runs"),
    path("p/<slug:slug>/runs/<uuid:pk>/", training.run, name="run"),
    path("p/<slug:slug>/runs/<uuid:pk>/cancel/", training.cancel, name="cancel-run"),
    path("p/<slug:slug>/datasets/", datasets.datasets, name="datasets"),
    path("p/<slug:slug>/datasets/freeze/", datasets.freeze, name="freeze"),
    path("p/<slug:slug>/datasets/<uuid:pk>/changes/", dataset_changes.changes, name="dataset-changes"),
    path("p/<slug:slug>/routing/", routing.routing, name="routing"),
    path("p/<slug:slug>/drift/", drift.drift, name="drift"),
    path("p/<slug:slug>/alert-rules/", alert_rules.alert_rules, name="alert-rules"),
]
