# As-of and window joins as a user meets them. Random streams are in oracle/eventtime.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	printf 'sym,t,qty\nA,10,1\nA,20,2\nB,10,3\n,10,4\nA,,5\n' >trades.csv
	printf 'sym,t,bid\nA,8,1\nA,10,2\nA,15,3\nB,12,4\n,10,5\nA,,6\n' >quotes.csv
}

joined() { # ARGUMENT...
	pw-join -k sym -t t "$@" trades.csv quotes.csv sym qty bid | pw-write --table
}

same() { # TEXT
	[ "$output" = "$1" ] || { printf 'found:\n%s\nexpected:\n%s\n' "$output" "$1" >&2; return 1; }
}

refused() { # STATUS ERE ARGUMENT...
	run bash -c 'pw-join "$@" 2>&1 >/dev/null' - "${@:3}"
	[ "$status" -eq "$1" ] && [[ ${lines[0]} =~ $2 ]] || { echo "status $status: $output" >&2; return 1; }
}

@test "the closest row before, after, and on either side" {
	run -0 joined --asof
	same $'sym,qty,bid\nA,1,2\nA,2,3\nA,5,\nB,3,\n,4,'
	run -0 joined --asof=forward
	same $'sym,qty,bid\nA,1,2\nA,2,\nA,5,\nB,3,4\n,4,'
	run -0 joined --asof=nearest
	same $'sym,qty,bid\nA,1,2\nA,2,3\nA,5,\nB,3,4\n,4,'
	run -0 joined --asof=nearest --tolerance 4
	same $'sym,qty,bid\nA,1,2\nA,2,\nA,5,\nB,3,4\n,4,'
	run -0 joined --asof --null-equal --inner
	same $'sym,qty,bid\nA,1,2\nA,2,3\n,4,5'
	run -0 joined --asof --right
	same $'sym,qty,bid\nA,1,2\nA,1,3\nA,,1\nA,,6\nB,3,4\n,,5'
}

@test "a quote that comes late corrects the trades that it is the better match for" {
	printf 'sym,t,bid,_time,_diff\nA,8,1,0,1\nA,19,7,2,1\nA,8,1,4,-1\n' >changes.csv
	run -0 bash -c "pw-join -k sym -t t --asof trades.csv <(pw-read --changes changes.csv) sym qty bid |
		pw-filter 'qty < 3' | pw-write --changes"
	same $'sym,qty,bid,_time,_diff\nA,1,1,0,1\nA,2,1,0,1\nA,2,1,2,-1\nA,2,7,2,1\nA,1,1,4,-1\nA,1,,4,1'
}

@test "options that do not go together are refused" {
	refused 2 "^pw-join: --tolerance goes with --asof" -t t --interval 0,1 --tolerance 1 trades.csv quotes.csv
	refused 2 "several are given" -t t --asof --interval 0,1 trades.csv quotes.csv
	refused 2 "^pw-join: --semi does not go with this join by event time" -k sym -t t --asof --semi trades.csv quotes.csv
	refused 2 "^pw-join: --now answers left rows by commit" -k sym -t t --asof --now trades.csv quotes.csv
	refused 2 "^pw-join: -t COL is missing" -k sym --asof trades.csv quotes.csv
	refused 2 "'sideways'" -k sym -t t --asof=sideways trades.csv quotes.csv
	refused 2 "^pw-join: --no-keep goes with --cutoff" -k sym -t t --asof --no-keep trades.csv quotes.csv
	refused 2 "^pw-join: --late goes with --cutoff" -k sym -t t --asof --late x.csv trades.csv quotes.csv
	refused 2 "^pw-join: --cutoff goes with --asof or --interval" -k sym -t t --tumbling 5 --cutoff 1 trades.csv quotes.csv
	refused 2 "^pw-join: --every goes with --sliding" -k sym -t t --tumbling 5 --every 1 trades.csv quotes.csv
	refused 2 "--every H is missing" -k sym -t t --sliding 5 trades.csv quotes.csv
	refused 2 "^pw-join: --cutoff: '1,2,3' is not one value for both inputs" -k sym -t t --asof --cutoff 1,2,3 trades.csv quotes.csv
}

@test "late rows of each side go to a file of its own" {
	printf 'a,t,_time,_diff\n1,10,0,1\n2,1,2,1\n' >l.csv
	printf 'b,t,_time,_diff\n1,9,0,1\n2,0,2,1\n' >r.csv
	run -0 bash -c "pw-join -t t --asof --cutoff 5 --late left.csv,right.csv <(pw-read --changes l.csv) \
		<(pw-read --changes r.csv) a b 2>said | pw-write --table"
	same $'a,b\n1,1'
	[ "$(<left.csv)" = $'a,t,_time,_diff\n2,1,2,1' ]
	[ "$(<right.csv)" = $'b,t,_time,_diff\n2,0,2,1' ]
	grep -q '2 late rows dropped' said
	refused 2 "both inputs have a cutoff" -t t --asof --cutoff 5 --late one.csv trades.csv quotes.csv
}

@test "a state directory: what has come since corrects what was shown" {
	line() {
		pw-join -k sym -t t --asof <(pw-read --state st trades.csv) <(pw-read --state st quotes.csv) sym qty bid |
			pw-write --changes out.csv
	}
	line
	echo 'A,19,9' >>quotes.csv
	line
	run -0 tail -n 2 out.csv
	[[ ${lines[0]} == A,2,3,*,-1 && ${lines[1]} == A,2,9,*,1 ]]
	[ "$(wc -l <out.csv)" -eq 8 ]
}

@test "pairs in one window: keys and bounds come first" {
	run -0 bash -c 'pw-join -k sym -t t --tumbling 10 --full --suffix _l,_r trades.csv quotes.csv | pw-write --table'
	same $'sym,window_start,window_end,t_l,qty,t_r,bid\nA,0,10,,,8,1\nA,10,20,10,1,10,2\nA,10,20,10,1,15,3\nA,20,30,20,2,,\nB,10,20,10,3,12,4\n,10,20,10,4,,\n,10,20,,,10,5'
	run -0 bash -c 'pw-join -k sym -t t --session 3 trades.csv quotes.csv sym window_start window_end qty bid | pw-write --table'
	same $'sym,window_start,window_end,qty,bid\nA,8,10,1,1\nA,8,10,1,2\nB,10,12,3,4'
	printf 't\n1.5\n' >floats.csv
	refused 2 "^pw-join: -t: 't' is int in the left input and 't' is float in the right one" -t t --tumbling 5 trades.csv floats.csv
	printf 't,window_start\n1,2\n' >taken.csv
	refused 2 "^pw-join: 'window_start' is a column of the right input" -t t --tumbling 5 trades.csv taken.csv
}
