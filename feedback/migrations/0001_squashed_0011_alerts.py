"""All migrations up to 0011_alerts in one, for a new database; one that has run them goes on from there."""

import django.db.models.deletion
import django.db.models.functions.datetime
import feedback.models.routing
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('feedback', '0001_initial'),
        ('feedback', '0002_initial'),
        ('feedback', '0003_initial'),
        ('feedback', '0004_policy_label_rules'),
        ('feedback', '0005_error_budget'),
        ('feedback', '0006_certificate_rests_on'),
        ('feedback', '0007_certificates_by_looks'),
        ('feedback', '0008_no_capacity'),
        ('feedback', '0009_ledgers'),
        ('feedback', '0009_trust_changes'),
        ('feedback', '0010_decisions_awaited'),
        ('feedback', '0011_alerts'),
    ]

    initial = True

    dependencies = [
        ('inference', '0001_squashed_0008_any_model'),
        ('labeling', '0001_squashed_0016_numbers_in_ranges'),
        ('people', '0001_squashed_0006_push'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AlertRules',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('rules', models.JSONField(help_text='In order, each: name, label, confidence, sources, hours, answers, queue; see domain.alert_rules.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alert_rules', to='people.project')),
            ],
            options={
                'verbose_name_plural': 'alert rules',
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'version'), name='one_alert_rules_a_version'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='alert', serialize=False, to='labeling.task')),
                ('first_task_id', models.UUIDField(help_text='The task this alert began as, a bare id: folding opens a newer one.')),
                ('rule', models.CharField(help_text='The name of the rule that fired.', max_length=80)),
                ('label', models.CharField(max_length=64)),
                ('confidence', models.FloatField(help_text='What the rule asks for, 0..1: as sure must be what withdraws it.')),
                ('reason', models.TextField(help_text='One sentence: why it was raised.')),
                ('states', models.JSONField(default=list, help_text='The newest ten: capture, label, confidence, at; the latest last.')),
                ('raised_at', models.DateTimeField(help_text='When the first of its states was seen to fire.')),
                ('withdrawn_because', models.TextField(blank=True)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.project')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.source')),
                ('rules', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='feedback.alertrules')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['source', '-raised_at'], name='alert_by_source'),
                    models.Index(fields=['project', 'task'], name='alert_by_project'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AlertStep',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('first_task_id', models.UUIDField()),
                ('kind', models.CharField(choices=[('next_person', 'next_person'), ('manager', 'manager')], max_length=20)),
                ('told', models.JSONField(default=list, help_text='Usernames of those it was put to.')),
                ('mailed_at', models.DateTimeField(null=True)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.project')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alert_steps', to='labeling.task')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('first_task_id', 'kind'), name='each_step_once_an_alert'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['next_person', 'manager'])), name='alert_step_kind'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DatasetVersion',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('name', models.CharField(blank=True, max_length=200)),
                ('filters', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('building', 'building'), ('frozen', 'frozen'), ('failed', 'failed')], default='building', max_length=10)),
                ('error', models.TextField(blank=True)),
                ('hash', models.CharField(blank=True, help_text='SHA-256 of the manifest.', max_length=64)),
                ('test_hash', models.CharField(blank=True, help_text='SHA-256 of its test rows alone.', max_length=64)),
                ('manifest_key', models.CharField(blank=True, max_length=400)),
                ('labels', models.JSONField(default=list, help_text='Label keys in force when it was frozen, in order.')),
                ('counts', models.JSONField(default=dict, help_text='Images by split.')),
                ('card', models.JSONField(default=dict, help_text='Counts by split and label, source, and origin.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('frozen_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='children', to='feedback.datasetversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='datasets', to='people.project')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'number'), name='one_dataset_a_number'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['building', 'frozen', 'failed'])), name='dataset_state'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'frozen'), _negated=True), models.Q(models.Q(('hash', ''), _negated=True), models.Q(('manifest_key', ''), _negated=True), ('frozen_at__isnull', False)), _connector='OR'), name='frozen_has_a_hash'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Example',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('value', models.JSONField()),
                ('ancestry', models.JSONField(default=dict, help_text='Snapshot: answers, people, guidelines, capture, prediction, model, policy.')),
                ('weight', models.FloatField(default=1)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('replaced_at', models.DateTimeField(null=True)),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='examples', to='labeling.image')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='examples', to='people.project')),
                ('resolution', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='example', to='labeling.resolution')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'id'], name='example_by_project'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('image',), name='one_example_an_image'),
                    models.CheckConstraint(condition=models.Q(('weight__gt', 0)), name='example_weight'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DatasetMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('split', models.CharField(choices=[('train', 'train'), ('val', 'val'), ('test', 'test')], max_length=5)),
                ('dataset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='members', to='feedback.datasetversion')),
                ('example', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='feedback.example')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('dataset', 'example'), name='one_membership_an_example'),
                ],
            },
        ),
        migrations.CreateModel(
            name='FrozenSplit',
            fields=[
                ('image', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='frozen', serialize=False, to='labeling.image')),
                ('split', models.CharField(choices=[('train', 'train'), ('val', 'val'), ('test', 'test')], max_length=5)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.project')),
            ],
        ),
        migrations.CreateModel(
            name='Promotion',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('promoted', 'promoted'), ('overridden', 'overridden'), ('rolled_back', 'rolled_back')], max_length=12)),
                ('test_hash', models.CharField(blank=True, max_length=64)),
                ('rules', models.JSONField(default=list, help_text='Each: name, challenger, champion, limit, passed.')),
                ('reason', models.TextField(blank=True, help_text='Why the gate was overridden.')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('challenger', models.ForeignKey(help_text='Serves from now on.', on_delete=django.db.models.deletion.PROTECT, related_name='promotions', to='inference.modelversion')),
                ('champion', models.ForeignKey(help_text='Served before.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inference.modelversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='promotions', to='people.project')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'id'], name='promotion_by_project'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['promoted', 'overridden', 'rolled_back'])), name='promotion_kind'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kind', 'overridden'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='override_says_why'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RoutingPolicy',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('threshold', models.FloatField(help_text='Below this calibrated confidence a person is asked; 1 asks always.')),
                ('audit_share', models.FloatField(help_text='Share of the accepted that is checked blind, 0..1.')),
                ('error_budget', models.FloatField(help_text='Share of the accepted that may be wrong; the threshold then follows the evidence. Null: by hand.', null=True)),
                ('confidence_level', models.FloatField(default=0.95, help_text='How sure to be that the budget is kept: 1 less delta.')),
                ('audit_people', models.PositiveSmallIntegerField(default=1, help_text='How many people answer each audit, 1 or 2.')),
                ('slice_by', models.CharField(blank=True, help_text='Each value has to earn its trust: source, site or context.KEY.', max_length=80)),
                ('novelty_limit', models.FloatField(help_text='What is stranger than this share of known images goes to people, 0..1.', null=True)),
                ('label_rules', models.JSONField(default=dict, help_text='By predicted label: a threshold, the name of a queue and an error_budget of its own.')),
                ('draw_key', models.CharField(default=feedback.models.routing.new_draw_key, editable=False, max_length=32)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('audit_queue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.queue')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='policies', to='people.project')),
                ('queue', models.ForeignKey(help_text='Where what is unsure goes.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.queue')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'version'), name='one_policy_a_version'),
                    models.CheckConstraint(condition=models.Q(('threshold__gte', 0), ('threshold__lte', 1)), name='policy_threshold'),
                    models.CheckConstraint(condition=models.Q(('audit_share__gte', 0), ('audit_share__lte', 1)), name='policy_audit_share'),
                    models.CheckConstraint(condition=models.Q(('error_budget', None), models.Q(('error_budget__gt', 0), ('error_budget__lt', 1)), _connector='OR'), name='policy_error_budget'),
                    models.CheckConstraint(condition=models.Q(('confidence_level__gt', 0), ('confidence_level__lt', 1)), name='policy_confidence_level'),
                    models.CheckConstraint(condition=models.Q(('audit_people__in', [1, 2])), name='policy_audit_people'),
                    models.CheckConstraint(condition=models.Q(('novelty_limit', None), models.Q(('novelty_limit__gt', 0), ('novelty_limit__lte', 1)), _connector='OR'), name='policy_novelty_limit'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RoutingDecision',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('project_id', models.UUIDField()),
                ('capture_id', models.UUIDField(unique=True)),
                ('prediction_id', models.UUIDField()),
                ('action', models.CharField(choices=[('accept', 'accept'), ('review', 'review'), ('audit', 'audit')], max_length=10)),
                ('inclusion_probability', models.FloatField(help_text='Chance that a person would see it, 0..1.')),
                ('burst', models.CharField(blank=True, max_length=100)),
                ('slice', models.CharField(blank=True, help_text="Where it was, by the policy's slice_by.", max_length=200)),
                ('certificate_id', models.UUIDField(help_text='What allowed or forbade accepting it, a bare id.', null=True)),
                ('conditions', models.JSONField(default=list, help_text='Each condition: name, value, limit, holds.')),
                ('draw', models.FloatField(help_text='Its own number, which has nothing to do with what it shows.', null=True)),
                ('sampled', models.FloatField(help_text='Below this draw, whatever the confidence, answers are a uniform sample: evidence for thresholds.', null=True)),
                ('watched', models.FloatField(help_text='Below this draw reviews tell whether they become harder.', null=True)),
                ('awaited', models.BooleanField(db_default=False, help_text="Whether a person's answer is evidence of either kind.")),
                ('benefit', models.FloatField(help_text='What reviewing it was expected to be worth.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='feedback.routingpolicy')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project_id', 'id'], name='decision_by_project'),
                    models.Index(condition=models.Q(('awaited', True)), fields=['project_id', 'id'], name='decision_awaited'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('action__in', ['accept', 'review', 'audit'])), name='decision_action'),
                    models.CheckConstraint(condition=models.Q(('inclusion_probability__gte', 0), ('inclusion_probability__lte', 1)), name='decision_inclusion_probability'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Ledger',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('slice', models.CharField(blank=True, max_length=200)),
                ('label', models.CharField(blank=True, max_length=64)),
                ('calibration_id', models.UUIDField(help_text='What its confidences mean, a bare id.', null=True)),
                ('state', models.JSONField(help_text='That of feedback.domain.stream.Cell.')),
                ('bursts', models.JSONField(default=list, help_text='The newest bursts taken in: the rest of each is not.')),
                ('taken', models.PositiveIntegerField(default=0, help_text='How many answers were taken in.')),
                ('taken_to', models.UUIDField(help_text='The decision up to which they were, a bare id.')),
                ('waiting', models.PositiveIntegerField(default=0, help_text='Open questions that hold later answers up.')),
                ('corrected', models.BooleanField(default=False, help_text='An answer taken in has changed since: it is to be made again.')),
                ('begun_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('fed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inference.modelversion')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ledgers', to='feedback.routingpolicy')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('policy', 'model', 'slice', 'label'), name='one_ledger_a_cell'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('slice', models.CharField(blank=True, max_length=200)),
                ('label', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('ok', 'ok'), ('cautious', 'cautious'), ('stop', 'stop')], max_length=10)),
                ('budget', models.FloatField(help_text='The error budget it was made for, 0..1.', null=True)),
                ('threshold', models.FloatField(help_text='Accepted from this confidence on. Null: nothing is.', null=True)),
                ('bound', models.FloatField(help_text='Upper bound of the error rate among the accepted, 0..1.', null=True)),
                ('error_rate', models.FloatField(help_text='Its estimate from inclusion-weighted answers, 0..1.', null=True)),
                ('answers', models.PositiveIntegerField(help_text='Verified answers it rests on.')),
                ('verified', models.PositiveIntegerField(default=0, help_text='All answers about this cell that were taken in, in the order of the decisions.')),
                ('rests_on', models.UUIDField(help_text='The newest decision it was made from, a bare id.', null=True)),
                ('evidence', models.FloatField(default=1, help_text='Wealth of the bet that the budget is broken, since the last change.')),
                ('reason', models.TextField(help_text='One sentence: why this state.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='certificates', to='inference.modelversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='certificates', to='people.project')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='certificates', to='feedback.routingpolicy')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['policy', 'model', 'slice', 'label', '-id'], name='certificate_in_force'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['ok', 'cautious', 'stop'])), name='certificate_state'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'ok'), _negated=True), ('threshold__isnull', False), _connector='OR'), name='ok_has_a_threshold'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TrustChange',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('ok', 'ok'), ('cautious', 'cautious'), ('stop', 'stop')], max_length=10)),
                ('reason', models.TextField(help_text='One sentence: why.')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='trust_changes', to='people.project')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', '-id'], name='trust_of_a_project'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['ok', 'cautious', 'stop'])), name='trust_change_state'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Workload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('came', models.PositiveIntegerField(help_text='Predictions that went to people in the last day.')),
                ('done', models.PositiveIntegerField(help_text='Questions they answered in the last day.')),
                ('waiting', models.PositiveIntegerField(help_text='Questions that are open.')),
                ('share', models.FloatField(help_text='The part of what comes that people keep up with, 0..1.')),
                ('excess', models.PositiveIntegerField(help_text="What waits beyond a day's work.")),
                ('expected_errors', models.FloatField(help_text="How many of the excess are wrong, by the model's own calibrated confidence.")),
                ('cuts', models.JSONField(default=list, help_text='The benefit at which priorities 1 to 5 begin.')),
                ('rarities', models.JSONField(default=dict, help_text='By label, 0 the commonest to 1.')),
                ('drifts', models.JSONField(default=dict, help_text='By source, 0..1.')),
                ('measured_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='workload', to='people.project')),
            ],
        ),
    ]
