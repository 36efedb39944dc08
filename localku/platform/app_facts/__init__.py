"""What is known of an app: its parts, its state, its disk and its names."""
