# pw-diff: two streams compared at every time.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

head='{"version": 1, "coordinates": 1, "append_only": false, "static": false, "stage": {"program": "test", "options": [], "inputs": []}, "columns": [{"name": "x", "type": "int"}]}'

stream() { # NAME LINE...: a stream of these changes into NAME.pws, pw_make's lines
	printf '%s\n' "$head" "${@:2}" | "$BUILD/helpers/pws_make" >"$1.pws"
}

finished='{"end": "finished", "durable": 0}'
suspended='{"end": "suspended", "durable": 0}'
flush='{"flush": 1}'

@test "the first time at which the tables differ, and the rows that differ there" {
	stream a '[2,1,[1]]' '[4,1,[2]]' '[4,2,[3]]' '[6,1,[9]]' "$finished"
	stream b '[2,1,[1]]' '[4,3,[2]]' '[4,1,[4]]' '[6,1,[7]]' "$finished"
	run --separate-stderr pw-diff a.pws b.pws
	echo "$output $stderr"
	[ "$status" -eq 1 ]
	[ "$output" = $'time 4\n> 2  x 2\n< 2  x 3\n> 1  x 4' ]
	[ "$stderr" = 'pw-diff: the streams differ at time 4: 3 rows (<: copies more in a.pws; >: in b.pws)' ]
	run -1 --separate-stderr pw-diff -q -n 1 b.pws a.pws
	[ "$output" = $'time 4\n< 2  x 2\nand 2 more' ]
	[ -z "$stderr" ]
	run -1 pw-diff -q -n 0 b.pws a.pws
	[ "$output" = 'time 4' ]
}

@test "cutting, order within a commit, and what cancels out do not count" {
	stream a '[2,1,[1]]' '[2,1,[2]]' '[4,1,[3]]' '[4,-1,[3]]' '[6,2,[5]]' "$finished"
	stream b '[2,1,[2]]' "$flush" '[2,1,[1]]' "$flush" '[6,1,[5]]' "$flush" '[6,1,[7]]' '[6,-1,[7]]' \
		'[6,1,[5]]' "$finished"
	run pw-diff a.pws b.pws
	same 'pw-diff: the streams are equal at 3 times'
	run pw-diff b.pws a.pws
	same 'pw-diff: the streams are equal at 3 times'
}

@test "tables that are equal in the end differ in between, but not with --final" {
	stream a '[2,1,[1]]' '[4,1,[2]]' "$finished"
	stream b '[2,1,[1]]' '[6,1,[2]]' "$finished"
	run -1 pw-diff -q a.pws b.pws
	[ "$output" = $'time 4\n< 1  x 2' ]
	run pw-diff --final a.pws b.pws
	same 'pw-diff: the last tables are equal'
	stream b '[2,1,[1]]' '[6,2,[2]]' "$finished"
	run -1 --separate-stderr pw-diff --final a.pws b.pws
	[ "$output" = $'the end\n> 1  x 2' ]
}

@test "odd times and the end are times" {
	stream a '[2,1,[1]]' '[3,-1,[1]]' "$finished"
	stream b '[2,1,[1]]' '[4,-1,[1]]' "$finished"
	run -1 pw-diff -q a.pws b.pws
	[ "$output" = $'time 3\n> 1  x 1' ]
	stream a '[2,1,[1]]' '["end",1,[1]]' "$finished"
	stream b '[2,1,[1]]' '["end",1,[2]]' "$finished"
	run -1 pw-diff -q a.pws b.pws
	[ "$output" = $'the end\n< 1  x 1\n> 1  x 2' ]
}

@test "a stream without rows; one that has them" {
	stream a "$finished"
	stream b '[2,1,[1]]' "$finished"
	run pw-diff a.pws a.pws
	same 'pw-diff: the streams are equal at 0 times'
	run -1 pw-diff -q a.pws b.pws
	[ "$output" = $'time 2\n> 1  x 1' ]
}

@test "columns go by name; whether they may be null does not count" {
	printf 'k,v\na,1\nb,2\n' >one.csv
	printf 'v,k\n2,b\n1,a\n' >two.csv
	run pw-diff one.csv two.csv
	same 'pw-diff: the streams are equal at 1 time'
	run pw-diff one.csv exec:"pw-read -s 'k str!, v int!' -k k one.csv"
	same 'pw-diff: the streams are equal at 1 time'
}

