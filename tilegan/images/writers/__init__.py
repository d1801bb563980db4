"""Writers of finished stores, by format."""
