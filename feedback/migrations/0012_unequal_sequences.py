"""Ledgers kept before sequences had unequal parts of the risk: what is proved is proved anew from what was counted."""

from django.db import migrations


def with_risks(apps, schema_editor):
    for ledger in apps.get_model("feedback", "Ledger").objects.all().iterator():
        evidence = ledger.state.get("evidence", {})
        if "begins" not in evidence or "risks" in evidence:
            continue
        number = len(evidence["begins"])
        evidence["begins"] = sorted(evidence["begins"], reverse=True)
        evidence["risks"] = [1 / number] * number
        evidence["proved"] = [[False] * len(evidence["rising"])] * (number * (number + 1) // 2)
        ledger.save(update_fields=["state"])


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_squashed_0011_alerts")]

    operations = [migrations.RunPython(with_risks, migrations.RunPython.noop, elidable=True)]
