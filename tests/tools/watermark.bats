# pw-watermark: late rows dropped, early rows held, old rows forgotten.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

changes() { # SCHEMA LINE...: change-CSV, read as a stream
	local schema=$1
	shift
	printf '%s\n' "$@" | pw-read --changes --odd -f csv -s "$schema" -
}

added() { # the same of a stream that says that it is append-only
	local schema=$1
	shift
	printf '%s\n' "$@" | pw-read --changes --append-only --odd -f csv -s "$schema" -
}

@test "cutoff: late is at or before the clock of earlier commits; a deletion goes with its row" {
	changes 't int' t,_time,_diff 5,2,1 9,4,1 5,6,1 6,6,1 5,8,-1 5,10,-1 9,12,-1 >in.pws
	run bash -c 'pw-watermark -q -t t --cutoff 4 <in.pws | pw-write --changes'
	same $'t,_time,_diff\n5,2,1\n9,4,1\n6,6,1\n5,8,-1\n9,12,-1'
}

@test "cutoff of an append-only stream: the order of rows stays, and so do copies and nulls" {
	added 't int, v str' t,v,_time,_diff 9,b,2,1 3,a,2,2 ,n,4,1 2,l,4,3 9,a,4,1 6,l,6,1 7,c,6,1 >in.pws
	run bash -c 'pw-watermark -t t --cutoff 3 --late late.csv <in.pws 2>err | pw-write --changes'
	same $'t,v,_time,_diff\n9,b,2,1\n3,a,2,2\n,n,4,1\n9,a,4,1\n7,c,6,1'
	[ "$(cat late.csv)" = $'t,v,_time,_diff\n2,l,4,3\n6,l,6,1' ]
	[ "$(cat err)" = "pw-watermark: 2 late rows dropped, written to late.csv" ]
}

@test "late rows are counted without a file too; one row is one row; -q says nothing" {
	added 't int' t,_time,_diff 9,2,1 1,4,1 >in.pws
	run bash -c 'pw-watermark -t t --cutoff 3 <in.pws 2>&1 >/dev/null'
	same 'pw-watermark: 1 late row dropped'
	run bash -c 'pw-watermark -q -t t --cutoff 3 <in.pws 2>&1 >/dev/null'
	same ''
	run bash -c 'pw-watermark -t t --cutoff 30 <in.pws 2>&1 >/dev/null'
	same ''
}

@test "delay: rows come when the clock has reached them, the rest at the end" {
	local reader
	for reader in changes added; do
		$reader 't int' t,_time,_diff 5,2,1 3,2,2 8,4,1 6,4,1 >in.pws
		run bash -c 'pw-watermark -t t --delay 2 <in.pws | pw-write --changes | LC_ALL=C sort -t, -k2,2 -k1,1n'
		same $'3,2,2\n5,4,1\n6,4,1\nt,_time,_diff\n8,end,1'
	done
}

@test "a suspended stream releases nothing" {
	mkdir in && printf 't\n1\n9\n' >in/1.csv
	run bash -c 'pw-read --state st in | pw-watermark -t t --delay 5 | pw-write out.csv && cat out.csv'
	same $'t\n1'
	printf 't\n20\n' >in/2.csv
	run bash -c 'pw-read --state st in | pw-watermark -t t --delay 5 | pw-write out.csv && cat out.csv'
	same $'t\n1\n9'
}

@test "forget: in the commit after the clock has come so far, and at the odd time with --keep" {
	local reader
	for reader in changes added; do
		$reader 't int' t,_time,_diff 1,2,2 5,4,1 6,6,1 1,8,1 >in.pws
		run bash -c 'pw-watermark -t t --forget 3 <in.pws | pw-write --changes'
		same $'t,_time,_diff\n1,2,2\n5,4,1\n1,6,-2\n6,6,1'
		run bash -c 'pw-watermark -t t --forget 3 --keep <in.pws | pw-write --changes'
		same $'t,_time,_diff\n1,2,2\n5,4,1\n6,6,1\n1,7,-2\n1,8,1\n1,9,-1'
	done
}

