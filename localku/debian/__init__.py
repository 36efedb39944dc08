"""Images put together from Debian packages, for machines where no image registry answers."""
