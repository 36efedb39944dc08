"""Backups, restores and copies, and the schedules of backups."""
