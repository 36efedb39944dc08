# Sourced when a dyno starts: how many processes a web server should run in this dyno, if nobody has said so.
# The smaller of memory in MB / 256 and cores * 2 + 1, at least 1. A DYNO_RAM in the environment (MB) is the
# platform's word for the dyno's size and counts more than the container's limit, which may be higher; the cores are
# those that Heroku gives a dyno of that size, so that as many processes start here as there.

__python_memory_in_mb() {
	local file bytes
	if [[ "${DYNO_RAM:-}" =~ ^[1-9][0-9]*$ ]]; then
		echo "${DYNO_RAM}"
		return 0
	fi
	for file in /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; do
		[[ -r "${file}" ]] || continue
		read -r bytes <"${file}"
		# Without a limit the kernel says `max`, or a number of more than a terabyte.
		if [[ "${bytes}" =~ ^[0-9]+$ ]] && ((bytes / 1048576 <= 1048576)); then
			echo "$((bytes / 1048576))"
			return 0
		fi
	done
	return 1
}

__python_cores() {
	case "$1" in
		512 | 1024 | 14336 | 63488) echo 8 ;;
		2560) echo 2 ;;
		30720) echo 4 ;;
		129024) echo 16 ;;
		*) nproc ;;
	esac
}

__python_say() {
	# To the log of web dynos only: scripts read what one-off dynos print.
	if [[ "${DYNO:-}" == web.* ]]; then
		echo "Python buildpack: $*" >&2
	fi
}

__python_web_concurrency() {
	local memory cores by_memory by_cores
	if ! memory="$(__python_memory_in_mb)"; then
		__python_say "Couldn't determine available memory. Skipping automatic configuration of WEB_CONCURRENCY."
		return 0
	fi
	if ! cores="$(__python_cores "${memory}")"; then
		__python_say "Couldn't determine number of CPU cores. Skipping automatic configuration of WEB_CONCURRENCY."
		return 0
	fi
	__python_say "Detected ${memory} MB available memory and ${cores} CPU cores."
	export DYNO_RAM="${memory}"
	if [[ -v WEB_CONCURRENCY ]]; then
		__python_say "Skipping automatic configuration of WEB_CONCURRENCY since it's already set."
		return 0
	fi
	by_memory=$((memory < 256 ? 1 : memory / 256))
	by_cores=$((cores * 2 + 1))
	export WEB_CONCURRENCY_SET_BY="heroku/python"
	if ((by_memory < by_cores)); then
		export WEB_CONCURRENCY="${by_memory}"
		__python_say "Defaulting WEB_CONCURRENCY to ${WEB_CONCURRENCY} based on the available memory."
	else
		export WEB_CONCURRENCY="${by_cores}"
		__python_say "Defaulting WEB_CONCURRENCY to ${WEB_CONCURRENCY} based on the number of CPU cores."
	fi
}

__python_web_concurrency
unset -f __python_memory_in_mb __python_cores __python_say __python_web_concurrency
