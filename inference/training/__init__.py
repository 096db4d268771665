"""Training with torch: examples in, a model file that keeps the serving contract out.

`options` holds what a caller passes and receives and imports no torch; `trainer.train` does the work.
"""
