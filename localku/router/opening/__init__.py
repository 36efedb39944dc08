"""How a connection to a dyno begins."""
