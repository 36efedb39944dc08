"""The `localku` command."""
