# pw-read --state with --changes and --replay: times come from the rows, in each run the same.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 0.1
	printf 'k,n,_time,_diff\na,1,2,1\nb,2,2,1\na,1,4,-1\n' >log.csv
	printf 'at,k,n\n2,a,1\n4,b,2\n' >a.csv
	printf 'at,k,n\n1,y,3\n7,z,4\n' >b.csv
	p=
}

teardown() {
	[ -z "$p" ] || kill -9 "$p" 2>/dev/null || true
}

changes() { pw-read --state st --changes "$@" log.csv | pw-write --changes out.csv; }
replay() { pw-read --state st --replay at --unit ms "$@" | pw-write --changes out.csv; }
out() { sed 1d out.csv; }
entries() { cat st/pw-read-*/journal-* 2>/dev/null | grep -c '"time"'; } # without ends

@test "--changes: a later run goes on at the rows' own times" {
	changes
	pw-read --changes log.csv | pw-write --changes expected.csv
	cmp out.csv expected.csv
	printf 'c,3,6,1\nb,2,8,-1\n' >>log.csv
	changes
	pw-read --changes log.csv | pw-write --changes expected.csv
	cmp out.csv expected.csv
	before=$(entries)
	changes
	cmp out.csv expected.csv
	[ "$(entries)" -eq "$before" ]
}

@test "--changes: a time that an earlier run has committed is refused, with its place" {
	changes
	printf 'c,3,4,1\n' >>log.csv
	set -o pipefail
	run -3 changes
	[ "$output" = "pw-read: log.csv:5: time 4 has been committed by an earlier run of this pipeline, expected 5 or a later one" ]
	sed -i '$d' log.csv
	printf 'c,3,6,1\n' >>log.csv # edited in place, it is another file with the same rows
	changes
	[ "$(out | tail -n 1)" = c,3,6,1 ]
}

@test "--changes: a row with _diff 0 has passed its time, in the next run too" {
	printf ',,10,0\n' >>log.csv
	changes
	printf 'c,3,10,1\n' >>log.csv
	set -o pipefail
	run -3 changes
	[[ $output == *"log.csv:6: time 10 has been committed by an earlier run"* ]]
}

@test "--changes: nothing but a header is no commit, and any time may follow" {
	printf 'k,n,_time,_diff\n' >log.csv
	changes -s 'k str, n int'
	printf 'a,1,0,1\n' >>log.csv
	changes -s 'k str, n int'
	[ "$(out)" = a,1,0,1 ]
}

@test "--changes: the end is no time of a pipeline that goes on" {
	printf 'c,3,end,1\n' >>log.csv
	set -o pipefail
	run -3 changes
	[[ $output == *"log.csv:5: time end: a pipeline with state goes on in later runs"* ]]
}

@test "a reader whose times are the clock's does not go on from times that no clock shows" {
	printf 'k,n,_time,_diff\na,1,10000000000000,1\n' >log.csv
	changes
	printf 'k,n\nb,2\n' >in.csv
	pipeline() { bash -c 'set -o pipefail; pw-read --state st in.csv | pw-write --changes other.csv'; }
	run -75 pipeline # the sink is new
	run -4 pipeline
	[[ $output == *'st: an earlier run had rows of time 100000000000'*'--reset'* ]]
}

@test "times that no later run could go on from are refused" {
	set -o pipefail
	for row in c,3,9000000000000000002,1 ,,9223372036854775808,0 c,3,18446744073709551612,1 ,,end,0; do
		printf 'k,n,_time,_diff\na,1,2,1\n%s\n' "$row" >log.csv
		run -3 changes
		[[ $output == "pw-read: log.csv:3: time "*": a pipeline with state goes on in later runs, and "* ]]
	done
	printf 'k,n,_time,_diff\na,1,2,1\nc,3,9000000000000000000,1\n' >log.csv
	changes
	changes
	[ "$(out | tail -n 1)" = c,3,9000000000000000000,1 ]
	rm -r st out.csv
	printf 'at,k\n9223372036854775807,a\n' >a.csv
	run -3 replay a.csv
	[[ $output == "pw-read: a.csv:2: column 'at': is before 1970 or no time"* ]]
	printf 'at,k\n9000000000000000000,a\n' >a.csv
	replay a.csv
	printf '5,b\n' >>a.csv
	replay a.csv
	[ "$(out)" = "$(printf '9000000000000000000,a,9000000000000000000,1\n5,b,9000000000000000002,1')" ]
}

