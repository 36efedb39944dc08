"""Programs that do for clients of the API what takes long."""
