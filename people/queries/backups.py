"""Whether the installation was backed up: the `backup` command says so on the audit log."""

from datetime import datetime

from people.models import AuditEvent
from people.queries.ids import id_floor

MADE = "backup.made"


def made_since(moment: datetime) -> bool:
    """Whether a backup was finished since then. The audit log of the copy that it holds does not know of it."""
    events = AuditEvent.objects.filter(project_id=None, pk__gte=id_floor(moment), at__gte=moment)
    return events.filter(action=MADE).exists()
