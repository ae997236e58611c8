# pw-read --state: logs that begin alike, as logs do whose writer starts with some fixed lines.

bats_require_minimum_version 1.5.0

PREAMBLE=$'#Version: 1.0\n#Fields: date time method uri status bytes time-taken referer agent\n'

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

explain() { cat err; }

pipeline() { pw-read --state st -f lines log 2>err | pw-write -f csv out.csv 2>/dev/null; }
rows() { sed 1d out.csv; }

@test "an old log that holds the lines alone with which the new one begins: status 4, and nothing is left out" {
	printf '%s' "$PREAMBLE" >log
	pipeline
	mv log log.1
	printf '%sone\n' "$PREAMBLE" >log
	run -4 pw-read --state st -f lines log
	[[ $output == *"log: begins with all that was read of 'log.1', which had its name, and may be a copy or a new log"* ]]
}

@test "the advice: a copy goes on where the file ended that was moved away" {
	printf '%s' "$PREAMBLE" >log
	pipeline
	mv log log.1
	cp log.1 log
	echo one >>log
	run ! pipeline
	mkdir away
	mv log.1 away
	pipeline
	[ "$(rows)" = "${PREAMBLE}one" ]
}

@test "a log that has more than the lines that all begin with: the next one is read whole" {
	printf '%sone\n' "$PREAMBLE" >log
	pipeline
	mv log log.1
	printf '%s' "$PREAMBLE" >log
	pipeline
	echo two >>log
	pipeline
	[ "$(rows)" = "${PREAMBLE}one"$'\n'"${PREAMBLE}two" ]
}

@test "a copy of a log of some length is not read again" {
	{ printf '%s' "$PREAMBLE" && seq 2000; } >log
	pipeline
	mv log log.1
	cp log.1 log
	pipeline
	echo more >>log
	pipeline
	[ "$(rows)" = "$PREAMBLE$(seq 2000)"$'\n'more ]
}
