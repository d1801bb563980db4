"""Measurements and reports of the pipeline ``evaluate``."""
