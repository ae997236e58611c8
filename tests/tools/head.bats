# pw-head: the first rows of each group, as the table changes.

load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

changes() { # SCHEMA LINE...: change-CSV, read as a stream
	local schema=$1
	shift
	printf '%s\n' "$@" | pw-read --changes -f csv -s "$schema" -
}

@test "groups in the order of their keys, rows in that of -o, ties by all columns" {
	printf 'g,x,w\nb,1,q\na,2,z\nb,1,p\na,,y\na,7,x\nb,0,r\n' >in.csv
	run bash -c 'pw-read in.csv | pw-head -k g -o x -n 2 | pw-write'
	same $'g,x,w\na,2,z\na,7,x\nb,0,r\nb,1,p'
	run bash -c 'pw-read in.csv | pw-head -k g -o x:desc -n 2 | pw-write'
	same $'g,x,w\na,7,x\na,2,z\nb,1,p\nb,1,q'
	run bash -c 'pw-read in.csv | pw-head -o g,x:desc -n 3 | pw-write'
	same $'g,x,w\na,7,x\na,2,z\na,,y'
	run bash -c 'pw-read in.csv | pw-head -o g:desc -n 1 | pw-write'
	same $'g,x,w\nb,0,r'
}

@test "ten rows without -n; none with 0; all with many" {
	seq 100 | sed '1i n' >n.csv
	run bash -c 'pw-read n.csv | pw-head -o n:desc | pw-write | tail -n 1'
	same 91
	run bash -c 'pw-read n.csv | pw-head -o n -n 0 | pw-write'
	same n
	run bash -c 'pw-read n.csv | pw-head -o n -n 999999999999 | pw-write | wc -l'
	same 101
}

@test "copies are rows: those that have room are shown" {
	run bash -c '
		printf "x,_time,_diff\n1,0,2\n2,0,5\n1,2,-1\n1,4,3\n1,6,-4\n2,6,-3\n" |
		pw-read --changes -f csv -s "x int" - | pw-head -o x -n 3 | pw-write --changes'
	same $'x,_time,_diff\n1,0,2\n2,0,1\n1,2,-1\n2,2,1\n2,4,-2\n1,4,2\n1,6,-3\n2,6,2'
	run bash -c '
		printf "x,_time,_diff\n2,0,5\n1,2,2\n0,4,9\n" |
		pw-read --changes --append-only -f csv -s "x int" - | pw-head -o x -n 3 | pw-write --changes'
	same $'x,_time,_diff\n2,0,3\n2,2,-2\n1,2,2\n1,4,-2\n2,4,-1\n0,4,3'
}

@test "a commit that changes nothing among the first rows writes nothing" {
	changes 'x int' x,_time,_diff 1,0,1 2,0,1 3,0,1 9,2,1 3,4,-1 9,6,-1 >in.pws
	run bash -c 'pw-head -o x -n 2 <in.pws | pw-write --changes'
	same $'x,_time,_diff\n1,0,1\n2,0,1'
}

@test "only what changed is sent, not what cancels out" {
	changes 'x int' x,_time,_diff 1,0,1 2,0,1 3,0,1 0,2,1 0,4,-1 >in.pws
	pw-head -o x -n 3 <in.pws >out.pws
	run bash -c 'python3 "$TOP/tests/helpers/pws_decode.py" out.pws | grep "^\[" | tr -d "\n"'
	same '[0,1,[1]][0,1,[2]][0,1,[3]][2,1,[0]][2,-1,[3]][4,-1,[0]][4,1,[3]]'
}

@test "static input gives a static stream, any other one that changes" {
	printf 'x\n3\n1\n2\n' >in.csv
	run bash -c 'pw-read in.csv | pw-head -o x -n 2 | pw-write'
	same $'x\n1\n2'
	changes 'x int' x,_time,_diff 1,0,1 >in.pws
	run bash -c 'pw-head -o x -n 2 <in.pws | pw-write 2>&1'
	[ "$status" -ne 0 ]
	run bash -c 'pw-read --append-only --changes -s "x int" -f csv - <<<$'"'x,_time,_diff\n1,0,1'"' | pw-head -o x | pw-write 2>&1'
	[ "$status" -ne 0 ]
}

@test "of a stream that only adds no more rows are kept than shown" {
	[ -z "$ASAN_OPTIONS" ] || skip "a sanitizer's memory is not ours"
	# in falling order, so that each row comes in and pushes one out; once as one commit of a stream that goes on
	seq 1000000 -1 1 | sed '1i n' | pw-read -f csv - >static.pws
	seq 1000000 -1 1 | sed 's/$/,0,1/; 1i n,_time,_diff' |
		pw-read --changes --append-only -f csv -s 'n int' - >adding.pws
	for stream in static adding; do
		run bash -c "(ulimit -v 60000; pw-head -o n -n 5 <$stream.pws) | pw-write --table"
		same $'n\n1\n2\n3\n4\n5'
	done
}

@test "rows taken away that were not there are bad data" {
	changes 'a int, b str' a,b,_time,_diff 1,x,0,1 1,x,4,-2 >in.pws
	run bash -c 'pw-head -o b <in.pws 2>&1 >/dev/null'
	says 3 "time 4: the row (a 1, b 'x') has -1 copies: more are taken away than were added"
	run bash -c 'pw-head -k a -o b <in.pws 2>&1 >/dev/null'
	says 3 "time 4: the row (a 1, b 'x') has -1 copies: more are taken away than were added"
}

@test "within a commit a row may be taken away before it comes" {
	changes 'x int' x,_time,_diff 1,0,-1 1,0,1 2,0,1 >in.pws
	run bash -c 'pw-head -o x <in.pws | pw-write --changes'
	same $'x,_time,_diff\n2,0,1'
}

@test "usage errors" {
	printf 'a,b\n1,2\n' >in.csv
	pw-read in.csv >in.pws
	run bash -c 'pw-head <in.pws 2>&1 >/dev/null'
	says 2 "-o COL is missing: *"
	run bash -c 'pw-head -o c <in.pws 2>&1 >/dev/null'
	says 2 "-o: 'c' is not a column*"
	run bash -c 'pw-head -k c -o a <in.pws 2>&1 >/dev/null'
	says 2 "-k: 'c' is not a column*"
	run bash -c 'pw-head -o a,a:desc <in.pws 2>&1 >/dev/null'
	says 2 "-o: 'a' is named twice"
	run bash -c 'pw-head -o a b <in.pws 2>&1 >/dev/null'
	says 2 "no arguments expected, 1 given: 'b'"
	run bash -c 'pw-head -o a -n x <in.pws 2>&1 >/dev/null'
	[ "$status" -eq 2 ]
}

@test "an open commit is not shown before it is complete" {
	head='{"version": 1, "coordinates": 1, "append_only": false, "static": false, "stage": {"program": "test", "options": [], "inputs": []}, "columns": [{"name": "x", "type": "int"}]}'
	printf '%s\n' "$head" '[0,1,[5]]' '{"frontier": 1}' '[2,1,[4]]' '{"end": "suspended", "durable": 0}' |
		"$BUILD/helpers/pws_make" >in.pws
	run bash -c 'pw-head -o x <in.pws | python3 "$TOP/tests/helpers/pws_decode.py" | grep "^\["'
	same '[0,1,[5]]'
}
