[ -z "$TRACE" ] || echo "a.sh $TRACE"
