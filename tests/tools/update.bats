# pw-update: a table overridden by another, whatever changes on which side.

load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'id,name,n\n1,a,10\n2,b,20\n3,c,30\n' >a.csv
	printf 'n,id,name\n21,2,B\n40,4,D\n' >b.csv
	printf 'id,n\n2,99\n3,\n' >cells.csv
}

changes() { # NAME DECLARATION LINE...: NAME.pws, a stream of these changes
	local name=$1 schema=$2
	shift 2
	printf '%s\n' "$@" >"$name.csv"
	pw-read --changes -s "$schema" "$name.csv" >"$name.pws"
}

@test "rows of B override and are added; the output is in key order" {
	run bash -c 'pw-update -k id a.csv b.csv | pw-write'
	same $'id,name,n\n1,a,10\n2,B,21\n3,c,30\n4,D,40'
	run bash -c 'pw-read b.csv | pw-update -k id exec:"pw-read a.csv" - | pw-write'
	same $'id,name,n\n1,a,10\n2,B,21\n3,c,30\n4,D,40'
}

@test "--cells overrides B's columns only, with nulls too" {
	run bash -c 'pw-update -k id --cells a.csv cells.csv | pw-write'
	same $'id,name,n\n1,a,10\n2,b,99\n3,c,'
}

@test "both sides change, in one commit and in several" {
	changes a 'k str, v int' k,v,_time,_diff x,1,2,1 y,1,2,1 x,2,6,1 x,1,6,-1 y,1,8,-1 z,5,10,1 z,5,12,-1
	changes b 'k str, v int' k,v,_time,_diff x,7,4,1 w,0,4,1 x,7,6,-1 w,0,8,-1 w,1,8,1 z,5,10,1 w,1,12,-1 z,6,12,1 z,5,12,-1
	run bash -c 'pw-update -k k a.pws b.pws | pw-write --changes'
	same $'k,v,_time,_diff\nx,1,2,1\ny,1,2,1\nx,1,4,-1\nw,0,4,1\nx,7,4,1\nx,7,6,-1\nx,2,6,1\nw,0,8,-1\ny,1,8,-1\nw,1,8,1\nz,5,10,1\nw,1,12,-1\nz,5,12,-1\nz,6,12,1'
}

@test "ints beside floats, keys of several columns, null keys" {
	printf 'p,q,v\n1,x,1\n1,,2\n' >a.csv
	printf 'q,p,v\n,1,0.5\n' >b.csv
	run bash -c 'pw-update -k q,p exec:"pw-read -s \"p int, q str, v int\" a.csv" exec:"pw-read -s \"q str\" b.csv" | pw-write --table'
	same $'p,q,v\n1,x,1.0\n1,,0.5'
}

@test "a key that is there twice, when the commit is complete" {
	printf 'id,name,n\n1,a,10\n1,b,10\n' >twice.csv
	run bash -c 'pw-update -k id twice.csv b.csv | pw-write >/dev/null'
	says 3 'input A: time 0: the key (id 1) is there twice'
	changes t 'id int, v str' id,v,_time,_diff 1,a,2,1 1,b,4,1 1,a,4,-1 1,c,6,1
	changes e 'id int, v str' id,v,_time,_diff
	run bash -c 'pw-update -k id e.pws t.pws | pw-write --changes >/dev/null'
	says 3 'input B: time 6: the key (id 1) is there twice'
	changes t 'id int, v str' id,v,_time,_diff 1,a,2,2
	run bash -c 'pw-update -k id t.pws e.pws | pw-write --changes >/dev/null'
	says 3 'input A: time 2: the key (id 1) is there twice'
}

