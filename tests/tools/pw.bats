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
