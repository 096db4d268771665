"""Whether the stream of captures still looks as it did when the model began to serve, and what changed if not."""
