"""HTTP/2 to clients of custom domains, as Heroku's Router 2.0 offers it; dynos get HTTP/1.1 (HR25)."""
