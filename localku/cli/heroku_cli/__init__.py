"""Heroku's own command line, unmodified, against localku."""
