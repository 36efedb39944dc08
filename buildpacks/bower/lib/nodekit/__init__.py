"""What a Node buildpack needs and Python's standard library lacks.

The nodejs and the bower buildpack each carry this package, byte for byte the same (a test says so), because a
buildpack must be usable as one folder on its own. Python 3.10 is enough to run it.
"""
