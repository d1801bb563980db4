"""From folders of images to a translator."""
