# pw-read -F --replay --state: a backtest that goes on live, in the same run and in later ones.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 0.1
	printf 'at,k,n\n1000,a,1\n4000,b,2\n4000,c,3\n' >log.csv
	p=
}

teardown() {
	[ -z "$p" ] || kill -9 -- "-$p" 2>/dev/null || true
}

read="pw-read --state st --replay at --unit ms"
follows() { # OPTION...: in the background, as a group
	set -m
	bash -c "set -o pipefail; $read -F $* log.csv | pw-write --changes out.csv" 2>>err 3>&- &
	p=$!
	set +m
}
once() { $read "$@" log.csv | pw-write --changes out.csv; } # without -F
stops() {
	pkill -INT -g "$p" pw-read
	wait "$p" || true
	p=
}
dies() {
	kill -9 -- "-$p" 2>/dev/null
	wait "$p" || true
	p=
}
explain() { cat out.csv err; }
rows() { await "[ \$(wc -l <out.csv) -gt $1 ]"; } # N: so many have come out
times() { sed 1d out.csv | cut -d, -f4; }
is_live() { [ "$(echo "$1" | wc -w)" -gt 0 ] && for t in $1; do [ "$t" -gt 1600000000000 ] || return 1; done; }
is_live_now() { grep -q '"replayed"' st/pw-read-*/journal-*; }
history() { [ "$(sed -n 2,4p out.csv)" = "$(printf '1000,a,1,1000,1\n4000,b,2,4000,1\n4000,c,3,4000,1')" ]; }
holds() { [ "$(sed 1d out.csv | cut -d, -f3 | tr '\n' ' ')" = "$* " ]; }
ascends() { times | sort -nc; }
merge() { python3 "$TOP/tests/helpers/merge_journal.py" "$(echo st/pw-read-*/journal-*)"; }

@test "it goes on live after the last row, and in the next run, whatever the column says" {
	follows
	rows 3
	await is_live_now
	echo 2,d,4 >>log.csv
	rows 4
	stops
	history
	is_live "$(times | tail -n 1)"
	cp out.csv was.csv
	echo 3,e,5 >>log.csv
	follows
	rows 5
	echo 4,f,6 >>log.csv
	rows 6
	stops
	head -n 5 out.csv | cmp - was.csv
	holds 1 2 3 4 5 6
	is_live "$(times | tail -n 3)"
	ascends
}

@test "what was added before the replay began is replayed; what comes meanwhile is live" {
	printf '7000,d,4\n' >>log.csv
	follows --speed 1x # a tenth of that, by our clock
	rows 1
	echo 8000,e,5 >>log.csv
	rows 1
	stops
	[ "$(wc -l <out.csv)" -lt 5 ] # it was stopped within the replay
	follows
	rows 5
	stops
	history
	holds 1 2 3 4 5
	[ "$(times | tail -n 2 | tr '\n' ' ')" = '7000 8000 ' ] # what was there when the second run began
}

@test "a run that is killed within the replay goes on there, and live after it" {
	for n in $(seq 4 60); do echo "$((1000 * n + 1000)),x,$n"; done >>log.csv
	follows --speed 50x --checkpoint-interval 2s
	rows 5
	dies
	[ "$(wc -l <out.csv)" -lt 61 ]
	cp out.csv was.csv
	n=$(wc -l <was.csv)
	follows --speed 50x --checkpoint-interval 2s
	rows $((n + 2))
	dies
	follows --checkpoint-interval 2s
	rows 60
	await is_live_now
	echo 1,y,61 >>log.csv
	rows 61
	dies
	follows --checkpoint-interval 2s
	echo 1,z,62 >>log.csv
	rows 62
	dies
	cmp -n "$(stat -c %s was.csv)" was.csv out.csv
	holds $(seq 62)
	[ "$(sed -n 2,61p out.csv | awk -F, '$1 != $4')" = "" ]
	is_live "$(times | tail -n 2)"
	ascends
}

@test "it is live though nothing has come since, and nothing but the switch is in the journal" {
	follows
	await is_live_now
	dies
	echo 5000,d,4 >>log.csv
	once
	holds 1 2 3 4
	is_live "$(times | tail -n 1)"
}

@test "without -F a later run commits what has come at the time of its start" {
	once # a replay that has ended
	echo 5000,d,4 >>log.csv
	follows
	rows 4
	await is_live_now
	stops
	# it had ended, and so the row is not below what others may have used since
	ascends
	printf '1,e,5\n2,f,6\n' >>log.csv
	once
	holds 1 2 3 4 5 6
	[ "$(times | tail -n 2 | uniq | wc -l)" -eq 1 ]
	is_live "$(times | tail -n 2)"
	once
	holds 1 2 3 4 5 6
}

