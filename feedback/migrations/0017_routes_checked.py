"""The routes that decisions took are checked against those there are."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("feedback", "0016_cameras")]

    operations = [ValidateConstraint(model_name="routingdecision", name="decision_action")]
