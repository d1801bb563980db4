"""Viewing: images and results as tiles over HTTP, computed when somebody looks at them."""
