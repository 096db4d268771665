"""Attaching labels and predictions made elsewhere to images that are here."""
