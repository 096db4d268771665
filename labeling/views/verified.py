"""What people made of proposals, as the pages that show it need it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from labeling.models import Label
from labeling.queries.verification import verified
from people.models import Project


def verified_context(
    project: Project, labels: Mapping[str, Label], *, since: datetime, **parameters: str
) -> dict[str, Any]:
    """`verified` and its rows (label's name, colour, figures) for labeling/quality/_verified.html."""
    found = verified(project, parameters, since=since)
    rows = [
        (labels[row.label].name, labels[row.label].colour, row)
        if row.label in labels
        else (row.label, "", row)
        for row in found.labels
    ]
    return {"verified": found, "verified_rows": rows}
