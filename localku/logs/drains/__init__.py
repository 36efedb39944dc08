"""Log drains: an app's log carried to receivers elsewhere, framed as Logplex frames it."""
