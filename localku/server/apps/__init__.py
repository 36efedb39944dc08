"""What control does for single apps: runs them, gives them ports, and takes them down."""
