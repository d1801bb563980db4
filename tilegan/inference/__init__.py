"""From an image and a translator to a stylized store."""
