"""Formats, one in a file: how images of it are recognized, read and written, and what they hold."""
