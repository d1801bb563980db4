"""Inference: stylize images of any size into stores."""
