"""What the router costs, against nginx in front of the same gunicorn: `python -m benchmarks.router`."""
