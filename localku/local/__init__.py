"""`localku local`: the Procfile's processes on this machine itself, without an engine, as `heroku local` runs them."""
