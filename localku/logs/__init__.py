"""The log of an app: one line's format, bounded history, tail, foreground output."""
