"""The Python buildpack. Standard library only: it runs on the build image's own python3, 3.10 or newer."""
