#!/usr/bin/env bats
# pw-read --sync: readers of one pipeline keep step; tests/unit/sync_rule.c and sync.c know the rule itself

load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR"
	clock 0.1
	export XDG_RUNTIME_DIR=$PWD/runtime
	mkdir runtime
}

teardown() {
	exec 5>&- 6>&- || :
	kill $(jobs -pr) 2>/dev/null || :
}

refuses() {
	local want=$1 what=$2
	shift 2
	run bash -c '"$@" 2>&1 >/dev/null' - "$@"
	[ "$status" -eq "$want" ]
	[[ $output == *"$what"* ]] || { echo "$output"; false; }
}

# rows FILE FROM STEP COUNT NAME
rows() {
	awk -v from="$2" -v step="$3" -v n="$4" -v name="$5" \
		'BEGIN { print "at,v"; for (i = 0; i < n; i++) print from + i * step "," name i }' >"$1"
}

# shown FILE: the rows of a stream that is still being written
shown() {
	pw-read --salvage -f pws "$1" 2>/dev/null | pw-write -f csv 2>/dev/null | tail -n 1
}

# until_shown FILE ROW: waits until the last row of the stream begins so
until_shown() { await shows "$1" "$2"; }
shows() { [[ $(shown "$1") == "$2"* ]]; }

@test "the option is checked before anything is read" {
	rows a.csv 0 1 3 a
	refuses 2 '--sync: expected NAME,COL,MAXDIFF,MEMBERS' pw-read --sync g,at a.csv
	refuses 2 "--sync: 'zz' is not a column" pw-read --sync g,zz,5,2 a.csv
	refuses 2 "--sync: column 'v' is a str" pw-read --sync g,v,5,2 a.csv
	refuses 2 "--sync: '5m' is not a difference" pw-read --sync g,at,5m,2 a.csv
	refuses 2 "--sync: '5' is not a difference" pw-read -s 'at datetime "%s"' --sync g,at,5,2 a.csv
	refuses 2 "--sync: '0' is not a number of members" pw-read --sync g,at,5,0 a.csv
	refuses 2 "--sync: '../x' is not a name" pw-read --sync ../x,at,5,2 a.csv
	refuses 2 "'lazy=1': expected priority=N or idle=D" pw-read --sync g,at,5,2,lazy=1 a.csv
	refuses 2 '--sync are for other formats' pw-read --sync g,at,5,2 -f pws a.csv
	[ ! -e runtime/pw ]
	pw-read --check --sync g,at,5,2 a.csv 2>/dev/null | pw-write 2>/dev/null
	[ ! -e runtime/pw ]
}

@test "two and three readers in step bring the same rows" {
	rows a.csv 0 3 1000 a
	rows b.csv 500 1 2000 b
	rows c.csv 0 50 60 c
	pw-concat a.csv b.csv c.csv | pw-write --sort v >want
	for d in 0 1 20 100000; do
		pw-concat <(pw-read --sync g,at,$d,3 a.csv) <(pw-read --sync g,at,$d,3 b.csv) \
			<(pw-read --sync g,at,$d,3 c.csv) | pw-write --sort v | cmp - want
		pw-concat <(pw-read --sync g,at,$d,3,priority=2 a.csv) <(pw-read --sync g,at,$d,3 b.csv) \
			<(pw-read --sync g,at,$d,3,priority=-1,idle=1s c.csv) | pw-write --sort v | cmp - want
	done
}

@test "replays in step are the same streams, and their join the same" {
	rows a.csv 0 10 100 k
	awk 'BEGIN { print "at,v,w"; for (i = 0; i < 100; i++) print i * 9 + 40 ",k" i % 50 "," i }' >b.csv
	pw-join -k v <(pw-read --replay at --unit ms a.csv) <(pw-read --replay at --unit ms b.csv) 'x = left.at' w |
		pw-write --changes >want
	for d in 0 7 300; do
		pw-join -k v <(pw-read --replay at --unit ms --sync g,at,$d,2 a.csv) \
			<(pw-read --replay at --unit ms --sync g,at,$d,2 b.csv) 'x = left.at' w |
			pw-write --changes | cmp - want
	done
	pw-join -k v <(pw-read --replay at --unit ms --speed 20x --sync g,at,5,2 a.csv) \
		<(pw-read --replay at --unit ms --sync g,at,5,2 b.csv) 'x = left.at' w | pw-write --changes | cmp - want
	pw-read --replay at --unit ms --upsert -k v b.csv | pw-write --changes >upserts
	pw-read --replay at --unit ms --upsert -k v --sync h,at,1,1 b.csv | pw-write --changes | cmp - upserts
}

@test "a row waits until the others are near" {
	mkfifo a
	rows b.csv 1 1 100 b
	pw-read -f csv -s 'at int, v str' --sync g,at,5,2 a >a.pws &
	pw-read --sync g,at,5,2 b.csv >b.pws &
	exec 5>a
	printf 'at,v\n3,a\n' >&5
	until_shown a.pws 3,
	until_shown b.pws 8,
	printf '50,a\n' >&5
	until_shown b.pws 55,
	until_shown a.pws 50,
	printf '51,a\n52,a\n' >&5
	until_shown b.pws 57,
	until_shown a.pws 52,
	exec 5>&-
	wait
	[ "$(pw-read b.pws | pw-write -f csv | tail -n 1)" = 100,b99 ]
}

