"""A number is of one event. Its index is made while events are written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('people', '0011_audit_seals'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                # One that was stopped half-way has left an index that does not count, or one that is not yet recorded.
                migrations.RunSQL(
                    'ALTER TABLE people_auditevent DROP CONSTRAINT IF EXISTS audit_event_number',
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL('DROP INDEX CONCURRENTLY IF EXISTS audit_event_number', migrations.RunSQL.noop),
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY audit_event_number ON people_auditevent (number)',
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    'ALTER TABLE people_auditevent ADD CONSTRAINT audit_event_number UNIQUE USING INDEX audit_event_number',
                    'ALTER TABLE people_auditevent DROP CONSTRAINT audit_event_number',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='auditevent',
                    constraint=models.UniqueConstraint(fields=('number',), name='audit_event_number'),
                ),
            ],
        ),
    ]
