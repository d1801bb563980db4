"""One file per format: how its images are recognized, read and written, and what they hold."""
