#!/usr/bin/env bats
# pw-read --replay: rows at their own times, paced, merged over files, aligned over readers

load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	[ -z "$reader" ] || kill -9 "$reader" 2>/dev/null || true
}

explain() { cat out err; }

# follows OPTION... SOURCE: a replay that goes on live, into out, with the reader's status in status
follows() {
	{
		pw-read -F --replay at --unit ms "$@" 2>err &
		echo $! >pid
		wait $! && echo 0 >status || echo $? >status
	} | pw-write --changes >out 2>err.write &
	pipeline=$!
	await '[ -s pid ]'
	reader=$(<pid)
}

came() { await "[ \$(wc -l <out) -eq $(($1 + 1)) ]"; } # N: so many changes have come out
begun() { await "[ \$(wc -l <out) -gt $1 ]"; } # N: so many, or more where time goes on
stops() { # ends in order when it is asked to
	kill -TERM "$reader"
	wait "$pipeline"
	reader=
	[ "$(<status)" -eq 0 ]
}

# Times never fall, those from line N of the changes on are the clock's, even, the others their rows'.
times_rise() { # N COLUMN
	awk -F, -v n="$1" -v c="$2" 'NR == 1 { next }
		$c < last || $c % 2 { print "line " NR ": " $0; bad = 1 }
		NR > n && $c < 1600000000000 { print "line " NR ": not live: " $0; bad = 1 }
		NR <= n && $c > 1600000000000 { print "line " NR ": live: " $0; bad = 1 }
		{ last = $c }
		END { exit bad }' out
}

file() {
	printf "$2" >"$1"
}

refuses() {
	local want=$1 what=$2
	shift 2
	run "$@"
	[ "$status" -eq "$want" ]
	[[ $output == *"$what"* ]] || { echo "$output"; false; }
}

# rows FILE FROM STEP COUNT NAME: a row each STEP ms
rows() {
	awk -v from="$2" -v step="$3" -v n="$4" -v name="$5" \
		'BEGIN { print "at,v"; for (i = 0; i < n; i++) print from + i * step "," name i }' >"$1"
}

@test "a faulty time is named by its line, in every format" {
	file a.csv 'at,v\n1,a\n2,"b\nc"\n\n,d\n'
	refuses 3 "a.csv:6: column 'at': is null, and --replay needs a time" pw-read --replay at --unit s a.csv
	file b.csv 'at,v\n1,a\n2,b\n-4,c\n'
	refuses 3 "b.csv:4: column 'at': is before 1970" pw-read --replay at --unit s b.csv
	file c.jsonl '{"at":1}\n{"at":2}\n\n{"at":null}\n'
	refuses 3 "c.jsonl:4: column 'at': is null" pw-read --replay at --unit s c.jsonl
	file d.log '2024-01-01T00:00:00\n1924-01-01T00:00:00\n'
	refuses 3 "d.log:2: column 'at': is before 1970" pw-read --replay at -s 'at datetime' d.log
	seq 1 40000 | sed '1i at' | sed '39000s/.*/-1/' >e.csv
	refuses 3 "e.csv:39000: column 'at': is before" pw-read --replay at --unit s e.csv
	refuses 3 "stdin:39000: column 'at': is before" bash -c 'pw-read -f csv --replay at --unit s - <e.csv'
}

@test "rows without a time are skipped where --on-error says so" {
	file a.csv 'at,v\n,a\n2,b\n-1,c\n4,d\n'
	pw-read -q --on-error skip --replay at --unit ms a.csv | pw-write --changes >out
	diff out - <<<$'at,v,_time,_diff\n2,b,2,1\n4,d,4,1'
	pw-read --on-error ./bad --replay at --unit ms a.csv 2>err | pw-write --changes | cmp - out
	grep -q '2 rows rejected, written to ./bad' err
	grep -q '"reason":"a.csv:2: column .at.: is null.*"row":{"at":null,"v":"a"}' bad
	grep -q '"reason":"a.csv:4: .*"row":{"at":-1,"v":"c"}' bad
	refuses 3 "a.csv:2: column 'at': is null" pw-read --on-error null --replay at --unit ms a.csv
	seq 0 20000 | sed 's/.*[05]$//; 1i at' | pw-read -q -f csv --on-error skip --replay at --unit ms - | pw-groupby count | pw-write --table | grep -x 16000
}

