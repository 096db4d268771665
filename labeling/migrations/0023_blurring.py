"""A project may say that faces and number plates are filled before an image is kept, and that looks are recorded."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0022_images_kept")]

    operations = [
        migrations.AddField(
            model_name="privacysettings",
            name="blurs_faces",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Faces are filled before an image is kept."
            ),
        ),
        migrations.AddField(
            model_name="privacysettings",
            name="blurs_plates",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Number plates are filled before an image is kept."
            ),
        ),
        migrations.AddField(
            model_name="privacysettings",
            name="face_detector",
            field=models.JSONField(
                help_text="{key, sha256, bytes} of an ONNX file that finds faces; null: cascades do.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="privacysettings",
            name="records_looks",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Every look at an image is in the audit log."
            ),
        ),
    ]