@test "a sink that is added later gets the replay at its times, and what was live" {
	follows
	await is_live_now
	echo 5,d,4 >>log.csv
	rows 4
	echo 6,e,5 >>log.csv
	rows 5
	stops
	fills() { # it is registered by the first run, if that does not begin at the start
		bash -c "set -o pipefail; $read log.csv | pw-write --changes $1" 2>>err || [ $? -eq 75 ]
		$read log.csv | pw-write --changes "$1"
	}
	fills new.csv
	cmp out.csv new.csv
	merge # of both kinds
	fills merged.csv
	[ "$(cut -d, -f-3 merged.csv)" = "$(cut -d, -f-3 out.csv)" ]
	head -n 4 out.csv | cmp - <(head -n 4 merged.csv)
	[ "$(sed 1d merged.csv | cut -d, -f4 | tail -n 2 | sort -u)" = "$(times | tail -n 1)" ]
	rm -r st out.csv new.csv
	follows
	await is_live_now
	stops
	merge # of the replay alone
	fills new.csv
	head -n 4 new.csv | cmp - <(head -n 4 merged.csv)
	echo 7,f,6 >>log.csv
	$read log.csv | pw-write --changes new.csv
	is_live "$(tail -n 1 new.csv | cut -d, -f4)"
}

@test "a log that is rotated after the replay is followed" {
	follows --checkpoint-interval 100ms
	await is_live_now
	echo 5,d,4 >>log.csv
	rows 4
	mv log.csv log.csv.1
	printf 'at,k,n\n6,e,5\n' >log.csv
	rows 5
	stops
	mv log.csv.1 log.csv.2
	mv log.csv log.csv.1
	printf 'at,k,n\n7,f,6\n' >log.csv
	once
	holds 1 2 3 4 5 6
}

@test "rows that have an error are dropped once, by the replay or after it" {
	printf '5000,d,word\n' >>log.csv
	read+=" --on-error skip -s 'at int, k str, n int'"
	once() { eval "$read log.csv" | pw-write --changes out.csv; }
	follows
	await is_live_now
	stops
	grep -q '1 row' err
	grep -v 'no row' err >err.first
	printf '6,e,5\n' >>log.csv
	once 2>err.second
	holds 1 2 3 5
	[ "$(<err.second)" = "" ]
}

@test "with nothing to replay it is live at once; the columns come with the first rows" {
	printf 'at,k,n\n' >log.csv
	follows
	await '[ -e st/run ]'
	printf '1,a,1\n' >>log.csv
	rows 1
	echo 2,b,2 >>log.csv
	rows 2
	dies
	follows
	echo 3,c,3 >>log.csv
	rows 3
	stops
	holds 1 2 3
	is_live "$(times)"
}

@test "--upsert remembers its rows over the switch" {
	read+=" --upsert -k k"
	follows --checkpoint-interval 100ms
	await is_live_now
	echo 5,a,4 >>log.csv
	rows 5
	dies
	follows --checkpoint-interval 100ms
	echo 6,a,5 >>log.csv
	rows 7
	stops
	[ "$(sed 1d out.csv | tail -n 4 | cut -d, -f-3,5 | tr '\n' ' ')" = '1000,a,1,-1 5,a,4,1 5,a,4,-1 6,a,5,1 ' ]
}

@test "several files that are merged, one of which comes when it is live" {
	mkdir logs
	printf 'at,k,n\n1000,a,1\n3000,b,3\n' >logs/1.csv
	printf 'at,k,n\n2000,c,2\n4000,d,4\n' >logs/2.csv
	starts() {
		set -m
		bash -c "$read -F logs | pw-write --changes out.csv" 2>>err 3>&- &
		p=$!
		set +m
	}
	starts
	await is_live_now
	printf 'at,k,n\n1,e,5\n' >logs/3.csv
	rows 5
	echo 2,f,6 >>logs/1.csv
	rows 6
	dies
	echo 3,g,7 >>logs/3.csv
	starts
	rows 7
	stops
	holds 1 2 3 4 5 6 7
	[ "$(times | head -n 4 | tr '\n' ' ')" = '1000 2000 3000 4000 ' ]
	is_live "$(times | tail -n 3)"
}

@test "a reader that is live lets a sink of the clock's beside it go on" {
	printf 'k\nx\n' >beside.csv
	both="$read -F log.csv | pw-select k | pw-concat - exec:'pw-read --state st -F beside.csv' | pw-write --changes out.csv"
	starts() {
		set -m
		bash -c "$both" 2>>err 3>&- &
		p=$!
		set +m
	}
	starts
	rows 4
	await is_live_now
	echo y >>beside.csv
	rows 5
	echo 5,d,4 >>log.csv
	rows 6
	cp out.csv was.csv
	dies
	starts
	echo z >>beside.csv
	rows 7
	dies
	cmp -n "$(stat -c %s was.csv)" was.csv out.csv
	[ "$(sed 1d out.csv | cut -d, -f1 | tr '\n' ' ')" = 'x a b c y d z ' ]
}

@test "a replay into a future that no clock comes to is refused when it would go on" {
	echo 8950000000000,d,4 >>log.csv
	set -o pipefail
	run -4 bash -c "set -o pipefail; $read -F log.csv | pw-write --changes out.csv"
	[[ $output == *"from which no clock can go on live: leave out -F"* ]]
	once
	holds 1 2 3 4
}

@test "a pipeline that has finished reads nothing more, live or not" {
	once --finish
	follows
	await is_live_now
	stops
	holds 1 2 3
	echo 5,d,4 >>log.csv
	set -o pipefail
	run -4 once
	[[ $output == *"the pipeline has finished, and there is more to read"* ]]
}
