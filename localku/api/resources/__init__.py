"""The resources of the Platform API, a module for each family."""
