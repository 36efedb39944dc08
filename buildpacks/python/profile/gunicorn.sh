# Sourced when a dyno starts. Heroku's router is the only way to a dyno, so its X-Forwarded-* headers can be
# trusted; and requests belong in the app's log.
export FORWARDED_ALLOW_IPS='*'
export GUNICORN_CMD_ARGS="${GUNICORN_CMD_ARGS:---access-logfile -}"
