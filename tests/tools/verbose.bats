# What -v says: one line of each stage, at its end.

# What -v says of a program, its seconds left out: PROGRAM TEXT-OF-ALL
said_of() {
	grep "^$1: " <<<"$2" | sed -E 's/, [0-9]+\.[0-9]{3} s$//'
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "-v: at the end each stage says rows, commits and state" {
	run bash -c "pw-read -v '$TOP/data/gates.csv' | pw-groupby -v -k gate 'n = count()' | pw-write -v 2>&1 >/dev/null"
	echo "$output"
	[ "${#lines[@]}" -eq 3 ]
	[ "$(said_of pw-read "$output")" = 'pw-read: rows in 15, out 15, commits 1, state 0 bytes' ]
	[[ $(said_of pw-groupby "$output") == 'pw-groupby: rows in 15, out 5, commits 1, state '[1-9]*' bytes' ]]
	[[ $(said_of pw-write "$output") == 'pw-write: rows in 5, out 5, commits 1, state '*' bytes' ]]
	run bash -c "pw-read -v nowhere.csv | pw-groupby -v 'n = count()' | pw-write -v"
	[ "${#lines[@]}" -eq 1 ] # of a stage that fails the message, and no more
	run bash -c "pw-read -qv '$TOP/data/gates.csv' | pw-write -qv /dev/null"
	[ -z "$output" ]
	run bash -c "pw-read --check -v '$TOP/data/gates.csv' | pw-write -v /dev/null"
	[[ $output != *commits* ]]
}

@test "-v: a commit counts once, whatever the number of inputs, when it has rows and is complete" {
	printf 'v,_time,_diff\n1,2,1\n2,4,1\n3,8,1\n' >a.csv
	printf 'v,_time,_diff\n4,2,1\n5,6,1\n,10,0\n6,12,1\n7,12,1\n' >b.csv
	for f in a b; do pw-read --changes -s 'v int' $f.csv >$f.pws; done
	run bash -c 'pw-concat -v a.pws b.pws | pw-write -v --changes out.csv'
	[ "$(said_of pw-concat "$output")" = 'pw-concat: rows in 7, out 7, commits 5, state 0 bytes' ]
	[[ $(said_of pw-write "$output") == 'pw-write: rows in 7, out 7, commits 5, '* ]]
	run bash -c 'pw-read --state st -v a.csv | pw-groupby -v --name n "n = count()" | pw-write -v --table n.csv'
	[[ $(said_of pw-read "$output") == 'pw-read: rows in 3, out 3, commits 1, '* ]]
	[[ $(said_of n "$output") == 'n: rows in 3, out 1, commits 1, '* ]]
	run bash -c 'pw-read --state st -v a.csv | pw-groupby -v --name n "n = count()" | pw-write -v --table n.csv'
	[[ $(said_of n "$output") == 'n: rows in 0, out 0, commits 0, '* ]]
}
