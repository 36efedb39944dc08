"""PostgreSQL's own tools in a database's container: dumps out of it and into it."""
