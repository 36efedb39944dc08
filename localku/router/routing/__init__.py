"""Which app a host means, and which of its dynos answer."""
