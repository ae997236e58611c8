# pw-window with sessions.

load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

changes() { # SCHEMA LINE...: change-CSV, read as a stream
	local schema=$1
	shift
	printf '%s\n' "$@" | pw-read --changes --odd -f csv -s "$schema" -
}

added() { # the same of a stream that only adds
	local schema=$1
	shift
	printf '%s\n' "$@" | pw-read --changes --append-only -f csv -s "$schema" -
}

@test "neighbours are together if less than the gap lies between them" {
	printf 'k,t,v\na,10,1\nb,11,2\na,12,4\na,15,8\nb,13,16\na,18,32\n' >in.csv
	run bash -c 'pw-read in.csv | pw-window -t t -k k --session 3 count "s = sum(v)" | pw-write'
	same $'k,window_start,window_end,count,s\na,10,12,2,5\na,15,15,1,8\na,18,18,1,32\nb,11,13,2,18'
	run bash -c 'pw-read in.csv | pw-window -t t --session 2.5 "n = count()" | pw-write'
	same $'window_start,window_end,n\n10,15,5\n18,18,1'
	run bash -c 'pw-read in.csv | pw-window -t t -k k --session 3 | pw-select k v window_start window_end | pw-write --table'
	same $'k,v,window_start,window_end\na,1,10,12\na,4,10,12\na,8,15,15\na,32,18,18\nb,2,11,13\nb,16,11,13'
}

@test "times are ints, floats and datetimes, and a row without one is in no session" {
	printf 't\n0.1\n0.2\n\n-3.5\n0.35\n' >in.csv
	run bash -c 'pw-read -s "t float" in.csv | pw-window -t t --session 0.12 count | pw-write'
	same $'window_start,window_end,count\n-3.5,-3.5,1\n0.1,0.2,2\n0.35,0.35,1'
	printf 't\n2026-01-01T00:00\n2026-01-01T00:09:59\n2026-01-01T00:20\n' >in.csv
	run bash -c 'pw-read -s "t datetime" in.csv | pw-window -t t --session 10m count | pw-write'
	same $'window_start,window_end,count
2026-01-01T00:00:00,2026-01-01T00:09:59,2\n2026-01-01T00:20:00,2026-01-01T00:20:00,1'
}

@test "a condition over neighbours says who is together" {
	printf 't\n1\n2\n4\n7\n8\n9\n' >in.csv
	run bash -c 'pw-read in.csv | pw-window -t t --session-while "next - cur < 3 AND next % 4 > 0" "l = list(t)" | pw-write'
	same $'window_start,window_end,l\n1,2,"[1,2]"\n4,4,[4]\n7,7,[7]\n8,9,"[8,9]"'
	# a row between two that were together may part them
	changes 't int' t,_time,_diff 1,2,1 5,2,1 4,4,1 4,6,-1 >in.pws
	run bash -c 'pw-window -t t --session-while "next - cur != 3" count <in.pws | pw-write --changes'
	same $'window_start,window_end,count,_time,_diff
1,5,2,2,1\n1,5,2,4,-1\n1,1,1,4,1\n4,5,2,4,1\n1,1,1,6,-1\n4,5,2,6,-1\n1,5,2,6,1'
}

@test "a condition with an error is a fault, or parts neighbours" {
	printf 't\n1\n2\n' >in.csv
	run bash -c 'pw-read in.csv | pw-window -t t --session-while "1 // (cur - 1) = 1" count'
	[ "$status" -eq 3 ]
	[[ $output == *'pw-window: time 0: --session-while: expression '*'division by zero'* ]]
	run bash -c 'pw-read in.csv | pw-window -t t --session-while "1 // (cur - 1) = 1" --on-error null count | pw-write'
	same $'window_start,window_end,count\n1,1,1\n2,2,1'
}

@test "late rows join sessions, and rows that go part them, with all aggregates" {
	changes 't int, v int' t,v,_time,_diff 1,5,2,1 7,3,2,1 4,9,4,1 4,9,6,-1 7,3,8,-1 >in.pws
	run bash -c 'pw-window -t t --session 4 "m = max(v)" "l = list(v)" <in.pws | pw-write --changes'
	same $'window_start,window_end,m,l,_time,_diff
1,1,5,[5],2,1\n7,7,3,[3],2,1
1,1,5,[5],4,-1\n7,7,3,[3],4,-1\n1,7,9,"[3,5,9]",4,1
1,7,9,"[3,5,9]",6,-1\n1,1,5,[5],6,1\n7,7,3,[3],6,1
7,7,3,[3],8,-1'
}

@test "rows that only add join sessions without being remembered" {
	added 't int, v str' t,v,_time,_diff 1,a,2,1 9,b,4,1 30,d,4,1 5,c,6,1 10,a,8,1 >in.pws
	run bash -c 'pw-window -t t --session 5 count "e = earliest(v)" "l = latest(v)" "d = count(DISTINCT v)" <in.pws | pw-write --changes'
	same $'window_start,window_end,count,e,l,d,_time,_diff
1,1,1,a,a,1,2,1\n9,9,1,b,b,1,4,1\n30,30,1,d,d,1,4,1
1,1,1,a,a,1,6,-1\n9,9,1,b,b,1,6,-1\n1,9,3,a,c,3,6,1
1,9,3,a,c,3,8,-1\n1,10,4,a,a,3,8,1'
}

