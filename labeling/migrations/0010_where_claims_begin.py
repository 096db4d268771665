import django.contrib.postgres.fields
from django.db import migrations, models

DRAW = (
    """
    CREATE FUNCTION labeling_draw_position() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.position := nextval('labeling_slot_position');
        RETURN NEW;
    END $$
    """,
    "DROP FUNCTION labeling_draw_position()",
)

# A frontier may have passed the place it moves to: only a new position is sure to lie beyond every frontier.
MOVED = (
    """
    CREATE TRIGGER slots_that_move_go_to_the_end BEFORE UPDATE OF queue_id, site_id, priority ON labeling_slot
    FOR EACH ROW
    WHEN ((OLD.queue_id, OLD.site_id, OLD.priority) IS DISTINCT FROM (NEW.queue_id, NEW.site_id, NEW.priority))
    EXECUTE FUNCTION labeling_draw_position()
    """,
    "DROP TRIGGER slots_that_move_go_to_the_end ON labeling_slot",
)

# Every claim and every answer leaves dead entries in the index that claims walk; a fifth of a large table of them,
# which is the server's own measure, would be far too many.
VACUUM = (
    "ALTER TABLE labeling_slot SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02)",
    "ALTER TABLE labeling_slot RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)",
)


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0009_votes'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='frontier',
            name='claims',
        ),
        migrations.CreateModel(
            name='CommonFrontier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('queue_id', models.UUIDField()),
                ('site_id', models.BigIntegerField(default=0)),
                ('positions', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=10)),
                ('settled', models.BigIntegerField(default=0)),
                ('seen', models.BigIntegerField()),
                ('seen_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('queue_id', 'site_id'), name='one_common_frontier')],
            },
        ),
        *(migrations.RunSQL(*pair) for pair in (DRAW, MOVED, VACUUM)),
    ]
