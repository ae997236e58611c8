# For the bats files: to wait for the very thing that the next step relies on.

pause() { read -rt 0.02 <> <(:) || true; } # between two looks

# await COMMAND...: until it succeeds; one word alone is a line of shell. Two minutes: that is for what
# hangs, and no machine is so busy. What `explain` shows, where a file has one, helps to see why.
await() {
	local until=$((SECONDS + 120))
	until so "$@" 2>/dev/null; do
		if ((SECONDS >= until)); then
			echo "never: $*"
			so "$@" && return
			! declare -F explain >/dev/null || explain
			return 1
		fi
		pause
	done
}

so() { if [ $# -eq 1 ]; then eval "$1"; else "$@"; fi; }

# handles SIGNAL PID...: do they catch it? Before that, as they start, it would just kill them.
handles() {
	local bit=$((1 << ($(kill -l "$1") - 1))) pid mask
	shift
	for pid; do
		mask=$(sed -n 's/^SigCgt:\t*//p' "/proc/$pid/status" 2>/dev/null) || true
		[ $((0x${mask:-0} & bit)) -ne 0 ] || return 1
	done
}

# has_taken SIGNAL PID: none waits for it any more.
has_taken() {
	local bit=$((1 << ($(kill -l "$1") - 1))) mask
	for mask in $(sed -nE 's/^(Sig|Shd)Pnd:\t*//p' "/proc/$2/status" 2>/dev/null); do
		[ $((0x$mask & bit)) -eq 0 ] || return 1
	done
}

# stoppable SESSION PROGRAM...: each of them is there, and catches what Ctrl-C sends.
stoppable() {
	local session=$1 program pids
	shift
	for program; do
		pids=$(pgrep -x "$program" -s "$session") && handles INT $pids || return 1
	done
}

# clock RATE: time passes so much faster for the programs that are started from now on
# (helpers/clock.c; one program: CLOCK_RATE=20 pw-read ...). 0.1 where a limit must not run out
# because the machine is busy: the second after a stop, the 10 s for a lock or a consumer. 20 where
# a limit shall run out.
clock() {
	export CLOCK_RATE=$1
	[[ :${LD_PRELOAD:-}: == *:$BUILD/helpers/clock.so:* ]] ||
		export LD_PRELOAD=${LD_PRELOAD:+$LD_PRELOAD:}$BUILD/helpers/clock.so
}
