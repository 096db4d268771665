"""The addresses of this app's part of the API."""

from django.urls import path

from feedback.api import captures
from feedback.api.alert_rules import AlertRuleTrial, AlertRuleVersions, TaskAlert
from feedback.api.ancestry import (
    ImageDescent,
    ModelAncestry,
    ModelAncestryAnswers,
    ModelAncestryExamples,
    PersonDescent,
)
from feedback.api.attention import CaptureAttention, TaskAttention
from feedback.api.calibration import ModelCalibration
from feedback.api.cameras import (
    Camera,
    CameraExpected,
    CameraMaintenance,
    CameraReference,
    Cameras,
    SiteHours,
)
from feedback.api.dataset_changes import ChangedImages, DatasetChanges
from feedback.api.datasets import Dataset, Datasets
from feedback.api.drift import Drift, DriftTable
from feedback.api.dry_runs import DryRuns
from feedback.api.edge import EdgeFile, EdgeHealth, EdgeManifest, EdgeReports
from feedback.api.erasures import Erasures, ImageErasure, Privacy
from feedback.api.exports import DatasetExport
from feedback.api.gate import Gate, GateWorse, ProjectGate
from feedback.api.joining import JoinModels
from feedback.api.label_errors import DatasetLabelErrors, LabelErrors, LabelSuspects
from feedback.api.manifests import DatasetManifest
from feedback.api.model_jobs import ModelJobState, ModelProfile, ServingBudget
from feedback.api.models import Models, Promote, Rollback
from feedback.api.monitoring import DriftTests
from feedback.api.next_images import NextImages
from feedback.api.pipeline import Pipeline
from feedback.api.policies import Policies
from feedback.api.retraining import EarlierModels, Retraining
from feedback.api.shadows import ModelShadow
from feedback.api.site_trials import ModelSites
from feedback.api.training_runs import Run, TrainingRuns
from feedback.api.trust import Trust

