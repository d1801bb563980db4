"""Metrics of stylized images, one kind per module: seams, style, palette, content; and their baselines."""
