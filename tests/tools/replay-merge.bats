#!/usr/bin/env bats
# pw-read --replay of several files: rows that share a commit are still in the order of the column

setup() {
	cd "$BATS_TEST_TMPDIR"
}

gives() { # LINE...: standard input is these lines
	diff - <(printf '%s\n' "$@")
}

replay() { pw-read -q --replay at "$@"; }

@test "with --upsert the row of the greatest value wins within a commit" {
	printf 'k,n,at\na,2,1900\n' >new.csv
	printf 'k,n,at\na,1,1100\n' >old.csv
	replay --unit us --upsert -k k new.csv old.csv | pw-write --table | gives 'k,n,at' 'a,2,1900'
	replay --unit us --upsert -k k old.csv new.csv | pw-write --table | gives 'k,n,at' 'a,2,1900'
}

@test "the same with ms that are rounded up to even ones, with --autocommit, and with state" {
	printf 'k,n,at\na,2,8\nb,1,9\n' >new.csv
	printf 'k,n,at\na,1,7\nb,2,9\n' >old.csv
	for options in "" "--autocommit 1h" "--state st"; do
		replay --unit ms --upsert -k k $options new.csv old.csv | pw-write --table | gives \
			'k,n,at' 'a,2,8' 'b,2,9'
	done
}

@test "the same with datetimes and floats, and rows pass in the order of the column" {
	printf 'n,at\n1,2024-05-01T00:00:00.0001\n3,2024-05-01T00:00:00.0003\n' >odd.csv
	printf 'n,at\n2,2024-05-01T00:00:00.0002\n4,2024-05-01T00:00:00.0004\n' >even.csv
	replay even.csv odd.csv | pw-select n | pw-write | gives n 1 2 3 4
	printf 'n,at\n1,0.0001\n3,0.0003\n' >odd.csv
	printf 'n,at\n2,0.0002\n4,0.0004\n' >even.csv
	replay --unit s even.csv odd.csv | pw-select n | pw-write | gives n 1 2 3 4
}
