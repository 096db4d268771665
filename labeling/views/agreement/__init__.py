"""The agreement page: whether labels can be trusted, where not, why, and what to do about it."""
