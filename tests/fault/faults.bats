# What goes wrong around a pipeline: disks, pipes, descriptors, signals. One message, the right status,
# nothing half-made. Calls are made to fail by helpers/fault.c.

load "$TOP/tests/helpers/await"

setup() {
	for tool in pw-read pw-groupby pw-write; do
		[ -x "$BUILD/bin/$tool" ] || skip "$tool is still to be built"
	done
	export BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR" || return 1
	head -n 200 "$TOP/data/flights.csv" >few.csv
	head -n 1 "$TOP/data/flights.csv" >many.csv
	for _ in 1 2 3 4 5; do tail -n +2 "$TOP/data/flights.csv"; done >>many.csv
	printf 'a,b\n1,2\n3\n' >ragged.csv
}

teardown() {
	[ -z "${group:-}" ] || kill -KILL -- "-$group" 2>/dev/null || true
}

shim() { # FAULT PROGRAM COMMAND...: the command with the fault in one program
	local fault=$1 program=$2
	shift 2
	LD_PRELOAD=$BUILD/helpers/fault.so FAULT=$fault FAULT_PROGRAM=$program "$@"
}

one_message() { # FILE PROGRAM: exactly one line, by this program
	cat "$1"
	[ "$(wc -l <"$1")" -eq 1 ] && grep -q "^$2: " "$1"
}

# A shell line in a process group of its own, with signals as at a prompt; its status in ./status.
start_pipeline() {
	rm -f status
	env --default-signal=INT,TERM,PIPE setsid bash -c "trap : INT TERM; $1"'
echo $? >status.new; mv status.new status' >out 2>err &
	group=$!
}

member() { # PROGRAM: its pid in the group, once it handles SIGINT
	await at_work "$1" >&2
	echo "$pid"
}

at_work() { pid=$(pgrep -g "$group" -x "$1" | head -n 1) && handles INT "$pid"; }
ended() { [ -e status ]; }

@test "a full disk behind each tool is exit 5 and one message" {
	run bash -c 'pw-read many.csv 2>err >/dev/full'
	[ "$status" -eq 5 ]
	one_message err pw-read
	grep -q 'No space left on device' err
	run bash -c 'pw-read many.csv | pw-groupby -k origin count 2>err >/dev/full'
	[ "$status" -eq 5 ]
	one_message err pw-groupby
	run bash -c 'pw-read many.csv | pw-write -f csv 2>err >/dev/full'
	[ "$status" -eq 5 ]
	one_message err pw-write
	run bash -c 'pw-read few.csv | pw-groupby count | pw-write --table -f csv 2>err >/dev/full'
	[ "$status" -eq 5 ]
	one_message err pw-write
}

@test "a full disk is noticed by -h and --version" {
	for tool in pw-read pw-groupby pw-write; do
		run bash -c "$tool -h >/dev/full"
		[ "$status" -eq 5 ]
		run bash -c "$tool --version >/dev/full"
		[ "$status" -eq 5 ]
	done
}

@test "short and interrupted reads and writes change nothing" {
	line='pw-read few.csv | pw-groupby -k origin count "sum(delay)" | pw-write --table -f csv'
	expected=$(bash -c "$line")
	[ -n "$expected" ]
	for fault in write:1+:short read:1+:short read:1:EINTR,read:2:EINTR,write:1:EINTR; do
		for tool in pw-read pw-groupby pw-write; do
			run shim "$fault" "$tool" bash -o pipefail -c "$line"
			[ "$status" -eq 0 ]
			[ "$output" = "$expected" ]
		done
	done
}

@test "a read that fails is exit 5 at that stage, and nothing is written as if whole" {
	echo old >dest.csv
	for tool in pw-read pw-groupby pw-write; do
		for n in 1 2; do
			shim "read:$n:EIO" "$tool" sh -c 'pw-read few.csv 2>err.pw-read | pw-groupby -k origin count 2>err.pw-groupby |
				pw-write --table --force dest.csv 2>err.pw-write' && status=0 || status=$?
			# A small file may be read whole by the first read; then there is no fault.
			[ "$n" -gt 1 ] && [ "$status" -eq 0 ] && { echo old >dest.csv; continue; }
			[ "$status" -eq 5 ]
			cat err.pw-read err.pw-groupby err.pw-write >err
			one_message err "$tool"
			[ "$(cat dest.csv)" = old ]
		done
	done
}

