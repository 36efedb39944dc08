"""Doors for other people's clients: Heroku's Platform API v3."""
