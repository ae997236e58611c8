# What pw-read -F makes of a source that goes on: when commits end, at what times, and how it stops.
# Standard input is the source, so that a test says what comes when.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 0.1
	mkfifo in
	exec 8<>in # so that opening waits for nobody
}

teardown() {
	[ -z "$reader" ] || kill -9 "$reader" 2>/dev/null || true
}

# starts OPTION...: a followed pipeline from in to out, with the reader's status in status
starts() {
	{
		pw-read -F "$@" - <in 8>&- 2>err &
		echo $! >pid
		exec 8>&-
		wait $! && echo 0 >status || echo $? >status
	} | pw-write --changes >out 8>&- 2>err.write &
	pipeline=$!
	exec 7>in 8>&-
	await '[ -s pid ]'
	reader=$(<pid)
	await can_be_stopped
}

can_be_stopped() { [ -s status ] || handles TERM "$reader"; } # or it has ended with a message
explain() { cat out err; }

says() { # TEXT, in one write
	printf "$1" >chunk
	cat chunk >&7
}

# takes N: the reader has sent so many rows, of commits that go on too. It is asked until it says so.
takes() { await has_sent "$1"; }
has_sent() {
	kill -USR1 "$reader"
	grep -q "out $1," err
}
rows() { await "[ \$(wc -l <out) -eq $(($1 + 1)) ]"; } # N: so many changes have come out
ends() { # the source ends
	exec 7>&-
	wait "$pipeline"
}
times() { cut -d, -f"$1" <out | sed 1d; }
is_live() { [ "$1" -gt 1600000000000 ] && [ $(($1 % 2)) -eq 0 ]; }

@test "what comes later is committed as it comes, at even and rising times of the clock" {
	begun=$(date +%s%3N)
	starts -f csv -s 'a int'
	says 'a\n1\n'
	rows 1
	says '2\n'
	rows 2
	says '3\n4\n'
	rows 4
	ends
	[ "$(<status)" -eq 0 ]
	[ "$(cut -d, -f1 out)" = "$(printf 'a\n1\n2\n3\n4')" ]
	mapfile -t t < <(times 2)
	is_live "${t[1]}" && is_live "${t[2]}"
	[ "${t[0]}" -lt "${t[1]}" ]
	[ "${t[1]}" -lt "${t[2]}" ]
	[ "${t[2]}" -eq "${t[3]}" ]
	[ "${t[1]}" -ge $((begun - 200)) ] && [ "${t[2]}" -le $(($(date +%s%3N) + 200)) ]
}

@test "a line without its end waits for it; the end of the source is one" {
	starts -f lines
	says 'a\nb'
	rows 1
	says 'c\n'
	rows 2
	says 'last'
	ends
	[ "$(cut -d, -f1 out)" = "$(printf 'data\na\nbc\nlast')" ]
}

@test "columns are found in the first rows, whenever they come" {
	starts -f csv
	says 'a,b\n'
	sleep 0.05
	[ ! -s out ]
	says '1,2.5\n'
	rows 1
	ends
	[ "$(sed 's/,[0-9]*,1$//' out | sed 1d)" = 1,2.5 ]
}

@test "commit lines end commits, are no rows, and nothing else does" {
	starts -f csv -s 'a int' --commit-line END
	says 'a\n1\nEND\n2\n'
	rows 1
	says '3\nEN'
	takes 3
	[ "$(wc -l <out)" -eq 2 ]
	says 'D\n4\nEND\r\n5\n'
	rows 4
	says 'ENDE\n'
	await '[ -s status ]'
	ends || true
	[ "$(<status)" -eq 3 ]
	grep -q "column 'a': 'ENDE' is not an int" err
	mapfile -t t < <(times 2)
	[ "${#t[@]}" -eq 4 ]
	[ "${t[1]}" -eq "${t[2]}" ]
	[ "${t[2]}" -lt "${t[3]}" ]
}

@test "with --autocommit commit lines are not alone" {
	starts -f lines --commit-line . --autocommit 1ms
	says 'a\nb\n.\nc\n'
	rows 3
	ends
}

@test "a commit line within a quoted cell is an unclosed quote" {
	starts -f csv -s 'a str' --commit-line END
	says 'a\n"x\nEND\ny"\n'
	await '[ -s status ]'
	ends || true
	[ "$(<status)" -eq 3 ]
	grep -q 'never closed' err
}

@test "autocommit: what comes within it is one commit" {
	starts -f lines --autocommit 10m
	says 'a\n'
	rows 1 # the first waits for nothing
	says 'b\n'
	takes 2
	says 'c\n'
	takes 3
	[ "$(wc -l <out)" -eq 2 ]
	ends
	mapfile -t t < <(times 2)
	[ "${#t[@]}" -eq 3 ]
	[ "${t[1]}" -eq "${t[2]}" ]
}

@test "upsert: a row replaces that of its key, from commit to commit" {
	starts -f csv -s 'k int, v str' -k k --upsert --delete-when 'v = "gone"'
	says 'k,v\n1,a\n2,b\n'
	rows 2
	says '1,c\n'
	rows 4
	says '2,gone\n'
	rows 5
	ends
	[ "$(sed 1d out | sed 's/,[0-9]*,/ /')" = "$(printf '1,a 1\n2,b 1\n1,a -1\n1,c 1\n2,b -1')" ]
}

