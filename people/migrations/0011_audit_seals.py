"""Events of the audit log are numbered, sealed, and never changed; no row that is there is written again."""

import django.db.models.functions.datetime
from django.db import migrations, models

NUMBERS = (
    """
    ALTER TABLE people_auditevent ADD COLUMN number bigint;
    CREATE SEQUENCE people_auditevent_number AS bigint OWNED BY people_auditevent.number;
    ALTER TABLE people_auditevent ALTER COLUMN number SET DEFAULT nextval('people_auditevent_number');
    """,
    "ALTER TABLE people_auditevent DROP COLUMN number",
)

REFUSE = (
    """
    CREATE FUNCTION people_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% rows are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    "DROP FUNCTION people_refuse_change()",
)

EVENTS = (
    """
    CREATE TRIGGER audit_events_are_never_changed BEFORE UPDATE OR DELETE ON people_auditevent
    FOR EACH ROW EXECUTE FUNCTION people_refuse_change()
    """,
    "DROP TRIGGER audit_events_are_never_changed ON people_auditevent",
)

SEALS = (
    """
    CREATE TRIGGER audit_seals_are_never_changed BEFORE UPDATE OR DELETE ON people_auditseal
    FOR EACH ROW EXECUTE FUNCTION people_refuse_change()
    """,
    "DROP TRIGGER audit_seals_are_never_changed ON people_auditseal",
)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0010_alarms_of_cameras'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('number', models.BigIntegerField(help_text='1, 2, 3 and so on, without a gap.', primary_key=True, serialize=False)),
                ('last_event', models.BigIntegerField(help_text='The last number it covers; 0 of the first seal.')),
                ('count', models.BigIntegerField()),
                ('entries', models.BinaryField(help_text='Of each event in order: its id (16 bytes) and its digest (32 bytes).')),
                ('previous', models.BinaryField(help_text='The digest of the seal before; zeros of the first.', max_length=32)),
                ('digest', models.BinaryField(help_text='SHA-256 over all of the above: see domain.audit_chain.', max_length=32)),
                ('sealed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
        ),
        # A default set apart from the column leaves the rows that are there without a number.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(*NUMBERS)],
            state_operations=[
                migrations.AddField(
                    model_name='auditevent',
                    name='number',
                    field=models.BigIntegerField(db_default=models.Func(models.Value('people_auditevent_number'), function='nextval'), editable=False, help_text='Drawn as it is written, before it is committed; null of events from before there were seals.', null=True),
                ),
            ],
        ),
        *(migrations.RunSQL(*pair) for pair in (REFUSE, EVENTS, SEALS)),
    ]