@test "the speed and the time to count from are checked" {
	rows a.csv 0 2 3 a
	for speed in 0x -1x x 60 1e3x fast ''; do
		refuses 2 "--speed: '$speed' is not max or a number above 0" pw-read --replay at --unit ms --speed "$speed" a.csv
	done
	refuses 2 "--from: 'noon' is not a time" pw-read --replay at --unit ms --from noon a.csv
	refuses 2 '--speed goes with --replay' pw-read --speed 1x a.csv
	refuses 2 '--from goes with --replay' pw-read --from 1 a.csv
	pw-read --replay at --unit ms --speed max a.csv | pw-write --changes >max
	pw-read --replay at --unit ms a.csv | pw-write --changes | cmp - max
}

@test "a paced replay is the same stream" {
	rows a.csv 1000 7 300 a
	rows b.csv 1100 3 500 b
	printf '1200,late\n5,later\n' >>a.csv
	pw-read --replay at --unit ms a.csv b.csv | pw-write --changes >want
	pw-read --replay at --unit ms --speed 20x a.csv b.csv | pw-write --changes | cmp - want
	pw-read --replay at --unit ms --speed 20x --from 1500 a.csv b.csv | pw-write --changes | cmp - want
	pw-read --replay at --unit ms --autocommit 50ms a.csv b.csv | pw-write --changes >coarse
	pw-read --replay at --unit ms --autocommit 50ms --speed 20.5x a.csv b.csv | pw-write --changes | cmp - coarse
	pw-read --replay at --unit ms --upsert -k v a.csv | pw-write --changes >upserts
	pw-read --replay at --unit ms --upsert -k v --speed 50x a.csv | pw-write --changes | cmp - upserts
}

@test "it takes as long as the speed says, and no row is early" {
	rows a.csv 0 100 11 a
	begun=$(date +%s%N)
	pw-read --replay at --unit ms --speed 4x a.csv | pw-write --changes >out
	[ $(($(date +%s%N) - begun)) -ge 250000000 ]
	[ "$(wc -l <out)" -eq 12 ]
}

@test "what is before --from passes at once, the rest waits" {
	rows a.csv 0 1000 10 a
	echo 3600000000,far >>a.csv
	mkfifo rows
	pw-read --replay at --unit ms --speed 1x --from 9000 a.csv | pw-write --changes >rows &
	pipeline=$!
	exec 4<rows
	for i in $(seq 11); do
		read -r -t 120 row <&4
	done
	[ "$row" = 9000,a9,9000,1 ]
	exec 4<&-
	wait "$pipeline" || : # its reader has gone
}

@test "a commit is shown while the next one is waited for, and a stop then ends the pipeline at once" {
	rows a.csv 0 3600000 5 a
	mkfifo rows
	pw-read --replay at --unit ms --speed 1x a.csv >stream.fifo.tmp 2>err &
	reader=$!
	await '[ -s stream.fifo.tmp ] && pw-read --salvage -f pws stream.fifo.tmp | pw-write --changes 2>&1 | grep -q a0'
	await 'kill -USR1 $reader; grep -q "frontier 3600000" err'
	grep -q 'rows in [12], out 1, frontier 3600000' err
	kill -INT $reader || kill -TERM $reader
	kill -TERM $reader
	wait $reader
	pw-read -f pws stream.fifo.tmp | pw-write --changes >out
	[ "$(cat out)" = $'at,v,_time,_diff\n0,a0,0,1' ]
}

@test "two readers of different files are one replay, paced or not" {
	rows a.csv 1000 7 200 a
	rows b.csv 1300 11 100 b
	printf '900,late\n' >>b.csv
	pw-read --replay at --unit ms a.csv b.csv | pw-write --changes | sort >want
	pw-concat <(pw-read --replay at --unit ms a.csv) <(pw-read --replay at --unit ms b.csv) |
		pw-write --changes | sort >apart
	grep -q late,2390,1 want
	sed s/late,2390/late,2390/ apart | sort | diff - want
	for speeds in '20x 20x' '15x max' 'max 15x' '40x 10x'; do
		set -- $speeds
		pw-concat <(pw-read --replay at --unit ms --speed $1 --from 1000 a.csv) \
			<(pw-read --replay at --unit ms --speed $2 --from 1000 b.csv) | pw-write --changes | sort | cmp - apart
	done
}