@test "--changes -F: a commit is there when a later time or a promise comes; what is open is read again" {
	pw-read --state st -F --changes log.csv 2>err | pw-write --changes out.csv 2>>err &
	p=$!
	await '[ "$(out | wc -l)" -eq 2 ]'
	printf ',,4,0\n' >>log.csv
	await '[ "$(out | wc -l)" -eq 3 ]'
	printf 'c,3,6,1\n' >>log.csv
	await '[ "$(entries)" -eq 3 ]'
	kill -TERM $(pgrep -P $$ -x pw-read)
	wait $p
	p=
	[ "$(out | wc -l)" -eq 3 ]
	printf 'd,4,6,1\n' >>log.csv
	changes
	[ "$(out | tail -n 2)" = "$(printf 'c,3,6,1\nd,4,6,1')" ]
}

@test "--changes: a row that is rejected is written once, though its commit is played again" {
	printf 'c,3,6,1\nd,x,6,1\ne,5,8,1\n' >>log.csv
	run -0 bash -c 'pw-read --state st --changes --on-error bad.jsonl -s "k str, n int" log.csv | pw-write --changes out.csv'
	[ "$(wc -l <bad.jsonl)" -eq 1 ]
	pw-read --state st --changes --on-error bad.jsonl -s "k str, n int" log.csv 2>err | pw-write --changes other.csv || true
	pw-read --state st --changes --on-error bad.jsonl -s "k str, n int" log.csv | pw-write --changes other.csv
	cmp out.csv other.csv
	[ "$(wc -l <bad.jsonl)" -eq 1 ]
}

@test "--changes from standard input that is the same again, and more" {
	pw-read --state st --stdin=again -f csv --changes - <log.csv | pw-write --changes out.csv
	printf 'c,3,6,1\n' >>log.csv
	pw-read --state st --stdin=again -f csv --changes - <log.csv | pw-write --changes out.csv
	pw-read --changes log.csv | pw-write --changes expected.csv
	cmp out.csv expected.csv
}

@test "--replay: a later run goes on, and what is late joins its first commit" {
	replay a.csv b.csv
	pw-read --replay at --unit ms a.csv b.csv | pw-write --changes expected.csv
	cmp out.csv expected.csv
	printf '5,late,0\n12,c,5\n' >>a.csv
	printf '14,d,6\n' >>b.csv
	replay a.csv b.csv
	[ "$(out | tail -n 3)" = "$(printf '5,late,0,10,1\n12,c,5,12,1\n14,d,6,14,1')" ]
	before=$(entries)
	replay a.csv b.csv
	[ "$(entries)" -eq "$before" ]
}

@test "--replay: files of a directory may be new, renamed, or gone once they have been read" {
	mkdir in
	mv a.csv b.csv in
	replay in
	mv in/a.csv in/old.csv
	rm in/b.csv
	printf '20,c,5\n' >>in/old.csv
	printf 'n,at,k\n6,22,d\n' >in/a.csv
	replay in
	[ "$(out | tail -n 2)" = "$(printf '20,c,5,20,1\n22,d,6,22,1')" ]
	[ "$(out | wc -l)" -eq 6 ]
}

@test "--replay: a file that is not what it was is refused" {
	set -o pipefail
	replay a.csv b.csv
	sed -i 's/4,b/4,c/' a.csv
	run -4 replay a.csv b.csv
	[[ $output == "pw-read: a.csv: changed before byte 19, up to which it was read "* ]]
	printf 'at,k,n\n2,a,1\n' >a.csv
	run -4 replay a.csv b.csv
	[[ $output == "pw-read: a.csv: shrank before byte 19"* ]]
}

@test "--replay: a commit that must be played again, of a file that has gone, is refused" {
	pw-read --state st --replay at --unit ms --speed 0.001x '[ab].csv' 2>err | cat >some.pws &
	p=$!
	await '[ "$(entries)" -ge 1 ]'
	kill -9 $(pgrep -P $$ -x pw-read)
	wait $p || true
	p=
	rm b.csv
	set -o pipefail
	run -4 replay '[ab].csv'
	[[ $output == "pw-read: b.csv: vanished with "*" bytes unread: put it back"* ]]
}

@test "--replay: another --autocommit, which would give the rows other times, is refused" {
	set -o pipefail
	replay --autocommit 1s a.csv
	printf '1500,c,5\n' >>a.csv
	run -4 replay a.csv
	[[ $output == *"the pipeline was begun with other options"* ]]
	run -4 replay --autocommit 2s a.csv
	replay --autocommit 1000ms a.csv
	[ "$(out | tail -n 1)" = 1500,c,5,2000,1 ]
}

@test "--replay: compressed files, killed while they wait, and gone on with" {
	seq 0 99 | awk 'BEGIN { print "at,k,n" } { print 1000 + 20 * $1 ",k" $1 % 7 "," $1 }' >c.csv
	gzip -k c.csv
	pw-read --replay at --unit ms c.csv.gz b.csv | pw-write --changes expected.csv
	clock 1
	pw-read --state st --checkpoint-interval 100ms --replay at --unit ms --speed 1x c.csv.gz b.csv 2>err |
		pw-write --changes out.csv 2>>err &
	p=$!
	await '[ "$(out | wc -l)" -ge 20 ]'
	kill -9 $(pgrep -P $$ -x pw-read)
	wait $p || true
	p=
	replay --checkpoint-interval 100ms c.csv.gz b.csv
	cmp out.csv expected.csv
}

