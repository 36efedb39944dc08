[ -z "$TRACE" ] || { echo ".profile $TRACE"; export TRACE=overridden; }
