"""The dynos of a formation: their states, their processes, and how each comes and goes."""
