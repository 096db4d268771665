"""What an installation says of who is trusted how far, read from words of its environment."""

from people.enums import Role


def roles(words: str) -> frozenset[str]:
    """`qa_lead,engineer` as roles; none for nothing. Raises ValueError."""
    named = {word.strip() for word in words.split(",")} - {""}
    unknown = named - set(map(str, Role))
    if unknown:
        known = ", ".join(map(str, Role))
        raise ValueError(f"VOUCH_SECOND_FACTOR names {', '.join(sorted(unknown))}; roles are {known}.")
    return frozenset(named)


def rate(words: str) -> int:
    """Requests a minute. Raises ValueError."""
    if not (words.isascii() and words.isdecimal()):
        raise ValueError("VOUCH_API_RATE must be a whole number of requests a minute, 0 for no limit.")
    return int(words)
