"""A reply to who raised a flag; and no example of a published guideline is ever taken away."""

from django.db import migrations, models

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

EXAMPLES = (
    """
    CREATE TRIGGER published_examples_are_never_removed BEFORE DELETE ON labeling_guidelineexample
    FOR EACH ROW EXECUTE FUNCTION labeling_refuse_removal()
    """,
    "DROP TRIGGER published_examples_are_never_removed ON labeling_guidelineexample",
)


class Migration(migrations.Migration):
    dependencies = [("labeling", "0006_guards")]

    operations = [
        migrations.AddField(
            model_name="guidelineflag",
            name="reply",
            # The default stays in the database: a process that knows no reply yet goes on raising flags.
            field=models.TextField(
                blank=True, db_default="", help_text="What the QA lead says to who raised it."
            ),
        ),
        *(migrations.RunSQL(*pair) for pair in (REFUSE_REMOVAL, EXAMPLES)),
    ]
