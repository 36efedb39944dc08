"""What one build hands over to the next. All of localku's buildpacks share this package; Python 3.10 is enough."""
