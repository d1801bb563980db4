"""What an image tells beside its pixels."""
