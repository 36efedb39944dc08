"""What clients follow without the token: what a link leads to stands in it, signed and for a limited time."""
