"""What must never be, refused by the database itself: changed answers, changed published guidelines."""

from django.db import migrations

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


class Migration(migrations.Migration):
    dependencies = [("labeling", "0002_initial")]

    operations = [migrations.RunSQL(*pair) for pair in (POSITIONS, REFUSE, ANSWERS, GUIDELINES)]