@test "--replay --upsert: the rows of keys are cut at the grid, and come back" {
	seq 0 199 | awk 'BEGIN { print "at,k,n" } { print 1000 + 10 * $1 ",k" $1 % 7 "," $1 }' >c.csv
	pw-read --replay at --unit ms --upsert -k k c.csv | pw-write --changes expected.csv
	set -o pipefail
	clock 1
	pw-read --state st --checkpoint-interval 50ms --replay at --unit ms --speed 1x --upsert -k k c.csv 2>err |
		pw-write --changes out.csv 2>>err &
	p=$!
	await '[ "$(ls st/pw-read-*/checkpoint-* 2>/dev/null | wc -l)" -ge 3 ]'
	kill -9 $(pgrep -P $$ -x pw-read)
	wait $p || true
	p=
	pw-read --state st --checkpoint-interval 50ms --replay at --unit ms --upsert -k k c.csv | pw-write --changes out.csv
	cmp out.csv expected.csv
}

@test "a file beside one that has ended: times of both runs ascend in each sink" {
	pw-read --state st -s 'k str, n int, _time int, _diff int' log.csv >plain.pws 2>/dev/null || true
	join() {
		pw-read --state st --replay at --unit ms a.csv | pw-concat - exec:'pw-read --state st --replay at --unit ms b.csv' |
			pw-write --changes out.csv
	}
	rm -rf st
	join
	printf '6,late,0\n9,c,5\n' >>a.csv
	join
	[ "$(out | tail -n 2)" = "$(printf '6,late,0,10,1\n9,c,5,10,1')" ]
	[ "$(out | cut -d, -f4)" = "$(out | cut -d, -f4 | sort -n)" ]
}

@test "a new sink gets what the journal has merged, each row at its time" {
	merge() { python3 "$TOP/tests/helpers/merge_journal.py" "$(echo st/pw-read-*/journal-*)"; }
	fills() { # a sink that the pipeline has not had
		run -75 bash -c 'set -o pipefail; pw-read --state st "$@" | pw-write --changes new.csv' - "$@"
		pw-read --state st "$@" | pw-write --changes new.csv
	}
	changes
	printf 'c,3,6,1\n' >>log.csv
	changes
	merge
	fills --changes log.csv
	cmp out.csv new.csv
	rm -r st out.csv new.csv
	replay a.csv b.csv
	printf '12,c,5\n' >>a.csv
	replay a.csv b.csv
	merge
	fills --replay at --unit ms a.csv b.csv
	cmp out.csv new.csv
	rm -r st out.csv new.csv
	pw-read --state st a.csv | pw-write --changes out.csv
	printf '13,d,6\n' >>a.csv
	pw-read --state st a.csv | pw-write --changes out.csv
	merge
	fills a.csv
	[ "$(cut -d, -f-3 new.csv)" = "$(cat a.csv)" ]
	rm -r st new.csv
	pw-read --state st --stdin=new -f csv - <a.csv | pw-write out2.csv # what was read of it is gone
	pw-read --state st --stdin=new -f csv - <a.csv | pw-write out2.csv
	pw-read --state st --stdin=new -f csv - <a.csv | pw-write out2.csv
	merge
	run -75 bash -c 'set -o pipefail; pw-read --state st --stdin=new -f csv - <a.csv | pw-write new.csv'
	run -4 bash -c 'set -o pipefail; pw-read --state st --stdin=new -f csv - <a.csv | pw-write new.csv'
	[[ $output == *"have gone since they were read, and a new sink needs them"* ]]
}

@test "a reader that found nothing in its first run has ended too" {
	printf 'at,k,n\n' >b.csv
	join() { # two readers, one of which has rows
		pw-read --state st --replay at --unit ms a.csv |
			pw-concat - exec:"pw-read --state st --replay at --unit ms -s 'at int, k str, n int' b.csv" |
			pw-write --changes "$1"
	}
	join out.csv
	set -o pipefail
	run -75 join new.csv
	printf '2,late,1\n' >>b.csv # below what the first sink holds
	join new.csv
	join out.csv
	[ "$(out | tail -n 1 | cut -d, -f-3)" = 2,late,1 ]
	[ "$(out | wc -l)" -eq 3 ]
}

@test "what does not go together is said" {
	set -o pipefail
	run -2 replay - <a.csv
	[[ $output == *"--replay with --state is for files"* ]]
	run -2 replay --on-error bad.jsonl a.csv
	run -2 changes --max-backlog 10
	mkfifo pipe.csv
	run -2 replay -s 'at int, k str, n int' pipe.csv
	[[ $output == *"is no regular file"* ]]
}
