"""Training a detector: boxes in, a model file whose graph finds them out. `trainer.train` does the work."""
