"""The parts of the flow ``batch``: finding images, recording results, and processing several images at once."""
