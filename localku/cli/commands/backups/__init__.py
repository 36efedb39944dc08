"""Backups of databases, and moving data."""
