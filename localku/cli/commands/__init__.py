"""One module per command family: parse, call a verb of `platform`, render."""
