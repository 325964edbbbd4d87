"""Runs under different settings, measured and compared. Pure."""
