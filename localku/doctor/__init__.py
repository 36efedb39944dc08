"""Why an app that works on the desk fails on Heroku: evidence, and the causes it proves."""