@test "pw-write: each write, fsync, rename and close that fails leaves the old file" {
	mkdir dir
	for call in write fsync rename close; do
		failures=0
		for n in {1..9}; do
			echo old >dir/dest.csv
			status=0
			pw-read few.csv | pw-groupby -k origin count |
				shim "$call:$n:EIO" pw-write pw-write --table --force dir/dest.csv 2>err || status=$?
			echo "$call $n: $status"
			# A call may be no part of writing DEST (close), or not be made so often.
			[ "$status" -ne 0 ] || { [ "$(head -n 1 dir/dest.csv)" = origin,count ] && continue; }
			failures=$((failures + 1))
			[ "$status" -eq 5 ]
			one_message err pw-write
			# What follows the rename can't take it back.
			[ "$(head -n 1 dir/dest.csv)" = old ] || [ "$call" = fsync ] || [ "$call" = close ]
			[ "$(ls -A dir)" = dest.csv ]
		done
		[ "$failures" -ge 1 ]
	done
}

@test "closed standard descriptors are survived" {
	expected=$(pw-read few.csv | pw-write -f csv)
	for tool in pw-read pw-groupby pw-write; do
		line='pw-read few.csv | pw-groupby -k origin count | pw-write --table -f csv'
		expected=$(bash -c "$line")
		run bash -c "${line/$tool/$tool 2>&-}"
		[ "$status" -eq 0 ]
		[ "$output" = "$expected" ]
	done
	run bash -c 'pw-read few.csv <&- | pw-write --table -f csv | wc -l'
	[ "$output" = 200 ]
	for line in 'pw-read few.csv' 'pw-read few.csv | pw-groupby count' 'pw-read few.csv | pw-write -f csv'; do
		run bash -c "$line >&- 2>err"
		[ "$status" -eq 5 ]
		[ "$(wc -l <err)" -eq 1 ]
	done
	run bash -c 'pw-groupby count <&- 2>err >/dev/null'
	[ "$status" -ne 0 ]
	[ "$status" -lt 128 ]
}

@test "no descriptor's messages end in a file" {
	run bash -c 'pw-read ragged.csv 2>&- | pw-write --table --force dest.csv >&- 2>&-'
	[ "$status" -eq 3 ]
	[ ! -e dest.csv ]
}

@test "a reader that has enough ends the pipeline quietly" {
	for line in 'pw-read many.csv' 'pw-read many.csv | pw-write -f csv' 'cat many.csv | pw-read -f csv - | pw-write -f csv'; do
		bash -c "($line) 2>err | head -c 100 >/dev/null; exit \${PIPESTATUS[0]}" && status=0 || status=$?
		cat err
		[ ! -s err ]
		[ "$status" -eq 141 ] || [ "$status" -eq 0 ]
	done
	pw-read many.csv 2>err | head -c 100 >/dev/null
	run bash -c 'pw-read many.csv | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}'
	[ "$output" = 141 ]
}

@test "a reader that has gone is noticed while input is silent" {
	mkfifo silent gate
	pw-read few.csv >stream
	for tool in 'pw-groupby -k origin count' 'pw-write -f csv'; do
		# The stream without its END, and then silence
		start_pipeline "$tool <silent | (read -r _ <gate); (exit \${PIPESTATUS[0]})"
		exec 8>silent
		head -c -128 stream >&8
		member "${tool%% *}" >/dev/null
		echo >gate # the reader goes
		await ended
		exec 8>&-
		[ ! -s err ]
		[ "$(cat status)" = 141 ]
	done
	start_pipeline "pw-read -f lines - <silent | (read -r _ <gate); (exit \${PIPESTATUS[0]})"
	exec 8>silent
	member pw-read >/dev/null
	echo >gate
	await ended
	exec 8>&-
	[ ! -s err ]
}

@test "a reader that has gone is noticed before there is a schema" {
	mkfifo silent
	for tool in 'pw-read -f csv -' 'pw-groupby count' 'pw-write -f csv'; do
		start_pipeline "$tool <silent | true; (exit \${PIPESTATUS[0]})"
		exec 8>silent
		await ended
		exec 8>&-
		[ ! -s err ]
		[ "$(cat status)" = 141 ]
	done
}

