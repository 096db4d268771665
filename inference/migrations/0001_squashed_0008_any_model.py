"""All migrations up to 0008_any_model in one, for a new database; one that has run them goes on from there."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgvector.django.halfvec
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models
from pgvector.django import VectorExtension


class Migration(migrations.Migration):

    replaces = [
        ('inference', '0001_initial'),
        ('inference', '0002_initial'),
        ('inference', '0003_initial'),
        ('inference', '0004_captures_by_project_runs_begun_again'),
        ('inference', '0005_curves_by_step'),
        ('inference', '0006_tried'),
        ('inference', '0007_honest_confidence'),
        ('inference', '0008_any_model'),
    ]

    initial = True

    dependencies = [
        ('labeling', '0001_squashed_0016_numbers_in_ranges'),
        ('people', '0001_squashed_0006_push'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        VectorExtension(),
        migrations.CreateModel(
            name='Prediction',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('value', models.JSONField(help_text='The label or regions predicted.')),
                ('scores', models.JSONField(default=dict, help_text='Calibrated probability of each label.')),
                ('confidence', models.FloatField(help_text='Calibrated probability of what was predicted.')),
                ('raw_confidence', models.FloatField(help_text='The same before calibration.')),
                ('uncertainty', models.FloatField(help_text='Entropy of the scores over its maximum.', null=True)),
                ('disagreement', models.FloatField(help_text='Mutual information of label and model (BALD), in nats, where the model offers it.', null=True)),
                ('novelty', models.FloatField(help_text='Share of known images that lie nearer to what is known than this one, 0..1.', null=True)),
                ('calibration_id', models.UUIDField(help_text='The calibration that was in force, a bare id.', null=True)),
                ('latency_ms', models.FloatField(help_text="The model's share of this capture's time.")),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('confidence__gte', 0), ('confidence__lte', 1)), name='prediction_confidence'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('name', models.CharField(blank=True, max_length=200)),
                ('runtime', models.CharField(choices=[('onnx', 'onnx'), ('external', 'external')], default='onnx', max_length=10)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('key', models.CharField(blank=True, help_text='Where the ONNX file lies.', max_length=400)),
                ('checkpoint_key', models.CharField(blank=True, help_text='Trained weights to go on from.', max_length=400)),
                ('bytes', models.PositiveBigIntegerField(default=0)),
                ('architecture', models.CharField(blank=True, max_length=200)),
                ('labels', models.JSONField(default=list, help_text='Keys, in the order of the scores.')),
                ('preprocessing', models.JSONField(default=dict)),
                ('temperature', models.FloatField(null=True)),
                ('metrics', models.JSONField(default=dict, help_text='By split: accuracy, ece, per_label.')),
                ('dataset_id', models.UUIDField(help_text='What it was trained on, kept as a bare id.', null=True)),
                ('members', models.JSONField(default=list, help_text='The other files of an ensemble, each: key, sha256, bytes.')),
                ('profile', models.JSONField(default=dict, help_text='Speed and size as measured, and on what machine.')),
                ('baseline', models.JSONField(default=dict, help_text='How it did on labelled images when it came, beside rules without a network.')),
                ('novelty', models.JSONField(default=dict, help_text='How far known images lie from each other: k, and distances by quantile.')),
                ('stage', models.CharField(choices=[('candidate', 'candidate'), ('shadow', 'shadow'), ('champion', 'champion'), ('retired', 'retired')], default='candidate', max_length=10)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='children', to='inference.modelversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='models', to='people.project')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'number'), name='one_model_a_number'),
                    models.UniqueConstraint(condition=models.Q(('stage', 'champion')), fields=('project',), name='one_champion'),
                    models.UniqueConstraint(condition=models.Q(('sha256', ''), _negated=True), fields=('project', 'sha256'), name='one_model_a_file'),
                    models.CheckConstraint(condition=models.Q(('stage__in', ['candidate', 'shadow', 'champion', 'retired'])), name='model_stage'),
                    models.CheckConstraint(condition=models.Q(('runtime', 'external'), models.Q(('key', ''), _negated=True), _connector='OR'), name='onnx_has_a_file'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Capture',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('captured_at', models.DateTimeField()),
                ('context', models.JSONField(default=dict, help_text='What the camera knew: a JSON object.')),
                ('external', models.JSONField(help_text='A prediction that came with the capture.', null=True)),
                ('state', models.CharField(choices=[('pending', 'pending'), ('predicted', 'predicted'), ('failed', 'failed')], default='pending', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('failure', models.TextField(blank=True, help_text='Why it failed.')),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='captures', to='labeling.image')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='captures', to='people.project')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='captures', to='labeling.source')),
            ],
            options={
                'indexes': [
                    models.Index(condition=models.Q(('state', 'pending')), fields=['project', 'id'], name='capture_pending'),
                    models.Index(condition=models.Q(('external__isnull', False), ('state', 'pending')), fields=['project', 'id'], name='capture_pending_external'),
                    models.Index(condition=models.Q(('attempts__gt', 0), ('state', 'pending')), fields=['project', 'id'], name='capture_tried'),
                    models.Index(fields=['project', 'id'], name='capture_by_project'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'predicted', 'failed'])), name='capture_state'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), _negated=True), models.Q(('failure', ''), _negated=True), _connector='OR'), name='failed_says_why'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Embedding',
            fields=[
                ('prediction', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='embedding', serialize=False, to='inference.prediction')),
                ('vector', pgvector.django.halfvec.HalfVectorField()),
            ],
        ),
        migrations.AddField(
            model_name='prediction',
            name='capture',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='prediction', to='inference.capture'),
        ),
        migrations.AddField(
            model_name='prediction',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.project'),
        ),
        migrations.AddField(
            model_name='prediction',
            name='model',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='predictions', to='inference.modelversion'),
        ),
        migrations.CreateModel(
            name='ModelJob',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('register', 'register'), ('profile', 'profile')], max_length=10)),
                ('name', models.CharField(blank=True, help_text='Of the file, as it was sent.', max_length=200)),
                ('options', models.JSONField(default=dict, help_text='declaration and name of a file; int8 of a profile.')),
                ('state', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('succeeded', 'succeeded'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='queued', max_length=10)),
                ('progress', models.FloatField(default=0, help_text='0..1')),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='model_jobs', to='people.project')),
                ('model', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='inference.modelversion')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'id'], name='model_job_by_project'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'succeeded', 'failed', 'cancelled'])), name='model_job_state'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['register', 'profile'])), name='model_job_kind'),
                    models.CheckConstraint(condition=models.Q(('progress__gte', 0), ('progress__lte', 1)), name='model_job_progress'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Evaluation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('test_hash', models.CharField(max_length=64)),
                ('images', models.PositiveIntegerField()),
                ('metrics', models.JSONField(help_text='accuracy, ece, per_label, majority_accuracy, confusion.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evaluations', to='inference.modelversion')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('model', 'test_hash'), name='one_evaluation_a_test_set'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Calibration',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('temperature', models.FloatField(help_text="Divides the logarithms of the model's own calibrated scores.")),
                ('answers', models.PositiveIntegerField(help_text='Verified answers it was fitted to.')),
                ('metrics', models.JSONField(default=dict, help_text='Reliability, ece and brier before and after, in all, by label and by source.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calibrations', to='inference.modelversion')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['model', '-id'], name='calibration_by_model'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('temperature__gt', 0)), name='calibration_temperature'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ServingBudget',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='serving_budget', serialize=False, to='people.project')),
                ('latency_ms', models.FloatField(help_text='The p95 of one image on one thread, at most.', null=True)),
                ('bytes', models.PositiveBigIntegerField(help_text="The model's files together, at most.", null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('latency_ms', None), ('latency_ms__gt', 0), _connector='OR'), name='budget_latency')],
            },
        ),
        migrations.CreateModel(
            name='TrainingRun',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('dataset_id', models.UUIDField(help_text='Kept as a bare id.')),
                ('manifest_key', models.CharField(help_text="Where the dataset's manifest lies.", max_length=400)),
                ('options', models.JSONField(default=dict)),
                ('seed', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('succeeded', 'succeeded'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='queued', max_length=10)),
                ('progress', models.FloatField(default=0, help_text='0..1')),
                ('eta_seconds', models.FloatField(null=True)),
                ('curve', models.JSONField(default=list, help_text='By step: epoch, train_loss, val_loss, val_accuracy.')),
                ('error', models.TextField(blank=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, help_text='How often it was begun.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('started_at', models.DateTimeField(null=True)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('base', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='inference.modelversion')),
                ('model', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='runs', to='inference.modelversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='training_runs', to='people.project')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'id'], name='run_by_project'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'succeeded', 'failed', 'cancelled'])), name='run_state'),
                    models.CheckConstraint(condition=models.Q(('progress__gte', 0), ('progress__lte', 1)), name='run_progress'),
                ],
            },
        ),
        migrations.AddIndex(
            model_name='prediction',
            index=models.Index(fields=['project', 'id'], name='prediction_by_project'),
        ),
    ]