@test "nothing is forgotten at the end, not even a row that comes there" {
	changes 't int' t,_time,_diff 1,2,1 9,4,1 2,end,1 >in.pws
	run bash -c 'pw-watermark -t t --forget 3 <in.pws | pw-write --changes'
	same $'t,_time,_diff\n1,2,1\n9,4,1\n2,end,1'
}

@test "a commit whose changes cancel is none: it moves no clock, and forgets nothing" {
	changes 't int' t,_time,_diff 1,2,1 5,4,1 50,6,1 50,6,-1 6,8,1 >in.pws
	run bash -c 'pw-watermark -t t --cutoff 10 --forget 3 <in.pws | pw-write --changes'
	same $'t,_time,_diff\n1,2,1\n5,4,1\n1,8,-1\n6,8,1'
}

@test "odd times: nothing is late, held, or moves the clock; own forgetting is added" {
	changes 't int' t,_time,_diff 9,2,1 1,3,1 50,3,1 10,4,1 9,5,-1 1,5,1 >in.pws
	run bash -c 'pw-watermark -t t --cutoff 2 --delay 0 --forget 3 --keep <in.pws | pw-write --changes'
	same $'t,_time,_diff\n9,2,1\n1,3,1\n50,3,1\n10,4,1\n9,5,-1' # 1 goes and comes at 5
}

@test "an odd deletion of a row that is held takes it away unseen; of a late one it is no late row" {
	changes 't int' t,_time,_diff 9,2,1 1,4,1 9,5,-1 1,5,-1 20,6,1 >in.pws
	run bash -c 'pw-watermark -t t --cutoff 2 --delay 3 --late late.csv <in.pws 2>/dev/null | pw-write --changes && cat late.csv'
	same $'t,_time,_diff\n20,end,1\nt,_time,_diff\n1,4,1'
}

@test "times of all types; lengths with fractions" {
	added 't float' t,_time,_diff 0.1,2,1 0.4,4,1 0.1,6,1 0.2,6,1 >in.pws
	run bash -c 'pw-watermark -q -t t --cutoff 0.3 <in.pws | pw-write --changes'
	same $'t,_time,_diff\n0.1,2,1\n0.4,4,1\n0.2,6,1' # 0.1 + 0.3 is 0.4, as floats have it
	added 't int' t,_time,_diff 1,2,1 4,4,1 1,6,1 2,6,1 >in.pws
	run bash -c 'pw-watermark -q -t t --cutoff 2.5 <in.pws | pw-write --changes'
	same $'t,_time,_diff\n1,2,1\n4,4,1\n2,6,1'
	added 't datetime_utc' t,_time,_diff 2026-01-01T00:00Z,2,1 2026-01-01T00:10Z,4,1 2026-01-01T00:05Z,6,1 >in.pws
	run bash -c 'pw-watermark -q -t t --cutoff 5m <in.pws | pw-write | wc -l'
	same 3
	added 't int' t,_time,_diff -9223372036854775807,2,1 9223372036854775807,4,1 9223372036854775806,6,1 >in.pws
	run bash -c 'pw-watermark -q -t t --cutoff 5 --delay 9223372036854775807 --forget 1 <in.pws | pw-write --changes'
	same $'t,_time,_diff\n-9223372036854775807,2,1\n-9223372036854775807,6,-1\n9223372036854775806,end,1\n9223372036854775807,end,1' ||
		same $'t,_time,_diff\n-9223372036854775807,4,1\n-9223372036854775807,6,-1\n9223372036854775806,end,1\n9223372036854775807,end,1'
}

