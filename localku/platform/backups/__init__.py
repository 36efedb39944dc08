"""Backups of databases, restores and copies; each runs in the process of whoever asked for it."""
