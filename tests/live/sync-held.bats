#!/usr/bin/env bats
# pw-read -F --sync: what is held comes out, whatever becomes of the others; live/sync-commits is about commits

load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR"
	export XDG_RUNTIME_DIR=$PWD/runtime
	mkdir runtime
	mkfifo a
	{ echo at,v; seq -f '%g,b' 100; } >b.csv
	exec 6<>a # so that opening waits for nobody
	pw-read -F -f csv -s 'at int, v str' --sync g,at,5,2 - <a >a.pws 2>a.err 6>&- &
	first=$!
	exec 5>a 6>&-
	pw-read -F --sync g,at,5,2 b.csv >b.pws 2>b.err 5>&- &
	other=$!
	printf 'at,v\n3,a\n' >&5
	await 'shown | grep -q ^8,b,'
}

teardown() {
	exec 5>&- || :
	kill $(jobs -pr) 2>/dev/null || :
}

# The last row of the other reader, which the first allows to be 8.
shown() { pw-read --salvage -f pws b.pws 2>/dev/null | pw-select at v 't = commit_time()' | pw-write -f csv 2>/dev/null | tail -n 1; }

# All rows of the other reader come out, each once.
all_comes() {
	await 'shown | grep -q ^100,b,'
	kill -TERM $other
	wait $other
	pw-read b.pws | pw-select at 't = commit_time()' | pw-write --table -f csv --sort at >out
	[ "$(wc -l <out)" -eq 101 ]
}

@test "when another ends, what was held comes out" {
	exec 5>&-
	wait $first
	all_comes
}

@test "when another fails, what was held comes out" {
	echo x,y >&5
	! wait $first
	all_comes
}

@test "when another is stopped, what was held comes out" {
	kill -TERM $first
	wait $first
	all_comes
}

@test "when another is killed, what was held comes out" {
	kill -KILL $first
	! wait $first
	all_comes
}

@test "when all are stopped, what was held does not come out" {
	kill -TERM $first $other
	wait $first $other
	[[ $(shown) == 8,b,* ]]
}
