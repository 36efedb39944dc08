"""What localku measures itself by: `python -m benchmarks`."""
