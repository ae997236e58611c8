# The dispatcher.

setup() {
	bin=$BATS_TEST_TMPDIR/bin
	mkdir "$bin"
	cp "$BUILD/bin/pw" "$bin"
	tool alpha 'echo usage; echo "pw-alpha: does the first thing"'
	tool beta 'echo "pw-beta: does the second thing"; echo more'
	tool cat 'echo "not ours"'
	PATH=/usr/bin:/bin
}

tool() {
	printf '#!/bin/sh\n[ "$1" != -h ] || { %s; exit; }\necho "$0" "$@"\n' "$2" >"$bin/pw-$1"
	chmod +x "$bin/pw-$1"
}

@test "pw NAME runs the program beside it, with its arguments and status" {
	run "$bin/pw" alpha 'a b' -x
	[ "$output" = "pw-alpha a b -x" ] || [ "$output" = "$bin/pw-alpha a b -x" ]
	printf '#!/bin/sh\nexit 75\n' >"$bin/pw-gamma"
	chmod +x "$bin/pw-gamma"
	run "$bin/pw" gamma
	[ "$status" -eq 75 ]
}

@test "pw NAME runs a program on PATH that is not beside it" {
	mkdir "$BATS_TEST_TMPDIR/other"
	printf '#!/bin/sh\necho elsewhere\n' >"$BATS_TEST_TMPDIR/other/pw-delta"
	chmod +x "$BATS_TEST_TMPDIR/other/pw-delta"
	PATH=$BATS_TEST_TMPDIR/other:$PATH run "$bin/pw" delta
	[ "$output" = elsewhere ]
}

@test "pw and pw help list the tools, and not PipeWire's" {
	run "$bin/pw" help
	[ "$status" -eq 0 ]
	[[ $output == *"pw-alpha "*"does the first thing"* ]]
	[[ $output == *"pw-beta "*"does the second thing"* ]]
	[[ $output != *pw-cat* ]]
	[ "$("$bin/pw")" = "$output" ]
}

@test "an unknown name is exit 2 and asks 'did you mean'" {
	run "$bin/pw" alhpa
	[ "$status" -eq 2 ]
	[ "$output" = "pw: 'alhpa' is not a tool (did you mean 'alpha'?)" ]
	run "$bin/pw" nothing-like-it
	[ "$status" -eq 2 ]
	[ "$output" = "pw: 'nothing-like-it' is not a tool; 'pw help' lists them" ]
	run "$bin/pw" ../pw
	[ "$status" -eq 2 ]
}

@test "PipeWire's names are refused" {
	run "$bin/pw" cat
	[ "$status" -eq 2 ]
	[ "$output" = "pw: 'pw-cat' belongs to PipeWire; 'pw help' lists the tools of pw" ]
}

@test "pw help NAME shows the page, or else what -h says" {
	run "$bin/pw" help alpha
	[ "$status" -eq 0 ]
	[[ $output == *"does the first thing"* ]]
	mkdir -p "$BATS_TEST_TMPDIR/share/man/man1"
	cp "$TOP/man/pw.1" "$BATS_TEST_TMPDIR/share/man/man1/pw-alpha.1"
	run "$bin/pw" help alpha
	[ "$status" -eq 0 ]
	# mandoc writes bold letters twice
	[[ $(sed 's/.\x08//g' <<<"$output") == *SYNOPSIS* ]]
	run "$bin/pw" help alhpa
	[ "$status" -eq 2 ]
}

@test "pw --version" {
	run "$bin/pw" --version
	[[ $output =~ ^pw\ [0-9]+\.[0-9]+$ ]]
}

@test "pw on a full disk says so" {
	run "$bin/pw" help >/dev/full
	run sh -c "'$bin/pw' help 2>&1 >/dev/full"
	[ "$status" -eq 5 ]
	[ "$output" = "pw: stdout: write: No space left on device" ]
}

@test "pw lists the tools with standard descriptors closed" {
	"$bin/pw" help <&- 2>&- | grep -q 'first thing'
	"$bin/pw" help >&- 2>&-
}

# What -v says of a program, its seconds left out: PROGRAM TEXT-OF-ALL
said_of() {
	grep "^$1: " <<<"$2" | sed -E 's/, [0-9]+\.[0-9]{3} s$//'
}

@test "-v: at the end each stage says rows, commits and state" {
	PATH=$BUILD/bin:$PATH
	cd "$BATS_TEST_TMPDIR"
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
	PATH=$BUILD/bin:$PATH
	cd "$BATS_TEST_TMPDIR"
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
