"""All migrations up to 0016_numbers_in_ranges in one, for a new database; one that has run them goes on from there."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import people.keys
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

POSITIONS = ("CREATE SEQUENCE labeling_slot_position AS bigint", "DROP SEQUENCE labeling_slot_position")

REFUSE = (
    """
    CREATE FUNCTION labeling_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% rows are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    "DROP FUNCTION labeling_refuse_change()",
)

ANSWERS = (
    """
    CREATE TRIGGER answers_are_never_changed BEFORE UPDATE ON labeling_answer
    FOR EACH ROW EXECUTE FUNCTION labeling_refuse_change()
    """,
    "DROP TRIGGER answers_are_never_changed ON labeling_answer",
)

GUIDELINES = (
    """
    CREATE TRIGGER published_guidelines_are_never_changed BEFORE UPDATE ON labeling_guidelineversion
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION labeling_refuse_change()
    """,
    "DROP TRIGGER published_guidelines_are_never_changed ON labeling_guidelineversion",
)

REPORTS = (
    """
    CREATE TRIGGER agreement_reports_are_never_changed BEFORE UPDATE ON labeling_agreementreport
    FOR EACH ROW EXECUTE FUNCTION labeling_refuse_change()
    """,
    "DROP TRIGGER agreement_reports_are_never_changed ON labeling_agreementreport",
)

