"""SQLite: what is wanted. The only package that writes SQL."""