@test "an event time that is not finite is a row error" {
	added 't float' t,_time,_diff 1,2,1 nan,4,1 inf,4,1 2,6,1 >in.pws
	run bash -c 'pw-watermark -t t --cutoff 1 <in.pws 2>&1 >/dev/null'
	says 3 "time 4: column 't': the event time is not finite"
	run bash -c 'pw-watermark -t t --cutoff 1 --on-error skip <in.pws 2>err | pw-write --changes && cat err'
	same $'t,_time,_diff\n1.0,2,1\n2.0,6,1\npw-watermark: 2 rows rejected'
	run bash -c 'pw-watermark -t t --delay 0 --on-error null <in.pws | pw-write --changes'
	same $'t,_time,_diff\n1.0,2,1\nnan,4,1\ninf,4,1\n2.0,6,1'
	changes 't float' t,_time,_diff 1,2,1 nan,4,1 nan,6,-1 1,8,-1 >in.pws
	run bash -c 'pw-watermark -q -t t --cutoff 1 --on-error ./bad.jsonl <in.pws | pw-write --changes && wc -l <bad.jsonl'
	same $'t,_time,_diff\n1.0,2,1\n1.0,8,-1\n2'
}

@test "--max-step: judged by the clock before the commit, its deletions with it" {
	local reader
	for reader in changes added; do
		$reader 't int, v int' t,v,_time,_diff 100,1,2,1 200,2,2,1 250,3,4,1 301,4,6,1 300,5,6,1 >in.pws
		run bash -c 'pw-watermark -t t --cutoff 99 --max-step 50 <in.pws 2>&1 >/dev/null'
		says 3 "time 6: column 't': 301 is more than --max-step beyond the clock, 250"
		run bash -c 'pw-watermark -q -t t --cutoff 99 --max-step 50 --on-error skip <in.pws | pw-select v | pw-write --changes'
		same $'v,_time,_diff\n1,2,1\n2,2,1\n3,4,1\n5,6,1'
	done
	changes 't int' t,_time,_diff 1,2,1 99,4,1 5,6,1 99,8,-1 20,10,1 35,12,1 1,14,-1 >in.pws
	run bash -c 'pw-watermark -t t --delay 0 --max-step 20 --on-error skip <in.pws 2>err | pw-write --changes && cat err'
	same $'t,_time,_diff\n1,2,1\n5,6,1\n20,10,1\n35,12,1\n1,14,-1\npw-watermark: 2 rows rejected'
	changes 't int' t,_time,_diff 1,2,1 99,4,1 99,4,-1 5,6,1 >in.pws
	run bash -c 'pw-watermark -t t --cutoff 50 --max-step 20 <in.pws | pw-write --changes'
	same $'t,_time,_diff\n1,2,1\n5,6,1'
	added 't int' t,_time,_diff 1,2,1 3,4,1 >in.pws
	run bash -c 'pw-watermark -t t --cutoff 50 --max-step 1.5 <in.pws 2>&1 >/dev/null'
	says 3 "*3 is more than --max-step beyond the clock, 1"
}

@test "--clock: a second stream moves the clock, and a commit of it alone releases and forgets" {
	added 'at datetime, n int' at,n,_time,_diff 2026-01-01T00:00,1,2,1 2026-01-01T00:04,2,8,1 >in.pws
	added 'x int, at datetime' x,at,_time,_diff 1,2026-01-01T00:05,4,1 1,2026-01-01T00:20,6,1 1,,10,1 >clock.pws
	run bash -c 'pw-watermark -q -t at --delay 5m --forget 10m --clock clock.pws <in.pws | pw-select n | pw-write --changes'
	same $'n,_time,_diff\n1,4,1\n1,8,-1' ||
		same $'n,_time,_diff\n1,4,1\n1,8,-1\n2,8,1\n2,8,-1'
	run bash -c 'pw-watermark -t at --cutoff 3m --clock clock.pws <in.pws 2>&1 >/dev/null'
	same 'pw-watermark: 1 late row dropped'
	changes 'at datetime' at,_time,_diff 2026-01-02T00:00,4,1 2026-01-02T00:00,4,-1 >clock.pws
	run bash -c 'pw-watermark -t at --cutoff 3m --clock clock.pws <in.pws 2>&1 >/dev/null'
	same ''
}

