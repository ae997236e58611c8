# pw-window: which windows rows are in, what is shown when, what is late, and what is refused.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# table OPTION...: what pw-window makes of in.csv.
table() {
	pw-read in.csv | pw-window -t t "$@" | pw-write --table
}

# changes OPTION...: likewise, change by change, of rows (t, k) with _time and _diff in in.csv.
changes() {
	pw-read --changes -s 't int, k str' in.csv | pw-window -t t "$@" | pw-write --changes
}

rows() {
	printf '%s\n' "$@" >in.csv
}

@test "windows of days of a zone are 23 and 25 hours long when clocks are moved" {
	rows t 2023-03-25T23:00:00Z 2023-03-26T21:59:59Z 2023-03-26T22:00:00Z 2023-10-28T22:00:00Z 2023-10-29T22:59:59Z
	run -0 table --tumbling 1d --zone Europe/Oslo count
	[ "$output" = 'window_start,window_end,count
2023-03-25T23:00:00Z,2023-03-26T22:00:00Z,2
2023-03-26T22:00:00Z,2023-03-27T22:00:00Z,1
2023-10-28T22:00:00Z,2023-10-29T23:00:00Z,2' ]
}

@test "hours are as long as they are, in a zone too" {
	rows t 2023-03-26T12:00:00Z
	run -0 table --tumbling 24h --zone Europe/Oslo count
	[ "${lines[1]}" = 2023-03-25T23:00:00Z,2023-03-26T23:00:00Z,1 ]
}

@test "months and years, from an origin" {
	rows t 2024-01-15T00:00:00 2024-02-29T05:59:59 2024-02-29T06:00:00 2024-04-01T00:00:00
	run -0 table --tumbling 1mo --origin 2024-01-31T06:00 count
	[ "$output" = 'window_start,window_end,count
2024-01-31T06:00:00,2024-02-29T06:00:00,1
2024-02-29T06:00:00,2024-03-31T06:00:00,1
2024-03-31T06:00:00,2024-04-30T06:00:00,1' ]
	run -0 table --tumbling 1y count
	[ "${lines[1]}" = 2024-01-01T00:00:00,2025-01-01T00:00:00,4 ]
}

@test "expressions may use the bounds and the keys" {
	rows t,k 1,a 7,a 8,b
	run -0 table --tumbling 5 -k k 'last = window_end - max(t)' 'x = upper(k)'
	[ "$output" = 'k,window_start,window_end,last,x
a,0,5,4,A
a,5,10,3,A
b,5,10,2,B' ]
}

@test "the bounds are part of the key of the output" {
	rows t,k 1,a
	pw-read in.csv | pw-window -t t --tumbling 5 -k k count >out.pws
	grep -q '{"name":"window_start","type":"int","key":true},{"name":"window_end","type":"int","key":true}' out.pws
	grep -q '"append_only":true,"static":true' out.pws
}

@test "rows come with their bounds last, as they come, once per window" {
	rows t,k 7,a 1,b
	run -0 bash -c 'pw-read in.csv | pw-window -t t --sliding 4 --every 2 | pw-write'
	[ "$output" = 't,k,window_start,window_end
7,a,4,8
7,a,6,10
1,b,-2,2
1,b,0,4' ]
}

@test "rows are held until their window is shown, and equal ones are counted" {
	rows t,k,_time,_diff 1,a,2,1 1,a,2,1 1,b,2,1 1,b,4,-1 6,c,4,1 12,c,6,1
	run -0 changes --tumbling 5 --delay 5
	[ "$output" = 't,k,window_start,window_end,_time,_diff
1,a,0,5,4,2
6,c,5,10,6,1
12,c,10,15,end,1' ]
}

@test "rows of closed windows are taken away with --no-keep" {
	rows t,k,_time,_diff 1,a,2,1 6,a,4,1 7,b,6,1 2,z,8,1
	run -0 --separate-stderr changes --tumbling 5 --cutoff 0 --no-keep
	[ "$output" = 't,k,window_start,window_end,_time,_diff
1,a,0,5,2,1
6,a,5,10,4,1
1,a,0,5,6,-1
7,b,5,10,6,1' ]
	[ "$stderr" = 'pw-window: 1 late row dropped' ]
}

@test "--late has a line per row and closed window, with the bounds" {
	rows t,k,_time,_diff 20,a,2,1 9,b,4,1 9,c,4,1 9,c,4,-1 9,d,4,-1
	run -0 --separate-stderr changes --sliding 4 --every 2 --cutoff 0 --late late.csv count
	[ "$(cat late.csv)" = 't,k,window_start,window_end,_time,_diff
9,b,6,10,4,1
9,b,8,12,4,1' ]
	[[ "$stderr" == *'2 late rows dropped'* ]]
}

@test "a column of the input that is called as a bound is told from it in --late" {
	rows t,window_start,_time,_diff 20,1,2,1 1,2,4,1
	pw-read --changes -s 't int, window_start int' in.csv |
		pw-window -t t --tumbling 5 --cutoff 0 --late late.csv count >/dev/null
	[ "$(cat late.csv)" = 't,window_start,_window_start,window_end,_time,_diff
1,2,0,5,4,1' ]
	run -2 bash -c "pw-read --changes -s 't int, window_start int' in.csv | pw-window -t t --tumbling 5 >/dev/null"
	[[ "$output" == *"has a column 'window_start' already: name it otherwise, with pw-select --rename"* ]]
}

@test "a clock stream closes windows of a silent one" {
	printf 't,_time,_diff\n2026-01-01T00:00:01,2,1\n2026-01-01T00:00:02,8,1\n' >in.csv
	printf 'now,_time,_diff\n2026-01-01T00:00:30,4,1\n2026-01-01T00:01:00,6,1\n' >clock.csv
	pw-read --changes -s 'now datetime' clock.csv >clock.pws
	run -0 --separate-stderr bash -c "pw-read --changes -s 't datetime' in.csv |
		pw-window -t t --tumbling 10s --delay 10s --cutoff 5s --no-keep --clock clock.pws count | pw-write --changes"
	[ "$output" = 'window_start,window_end,count,_time,_diff
2026-01-01T00:00:00,2026-01-01T00:00:10,1,4,1
2026-01-01T00:00:00,2026-01-01T00:00:10,1,6,-1' ]
	[[ "$stderr" == *'1 late row dropped'* ]]
}

@test "event times in error are row errors, and move no clock" {
	rows t,k nan,a 1.5,b 1e300,c
	run -3 bash -c 'pw-read in.csv | pw-window -t t --tumbling 1 count >/dev/null'
	[ "$output" = "pw-window: time 0: column 't': the event time is not finite" ]
	run -0 --separate-stderr table --tumbling 1 --delay 1 --on-error bad.jsonl count
	[ "$output" = 'window_start,window_end,count
1.0,2.0,1' ]
	[ "$stderr" = 'pw-window: 2 rows rejected to bad.jsonl' ] || [[ "$stderr" == *'2 rows rejected'* ]]
	[ "$(grep -c reason bad.jsonl)" -eq 2 ]
	rows t 9223372036854775807
	run -3 bash -c 'pw-read in.csv | pw-window -t t --tumbling 10 count >/dev/null'
	[[ "$output" == *'a bound of a window of the event time is beyond 64 bits' ]]
}

@test "a row beyond --max-step does not close windows" {
	rows t,k,_time,_diff 1,a,2,1 1000,a,4,1 2,a,6,1
	run -2 changes --tumbling 5 --cutoff 0 --max-step 100 --on-error skip count
	[[ "$output" == *'this needs an append-only input, or --on-error stop'* ]]
	run -0 --separate-stderr bash -c "pw-read --changes --append-only -s 't int, k str' in.csv |
		pw-window -t t --tumbling 5 --cutoff 0 --max-step 100 --on-error skip count | pw-write --changes"
	[ "$output" = 'window_start,window_end,count,_time,_diff
0,5,1,2,1
0,5,1,6,-1
0,5,2,6,1' ]
}

# refuses WORDS OPTION...
refuses() {
	run -2 bash -c 'pw-read -s "t int, d datetime, u datetime_utc" in.csv | pw-window "$@" >/dev/null' _ "${@:2}"
	[[ "$output" == *"$1"* ]] || { echo "$output" && false; }
}

@test "options that do not go together are refused" {
	rows t,d,u
	refuses '-t COL is missing' --tumbling 5 count
	refuses 'no window: give' -t t count
	refuses 'give one of --tumbling' -t t --tumbling 5 --session 3
	refuses '--sliding needs --every' -t t --sliding 5
	refuses '--every goes with --sliding' -t t --tumbling 5 --every 2
	refuses '--origin is for tumbling and sliding' -t t --session 5 --origin 3
	refuses 'sessions take --cutoff, and not --delay' -t t --session 5 --delay 1
	refuses '--cutoff needs sessions with a gap' -t t --session-while 'next < cur + 3' --cutoff 1
	refuses 'one of --keep and --no-keep' -t t --tumbling 5 --cutoff 1 --keep --no-keep
	refuses '--once says it all: it goes without --cutoff' -t t --tumbling 5 --once --cutoff 1
	refuses '--no-keep needs --cutoff' -t t --tumbling 5 --no-keep
	refuses '--late needs --cutoff' -t t --tumbling 5 --late x.csv
	refuses 'would be closed before it is shown' -t t --tumbling 5 --delay 8 --cutoff 2
	refuses 'would be closed before it is shown' -t d --tumbling 1mo --delay 30d --cutoff 1d
	refuses 'only a datetime_utc' -t d --tumbling 1d --zone Europe/Oslo
	refuses "'1mo2d' is not a whole number of months" -t d --tumbling 1mo2d
	refuses 'write hours for a length that is always the same' -t u --tumbling 1d12h --zone Europe/Oslo
	refuses "'x' is not a column" -t t --tumbling 5 -k x
}

@test "the state of closed windows is freed" {
	python3 - >in.csv <<-'EOF'
		print("t,k,_time,_diff")
		for i in range(20000):
		    print(f"{i // 2},{i},{2 * i + 2},1")
	EOF
	run -0 bash -c "pw-read --changes --append-only -s 't int, k int' in.csv |
		pw-window -v -t t --tumbling 10 -k k --cutoff 0 count 2>err >/dev/null; cat err"
	[[ "$output" =~ 'state '([0-9]+)' bytes' ]]
	(( BASH_REMATCH[1] < 1000000 ))
}
