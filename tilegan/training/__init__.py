"""Training of translators from folders of images."""
