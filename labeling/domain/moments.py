"""A day or a time as people write it in a filter."""

from datetime import UTC, datetime


def moment(text: str) -> datetime:
    """The time in UTC of an ISO 8601 day (its first instant) or time; one without a zone is UTC. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
        # Near year 1 or 9999 a time may have no place in UTC.
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a day or a time, like 2026-03-01 or 2026-03-01T08:30:00Z.") from None