@test "the status of a pipeline is that of the stage that failed, with one message" {
	run sh -c 'pw-read ragged.csv | pw-groupby -k a count | pw-write --table'
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "pw-read: ragged.csv:3:"* ]]
	run sh -c 'pw-read few.csv | pw-groupby -k oirgin count | pw-groupby count | pw-write --table'
	[ "$status" -eq 2 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "pw-groupby: "*"'oirgin'"*"did you mean 'origin'"* ]]
	run sh -c 'pw-read no-such-file.csv | pw-groupby count | pw-write --table'
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "pw-read: no-such-file.csv: "* ]]
	run sh -c 'pw-read --no-such-option few.csv | pw-groupby count | pw-write --table'
	[ "$status" -eq 2 ]
	[ "${#lines[@]}" -eq 1 ]
	run sh -c 'pw-read few.csv | pw-groupby count | pw-write --table no/such/folder/dest.csv'
	[ "$status" -eq 5 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "a failed pipeline leaves the old file" {
	echo old >dest.csv
	run sh -c 'pw-read ragged.csv | pw-write --table --force dest.csv'
	[ "$status" -eq 3 ]
	[ "$(cat dest.csv)" = old ]
	[ "$(ls -A | grep -c dest)" -eq 1 ]
}

@test "a stream cut short anywhere is exit 3 and one message" {
	pw-read few.csv >stream
	size=$(stat -c %s stream)
	for length in 1 63 64 100 128 1000 $((size / 2)) $((size - 128)) $((size - 64)) $((size - 1)); do
		run bash -c "head -c $length stream | pw-write --table -f csv 2>err"
		echo "$length: $status"
		[ "$status" -eq 3 ]
		[ -z "$output" ]
		one_message err pw-write
	done
}

@test "a flipped bit anywhere is exit 3 and one message" {
	pw-read few.csv >stream
	size=$(stat -c %s stream)
	for ((i = 0; i < 40; i++)); do
		place=$((i * 7919 * 31 % size))
		python3 - "$place" <<'END'
import sys
b = bytearray(open("stream", "rb").read())
b[int(sys.argv[1])] ^= 1 << int(sys.argv[1]) % 8
open("flipped", "wb").write(b)
END
		run bash -c "pw-write --table -f csv <flipped 2>err"
		echo "$place: $status"
		[ "$status" -eq 3 ]
		[ -z "$output" ]
		one_message err pw-write
	done
}

@test "a stage that is killed is never taken for the end" {
	mkfifo silent
	echo old >dest.csv
	start_pipeline 'pw-read -f lines - <silent | pw-groupby count | pw-write --table --force dest.csv'
	exec 8>silent
	echo one >&8
	kill -KILL "$(member pw-groupby)"
	await ended
	exec 8>&-
	[ "$(cat status)" = 3 ]
	grep -c '^pw-write: ' err
	[ "$(cat dest.csv)" = old ]
}

@test "Ctrl-C before the first commit is complete: 130, and DEST as it was" {
	mkfifo silent
	echo old >dest.csv
	start_pipeline 'pw-read -f lines - <silent | pw-groupby count | pw-write --table --force dest.csv'
	exec 8>silent
	echo one >&8
	for tool in pw-read pw-groupby pw-write; do member $tool >/dev/null; done
	kill -INT -- "-$group"
	await ended
	exec 8>&-
	cat err
	[ ! -s err ]
	[ "$(cat status)" = 130 ]
	[ "$(cat dest.csv)" = old ]
	[ "$(ls -A | grep -c dest)" -eq 1 ]
}

@test "SIGTERM to the reader alone stops the pipeline" {
	mkfifo silent
	start_pipeline 'pw-read -f lines - <silent | pw-groupby count | pw-write --table'
	exec 8>silent
	for tool in pw-groupby pw-write; do member $tool >/dev/null; done
	kill -TERM "$(member pw-read)"
	await ended
	exec 8>&-
	[ "$(cat status)" = 130 ]
}

@test "a stage whose input says nothing more gives up a second after Ctrl-C" {
	mkfifo silent
	pw-read few.csv | head -c -128 >stream
	start_pipeline 'pw-groupby -k origin count <silent | pw-write --table'
	exec 8>silent
	cat stream >&8
	for tool in pw-groupby pw-write; do member $tool >/dev/null; done
	kill -INT -- "-$group"
	await ended
	exec 8>&-
	[ "$(cat status)" -ne 0 ]
	[ ! -s out ]
}

@test "a second Ctrl-C kills" {
	mkfifo silent
	start_pipeline 'pw-groupby count <silent >stream'
	exec 8>silent
	pid=$(member pw-groupby)
	kill -INT "$pid"
	await has_taken INT "$pid"
	kill -INT "$pid" 2>/dev/null || true # or it came late
	await bash -c "! kill -0 $pid 2>/dev/null"
	exec 8>&-
}

@test "a signal ignored at start stays ignored" {
	mkfifo silent
	printf 'one\ntwo\n' >lines
	(
		trap '' INT
		exec pw-read -f lines - <silent >stream
	) &
	pid=$!
	exec 8>silent
	await bash -c "[ \$(cat /proc/$pid/comm) = pw-read ]"
	cat lines >&8
	kill -INT $pid
	exec 8>&-
	wait $pid
	[ "$(pw-write -f csv <stream | wc -l)" -eq 3 ]
}

@test "a sink that runs out of memory leaves no file behind" {
	{ cat many.csv; for _ in {1..20}; do tail -n +2 many.csv; done; } >large.csv
	pw-read large.csv >large.pws
	mkdir dir
	run bash -c 'ulimit -v 60000; pw-write --table dir/dest.csv <large.pws 2>err'
	[ "$status" -eq 5 ]
	one_message err pw-write
	[ -z "$(ls -A dir)" ]
}

@test "SIGUSR1 is answered by a reader of files, which never waits" {
	mkfifo stalled
	for _ in {1..40}; do tail -n +2 many.csv; done >>many.csv.new; cat many.csv many.csv.new >large.csv
	start_pipeline 'pw-read large.csv >stalled'
	exec 8<stalled
	kill -USR1 "$(member pw-read)"
	cat <&8 >/dev/null
	exec 8<&-
	await ended
	[ "$(cat status)" = 0 ]
	one_message err pw-read
}

@test "SIGUSR1 prints one line and changes nothing" {
	mkfifo silent
	start_pipeline 'pw-read -f lines - <silent | pw-groupby count | pw-write --table -f csv'
	exec 8>silent
	echo one >&8
	kill -USR1 "$(member pw-read)" "$(member pw-groupby)" "$(member pw-write)"
	three() { [ "$(grep -c '^pw-' err)" -eq 3 ]; }
	await three
	exec 8>&-
	await ended
	[ "$(cat status)" = 0 ]
	[ "$(cat out)" = $'count\n1' ]
}

@test "binary never goes to a terminal, and a text on stdin is explained" {
	run bash -c 'pw-groupby count <few.csv 2>&1 >/dev/null'
	[ "$status" -eq 3 ]
	[[ $output == "pw-groupby: stdin is not a pw stream; put "?"pw-read -f csv - |"?" before this" ]]
	run script -qec "pw-read few.csv | pw-groupby count" /dev/null </dev/null
	[[ $output != *"pws 1 binary stream"* ]]
	[[ $output == *199* ]]
}

@test "an empty stdin is exit 3 and one message" {
	run bash -c 'pw-groupby count </dev/null 2>err | cat >/dev/null; exit ${PIPESTATUS[0]}'
	[ "$status" -eq 3 ]
	one_message err pw-groupby
}

@test "a stage whose reader has stalled gives up its write a second after SIGTERM" {
	mkfifo stalled
	{ echo n && seq 3000000; } >big.csv
	exec 7<>stalled # a reader that never reads
	pw-read big.csv >stalled 7>&- &
	reader=$!
	# its pipe is full
	stalled() { handles TERM "$reader" && [ "$(cut -d' ' -f3 /proc/$reader/stat)" = S ]; }
	await stalled
	kill -TERM $reader
	status=0
	timeout 120 tail --pid=$reader -f /dev/null
	wait $reader || status=$?
	exec 7>&-
	[ $status -eq 130 ]
}

@test "a wait for an input is said, once" {
	mkfifo late
	pw-read few.csv >few.pws
	start_pipeline 'PW_PATIENCE_MS=100 pw-concat few.pws late | pw-write --table -f csv'
	said() { [ -s err ]; }
	await said
	exec 8>late
	cat few.pws >&8
	exec 8>&-
	await ended
	one_message err pw-concat
	grep -q 'waiting for .*late' err
	[ "$(wc -l <out)" -eq 399 ]
}