@test "a join of two replays is the join of each moment, paced or not" {
	rows a.csv 0 10 100 k
	awk 'BEGIN { print "at,v,w"; for (i = 0; i < 100; i++) print i * 9 + 40 ",k" i % 50 "," i }' >b.csv
	pw-join -k v <(pw-read --replay at --unit ms a.csv) <(pw-read --replay at --unit ms b.csv) 'x = left.at' w |
		pw-write --changes >want
	[ "$(wc -l <want)" -eq 101 ]
	grep -q ',0,' want
	pw-join -k v <(pw-read --replay at --unit ms --speed 15x --from 0 a.csv) \
		<(pw-read --replay at --unit ms --speed 10x --from 0 b.csv) 'x = left.at' w | pw-write --changes | cmp - want
}

@test "thousands of files are merged with few open, and little memory" {
	mkdir day
	awk 'BEGIN { for (f = 0; f < 3000; f++) { n = sprintf("day/%04d.csv", f); print "at,v" >n
		for (i = 0; i < 5; i++) print f * 100 + i * 60 "," f "." i >n; close(n) } }'
	bash -c 'ulimit -n 128; pw-read --replay at --unit ms day | pw-write --changes' >out
	[ "$(wc -l <out)" -eq 15001 ]
	tail -n +2 out | cut -d, -f3 | sort -nc
	awk -F, 'NR > 1 && $1 != $3 { exit 1 }' out
}

@test "more files that overlap than may be open are refused in one line" {
	mkdir all
	for i in $(seq 200); do
		printf 'at,v\n1,a\n5000,b\n' >all/$i.csv
	done
	run bash -c 'ulimit -n 64; pw-read --replay at --unit ms all | pw-write --changes -f csv out.csv'
	[ "$status" -eq 5 ]
	[[ $output == *"the times of more than "*" files overlap"* ]]
	[ "${#lines[@]}" -eq 1 ] || { echo "$output"; false; }
	pw-read --replay at --unit ms all | pw-groupby -k v count | pw-write --table >out
	[ "$(cat out)" = $'v,count\na,200\nb,200' ]
}

@test "with -F it goes on live where the replay has ended; a last line without its end waits" {
	file a.csv 'at,v\n1000,a\n2001,b\n30'
	file b.csv 'at,v\n1500,x\n4000,y\n'
	follows a.csv b.csv
	came 4
	printf '00,c\n5000,d\n60' >>a.csv
	came 6
	echo 1,z >>b.csv
	came 7
	echo 00,e >>a.csv
	came 8
	stops
	times_rise 5 3
	diff <(cut -d, -f1,2,4 out) - <<<$'at,v,_diff\n1000,a,1\n1500,x,1\n2001,b,1\n4000,y,1\n3000,c,1\n5000,d,1\n1,z,1\n6000,e,1'
	[ "$(sed -n '2,5s/.*,\([0-9]*\),1$/\1/p' out | xargs)" = '1000 1500 2002 4000' ]
}

@test "what is appended, begun and renamed while a paced replay runs comes behind it, once" {
	mkdir logs
	file logs/a.csv 'at,v\n0,a\n1600,b\n'
	file logs/b.csv 'at,v\n10,x\n800,y\n'
	file logs/e.csv 'at,v\n'
	follows --speed 1x logs
	begun 2
	printf '5,c\n2,d\n' >>logs/a.csv
	echo 3,z >>logs/b.csv
	mv logs/b.csv logs/was.csv
	file logs/b.csv 'at,v\n7,n\n'
	echo 9,e >>logs/e.csv
	came 9
	echo 11,f >>logs/was.csv
	came 10
	echo 12,g >>logs/b.csv
	came 11
	stops
	times_rise 5 3
	[ "$(sed -n 2,5p out)" = $'0,a,0,1\n10,x,10,1\n800,y,800,1\n1600,b,1600,1' ]
	[ "$(sed -n 6,10p out | cut -d, -f1 | sort -n | xargs)" = '2 3 5 7 9' ]
	[ "$(sed -n 11,12p out | cut -d, -f1,2)" = $'11,f\n12,g' ]
}