@test "--clock: what does not fit is refused" {
	added 't int' t,_time,_diff 1,2,1 >in.pws
	added 'at datetime' at,_time,_diff 2026-01-01T00:00,2,1 >at.pws
	added 'at datetime_utc' at,_time,_diff 2026-01-01T00:00Z,2,1 >utc.pws
	run bash -c 'pw-watermark -t t --delay 1 --clock at.pws <in.pws 2>&1 >/dev/null'
	says 2 "--clock: column 't' is an int, and a clock has datetimes"
	run bash -c 'pw-watermark -t at --delay 1s --clock in.pws <at.pws 2>&1 >/dev/null'
	says 2 '--clock: the stream has no datetime column'
	run bash -c 'pw-watermark -t at --delay 1s --clock utc.pws <at.pws 2>&1 >/dev/null'
	says 2 "--clock: its column 'at' is a datetime_utc, and 'at' is a datetime: convert one of them, with CAST(at AS datetime_utc)"
	pw-select 'at = CAST(at AS datetime_utc)' <at.pws | pw-watermark -t at --delay 1s --clock utc.pws >/dev/null
}

@test "options that are missing, wrong, or do not go together" {
	added 't int, s str' t,s,_time,_diff 1,a,2,1 >in.pws
	run bash -c 'pw-watermark --cutoff 1 <in.pws 2>&1 >/dev/null'
	says 2 '-t COL is missing: *'
	run bash -c 'pw-watermark -t t <in.pws 2>&1 >/dev/null'
	says 2 '--cutoff, --delay or --forget is missing: *'
	run bash -c 'pw-watermark -t t --cutoff 1 --keep <in.pws 2>&1 >/dev/null'
	says 2 '--keep is missing --forget: *'
	run bash -c 'pw-watermark -t t --forget 1 --late late.csv <in.pws 2>&1 >/dev/null'
	says 2 '--late is missing --cutoff: *'
	run bash -c 'pw-watermark -t s --cutoff 1 <in.pws 2>&1 >/dev/null'
	says 2 "-t: column 's' is a str, *"
	run bash -c 'pw-watermark -t u --cutoff 1 <in.pws 2>&1 >/dev/null'
	says 2 "-t: 'u' is not a column*"
	run bash -c 'pw-watermark -t t --cutoff -1 <in.pws 2>&1 >/dev/null'
	says 2 "--cutoff: '-1' is below 0"
	run bash -c 'pw-watermark -t t --delay 5m <in.pws 2>&1 >/dev/null'
	says 2 "--delay: '5m' is not a number*"
	run bash -c 'pw-watermark -t t --delay 1 --max-step -2 <in.pws 2>&1 >/dev/null'
	says 2 "--max-step: '-2' is below 0"
	[ ! -e late.csv ]
}

@test "a row is taken away that has not come" {
	changes 't int' t,_time,_diff 5,2,1 6,4,-1 >in.pws
	local how
	for how in "--cutoff 9" "--forget 9" "--cutoff 3 --delay 2"; do
		run bash -c "pw-watermark -t t $how <in.pws 2>&1 >/dev/null"
		says 3 'time 4: the row (t 6) has -1 copies: *'
	done
}

@test "flags of the output, and what is remembered" {
	printf 't,v\n1,a\n2,b\n' >static.csv
	printf 't,_time,_diff\n1,2,1\n' >in.csv
	local static='pw-read --check static.csv' added='pw-read --check --changes --append-only -s "t int" in.csv'
	check() { # READER OPTIONS: what pw-watermark says
		bash -c "$1 2>/dev/null | pw-watermark -t t $2 2>&1 >/dev/null" | grep -v ' stdin: '
	}
	[[ $(check "$static" '--cutoff 1') == *'; append-only; static'*'the clock; does not grow'* ]]
	[[ $(check "$static" '--forget 1') == *'; append-only; static'* ]]
	[[ $(check "$static" '--delay 1') == *'; append-only'*'the rows held'* ]]
	[[ $(check "$static" '--delay 1') != *static* ]]
	[[ $(check "$added" '--cutoff 1') == *'; append-only'*'the clock; does not grow'* ]]
	[[ $(check "$added" '--cutoff 1 --delay 1') == *'; append-only'* ]]
	[[ $(check "$added" '--forget 1') == *'the rows passed until they are forgotten; grows with these rows'* ]]
	[[ $(check "$added" '--forget 1') != *append-only* ]]
	[[ $(check "${added/--append-only/}" '--cutoff 1') == *'the rows passed; grows with these rows'* ]]
}

