from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inference", "0009_capture_of_device")]

    operations = [
        migrations.RemoveConstraint(model_name="modelversion", name="one_model_a_file"),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("sha256", ""), _negated=True) & models.Q(("members", [])),
                fields=("project", "sha256"),
                name="one_model_a_file",
            ),
        ),
    ]
