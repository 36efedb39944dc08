"""What `git push` sends: the repository it goes to, and what is made of it."""
