"""What must never be, refused by the database itself: changed reports, changed examples of a published guideline."""

from django.db import migrations

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


class Migration(migrations.Migration):
    dependencies = [("labeling", "0005_gold_rounds_reports")]

    operations = [migrations.RunSQL(*pair) for pair in (REPORTS, REFUSE_PUBLISHED, EXAMPLES)]