# ---- the file ----

@test "--late: a source, a destination, another file, the stream itself are refused" {
	printf 't,_time,_diff\n9,2,1\n1,4,1\n' >in.csv
	late() { # FILE [STAGE...]
		pw-read --changes -s 't int' in.csv | pw-watermark -t t --cutoff 1 --late "$@"
	}
	export -f late
	cp in.csv before.csv
	run bash -o pipefail -c 'late in.csv 2>&1 >/dev/null'
	says 2 "--late: 'in.csv' is a source of this pipeline (choose another file for late rows)"
	cmp in.csv before.csv
	run bash -o pipefail -c 'late - 2>&1 >/dev/null'
	says 2 "--late: the stream itself goes to stdout*"
	echo dear >dear.csv
	run bash -o pipefail -c 'late dear.csv 2>&1 >/dev/null'
	says 2 "--late: 'dear.csv' holds something else than late rows of this stage's columns: *"
	[ "$(cat dear.csv)" = dear ]
	run bash -o pipefail -c 'late . 2>&1 >/dev/null'
	says 2 "--late: '.' is a directory*"
	run bash -o pipefail -c 'late late.csv --on-error ./late.csv 2>&1 >/dev/null'
	says 2 "--late: './late.csv' is the file for rejected rows, too*" ||
		says 2 "--late: 'late.csv' is the file for rejected rows, too*"
	run -2 bash -o pipefail -c 'late late.csv -q | pw-watermark -t t --cutoff 9 --late late.csv | pw-write 2>&1 >/dev/null'
	run -2 bash -o pipefail -c 'late out.csv -q | pw-write out.csv 2>&1'
	[[ $output == *"out.csv: is the file for late rows of pw-watermark (--late)"* ]]
}

@test "--late: the file begins anew, has its header always, and reads back" {
	added 't int, s str' t,s,_time,_diff '9,"a,b",2,1' '1,"x""y",4,1' >in.pws
	late() { pw-watermark -q -t t --cutoff 1 --late late.csv <in.pws >/dev/null; }
	late && late
	[ "$(cat late.csv)" = $'t,s,_time,_diff\n1,"x""y",4,1' ]
	run bash -c 'pw-read --changes -s "t int, s str" late.csv | pw-select s | pw-write --changes'
	same $'s,_time,_diff\n"x""y",4,1'
	added 't int, s str' t,s,_time,_diff 1,a,2,1 >in.pws
	late
	[ "$(cat late.csv)" = t,s,_time,_diff ]
	pw-watermark -q -t t --cutoff 1 --late /dev/fd/7 <in.pws 7>seven >/dev/null
	[ "$(cat seven)" = t,s,_time,_diff ]
}

@test "memory goes down when rows are forgotten or released" {
	# a burst of rows, then a clock that is far beyond: the last line of SIGUSR1 or -v says the state
	{
		echo t,v,_time,_diff
		seq 1 60000 | sed 's/.*/1,&-with some text to be held,2,1/'
		printf '%s\n' 1000,x,4,1 2000,x,6,1
	} | pw-read --changes -f csv -s 't int, v str' - >in.pws
	local how
	for how in "--forget 5" "--delay 5"; do
		run bash -c "pw-watermark -v -t t $how <in.pws 2>&1 >/dev/null"
		echo "$output"
		[[ $output =~ state[^0-9]*([0-9.]+)\ ?(B|KB|MB)? || $output =~ ([0-9.]+)\ ([KM]?B)\ (of\ )?state ]]
		[[ $output != *MB* ]]
	done
}