@test "files that are written all the time come whole, each in its order" {
	mkdir logs
	for f in 1 2 3; do
		seq -f "%.0f,$f" 1 3000 | sed '1i at,f' >logs/$f.csv
		seq -f "%.0f,$f" 3001 6000 | split -b 1777 - $f.part. # ends anywhere
	done
	for part in 1.part.*; do
		for f in 1 2 3; do
			cat $f.part.${part##*.} >>logs/$f.csv 2>/dev/null || :
		done
	done &
	writer=$!
	follows -s 'at int, f int' logs
	wait $writer
	came 18000
	stops
	for f in 1 2 3; do
		grep "^[0-9]*,$f," out | cut -d, -f1 | cmp - <(seq 6000)
	done
	awk -F, 'NR > 1 { if ($3 < last) exit 1; last = $3 }' out
}

@test "hundreds of files, compressed ones among them, are followed behind their replay" {
	mkdir day
	awk 'BEGIN { for (f = 0; f < 300; f++) { n = sprintf("day/%03d.csv", f); print "at,v" >n
		for (i = 0; i < 5 * (f % 3 > 0); i++) print f * 100 + i * 60 "," f "." i >n; close(n) } }'
	gzip day/01*.csv
	follows -s 'at int, v str' day
	came 1000
	for f in 000 001 299; do
		echo 1,more.$f >>day/$f.csv
	done
	came 1003
	echo 2,packed | gzip >>day/010.csv.gz
	came 1004
	file day/300.csv 'at,v\n3,new\n'
	came 1005
	stops
	times_rise 1001 3
	[ "$(sed -n 1002,1004p out | cut -d, -f1,2 | sort | xargs)" = '1,more.000 1,more.001 1,more.299' ]
	[ "$(tail -n 2 out | cut -d, -f1,2)" = $'2,packed\n3,new' ]
}

@test "a replay without rows is live from the start, and columns are waited for" {
	file a.csv 'at,v\n'
	follows a.csv
	await 'ls -l /proc/$reader/fd | grep -q inotify' # it has found no row, and waits
	printf '5,a\n' >>a.csv
	came 1
	printf '6,b\n' >>a.csv
	came 2
	stops
	times_rise 1 3
	[ "$(cut -d, -f1,2 out)" = $'at,v\n5,a\n6,b' ]
}

@test "live rows replace replayed ones, and a filter behind them ends suspended" {
	file a.csv 'at,id,v\n10,1,a\n20,2,b\n30,1,c\n'
	follows --upsert -k id a.csv
	came 4
	echo 40,2,d >>a.csv
	came 6
	stops
	times_rise 5 4
	[ "$(sed 1d out | sed 's/,[0-9]\{10,\},/,T,/' | sort | xargs)" = \
		'10,1,a,10,1 10,1,a,30,-1 20,2,b,20,1 20,2,b,T,-1 30,1,c,30,1 40,2,d,T,1' ]
	pw-read -F --replay at --unit ms a.csv >a.pws 2>err &
	reader=$!
	await 'pw-read --salvage -f pws a.pws 2>&1 | pw-write 2>&1 | grep -q 40'
	kill -TERM $reader
	wait $reader
	reader=
	[ "$(pw-read -f pws a.pws | pw-groupby count | pw-write --table)" = $'count\n4' ]
}

@test "a stop in the middle of a paced replay ends it suspended" {
	rows a.csv 0 3600000 3 a
	follows --speed 1x a.csv
	came 1
	stops
	[ "$(<out)" = $'at,v,_time,_diff\n0,a0,0,1' ]
	[ ! -s err ]
}

@test "what can't be followed behind a replay is refused" {
	rows a.csv 0 2 3 a
	refuses 2 '--replay with -F is for files' bash -c 'pw-read -F -f csv --replay at --unit ms - <a.csv'
	refuses 5 'none.csv: No such file' timeout 300 pw-read -F --replay at --unit ms a.csv none.csv
	local step began
	for step in 2000 4000 8000 16000 32000; do
		rows b.csv 0 $step 3 b
		began=${EPOCHREALTIME/./}
		follows --speed 1x b.csv
		begun 1
		: >b.csv
		((${EPOCHREALTIME/./} - began > step * 2000)) || break # else the replay may have been over
		kill -9 "$reader"
		wait "$pipeline" || true
		rm -f pid status out
	done
	await '[ -s status ]'
	reader=
	[ "$(<status)" -eq 4 ]
	grep -q 'b.csv: shrank while it was replayed' err
}
