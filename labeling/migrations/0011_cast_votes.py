"""Every answer that counts towards agreement leaves a vote, written by the database with it."""

from django.db import migrations

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

# What was said before there were votes. An earlier answer has a vote before the one in its place: its id is lower.
BEFORE = (
    f"""
    INSERT INTO labeling_vote ({COLUMNS})
    {VOTES.format(answers="labeling_answer", supersedes="NULL")} ORDER BY answer.id
    """,
    "DELETE FROM labeling_vote",
)

BEFORE_SUPERSEDED = (
    """
    UPDATE labeling_vote AS later SET supersedes = earlier.number
    FROM labeling_answer AS answer, labeling_vote AS earlier
    WHERE answer.id = later.answer_id AND answer.supersedes_id IS NOT NULL
      AND earlier.answer_id = answer.supersedes_id AND earlier.image_id = later.image_id
    """,
    "",
)

UNCHANGED = (
    """
    CREATE TRIGGER votes_are_never_changed BEFORE UPDATE ON labeling_vote
    FOR EACH ROW EXECUTE FUNCTION labeling_refuse_change()
    """,
    "DROP TRIGGER votes_are_never_changed ON labeling_vote",
)


class Migration(migrations.Migration):
    dependencies = [("labeling", "0010_where_claims_begin")]

    operations = [
        migrations.RunSQL(*pair)
        for pair in (SETTING, FUNCTION, TRIGGER, BEFORE, BEFORE_SUPERSEDED, UNCHANGED)
    ]
