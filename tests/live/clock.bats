# pw-read clock:D: a row each D. Time passes twenty times as fast, so that ten seconds are half a one.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 20
	p=
}

teardown() {
	[ -z "$p" ] || kill -9 -- "-$p" 2>/dev/null || true
}

# starts COMMAND: in the background, as a group
starts() {
	set -m
	bash -c "$1" 2>>err 3>&- &
	p=$!
	set +m
}
stops() { # by a signal to all of it
	pkill -INT -g "$p" pw-read
	wait "$p" || true
	p=
}
dies() {
	kill -9 -- "-$p"
	wait "$p" || true
	p=
}
rows() { await "[ \$(wc -l <${2:-out.csv}) -gt $1 ]"; } # N FILE
ns() { date -u -d "$1" +%s; }

# judges FILE STEP: rows lie on multiples of STEP (s), each is later than the one before, and no later than its commit
judges() {
	local now time last=0
	while IFS=, read -r now time _; do
		now=$(ns "$now")
		[ $((now % $2)) -eq 0 ] || return 1
		[ "$now" -gt "$last" ] || return 1
		[ $((now * 1000)) -le "$time" ] || return 1
		last=$now
	done < <(sed 1d "$1")
}

@test "read once, a clock is one row: the last multiple, in the first load" {
	before=$(date +%s)
	pw-read clock:10s | pw-write --changes >out.csv
	[ "$(wc -l <out.csv)" -eq 2 ]
	IFS=, read -r now time diff < <(sed 1d out.csv)
	[ "$time,$diff" = 0,1 ]
	now=$(ns "$now")
	[ $((now % 10)) -eq 0 ] && [ "$now" -gt $((before - 10)) ] && [ "$now" -le "$(date +%s)" ]
	run -0 pw-read --check clock:10s
	[[ $output == *"output: now datetime_utc!; append-only; static"* ]]
}

@test "followed, a row comes each D, no later than its commit, and the first one at once" {
	starts "pw-read -F clock:10s | pw-write --changes out.csv"
	rows 4
	stops
	judges out.csv 10
	[ "$(wc -l <out.csv)" -gt 4 ]
	first=$(ns "$(sed -n 2p out.csv | cut -d, -f1)") n=0
	while read -r now; do # none is left out
		[ "$(ns "$now")" -eq $((first + 10 * n++)) ]
	done < <(sed 1d out.csv | cut -d, -f1)
}

@test "rows that fall together in one even millisecond are one commit, and none is left out" {
	starts "pw-read -F clock:1ms | pw-select 'at = epoch_ms(now)' | pw-write --changes out.csv"
	rows 500
	stops
	sed 1d out.csv | awk -F, 'NR > 1 && $1 != last + 1 || $2 < $1 { exit 1 } { last = $1 }'
}

@test "an odd multiple waits for its even millisecond" {
	starts "pw-read -F clock:5ms | pw-select --add 'at = epoch_ms(now)' | pw-write --changes out.csv"
	rows 50
	stops
	sed 1d out.csv | awk -F, '$3 < $2 { exit 1 }'
}

line() { echo "pw-read --state st --checkpoint-interval 1s ${1:--F} clock:10s | pw-write --changes ${2:-out.csv}"; }

@test "with state the same rows come at the same times after a kill, and what passed meanwhile is left out" {
	starts "$(line)"
	rows 3
	dies
	cp out.csv was.csv
	[ "$(stat -c %s was.csv)" -gt 0 ]
	touch -d '1 hour ago' was.csv
	starts "$(line)"
	n=$(wc -l <was.csv)
	rows $((n + 2))
	dies
	cmp -n "$(stat -c %s was.csv)" was.csv out.csv
	judges out.csv 10
}

@test "a later run begins with the last multiple that has passed, in the catch-up commit" {
	pw-read --state st clock:1s | pw-write --changes out.csv
	[ "$(sed 1d out.csv | cut -d, -f2)" = 0 ]
	sed 1d out.csv >was
	await 'pw-read --state st clock:1s | pw-write --changes out.csv && [ $(wc -l <out.csv) -eq 3 ]'
	judges <(sed 2d out.csv) 1
	[ "$(sed -n 2p out.csv)" = "$(<was)" ]
}

