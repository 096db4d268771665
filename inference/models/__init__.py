"""Captures, the models that predict them, and the runs that train those."""

from inference.models.capture import Capture, Embedding, Prediction
from inference.models.drift import DriftCheck, DriftReference, PictureStatistics
from inference.models.gate import GateTerms, MeasuredSet
from inference.models.model_job import ModelJob
from inference.models.model_version import Calibration, Evaluation, ModelVersion, ServingBudget
from inference.models.shadow import Shadow, ShadowPrediction
from inference.models.site_trial import SiteTrial
from inference.models.training_run import TrainingRun

__all__ = [
    "Calibration",
    "Capture",
    "DriftCheck",
    "DriftReference",
    "Embedding",
    "Evaluation",
    "GateTerms",
    "MeasuredSet",
    "ModelJob",
    "ModelVersion",
    "PictureStatistics",
    "Prediction",
    "ServingBudget",
    "Shadow",
    "ShadowPrediction",
    "SiteTrial",
    "TrainingRun",
]
