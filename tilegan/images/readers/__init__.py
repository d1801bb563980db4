"""Sources of image formats, and the parts they are made of."""