@test "a sink that is added later gets every row, of merged entries at one time" {
	clocked="pw-read --state st --checkpoint-interval 100ms -F clock:1ms"
	starts "$clocked | pw-write --changes out.csv"
	await '[ $(stat -c %s st/pw-read-*/journal-*) -gt 300000 ]'
	stops
	rm -f done
	both() { "$@" | tee >(pw-write --changes new.csv; echo >done) | pw-write --changes out.csv; }
	clocked=${clocked/ -F/}
	$clocked | pw-write --changes out.csv
	grep -q '"merged":true' st/pw-read-*/journal-*
	both $clocked 2>err || true # the new sink is registered
	await '[ -e done ]'
	rm -f done
	both $clocked
	await '[ -e done ]'
	[ "$(cut -d, -f1 new.csv | sort)" = "$(cut -d, -f1 out.csv | sort)" ]
	[ "$(sed 1d new.csv | cut -d, -f2 | sort -u | wc -l)" -lt "$(sed 1d out.csv | cut -d, -f2 | sort -u | wc -l)" ]
}

@test "a clock beside a reader of a file, in one run" {
	printf 'k\na\n' >log.csv
	two="pw-concat <(pw-read --state st -F -s 'now datetime_utc, k str' --name log log.csv) <(pw-read --state st -F clock:10s | pw-select now 'k = \"tick\"')"
	printf 'now,k\n,a\n' >log.csv
	starts "$two | pw-write --changes out.csv"
	rows 2
	echo ,b >>log.csv
	rows 4
	dies
	cp out.csv was.csv
	starts "$two | pw-write --changes out.csv"
	rows 6
	dies
	cmp -n "$(stat -c %s was.csv)" was.csv out.csv
	[ "$(grep -c ',[ab],' out.csv)" -eq 2 ]
}

@test "windows of a silent stream close, at the same times after a kill" {
	printf 'at,k\n2024-05-01T12:00:00Z,a\n2024-05-01T12:59:00Z,b\n' >log.csv
	window="pw-read --state st -F log.csv | pw-window -t at --tumbling 1h --once --clock exec:'pw-read --state st -F clock:10s' count"
	starts "$window | pw-write --changes out.csv"
	rows 1
	[ "$(sed 1d out.csv | cut -d, -f-3)" = 2024-05-01T12:00:00Z,2024-05-01T13:00:00Z,2 ]
	dies
	cp out.csv was.csv
	starts "$window | pw-write --changes out.csv"
	date -u +%FT%TZ,c >>log.csv
	await '[ $(cat st/pw-read-*/journal-* | grep -c log.csv.*log.csv) -ge 2 ]'
	dies
	cmp out.csv was.csv # an hour has not passed
}

@test "what is no clock is refused before anything is made" {
	refused() { # MESSAGE ARGUMENT...
		run -2 --separate-stderr pw-read "${@:2}"
		[ "$stderr" = "pw-read: $1" ]
	}
	refused "clock:0s: '0s' is not from 1ms to 100 years" clock:0s
	refused "clock:-5s: '-5s' is not from 1ms to 100 years" --state st clock:-5s
	refused "clock:ten: 'ten' is not a duration, such as 10s or 1h30m (a file of that name is read as ./clock:ten)" clock:ten
	refused "clock:1s is a stream of its own: read it alone, and put streams together with pw-concat" log.csv clock:1s
	refused "clock:1s has one column, now, and commits at its times: --replay does not go with it" --replay now clock:1s
	refused "clock:1s has one column, now, and commits at its times: --autocommit does not go with it" -F --autocommit 1s clock:1s
	[ ! -e st ]
}

@test "a file that is called like a clock is read by its path" {
	printf 'a\n1\n' >clock:1s.csv
	[ "$(pw-read ./clock:1s.csv | pw-write | tail -n 1)" = 1 ]
	run -2 --separate-stderr pw-read clock:1s.csv
	[[ $stderr == *"(a file of that name is read as ./clock:1s.csv)" ]]
}
