"""Heroku's data API, as its CLI asks for it (github.com/heroku/cli, commands/pg)."""
