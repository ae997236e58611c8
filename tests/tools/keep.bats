# pw-keep: answers stay when the rows they came from are forgotten.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

counts() { # [-k COLS] -- LINE...: rows (k, t), forgotten after 3 at odd times, counted, kept
	local key=()
	while [ "$1" != -- ]; do
		key+=("$1")
		shift
	done
	shift
	printf '%s\n' k,t,_time,_diff "$@" | pw-read --changes -f csv -s 'k str, t int' - |
		pw-watermark -t t --forget 3 --keep | pw-groupby "${key[@]}" 'n = count()' | pw-keep | pw-write --changes
}

@test "what is forgotten stays shown; a later change is emitted against the row shown" {
	run counts -k k -- a,1,2,1 a,2,2,1 b,9,4,1 b,9,6,1 a,9,8,1
	same $'k,n,_time,_diff\na,2,2,1\nb,1,4,1\nb,1,6,-1\nb,2,6,1\na,2,8,-1\na,1,8,1'
}

@test "a row that comes to be what is shown is not written again" {
	run counts -k k -- a,1,2,1 b,9,4,1 b,9,6,1 a,9,8,1
	same $'k,n,_time,_diff\na,1,2,1\nb,1,4,1\nb,1,6,-1\nb,2,6,1'
}

@test "a deletion at an even time takes the row shown with it" {
	run counts -k k -- a,1,2,1 a,9,4,1 a,9,6,1 a,9,8,-2
	same $'k,n,_time,_diff\na,1,2,1\na,1,4,-1\na,2,4,1\na,2,6,-1\na,3,6,1\na,3,8,-1'
}

@test "a global answer is keyed by nothing, through select and filter too" {
	run counts -- a,1,2,1 a,9,4,1 b,9,6,1
	same $'n,_time,_diff\n1,2,1\n1,4,-1\n2,4,1\n2,6,-1\n3,6,1'
	printf 't,_time,_diff\n1,2,1\n9,4,1\n9,6,1\n' >in.csv
	run bash -c 'pw-read --changes -s "t int" in.csv | pw-groupby count | pw-select "m = count * 2" |
		pw-filter "m > 2" | pw-keep | pw-write --changes'
	same $'m,_time,_diff\n4,4,1\n4,6,-1\n6,6,1'
}

@test "changes at odd times are dropped" {
	printf 'k,v,_time,_diff\na,1,2,1\na,1,3,-1\na,2,3,1\nb,1,3,1\na,2,5,-1\nc,1,6,1\na,3,8,1\nb,1,10,-1\n' >in.csv
	run bash -c 'pw-read --changes --odd -s "k str, v int" in.csv | pw-groupby -k k "v = max(v)" | pw-keep | pw-write --changes'
	same $'k,v,_time,_diff\na,1,2,1\nc,1,6,1\na,1,8,-1\na,3,8,1'
}

@test "an input without a key is refused" {
	printf 'k,v\na,1\n' >in.csv
	run bash -c 'pw-read in.csv | pw-keep 2>&1 >/dev/null'
	says 2 'the input has no key, and a row is kept for each key: *'
	run bash -c 'pw-read in.csv | pw-groupby -k k count | pw-select count | pw-keep 2>&1 >/dev/null'
	says 2 'the input has no key, *'
	run bash -c 'pw-read in.csv | pw-groupby count | pw-select "x = [1, 2]" | pw-flatten x | pw-keep 2>&1 >/dev/null'
	[ "$status" -eq 2 ]
	run bash -c 'pw-concat <(pw-read in.csv | pw-groupby count) <(pw-read in.csv | pw-groupby count) | pw-keep 2>&1 >/dev/null'
	says 2 'the input has no key, *'
}

@test "what it remembers" {
	printf 'k,v\na,1\n' >in.csv
	run bash -c 'pw-read --check in.csv | pw-groupby -k k count | pw-keep 2>&1 >/dev/null | grep pw-keep'
	[[ $output == *'the row that is shown of each key; grows with the keys'* ]]
}
