"""HTTP as the engine speaks it on a Unix socket."""