@test "a row taken away that is not there" {
	changes t 'id int, v str' id,v,_time,_diff 1,a,2,1 1,b,4,-1
	changes e 'id int, v str' id,v,_time,_diff
	run bash -c 'pw-update -k id t.pws e.pws | pw-write --changes >/dev/null'
	says 3 "input A: time 4: the row (id 1, v 'b') has -1 copies: more are taken away than were added"
	changes t 'id int, v str' id,v,_time,_diff 1,a,2,1 1,a,4,-2
	run bash -c 'pw-update -k id e.pws t.pws | pw-write --changes >/dev/null'
	says 3 "input B: time 4: the row (id 1, v 'a') has -1 copies: more are taken away than were added"
}

@test "--cells: a key that A has not is a row error, until it has" {
	changes a 'id int, v str, w int!' id,v,w,_time,_diff 1,a,1,2,1 2,b,2,6,1 2,b,2,8,-1
	changes b 'id int, v str' id,v,_time,_diff 2,B,4,1
	run bash -c 'pw-update -k id --cells a.pws b.pws | pw-write --changes >/dev/null'
	says 3 'input B: time 4: the key (id 2) is not in input A, and --cells adds no rows'
	run bash -c 'pw-update -q -k id --cells --on-error skip a.pws b.pws | pw-write --changes'
	same $'id,v,w,_time,_diff\n1,a,1,2,1\n2,B,2,6,1\n2,B,2,8,-1'
	run bash -c 'pw-update -q -k id --cells --on-error null a.pws b.pws | pw-write --changes'
	same $'id,v,w,_time,_diff\n1,a,1,2,1\n2,B,,4,1\n2,B,,6,-1\n2,B,2,6,1\n2,B,2,8,-1\n2,B,,8,1'
	run bash -c 'pw-update -q -k id --cells --on-error ./why a.pws b.pws | pw-write --changes'
	same $'id,v,w,_time,_diff\n1,a,1,2,1\n2,B,2,6,1\n2,B,2,8,-1'
	cat why
	[ "$(sed 's/.*"row"://' why)" = $'{"id":2,"v":"B"},"_time":4,"_diff":1}\n{"id":2,"v":"B"},"_time":6,"_diff":-1}\n{"id":2,"v":"B"},"_time":8,"_diff":1}' ]
}

@test "wrong calls, and columns that do not fit" {
	run bash -c 'pw-update a.csv b.csv | pw-write'
	says 2 '-k COLS is missing*'
	run bash -c 'pw-update -k id a.csv | pw-write'
	says 2 '2 inputs expected, 1 given: A and B*'
	run bash -c 'pw-read a.csv | pw-update -k id - - | pw-write'
	says 2 'only one of the inputs can be -, which is stdin'
	run bash -c 'pw-update -k ix a.csv b.csv | pw-write'
	says 2 "-k: 'ix' is not a column*"
	run bash -c 'pw-update -k id a.csv cells.csv | pw-write'
	says 2 "input B has no column 'name' and input A has one*"
	printf 'id,more\n2,99\n' >more.csv
	run bash -c 'pw-update -k id --cells a.csv more.csv | pw-write'
	says 2 "input B has a column 'more' and input A has none*"
	printf 'id,n\nx,99\n' >text.csv
	run bash -c 'pw-update -k id --cells a.csv text.csv | pw-write'
	says 2 "key column 'id' is a str in input B and an int in input A*"
}

@test "flags of the output" {
	run bash -c 'pw-update -k id exec:"pw-read --check a.csv" b.csv | pw-write'
	echo "$output"
	[[ $output == *"pw-update: output: id int, name str, n int; append-only; static"* ]]
	[[ $output == *"pw-update: state: the rows of both inputs, by key"* ]]
	changes a 'id int, name str, n int' id,name,n,_time,_diff 5,e,50,2,1 2,b,20,4,1
	pw-read --changes --append-only -s 'id int, name str, n int' a.csv >a.pws
	run bash -c 'pw-update -k id a.pws b.csv | pw-write'
	same $'id,name,n\n2,B,21\n4,D,40\n5,e,50'
	run bash -c 'pw-update -k id b.csv a.pws | pw-write'
	[ "$status" -eq 2 ]
}
