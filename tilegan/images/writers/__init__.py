"""A finished store as a file of each format."""
