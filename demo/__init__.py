"""The synthetic shop. Nothing imports it."""
