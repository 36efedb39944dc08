"""Those that are compared, all behind `contender.Contender`."""
