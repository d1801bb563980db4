"""What an evaluation measures, and how that is told: all that the flow ``evaluate`` is made of."""
