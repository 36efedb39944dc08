"""A guestbook on Flask and Postgres."""
