#!/usr/bin/env bats
# pw-read --replay: rows at their own times, paced, merged over files, aligned over readers

setup() {
	cd "$BATS_TEST_TMPDIR"
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
	pw-read --on-error bad --replay at --unit ms a.csv 2>err | pw-write --changes | cmp - out
	grep -q '2 rows rejected, written to bad' err
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
	line=$!
	exec 4<rows
	for i in $(seq 11); do
		read -r -t 120 row <&4
	done
	[ "$row" = 9000,a9,9000,1 ]
	exec 4<&-
	wait "$line" || : # its reader has gone
}

@test "a commit is shown while the next one is waited for, and a stop then ends the line at once" {
	rows a.csv 0 3600000 5 a
	mkfifo rows
	pw-read --replay at --unit ms --speed 1x a.csv >stream.fifo.tmp 2>err &
	reader=$!
	for i in $(seq 1200); do
		[ -s stream.fifo.tmp ] && pw-read --salvage -f pws stream.fifo.tmp | pw-write --changes 2>&1 | grep -q a0 && break
		sleep 0.1
	done
	kill -USR1 $reader
	for i in $(seq 1200); do
		grep -q 'frontier 3600000' err && break
		sleep 0.1
	done
	grep -q 'rows in 0, out 1, frontier 3600000' err
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
