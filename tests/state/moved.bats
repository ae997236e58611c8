# pw-read --state: logs that were moved without new lines, and then rotated.

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

explain() { cat err; }

pipeline() { pw-read --state st --no-header -s 'n int' -f csv "$@" 2>err | pw-write -f csv out.csv 2>/dev/null; }
rows() { sed 1d out.csv | sort -n; }

@test "the journal names a log by the path that it had last, if it has no new lines itself" {
	seq 1 50 >log
	pipeline log
	mv log log.1
	echo 51 >log
	pipeline log
	grep -q '"path": *"log.1"' st/pw-read-*/journal-*
	[ "$(rows)" = "$(seq 51)" ]
}

@test "a backup that an editor left, then two rotations: the log in the middle is read" {
	mkdir links files
	seq 1 50 >files/log
	ln -s ../files/log links/app
	pipeline links/app
	cp files/log x
	mv files/log files/log~
	mv x files/log
	pipeline links/app
	echo 51 >>files/log
	mv files/log files/log.2
	echo 52 >files/log.1
	echo 53 >files/log
	pipeline links/app
	[ "$(rows)" = "$(seq 53)" ]
}

@test "a log that moved twice, and others that had its first name in between: they are read" {
	seq 1 50 >log
	pipeline log
	mv log log.1
	echo 51 >log.0
	mv log.0 log
	pipeline log
	mv log.1 log.3
	mv log log.2
	seq 52 60 >log.1
	echo 61 >log
	pipeline log
	[ "$(rows)" = "$(seq 61)" ]
}
