"""The release phase: runs once per release, before any dyno gets the new code."""

from guestbook import database

if __name__ == "__main__":
    database.create_tables()
    print("The table is in place.")
