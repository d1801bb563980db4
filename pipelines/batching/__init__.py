"""The parts of the flow ``batch``: images found, the log of results, and how many images are worked on at once."""
