"""What a Node buildpack needs and Python's standard library lacks.

The nodejs and the bower buildpack share this package. `scripts/export-buildpack` lays it into the `lib` of a copy
that is to work on its own, and so does every build. Python 3.10 is enough to run it.
"""
