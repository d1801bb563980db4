"""Training methods: which networks, which losses."""
