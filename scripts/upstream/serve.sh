# Start the app's web process by the dyno's entry, $1, and print what it answers to a request for /.
# shellcheck shell=bash
command=$(sed -n 's/^web: *//p' /app/Procfile 2>/dev/null)
bash "$1" "${command:-npm start}" >/tmp/web 2>&1 </dev/null &
for _ in {1..300}; do
  if { exec 3<>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null; then
    printf 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
    answer=$(sed '1,/^\r*$/d' <&3)
    exec 3>&-
    if [[ -n $answer ]]; then
      printf '%s\n' "$answer"
      exit
    fi
  fi
  sleep 0.2
done
cat /tmp/web
exit 1
