"""Figures of translations, one kind a file: seams, style, palette, content; and what they are compared with."""
