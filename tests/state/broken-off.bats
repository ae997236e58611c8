#!/usr/bin/env bats
# Runs that are broken off after a stage has registered and before its destination has: that is new then, as
# the destination is.

load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir a b
	printf 'k,n\nx,1\ny,2\nx,3\n' >a/1.csv
	printf 'k,n\nx,5\nz,7\n' >b/1.csv
}

# branch DIRECTORY AGGREGATE [VARIABLE]... : into the file of the aggregate's name; VARIABLEs are its pw-write's
branch() {
	local directory=$1 aggregate=$2
	shift 2
	{
		echo $BASHPID >reader
		exec pw-read -q --state st $follow "$directory"
	} | pw-groupby -k k "$aggregate" | env "$@" pw-write --name "${aggregate%% *}" --table "${aggregate%% *}.csv"
}

records() { # N: so many destinations are known
	[ "$(ls st/pw-write*/record.json | wc -l)" -eq "$1" ]
}

again() { # a run is refused with 75, which makes the destination known, and the next begins at the start
	local status=0
	branch b 'max = max(n)' 2>err || status=$?
	cat err
	[ "$status" -eq 75 ]
	[[ $(cat err) == *"$1"* ]]
	branch b 'max = max(n)'
	[ "$(cat max.csv)" = $'k,max\nx,5\nz,7' ]
}

@test "a stage that was new, and whose destination was killed before it was known" {
	branch a 'sum = sum(n)'
	branch b 'max = max(n)' LD_PRELOAD="$BUILD/helpers/fault.so" KILL=pw-write:1 || true
	records 1
	[ "$(ls -d st/pw-groupby* | wc -l)" -eq 2 ]
	again 'is new in'
	printf 'k,n\nx,10\n' >a/2.csv
	branch a 'sum = sum(n)'
	[ "$(cat sum.csv)" = $'k,sum\nx,14\ny,2' ]
}

@test "a stage of the first run, whose destination was killed while another came to its end" {
	follow=-F
	branch a 'sum = sum(n)' &
	await '[ -s sum.csv ]'
	first=$(<reader)
	follow=
	branch b 'max = max(n)' LD_PRELOAD="$BUILD/helpers/fault.so" KILL=pw-write:1 || true
	kill -TERM "$first"
	wait $!
	records 1
	for checkpoint in st/pw-groupby*/checkpoint-*; do
		: >"$checkpoint" # what it has saved is of no use
	done
	again 'pw-groupby: pw-groupby-'
}

@test "a destination that is forgotten leaves the restart point where it is" {
	mkfifo way
	for _ in 1 2; do
		pw-groupby -k k 'max = max(n)' <way | pw-write --name max --table max.csv &
		pw-read -q --state st a | tee way | pw-groupby -k k 'sum = sum(n)' | pw-write --name sum --table sum.csv
		wait $!
	done
	pw-state --forget pw-write-max st
	branch a 'sum = sum(n)'
	[ "$(cat sum.csv)" = $'k,sum\nx,4\ny,2' ]
	! grep '"restart":0,' st/run
}
