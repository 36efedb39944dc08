"""Docker. The only package that imports `docker`; everything else sees `Engine` and its values."""
