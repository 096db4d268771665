"""An agent for a device at the edge: `python -m inference.edge`.

It runs a project's champion where the pictures are taken and decides as the centre would; what is unsure and what is
audited is sent, the rest is counted. It needs onnxruntime, Pillow, numpy and httpx, and no Django.
"""
