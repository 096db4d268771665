"""The body of a repeated answer as text: jsonb puts its members in another order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.AlterField("idempotencykey", "body", models.TextField(null=True)),
        migrations.RunSQL(
            "UPDATE people_idempotencykey SET body = '' WHERE body IS NULL",
            "UPDATE people_idempotencykey SET body = NULL WHERE body = ''",
        ),
        migrations.AlterField(
            "idempotencykey",
            "body",
            models.TextField(
                blank=True, help_text="As it was sent: jsonb would put its members in another order."
            ),
        ),
    ]