@test "a session is closed when the clock has passed its end, the gap and the cutoff" {
	changes 'k str, t int' k,t,_time,_diff a,1,2,1 a,8,4,1 b,2,6,1 a,3,6,1 a,7,6,1 b,30,8,1 a,13,10,1 >in.pws
	run bash -c 'pw-window -t t -k k --session 3 --cutoff 2 --late late.csv count <in.pws | pw-write --changes'
	[ "$status" -eq 0 ]
	[[ $output == *'3 late rows dropped'* ]]
	run bash -c 'pw-window -t t -k k --session 3 --cutoff 2 count <in.pws 2>/dev/null | pw-write --changes'
	same $'k,window_start,window_end,count,_time,_diff
a,1,1,1,2,1\na,8,8,1,4,1\na,8,8,1,6,-1\na,7,8,2,6,1\nb,30,30,1,8,1'
	run cat late.csv
	same $'k,t,window_start,window_end,_time,_diff\na,3,1,1,6,1\nb,2,2,2,6,1\na,13,13,13,10,1'
}

@test "rows are judged by how the sessions stood before their commit" {
	# 12 would touch 10, which comes with it, and 14 an open session
	changes 't int' t,_time,_diff 16,2,1 25,4,1 12,6,1 10,6,1 14,6,1 >in.pws
	run bash -c 'pw-window -t t --session 3 --cutoff 7 --late late.csv count <in.pws 2>/dev/null | pw-write --changes'
	same $'window_start,window_end,count,_time,_diff\n16,16,1,2,1\n25,25,1,4,1\n16,16,1,6,-1\n14,16,2,6,1'
	run cat late.csv
	same $'t,window_start,window_end,_time,_diff\n10,10,10,6,1\n12,12,12,6,1'
}

@test "answers of closed sessions go with --no-keep, in the commit that finds them closed" {
	changes 't int, v int' t,v,_time,_diff 1,1,2,1 2,2,4,1 20,3,6,1 40,4,8,1 2,2,10,-1 >in.pws
	run bash -c 'pw-window -t t --session 3 --cutoff 0 --no-keep count <in.pws | pw-write --changes'
	same $'window_start,window_end,count,_time,_diff
1,1,1,2,1\n1,1,1,4,-1\n1,2,2,4,1\n20,20,1,6,1\n1,2,2,8,-1\n40,40,1,8,1\n20,20,1,10,-1'
	run bash -c 'pw-window -t t --session 3 --cutoff 0 --no-keep <in.pws | pw-write --changes'
	same $'t,v,window_start,window_end,_time,_diff
1,1,1,1,2,1\n1,1,1,1,4,-1\n1,1,1,2,4,1\n2,2,1,2,4,1\n20,3,20,20,6,1
1,1,1,2,8,-1\n2,2,1,2,8,-1\n40,4,40,40,8,1\n20,3,20,20,10,-1'
}

@test "at odd times nothing is closed, and nothing is late" {
	changes 't int' t,_time,_diff 1,2,1 20,4,1 2,5,1 21,5,1 1,7,-1 50,8,1 >in.pws
	run bash -c 'pw-window -t t --session 3 --cutoff 2 --no-keep --late late.csv count <in.pws | pw-write --changes'
	same $'window_start,window_end,count,_time,_diff
1,1,1,2,1\n20,20,1,4,1\n20,20,1,5,-1\n20,21,2,5,1\n1,1,1,8,-1\n50,50,1,8,1'
	[ ! -e late.csv ] || [ "$(wc -l <late.csv)" -le 1 ]
}

@test "more rows taken away than there were are a fault, unless their session is closed" {
	changes 't int' t,_time,_diff 1,2,1 30,4,1 1,6,-1 1,8,-1 >in.pws
	run bash -c 'pw-window -t t --session 3 --cutoff 2 count <in.pws | pw-write --table'
	same $'window_start,window_end,count\n1,1,1\n30,30,1'
	run bash -c 'pw-window -t t --session 3 count <in.pws'
	[ "$status" -eq 3 ]
	[[ $output == *'time 8: '*'-1'* ]]
}

@test "memory goes down when sessions are closed" {
	[ -z "$ASAN_OPTIONS" ] || skip "a sanitizer's memory is not ours"
	awk 'BEGIN { print "k,t,_time,_diff"; for (i = 0; i < 300000; i++) print i "," i "," 2 + 2 * int(i / 1000) ",1" }' >in.csv
	pw-read --changes --append-only -s 'k int, t int' in.csv >grows.pws
	pw-read --changes -s 'k int, t int' in.csv >held.pws
	for f in grows held; do
		run bash -c "env time -f %M pw-window -t t -k k --session 3 --cutoff 10 count <$f.pws 2>&1 >$f.out | tail -n 1"
		[ "$output" -lt 30000 ]
		[ "$(pw-write --table <$f.out | wc -l)" -eq 300001 ]
	done
}

@test "what does not go together is refused" {
	printf 't,k\n1,a\n' >in.csv
	refused() { # MESSAGE ARGUMENT...
		local message=$1
		shift
		run bash -c 'pw-read in.csv | pw-window "$@"' - -t t "$@" count
		[ "$status" -eq 2 ]
		[[ ${lines[0]} == "pw-window: $message"* ]] || {
			echo "found: $output"
			return 1
		}
	}
	refused "--session: '0' is not more than 0" --session 0
	refused "--session: '-1' is not more than 0" --session -1
	refused "--session: 'x' is not a number" --session x
	refused "--cutoff: '-1' is less than 0" --session 1 --cutoff -1
	refused "-k: 't' is the time column" --session 1 -k t
	refused "--session-while: expression: character 1: 'foo' is not a column" --session-while 'foo < 2'
	refused "--session-while: expression: character 6: this is an int, a bool is wanted" --session-while 'next - cur'
	refused "sessions take --cutoff, and not --delay" --session 1 --delay 2
}
