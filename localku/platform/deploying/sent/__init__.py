"""Sources that somebody sends or names: where they are kept, fetched from, and how they are unpacked."""
