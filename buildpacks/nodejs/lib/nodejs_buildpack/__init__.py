"""Heroku's nodejs buildpack, for localku and on its own."""
