# With TRACE set, a dyno says in which order it is started.
[ -z "$TRACE" ] || echo "1.sh $TRACE in $HOME at port $PORT"
