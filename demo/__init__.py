"""The synthetic shop: its cameras, its photographs and the command that runs it; nothing imports it."""