REFUSE_PUBLISHED = (
    """
    CREATE FUNCTION labeling_refuse_published() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT published_at FROM labeling_guidelineversion WHERE id = NEW.guideline_id) IS NOT NULL THEN
            RAISE EXCEPTION 'the examples of a published guideline are never changed'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    "DROP FUNCTION labeling_refuse_published()",
)

EXAMPLES = (
    """
    CREATE TRIGGER published_examples_are_never_changed BEFORE INSERT OR UPDATE ON labeling_guidelineexample
    FOR EACH ROW EXECUTE FUNCTION labeling_refuse_published()
    """,
    "DROP TRIGGER published_examples_are_never_changed ON labeling_guidelineexample",
)

REFUSE_REMOVAL = (
    """
    CREATE FUNCTION labeling_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT published_at FROM labeling_guidelineversion WHERE id = OLD.guideline_id) IS NOT NULL THEN
            RAISE EXCEPTION 'the examples of a published guideline are never changed'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$
    """,
    "DROP FUNCTION labeling_refuse_removal()",
)

EXAMPLES_STAY = (
    """
    CREATE TRIGGER published_examples_are_never_removed BEFORE DELETE ON labeling_guidelineexample
    FOR EACH ROW EXECUTE FUNCTION labeling_refuse_removal()
    """,
    "DROP TRIGGER published_examples_are_never_removed ON labeling_guidelineexample",
)

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

SETTING = (
    """
    CREATE FUNCTION labeling_setting(source bigint, context jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT hashtextextended(
            coalesce(source, 0) || ' ' || coalesce((
                SELECT jsonb_object_agg(key, value) FROM jsonb_each(context)
                WHERE jsonb_typeof(value) = 'boolean'
                   OR (jsonb_typeof(value) = 'string' AND length(value #>> '{}') <= 60)
            ), '{}')::text,
            0
        )
    $$
    """,
    "DROP FUNCTION labeling_setting(bigint, jsonb)",
)

VOTES = """
SELECT answer.project_id, answer.id, task.image_id, task.queue_id, answer.user_id,
       CASE WHEN answer.verdict = 'cant_tell' THEN 0
            WHEN answer.verdict = 'none_of_these' THEN -1
            WHEN answer.value ? 'regions' THEN -2
            ELSE label.id END,
       coalesce(guideline.number, 0),
       labeling_setting(image.source_id, image.context),
       least(answer.seconds * 10, 2000000000)::integer,
       answer.shown -> 'proposal' IS NULL OR answer.shown -> 'proposal' = 'null',
       answer.created_at,
       {supersedes}
FROM {answers} AS answer
JOIN labeling_task AS task ON task.id = answer.task_id
JOIN labeling_queue AS queue ON queue.id = task.queue_id
JOIN labeling_image AS image ON image.id = task.image_id
LEFT JOIN labeling_label AS label
       ON label.project_id = answer.project_id AND label.key = answer.value ->> 'label'
LEFT JOIN labeling_guidelineversion AS guideline ON guideline.id = answer.guideline_id
WHERE answer.state = 'counted' AND task.gold_id IS NULL
  AND queue.purpose <> 'quiz' AND queue.audience <> 'qa_lead'
  AND (label.id IS NOT NULL OR answer.value IS NULL OR answer.value ? 'regions')
"""

COLUMNS = (
    "project_id, answer_id, image_id, queue_id, user_id, label, guideline, setting, tenths, blind, at, supersedes"
)

SUPERSEDED = """
(SELECT max(earlier.number) FROM labeling_vote AS earlier
 WHERE earlier.image_id = task.image_id AND earlier.answer_id = answer.supersedes_id)
"""

FUNCTION = (
    f"""
    CREATE FUNCTION labeling_cast_vote() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO labeling_vote ({COLUMNS})
        {VOTES.format(answers="(SELECT NEW.*)", supersedes=SUPERSEDED)};
        RETURN NULL;
    END $$
    """,
    "DROP FUNCTION labeling_cast_vote()",
)

TRIGGER = (
    """
    CREATE TRIGGER answers_leave_votes AFTER INSERT ON labeling_answer
    FOR EACH ROW EXECUTE FUNCTION labeling_cast_vote()
    """,
    "DROP TRIGGER answers_leave_votes ON labeling_answer",
)

UNCHANGED = (
    """
    CREATE TRIGGER votes_are_never_changed BEFORE UPDATE ON labeling_vote
    FOR EACH ROW EXECUTE FUNCTION labeling_refuse_change()
    """,
    "DROP TRIGGER votes_are_never_changed ON labeling_vote",
)



class Migration(migrations.Migration):

    replaces = [
        ('labeling', '0001_initial'),
        ('labeling', '0002_initial'),
        ('labeling', '0003_guards'),
        ('labeling', '0004_label_colour_from_the_palette'),
        ('labeling', '0005_gold_rounds_reports'),
        ('labeling', '0006_guards'),
        ('labeling', '0007_flag_reply_and_fixed_examples'),
        ('labeling', '0008_pending_consensus'),
        ('labeling', '0009_votes'),
        ('labeling', '0010_where_claims_begin'),
        ('labeling', '0011_cast_votes'),
        ('labeling', '0012_images_by_filename'),
        ('labeling', '0013_vote_taken_back'),
        ('labeling', '0014_who_a_quiz_asks'),
        ('labeling', '0015_long_imports'),
        ('labeling', '0016_numbers_in_ranges'),
    ]

    initial = True

    dependencies = [
        ('people', '0001_squashed_0006_push'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('site_id', models.BigIntegerField(default=0, help_text='0 in a queue that is not by site.')),
                ('capture_id', models.UUIDField(help_text='The capture that asked, kept as a bare id.', null=True)),
                ('proposal', models.JSONField(help_text='A value with its confidence, scores and model.', null=True)),
                ('state', models.CharField(choices=[('open', 'open'), ('resolved', 'resolved'), ('withdrawn', 'withdrawn')], default='open', max_length=10)),
                ('extra_answers', models.PositiveSmallIntegerField(default=0, help_text='Asked for beyond what the queue requires.')),
                ('priority', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['open', 'resolved', 'withdrawn'])), name='task_state'),
                    models.CheckConstraint(condition=models.Q(('priority__range', (0, 9))), name='task_priority'),
                    models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='task_closed_at'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Queue',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=64, validators=[people.keys.validate_key])),
                ('audience', models.CharField(choices=[('associate', 'associate'), ('annotator', 'annotator'), ('qa_lead', 'qa_lead')], max_length=20)),
                ('by_site', models.BooleanField(default=False, help_text="Only members of the image's site take its tasks.")),
                ('answers_required', models.PositiveSmallIntegerField(default=1)),
                ('lease_seconds', models.PositiveIntegerField(default=300)),
                ('sla_seconds', models.PositiveIntegerField(blank=True, help_text='Due this long after opening.', null=True)),
                ('blind', models.BooleanField(default=False, help_text='No proposal and no score reaches the browser.')),
                ('gold_share', models.FloatField(default=0, help_text='Share of served tasks with a known answer, 0..1.')),
                ('purpose', models.CharField(choices=[('standing', 'standing'), ('round', 'round'), ('quiz', 'quiz')], default='standing', max_length=10)),
                ('consensus', models.CharField(choices=[('unanimous', 'unanimous'), ('majority', 'majority'), ('dawid_skene', 'dawid_skene')], default='majority', max_length=12)),
                ('quorum', models.PositiveSmallIntegerField(default=0, help_text='With majority: at least so many answers must say the same; 0 asks for no more.')),
                ('posterior_floor', models.FloatField(default=0.9, help_text='With Dawid-Skene: the least posterior that settles a task, 0..1.')),
                ('paused_at', models.DateTimeField(blank=True, help_text='Nothing is handed out while it is set.', null=True)),
                ('closed_at', models.DateTimeField(blank=True, help_text='Nothing is handed out any more.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('members', models.ManyToManyField(blank=True, help_text='Who may take part; nobody named means everybody of the audience.', related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='queues', to='people.project')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'name'), name='one_queue_a_name'),
                    models.CheckConstraint(condition=models.Q(('audience__in', ['associate', 'annotator', 'qa_lead'])), name='queue_audience'),
                    models.CheckConstraint(condition=models.Q(models.Q(('audience', 'associate'), _negated=True), ('by_site', True), _connector='OR'), name='associates_queue_is_by_site'),
                    models.CheckConstraint(condition=models.Q(('answers_required__range', (1, 20))), name='queue_answers_required'),
                    models.CheckConstraint(condition=models.Q(('lease_seconds__range', (1, 1800))), name='queue_lease_seconds'),
                    models.CheckConstraint(condition=models.Q(('purpose__in', ['standing', 'round', 'quiz'])), name='queue_purpose'),
                    models.CheckConstraint(condition=models.Q(('consensus__in', ['unanimous', 'majority', 'dawid_skene'])), name='queue_consensus'),
                    models.CheckConstraint(condition=models.Q(('posterior_floor__gt', 0), ('posterior_floor__lte', 1)), name='queue_posterior_floor'),
                    models.CheckConstraint(condition=models.Q(('gold_share__gte', 0), ('gold_share__lte', 1)), name='queue_gold_share'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AgreementReport',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('filters', models.JSONField(default=dict)),
                ('as_of', models.DateTimeField(help_text='What was said up to then counts, as it stood then.')),
                ('data_hash', models.CharField(help_text='sha256 of the answers it rests on.', max_length=64)),
                ('answers', models.PositiveIntegerField()),
                ('figures', models.JSONField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='agreement_reports', to='people.project')),
            ],
        ),
        migrations.CreateModel(
            name='AgreementSchedule',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='agreement_schedule', serialize=False, to='people.project')),
                ('every_days', models.PositiveSmallIntegerField(default=7, help_text='0: not at all.')),
                ('floor', models.FloatField(default=0.667, help_text='An alarm is raised when an interval of alpha falls wholly below, -1..1.')),
                ('filters', models.JSONField(default=dict)),
                ('last_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('floor__gte', -1), ('floor__lte', 1)), name='agreement_floor')],
            },
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
        migrations.CreateModel(
            name='GuidelineVersion',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(help_text='Given at publication, from 1.', null=True)),
                ('body', models.TextField(blank=True, help_text='Markdown.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('published_at', models.DateTimeField(null=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guidelines', to='people.project')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'number'), name='one_guideline_a_number'),
                    models.UniqueConstraint(condition=models.Q(('published_at', None)), fields=('project',), name='one_draft_a_project'),
                    models.CheckConstraint(condition=models.Q(models.Q(('number', None), ('published_at', None)), models.Q(('number__isnull', False), ('published_at__isnull', False)), _connector='OR'), name='published_has_a_number'),
                ],
            },
        ),
        migrations.CreateModel(
            name='GuidelineAcknowledgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('guideline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='acknowledgements', to='labeling.guidelineversion')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'guideline'), name='acknowledged_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Image',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('storage', models.CharField(default='default', help_text='Alias of the storage that has it.', max_length=40)),
                ('key', models.CharField(max_length=400)),
                ('media_type', models.CharField(max_length=40)),
                ('bytes', models.PositiveIntegerField()),
                ('width', models.PositiveIntegerField(help_text='Of the upright image, in pixels.')),
                ('height', models.PositiveIntegerField(help_text='Of the upright image, in pixels.')),
                ('filename', models.CharField(blank=True, max_length=400)),
                ('group', models.CharField(blank=True, help_text='One burst: never torn between splits.', max_length=100)),
                ('split', models.CharField(blank=True, choices=[('train', 'train'), ('val', 'val'), ('test', 'test')], help_text='Asked for at import; empty lets freezing decide.', max_length=5)),
                ('captured_at', models.DateTimeField(null=True)),
                ('context', models.JSONField(default=dict, help_text='Lighting, weather, sensor readings: a JSON object.')),
                ('difference_hash', models.BigIntegerField(help_text='64-bit dHash of the upright image; near-duplicates differ in few bits.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='images', to='people.project')),
            ],
            options={
                'indexes': [
                    django.contrib.postgres.indexes.GinIndex(fields=['context'], name='image_context', opclasses=['jsonb_path_ops']),
                    models.Index(fields=['project', 'filename'], name='image_by_filename'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'sha256'), name='one_image_a_sha256'),
                    models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='image_sha256'),
                ],
            },
        ),
        migrations.CreateModel(
            name='GuidelineFlag',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('words', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('open', 'open'), ('example', 'example'), ('dismissed', 'dismissed')], default='open', max_length=10)),
                ('settled_at', models.DateTimeField(null=True)),
                ('reply', models.TextField(blank=True, db_default='', help_text='What the QA lead says to who raised it.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='guideline_flags', to='people.project')),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('guideline', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='flags', to='labeling.guidelineversion')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guideline_flags', to='labeling.image')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'state', 'id'], name='flag_by_project'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('image', 'user'), name='one_open_flag_a_person_and_image'),
                    models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='flag_settled'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Gold',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('value', models.JSONField(help_text='The known answer, a wire value.')),
                ('why', models.TextField(blank=True, help_text='Shown after a quiz to who answered otherwise.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='gold', to='people.project')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gold', to='labeling.image')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'id'], name='gold_by_project'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('image',), name='one_gold_an_image'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text='Never changes its meaning.', max_length=64, validators=[people.keys.validate_key])),
                ('name', models.CharField(max_length=200)),
                ('colour', models.CharField(default='#0072b2', max_length=7)),
                ('hotkey', models.CharField(blank=True, max_length=1)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labels', to='people.project')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'key'), name='one_label_a_key'),
                    models.UniqueConstraint(condition=models.Q(models.Q(('hotkey', ''), _negated=True), ('retired_at', None)), fields=('project', 'hotkey'), name='one_label_a_hotkey'),
                    models.CheckConstraint(condition=models.Q(('colour__regex', '^#[0-9a-fA-F]{6}$')), name='label_colour'),
                ],
            },
        ),
        migrations.CreateModel(
            name='GuidelineExample',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('is_right', models.BooleanField(default=True, help_text='False: the label would be wrong here.')),
                ('why', models.TextField(blank=True)),
                ('box', models.JSONField(blank=True, help_text='[x1, y1, x2, y2] in image pixels, or null for all of it.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('guideline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='examples', to='labeling.guidelineversion')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.image')),
                ('label', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.label')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('guideline', 'label', 'image'), name='one_example_a_label_and_image'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PendingConsensus',
            fields=[
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='labeling.task')),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='Of the latest answer: one that came since waits.')),
            ],
            options={
                'verbose_name_plural': 'pending consensus',
            },
        ),
        migrations.AddField(
            model_name='task',
            name='gold',
            field=models.ForeignKey(help_text='The known answer this task is there to check; never shown, and nothing is resolved by it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='labeling.gold'),
        ),
        migrations.AddField(
            model_name='task',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='labeling.image'),
        ),
        migrations.AddField(
            model_name='task',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='people.project'),
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('client_id', models.UUIDField(help_text='Made by the client: sending twice records once.')),
                ('state', models.CharField(choices=[('counted', 'counted'), ('late', 'late')], default='counted', max_length=10)),
                ('verdict', models.CharField(choices=[('accept', 'accept'), ('correct', 'correct'), ('label', 'label'), ('none_of_these', 'none_of_these'), ('cant_tell', 'cant_tell')], max_length=20)),
                ('value', models.JSONField(help_text='null for cant_tell.', null=True)),
                ('words', models.TextField(blank=True, help_text='What was typed with none_of_these.')),
                ('shown', models.JSONField(default=dict, help_text='What was on the screen.')),
                ('seconds', models.FloatField(help_text='Active time.')),
                ('idle_seconds', models.FloatField(default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='people.project')),
                ('supersedes', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='labeling.answer')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to=settings.AUTH_USER_MODEL)),
                ('guideline', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='labeling.guidelineversion')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='labeling.task')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'id'], name='answer_by_project'),
                    models.Index(fields=['user', 'id'], name='answer_by_user'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'client_id'), name='said_once'),
                    models.CheckConstraint(condition=models.Q(('verdict__in', ['accept', 'correct', 'label', 'none_of_these', 'cant_tell'])), name='answer_verdict'),
                    models.CheckConstraint(condition=models.Q(models.Q(('value', None), ('verdict__in', ['cant_tell', 'none_of_these'])), models.Q(models.Q(('verdict__in', ['cant_tell', 'none_of_these']), _negated=True), ('value__isnull', False)), _connector='OR'), name='answer_value_unless_unsure'),
                    models.CheckConstraint(condition=models.Q(('idle_seconds__gte', 0), ('seconds__gte', 0)), name='answer_seconds'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Round',
            fields=[
                ('queue', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='round', serialize=False, to='labeling.queue')),
                ('title', models.CharField(max_length=200)),
                ('filters', models.JSONField(default=dict, help_text='What its images were chosen by, the latest addition last.')),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
        ),
        migrations.AddField(
            model_name='task',
            name='queue',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='labeling.queue'),
        ),
        migrations.CreateModel(
            name='LabelImport',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='Of the file, as it was sent.', max_length=200)),
                ('reference', models.CharField(blank=True, help_text='Name of the file it speaks of.', max_length=200)),
                ('layout', models.CharField(default='auto', max_length=20)),
                ('new_labels', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('finished', 'finished'), ('failed', 'failed')], default='waiting', max_length=10)),
                ('share', models.FloatField(default=0, help_text="Of the file's rows, 0..1, those that were gone through.")),
                ('report', models.JSONField(default=dict, help_text='What became of it: as the API tells it.')),
                ('failure', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='label_imports', to='people.project')),
                ('queue', models.ForeignKey(help_text='Of predictions; null for labels.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.queue')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'running', 'finished', 'failed'])), name='label_import_state'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Quiz',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('pass_share', models.FloatField(default=0.8, help_text='Of the questions, 0..1.')),
                ('asks_everybody', models.BooleanField(default=False, help_text='Also of those who knew the work before the quiz was made.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('for_user', models.ForeignKey(blank=True, help_text="One person's; nobody means annotators before their first task.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quizzes', to='people.project')),
                ('questions', models.ManyToManyField(related_name='quizzes', to='labeling.gold')),
            ],
            options={
                'verbose_name_plural': 'quizzes',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('pass_share__gt', 0), ('pass_share__lte', 1)), name='quiz_pass_share'),
                    models.CheckConstraint(condition=models.Q(('for_user', None), ('asks_everybody', False), _connector='OR'), name='quiz_for_one_or_everybody'),
                ],
            },
        ),
        migrations.CreateModel(
            name='QuizAttempt',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('questions', models.PositiveIntegerField()),
                ('right', models.PositiveIntegerField(null=True)),
                ('passed', models.BooleanField(null=True)),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
                ('queue', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='quiz_attempt', to='labeling.queue')),
                ('quiz', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='labeling.quiz')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quiz_attempts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('finished_at', None)), fields=('quiz', 'user'), name='one_attempt_at_a_time'),
                    models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('passed', None), ('right', None)), models.Q(('finished_at__isnull', False), ('passed__isnull', False), ('right__isnull', False)), _connector='OR'), name='attempt_is_marked_when_finished'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Resolution',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('value', models.JSONField(help_text='null where people could not tell.', null=True)),
                ('by', models.CharField(choices=[('imported', 'imported'), ('one_answer', 'one_answer'), ('consensus', 'consensus'), ('adjudication', 'adjudication')], max_length=20)),
                ('answer_count', models.PositiveSmallIntegerField(default=0)),
                ('reason', models.TextField(blank=True, help_text="Why, in the adjudicator's words.")),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('replaced_at', models.DateTimeField(null=True)),
                ('answers', models.ManyToManyField(blank=True, related_name='resolutions', to='labeling.answer')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resolutions', to='labeling.image')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='resolutions', to='people.project')),
                ('task', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='resolutions', to='labeling.task')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'id'], name='resolution_by_project'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('image',), name='one_resolution_in_force'),
                    models.CheckConstraint(condition=models.Q(('by__in', ['imported', 'one_answer', 'consensus', 'adjudication'])), name='resolution_by'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Slot',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('queue_id', models.UUIDField()),
                ('site_id', models.BigIntegerField(default=0)),
                ('priority', models.PositiveSmallIntegerField(default=0)),
                ('position', models.BigIntegerField(help_text='Drawn from a sequence, anew whenever the slot moves.')),
                ('secret', models.CharField(blank=True, max_length=32)),
                ('guideline_id', models.UUIDField(help_text='The version acknowledged when it was claimed.', null=True)),
                ('leased_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('task', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='slots', to='labeling.task')),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['task'], name='slot_by_task'),
                    models.Index(models.F('queue_id'), models.F('site_id'), models.OrderBy(models.F('priority'), descending=True), models.F('position'), condition=models.Q(('answered_at', None)), name='slot_claim_order'),
                    models.Index(condition=models.Q(('answered_at', None), ('user__isnull', False)), fields=['user'], name='slot_held_by'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('task', 'user'), name='one_slot_a_person_and_task'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('expires_at', None), ('user', None)), models.Q(('expires_at__isnull', False), ('user__isnull', False)), _connector='OR'), name='slot_held_by_somebody'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, validators=[people.keys.validate_key])),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('camera', 'camera'), ('import', 'import')], default='camera', max_length=10)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sources', to='people.project')),
                ('site', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sources', to='people.site')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'key'), name='one_source_a_key'),
                    models.CheckConstraint(condition=models.Q(('site__isnull', False), ('kind', 'import'), _connector='OR'), name='camera_hangs_at_a_site'),
                ],
            },
        ),
        migrations.AddField(
            model_name='image',
            name='source',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='images', to='labeling.source'),
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('number', models.BigAutoField(primary_key=True, serialize=False)),
                ('answer_id', models.UUIDField()),
                ('image_id', models.UUIDField()),
                ('queue_id', models.UUIDField()),
                ('label', models.BigIntegerField(help_text="The label's id; 0 for can't tell, -1 for none of these, -2 for regions.")),
                ('guideline', models.IntegerField(default=0, help_text="The version's number; 0 without one.")),
                ('setting', models.BigIntegerField(help_text="A hash of the image's source and of the words and truth values of its context.")),
                ('tenths', models.IntegerField(help_text='Active time, in tenths of a second.')),
                ('blind', models.BooleanField(help_text='No proposal was shown.')),
                ('at', models.DateTimeField(help_text='When it was said.')),
                ('supersedes', models.BigIntegerField(help_text='The number of the vote whose place it takes.', null=True)),
                ('project', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.project')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'number'], name='vote_by_project'),
                    models.Index(fields=['image_id'], name='vote_by_image'),
                    models.Index(condition=models.Q(('supersedes__isnull', False)), fields=['project', 'supersedes'], name='vote_taken_back'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AgreementStatistics',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text='sha256 of the filters and of the form of `tally`.', max_length=64)),
                ('up_to', models.BigIntegerField(help_text='The number of the last vote counted.')),
                ('tally', models.BinaryField()),
                ('estimates', models.JSONField(help_text='Figures that cannot be brought up to date vote by vote.')),
                ('matrices', models.BinaryField(help_text="Everybody's confusion: far larger than all else where there are many labels.", null=True)),
                ('figures', models.JSONField(help_text='The latest report made of it, without them.')),
                ('figures_up_to', models.BigIntegerField(default=0, help_text='The number of the last vote in `figures`.')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.project')),
            ],
            options={
                'verbose_name_plural': 'agreement statistics',
                'constraints': [models.UniqueConstraint(fields=('project', 'key'), name='one_statistics_of_a_filter')],
            },
        ),
        migrations.CreateModel(
            name='ContextRanges',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=100)),
                ('edges', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), help_text='Ascending; a range begins with its edge.', size=None)),
                ('fixed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='context_ranges', to='people.project')),
            ],
            options={
                'verbose_name_plural': 'context ranges',
                'constraints': [models.UniqueConstraint(fields=('project', 'key'), name='ranges_of_a_key')],
            },
        ),
        migrations.CreateModel(
            name='Frontier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('queue_id', models.UUIDField()),
                ('site_id', models.BigIntegerField(default=0)),
                ('positions', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=10)),
                ('moved_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'queue_id', 'site_id'), name='one_frontier')],
            },
        ),
        migrations.AddField(
            model_name='round',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['queue', 'state', 'id'], name='task_by_queue'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['project', 'id'], name='task_by_project'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(condition=models.Q(('gold', None), ('state', 'open')), fields=('queue', 'image'), name='one_open_task_an_image_and_queue'),
        ),
        *(
            migrations.RunSQL(*pair)
            for pair in (
                POSITIONS,
                REFUSE,
                ANSWERS,
                GUIDELINES,
                REPORTS,
                REFUSE_PUBLISHED,
                EXAMPLES,
                REFUSE_REMOVAL,
                EXAMPLES_STAY,
                DRAW,
                MOVED,
                VACUUM,
                SETTING,
                FUNCTION,
                TRIGGER,
                UNCHANGED,
            )
        ),
    ]