urlpatterns = [
    path("captures/", captures.send, name="api-captures"),
    path("captures/<uuid:pk>/", captures.OneCapture.as_view(), name="api-capture"),
    path("projects/<str:slug>/captures/", captures.ProjectCaptures.as_view(), name="api-project-captures"),
    path("projects/<str:slug>/policies/", Policies.as_view(), name="api-policies"),
    path("projects/<str:slug>/policies/dry-run/", DryRuns.as_view(), name="api-policies-dry-run"),
    path("projects/<str:slug>/alert-rules/", AlertRuleVersions.as_view(), name="api-alert-rules"),
    path("projects/<str:slug>/alert-rules/try/", AlertRuleTrial.as_view(), name="api-alert-rules-try"),
    path("tasks/<uuid:pk>/alert/", TaskAlert.as_view(), name="api-task-alert"),
    path("projects/<str:slug>/trust/", Trust.as_view(), name="api-trust"),
    path("projects/<str:slug>/drift/", Drift.as_view(), name="api-drift"),
    path("projects/<str:slug>/drift/table/", DriftTable.as_view(), name="api-drift-table"),
    path("projects/<str:slug>/drift/tests/", DriftTests.as_view(), name="api-drift-tests"),
    path("projects/<str:slug>/pipeline/", Pipeline.as_view(), name="api-pipeline"),
    path("projects/<str:slug>/cameras/", Cameras.as_view(), name="api-cameras"),
    path("projects/<str:slug>/cameras/<str:key>/", Camera.as_view(), name="api-camera"),
    path(
        "projects/<str:slug>/cameras/<str:key>/reference/",
        CameraReference.as_view(),
        name="api-camera-reference",
    ),
    path(
        "projects/<str:slug>/cameras/<str:key>/maintenance/",
        CameraMaintenance.as_view(),
        name="api-camera-maintenance",
    ),
    path(
        "projects/<str:slug>/cameras/<str:key>/expected/",
        CameraExpected.as_view(),
        name="api-camera-expected",
    ),
    path("projects/<str:slug>/store-hours/<str:site>/", SiteHours.as_view(), name="api-store-hours"),
    path("projects/<str:slug>/edge/", EdgeManifest.as_view(), name="api-edge"),
    path("projects/<str:slug>/edge/files/<str:sha256>/", EdgeFile.as_view(), name="api-edge-file"),
    path("projects/<str:slug>/edge/health/", EdgeHealth.as_view(), name="api-edge-health"),
    path("projects/<str:slug>/edge/reports/", EdgeReports.as_view(), name="api-edge-reports"),
    path("projects/<str:slug>/datasets/", Datasets.as_view(), name="api-datasets"),
    path("datasets/<uuid:pk>/", Dataset.as_view(), name="api-dataset"),
    path("datasets/<uuid:pk>/changes/", DatasetChanges.as_view(), name="api-dataset-changes"),
    path("datasets/<uuid:pk>/changes/images/", ChangedImages.as_view(), name="api-dataset-changed-images"),
    path("datasets/<uuid:pk>/export/", DatasetExport.as_view(), name="api-dataset-export"),
    path("datasets/<uuid:pk>/manifest/", DatasetManifest.as_view(), name="api-dataset-manifest"),
    path("datasets/<uuid:pk>/label-errors/", DatasetLabelErrors.as_view(), name="api-dataset-label-errors"),
    path("label-errors/<uuid:pk>/", LabelErrors.as_view(), name="api-label-errors"),
    path("label-errors/<uuid:pk>/suspects/", LabelSuspects.as_view(), name="api-label-suspects"),
    path("projects/<str:slug>/training-runs/", TrainingRuns.as_view(), name="api-training-runs"),
    path("projects/<str:slug>/retraining/", Retraining.as_view(), name="api-retraining"),
    path("projects/<str:slug>/retraining/measure/", EarlierModels.as_view(), name="api-retraining-measure"),
    path("projects/<str:slug>/next-images/", NextImages.as_view(), name="api-next-images"),
    path("training-runs/<uuid:pk>/", Run.as_view(), name="api-training-run"),
    path("projects/<str:slug>/serving-budget/", ServingBudget.as_view(), name="api-serving-budget"),
    path("model-jobs/<uuid:pk>/", ModelJobState.as_view(), name="api-model-job"),
    path("models/<uuid:pk>/profile/", ModelProfile.as_view(), name="api-model-profile"),
    path("projects/<str:slug>/models/", Models.as_view(), name="api-models"),
    path("projects/<str:slug>/models/join/", JoinModels.as_view(), name="api-models-join"),
    path("captures/<uuid:pk>/attention/", CaptureAttention.as_view(), name="api-capture-attention"),
    path("tasks/<uuid:pk>/attention/", TaskAttention.as_view(), name="api-task-attention"),
    path("models/<uuid:pk>/calibration/", ModelCalibration.as_view(), name="api-model-calibration"),
    path("models/<uuid:pk>/shadow/", ModelShadow.as_view(), name="api-model-shadow"),
    path("models/<uuid:pk>/ancestry/", ModelAncestry.as_view(), name="api-ancestry"),
    path(
        "models/<uuid:pk>/ancestry/examples/", ModelAncestryExamples.as_view(), name="api-ancestry-examples"
    ),
    path("models/<uuid:pk>/ancestry/answers/", ModelAncestryAnswers.as_view(), name="api-ancestry-answers"),
    path("images/<uuid:pk>/erasure/", ImageErasure.as_view(), name="api-image-erasure"),
    path("projects/<str:slug>/erasures/", Erasures.as_view(), name="api-erasures"),
    path("projects/<str:slug>/privacy/", Privacy.as_view(), name="api-privacy"),
    path("images/<uuid:pk>/descent/", ImageDescent.as_view(), name="api-image-descent"),
    path(
        "projects/<str:slug>/people/<str:username>/descent/",
        PersonDescent.as_view(),
        name="api-person-descent",
    ),
    path("models/<uuid:pk>/gate/", Gate.as_view(), name="api-gate"),
    path("models/<uuid:pk>/sites/", ModelSites.as_view(), name="api-model-sites"),
    path("models/<uuid:pk>/gate/worse/", GateWorse.as_view(), name="api-gate-worse"),
    path("projects/<str:slug>/gate/", ProjectGate.as_view(), name="api-project-gate"),
    path("models/<uuid:pk>/promote/", Promote.as_view(), name="api-promote"),
    path("models/<uuid:pk>/rollback/", Rollback.as_view(), name="api-rollback"),
]
