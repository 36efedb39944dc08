"""Commands on apps and on what belongs to one: its code, configuration, add-ons and addresses."""
