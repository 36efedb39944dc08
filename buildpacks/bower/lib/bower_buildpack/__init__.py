"""A Bower buildpack: installs what bower.json asks for, with whichever bower the app has."""
