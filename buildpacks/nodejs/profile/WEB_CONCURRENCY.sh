#!/usr/bin/env bash
# How many processes of the app fit into this dyno: its memory in MB over WEB_MEMORY.
# cgroup v2 says the limit in memory.max, v1 in memory.limit_in_bytes; without a limit a 512 MB dyno is assumed.
nodejs_memory_limit_mb() {
  local file bytes
  for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    if [ -r "$file" ]; then
      bytes=$(cat "$file")
      # More than 1 TB is how v1 says "no limit".
      case "$bytes" in
        max | ????????????????*) ;;
        *[!0-9]* | "") ;;
        *) echo $((bytes / 1048576)); return ;;
      esac
    fi
  done
  echo 512
}

# 129024 MB is the memory of Heroku's largest dyno.
nodejs_memory=$(nodejs_memory_limit_mb)
if [ "$nodejs_memory" -gt 129024 ]; then
  nodejs_memory=129024
fi
export MEMORY_AVAILABLE=${MEMORY_AVAILABLE-$nodejs_memory}

if [ -z "${WEB_MEMORY+set}" ]; then
  if [ "$MEMORY_AVAILABLE" -gt 16384 ]; then
    export WEB_MEMORY=2048
  else
    export WEB_MEMORY=512
  fi
fi

if [ -z "$WEB_CONCURRENCY" ]; then
  WEB_CONCURRENCY=$((MEMORY_AVAILABLE / WEB_MEMORY))
  if [ "$WEB_CONCURRENCY" -lt 1 ]; then
    WEB_CONCURRENCY=1
  elif [ "$WEB_CONCURRENCY" -gt 200 ]; then
    WEB_CONCURRENCY=1
    echo "Could not determine a reasonable value for WEB_CONCURRENCY."
    echo "Memory of $MEMORY_AVAILABLE MB is no dyno's. It is set to 1: set the config var if the app needs more."
  fi
  export WEB_CONCURRENCY
  export WEB_CONCURRENCY_SET_BY="heroku/nodejs"
fi

if [ "$LOG_CONCURRENCY" = "true" ]; then
  echo "Detected $MEMORY_AVAILABLE MB available memory, $WEB_MEMORY MB limit per process (WEB_MEMORY)"
  echo "Recommending WEB_CONCURRENCY=$WEB_CONCURRENCY"
fi
unset nodejs_memory
unset -f nodejs_memory_limit_mb
