"""One image to read, by its format: sources, and what they are made of."""
