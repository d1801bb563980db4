"""Videos: clips that are read frame by frame, and written in closed parts that are joined at the end."""
