"""How the server is found, started and poked over its socket."""
