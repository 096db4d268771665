"""What inference tells the app above it. Sent once per batch, inside the transaction that did it."""

from django.dispatch import Signal

captures_predicted = Signal()
"""`predictions`: the Prediction rows just stored, each with its capture, image and model loaded."""

model_trained = Signal()
"""`run`: the TrainingRun that has just succeeded, its model registered as a candidate."""
