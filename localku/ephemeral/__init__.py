"""What a dyno wrote to its ephemeral filesystem, and what Heroku would have done with it. Pure: no engine."""
