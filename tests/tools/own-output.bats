# A pipeline does not read what it writes, and a file with two names is read once.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir d
	printf 'k,n\na,1\n' >d/a.csv
}

refused() { # COMMAND: exit 2, and it says why
	run bash -o pipefail -c "$1"
	[ "$status" -eq 2 ]
	[[ $output == *"$2"* ]]
}

@test "a destination among the files of a directory or a pattern is refused, before it is there" {
	for form in '' --changes --table --append; do
		refused "pw-read d | pw-write $form d/out.csv" "d/out.csv: is among the sources 'd'"
		refused "pw-read 'd/*.csv' | pw-write $form d/out.csv" "is among the sources 'd/*.csv'"
	done
	[ "$(ls d)" = a.csv ]
	pw-read d | pw-write d/.out.csv
	pw-read d | pw-write d/.out.csv
	cmp d/a.csv d/.out.csv
	pw-read 'd/*.csv' | pw-write d/out.txt -f csv
	cmp d/a.csv d/out.txt
}

@test "the one file that is read may be replaced; one of several is named" {
	pw-read d/a.csv | pw-filter 'n > 1' | pw-write d/a.csv
	[ "$(cat d/a.csv)" = k,n ]
	cp d/a.csv d/b.csv
	run --separate-stderr bash -c 'pw-read d/a.csv d/b.csv | pw-write d/b.csv'
	[ "$status" -eq 0 ]
	[[ $stderr == *"d/b.csv: is also one of 2 sources"* ]]
}

@test "standard output that is added to a source is refused" {
	refused 'pw-read d/a.csv | pw-write >>d/a.csv' 'd/a.csv: is written through > or >> and read'
}

@test "links: a batch and a pipeline with state give the same" {
	ln -s a.csv d/b.csv
	ln d/a.csv d/c.csv
	[ "$(pw-read d | pw-groupby 's = sum(n)' | pw-write)" = $'s\n1' ]
	[ "$(pw-read 'd/*' d/b.csv | pw-groupby 's = sum(n)' | pw-write)" = $'s\n1' ]
	pw-read --state s d | pw-write -f csv out
	cmp d/a.csv out
}

@test "gzip: zeros after a piece are padding" {
	{ gzip -c d/a.csv; head -c 700 /dev/zero; } >z.csv.gz
	[ "$(pw-read z.csv.gz | pw-write)" = "$(cat d/a.csv)" ]
}

@test "a source that is gone in a later run is said, and is no error if all of it was read" {
	seq 3 >d.log
	job() { pw-read --state s -f lines "$1" | pw-write -f csv out; }
	job d.log
	rm d.log
	run bash -o pipefail -c "$(declare -f job); job d.log"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"d.log: no file is there"* ]]
	[ "$(wc -l <out)" -eq 4 ]
	run bash -c 'pw-read --state s2 d | pw-write -f csv out2 && rm d/* && pw-read --state s2 d | pw-write -f csv out2'
	[ "$status" -eq 0 ]
	[[ $output == *"d: no file is there"* ]]
}
