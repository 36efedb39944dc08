"""Commands for other people's clients."""
