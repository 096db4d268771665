"""Connects the signals of the apps below to what feedback does about them."""