@test "columns that differ are refused" {
	printf 'k,v\na,1\n' >one.csv
	printf 'k\na\n' >few.csv
	printf 'k,v\na,x\n' >text.csv
	run pw-diff one.csv few.csv
	says 2 "one.csv has a column 'v' and few.csv has none (leave it out with pw-select --drop 'v')"
	run pw-diff few.csv one.csv
	says 2 "one.csv has a column 'v' and few.csv has none (leave it out with pw-select --drop 'v')"
	run pw-diff few.csv exec:"pw-read one.csv | pw-select --drop 'v'"
	same 'pw-diff: the streams are equal at 1 time'
	run pw-diff one.csv text.csv
	says 2 "column 'v' is an int in one.csv and a str in text.csv"
}

@test "inputs are two" {
	printf 'k\na\n' >a.csv
	run pw-diff a.csv
	says 2 '2 inputs expected, 1 given: A and B (- is stdin)'
	run pw-diff a.csv a.csv a.csv
	says 2 '2 inputs expected, 3 given*'
	run bash -c 'pw-read a.csv | pw-diff - a.csv'
	same 'pw-diff: the streams are equal at 1 time'
}

@test "times that a suspended stream has not come to are not compared" {
	stream a '[2,1,[1]]' '[4,1,[2]]' '[6,1,[3]]' "$finished"
	stream b '[2,1,[1]]' '[4,1,[2]]' '{"frontier": 5}' "$suspended"
	run pw-diff a.pws b.pws
	same 'pw-diff: the streams are equal at 2 times; not compared from time 5 on, where b.pws was suspended'
	run pw-diff b.pws a.pws
	same 'pw-diff: the streams are equal at 2 times; not compared from time 5 on, where b.pws was suspended'
	stream b '[2,1,[1]]' '[4,1,[7]]' '{"frontier": 5}' "$suspended"
	run -1 pw-diff -q a.pws b.pws
	[ "$output" = $'time 4\n< 1  x 2\n> 1  x 7' ]
	run -1 pw-diff -q --final a.pws b.pws
	[ "$output" = $'the end\n< 1  x 2\n< 1  x 3\n> 1  x 7' ]
}

@test "a stream that was suspended in the middle of a commit" {
	stream a '[2,1,[1]]' '[4,1,[2]]' "$finished"
	stream b '[2,1,[1]]' '{"frontier": 4}' '[4,1,[3]]' "$suspended"
	run pw-diff a.pws b.pws
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'equal at 1 time; not compared from time 4 on, where b.pws was suspended' ]]
	run pw-diff --final a.pws b.pws
	[ "$status" -eq 3 ]
	[[ $output == *'pw-diff: b.pws: suspended in the middle of a commit: its last table is not known' ]]
}

@test "a stream that was saved in a pipeline with state" {
	printf 'k\na\n' >a.csv
	pw-read --state dir a.csv | tee saved.pws | pw-write out.csv
	rm -r dir
	run -0 pw-diff saved.pws saved.pws
	[[ $output == 'pw-diff: the streams are equal at 1 time; '* ]]
	run pw-diff --final saved.pws a.csv
	same 'pw-diff: the last tables are equal'
}

@test "what fails upstream is passed on" {
	printf 'k\na\n' >a.csv
	run -3 --separate-stderr pw-diff a.csv exec:"pw-read a.csv | pw-select 'k = k::int::str'"
	[[ $stderr == pw-select:* ]]
	head -c 100 <(pw-read a.csv) >cut.pws
	run pw-diff a.csv cut.pws
	[ "$status" -eq 3 ]
	run pw-diff a.csv none.csv
	says 5 'none.csv: No such file or directory'
}

@test "rows that differ are bounded by --memory" {
	seq 1 300000 | sed '1i x' >a.csv
	seq 300001 600000 | sed '1i x' >b.csv
	run pw-diff --memory 1M a.csv b.csv
	says 5 'the rows that differ have outgrown the memory allowed: * MB, and --memory is 1 MB'
	run pw-diff a.csv exec:'pw-read -s "x int" a.csv'
	same 'pw-diff: the streams are equal at 1 time'
}

@test "what is said where stdout is full" {
	printf 'k\na\n' >a.csv
	printf 'k\nb\n' >b.csv
	run bash -c 'pw-diff a.csv b.csv >/dev/full'
	says 5 'stdout: write: No space left on device'
}

@test "--check says what would be held" {
	printf 'k\na\n' >a.csv
	run -0 bash -c 'pw-read --check a.csv | pw-diff - a.csv'
	[[ $output == *'pw-diff: state: the rows of a commit that one input has brought and the other has not; grows with them'* ]]
}