@test "changes: the times are those of the rows" {
	starts -f csv --changes
	says 'a,_time,_diff\n1,0,1\n2,4,1\n'
	rows 1
	says ',4,0\n'
	rows 2
	says '1,8,-1\n,10,0\n'
	rows 3
	ends
	[ "$(<out)" = "$(printf 'a,_time,_diff\n1,0,1\n2,4,1\n1,8,-1')" ]
}

@test "meta and rejected rows are live" {
	starts -q -f csv -s 'a int' --meta --on-error bad.jsonl
	says 'a\n1\nx\n2\n'
	rows 2
	await '[ -s bad.jsonl ]'
	says '3\n'
	rows 3
	ends
	[ "$(cut -d, -f1-3 out)" = "$(printf 'a,_path,_line\n1,stdin,2\n2,stdin,4\n3,stdin,5')" ]
}

@test "a signal ends the stream as suspended, behind what is complete" {
	starts -f lines
	says 'a\n'
	rows 1
	kill -TERM "$reader"
	await '[ -s status ]'
	[ "$(<status)" -eq 0 ]
	wait "$pipeline"
	[ "$(cut -d, -f1 out)" = "$(printf 'data\na')" ]
	reader=
}

@test "a commit that is not complete within a second is dropped" {
	clock 20
	starts -f lines --commit-line .
	says 'a\n.\n'
	rows 1
	says 'b\n'
	takes 2
	kill -TERM "$reader"
	await '[ -s status ]'
	[ "$(<status)" -eq 0 ]
	wait "$pipeline"
	[ "$(cut -d, -f1 out)" = "$(printf 'data\na')" ]
	reader=
}

@test "a commit that is completed within the second is kept" {
	starts -f lines --commit-line .
	says 'a\n.\n'
	rows 1
	says 'b\n'
	takes 2
	kill -STOP "$reader" # its second begins when it goes on
	await 'grep -q "^State:.*T" "/proc/$reader/status"'
	kill -TERM "$reader"
	says '.\n'
	kill -CONT "$reader"
	wait "$pipeline"
	[ "$(cut -d, -f1 out)" = "$(printf 'data\na\nb')" ]
	reader=
}

@test "stopped before there is anything: 130, and nothing is written" {
	starts -f csv
	says 'a\n'
	kill -INT "$reader" # a background job's SIGINT is ignored
	sleep 0.05
	kill -0 "$reader"
	kill -TERM "$reader"
	await '[ -s status ]'
	[ "$(<status)" -eq 130 ]
	wait "$pipeline" || [ $? -eq 130 ]
	[ ! -s err ]
	reader=
}

@test "an idle reader costs next to nothing" {
	clock 1
	starts -f lines
	says 'a\n'
	rows 1
	ticks() { awk '{print $14 + $15}' "/proc/$reader/stat"; }
	for try in {1..20}; do # what a busy machine adds it does not add each time
		before=$(ticks)
		sleep 2
		cost=$(($(ticks) - before))
		[ $cost -gt 2 ] || break # of 200: 1 %
	done
	[ $cost -le 2 ]
	ends
}

@test "SIGUSR1 says how far it is" {
	starts -f lines
	says 'a\n'
	rows 1
	kill -USR1 "$reader"
	await '[ -s err ]'
	grep -qE '^pw-read: rows in 1, out 1, frontier [0-9]+(, lag [0-9.]+s)?, state 0 bytes$' err
	ends
}

@test "SIGUSR1: rows in are those that were read, also of a table, and those that were dropped" {
	mkdir t
	printf 'k,v\na,1\nb,2\nc,x\n' >t/a.csv
	pw-read -F --track -s 'k str, v int' --on-error skip t >out.pws 2>err 8>&- &
	reader=$!
	sent() { pw-read --salvage out.pws 2>/dev/null | pw-write --changes >out; [ "$(wc -l <out)" -eq "$(($1 + 1))" ]; }
	await 'sent 2'
	printf 'k,v\na,1\nb,3\n' >t/new.tmp
	mv t/new.tmp t/a.csv
	await 'sent 4'
	kill -USR1 "$reader"
	await 'grep -q "^pw-read: rows in" err'
	grep -qE '^pw-read: rows in 5, out 4, ' err
}

@test "what does not go together" {
	run -2 pw-read -F -f file -
	[[ $output == *'-f file with -F needs --track'* ]]
	run -2 pw-read --poll a.csv
	[[ $output == *'--poll goes with -F'* ]]
	run -2 pw-read --autocommit 1s a.csv
	run -2 pw-read -F --commit-line x --changes -f csv -
	run -2 pw-read -F --commit-line '' -f csv -
	run -2 pw-read -F -
	[[ $output == *'stdin: say its format'* ]]
}

@test "a source that ends behind its header has its columns, and no rows" {
	printf 'a,b\n' >head.csv
	run -0 bash -c 'timeout -s KILL 120 pw-read -F -f csv - <head.csv | pw-write'
	[ "$output" = a,b ]
	run -0 bash -c 'printf "a,b" | timeout -s KILL 120 pw-read -F -f csv - | pw-write'
	[ "$output" = a,b ]
}