@test "readers that follow keep step as well" {
	rows a.csv 1 1 10 a
	rows b.csv 1 1 100 b
	pw-read -F --sync g,at,5,2 a.csv >a.pws &
	follower=$!
	pw-read -F --sync g,at,5,2 b.csv >b.pws &
	other=$!
	until_shown a.pws 10,
	until_shown b.pws 15,
	printf '40,a\n' >>a.csv
	until_shown a.pws 40,
	until_shown b.pws 45,
	kill -TERM $follower
	wait $follower
	until_shown b.pws 100,
	kill -TERM $other
	wait $other
	pw-read -f pws b.pws | pw-write --table -f csv | wc -l | grep -x 101
}

@test "a reader that follows and is silent is not waited for longer than it said" {
	clock 20
	rows a.csv 1 1 10 a
	rows b.csv 1 1 100 b
	pw-read -F --sync g,at,5,2,idle=300ms a.csv >a.pws &
	follower=$!
	timeout 300 pw-read --sync g,at,5,2 b.csv | pw-write --table -f csv | wc -l | grep -x 101
	printf '11,a\n' >>a.csv
	until_shown a.pws 11,
	kill -TERM $follower
	wait $follower
}

@test "one of a higher priority goes first" {
	mkfifo a
	rows b.csv 1 1 100 b
	pw-read -f csv -s 'at int, v str' --sync g,at,1000,2,priority=1 a >a.pws &
	pw-read --sync g,at,1000,2 b.csv >b.pws &
	exec 5>a
	printf 'at,v\n3,a\n' >&5
	until_shown b.pws 3,
	printf '70,a\n' >&5
	until_shown b.pws 70,
	exec 5>&-
	wait
}

@test "a silent reader is not waited for longer than it said" {
	clock 20
	mkfifo a
	rows b.csv 1 1 100 b
	pw-read -f csv -s 'at int, v str' --sync g,at,5,2,idle=200ms a >a.pws &
	pw-read --sync g,at,5,2 b.csv >b.pws &
	reader=$!
	exec 5>a
	printf 'at,v\n3,a\n' >&5
	wait $reader
	[ "$(pw-read b.pws | pw-write -f csv | tail -n 1)" = 100,b99 ]
	exec 5>&-
	wait
}

@test "a reader that is killed is not waited for" {
	mkfifo a
	rows b.csv 1 1 100 b
	pw-read -f csv -s 'at int, v str' --sync g,at,5,2 a >a.pws &
	killed=$!
	pw-read --sync g,at,5,2 b.csv >b.pws &
	reader=$!
	exec 5>a
	printf 'at,v\n3,a\n' >&5
	until_shown b.pws 8,
	kill -9 $killed
	wait $reader
	[ "$(pw-read b.pws | pw-write -f csv | tail -n 1)" = 100,b99 ]
}

@test "nothing is sent before all readers are there, which is said, and a signal ends the wait" {
	clock 20
	rows a.csv 1 1 100 a
	(trap - INT; export PW_PATIENCE_MS=100; exec pw-read --sync g,at,5,2 a.csv >a.pws 2>err) &
	reader=$!
	await grep -q waiting err
	grep -x 'pw-read: --sync g: waiting: 1 of 2 readers is there' err
	kill -USR1 $reader
	await grep -q 'rows in 100, out 0' err
	kill -TERM $reader
	status=0
	wait $reader || status=$?
	[ "$status" -eq 130 ]
	[ "$(wc -l <err)" -eq 2 ]
}

@test "an empty source is a member, and pipelines follow each other under one name" {
	printf 'at,v\n' >a.csv
	rows b.csv 1 1 100 b
	for _ in 1 2 3 4 5; do
		pw-concat <(pw-read -s 'at int, v str' --sync g,at,5,2 a.csv) <(pw-read --sync g,at,5,2 b.csv) |
			pw-write | wc -l | grep -x 101
	done
	pw-read --sync g,at,5,1 b.csv | pw-write | head -n 3 | wc -l | grep -x 3
	pw-read --sync g,v,1.5,1 -s 'v float' --only b.csv 2>/dev/null | pw-write || :
	pw-read --sync g,at,0.5,1 b.csv | pw-write | wc -l | grep -x 101
}

@test "with --changes and --state the rows of a time that is not complete wait, and come once" {
	printf 'at,v,_time,_diff\n1,a,2,1\n2,b,2,1\n3,c,4,1\n4,d,4,1\n5,e,6,1\n' >a.csv
	pw-read --state st --changes --sync g,at,100,1 a.csv | pw-write --changes out.csv
	cmp a.csv out.csv
}

@test "members that disagree are refused, with the pipeline" {
	rows b.csv 1 1 100 b
	run bash -c 'pw-concat <(pw-read --sync g,at,5,2 b.csv) exec:"pw-read --sync g,at,6,2 b.csv" | pw-write >out.csv'
	[ "$status" -eq 2 ]
	[[ $output == *'--sync g: the difference is another one than another member says'* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "the directory must be ours" {
	rows b.csv 1 1 100 b
	mkdir -m 755 runtime/pw
	refuses 5 'is not a directory of yours with mode 0700' pw-read --sync g,at,5,1 b.csv
	rmdir runtime/pw
	ln -s /tmp runtime/pw
	refuses 5 'is not a directory of yours' pw-read --sync g,at,5,1 b.csv
	refuses 5 'nowhere/pw: No such file' env XDG_RUNTIME_DIR=/nowhere pw-read --sync g,at,5,1 b.csv
}
