# pw-read --state: what a later run reads, at what times, and what it refuses.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 0.1
	mkdir in
	printf 'k,n\na,1\nb,2\n' >in/1.csv
	readers=
}

teardown() {
	local p
	for p in $readers; do kill -9 "$p" 2>/dev/null || true; done
	umount disk 2>/dev/null || true
}

explain() { cat err; }

pipeline() { pw-read --state st "$@" | pw-write --changes out.csv; } # a cron job
rows() { sed '1d; s/,[0-9]*,\(-*1\)$/ \1/' out.csv; }
entries() { # of the journal, N of them and no more. A commit is there before its rows are: see shown
	[ "$(cat st/pw-read-*/journal-* 2>/dev/null | wc -l)" -eq "$(($1 + 1))" ]
}

# Reads as long as nobody kills it, into a stream that no sink records.
reads() { # NAME OPTION...: into NAME.pws
	local name=$1
	shift
	pw-read --state st "$@" > >(cat >"$name.pws") 2>err &
	reader=$!
	readers="$readers $reader"
}
dies() { # one that does not follow may have ended by itself
	kill -9 "$reader" 2>/dev/null || true
	wait "$reader" || true
}
shows() { pw-read -q --salvage "$1.pws" 2>/dev/null | pw-write --changes 2>/dev/null; }
shown() { [ "$(shows "$1" | wc -l)" -eq "$(($2 + 1))" ]; } # NAME N: so many rows have come out

@test "cron: each run reads what is new, at one time; nothing is read twice" {
	pipeline in
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1')" ]
	printf 'c,3\n' >>in/1.csv
	printf 'n,k\n4,d\n' >in/2.csv
	pipeline in
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1\nc,3 1\nd,4 1')" ]
	pipeline in
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1\nc,3 1\nd,4 1')" ]
	mapfile -t t < <(sed 1d out.csv | cut -d, -f3)
	[ "${t[0]}" -eq 0 ] && [ "${t[1]}" -eq 0 ]
	[ "${t[2]}" -gt 1600000000000 ] && [ "${t[2]}" -eq "${t[3]}" ]
}

@test "a last line without its end is held back; --finish takes it" {
	printf 'c,' >>in/1.csv
	pipeline in
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1')" ]
	printf '3' >>in/1.csv
	pipeline --finish in
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1\nc,3 1')" ]
}

@test "a pipeline that has finished remains so, when it is run without --finish too" {
	pipeline --finish in
	pipeline in
	CLOCK_RATE=20 pw-read --state st in | cat >end.pws # nobody enters, for 10 s
	run -0 pw-read --as-of end end.pws
	printf 'c,3\n' >>in/1.csv
	run -4 pipeline in
	[[ $output == *"the pipeline has finished, and there is more to read: begin anew with --reset"* ]]
	run -4 pipeline --finish in
	pipeline --reset in
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1\nc,3 1')" ]
}

@test "columns are kept from the first run" {
	printf '{"a":1}\n' >x.jsonl
	pipeline x.jsonl
	printf '{"a":2.5}\n' >>x.jsonl
	run -3 bash -c 'set -o pipefail; pw-read --state st x.jsonl | pw-write --changes out.csv'
	[[ $output == *"x.jsonl:2: column 'a': '2.5' is not an int"* ]]
}

@test "a killed pipeline: the commits come again at the same times, then what is new" {
	reads one -F in
	await entries 1
	printf 'c,3\n' >>in/1.csv
	await entries 2
	printf 'k,n\nd,4\n' >in/2.csv
	await entries 3
	await shown one 4
	dies
	shows one >one
	printf 'e,5\n' >>in/1.csv
	reads two in
	await entries 4
	await shown two 5
	dies
	shows two >two
	head -n 5 two | diff one -
	tail -n 1 two | grep -qE '^e,5,[0-9]{13},1$'
	reads three in
	await shown three 5
	dies
	shows three | diff two -
}

@test "many files at once, each with a header of its own, come again as they were" {
	rm in/1.csv
	for i in {1..40}; do
		if ((i % 2)); then printf 'k,n\n%d,%d\n' $i $i; else printf 'n,k\n%d,%d\n' $i $i; fi >"in/$i.csv"
	done
	reads one -F in
	await entries 1
	for j in 1 2 3; do
		for i in {1..40}; do printf '%d,%d\n' $i$j $i$j >>"in/$i.csv"; done
	done
	await shown one 160
	dies
	shows one >one
	reads two in
	await shown two 160
	dies
	shows two | diff one -
	[ "$(sed 1d one | awk -F, '$1 != $2' | wc -l)" -eq 0 ]
}

@test "a pipeline that was stopped is complete" {
	reads one -F in
	await entries 1
	printf 'c,3\n' >>in/1.csv
	await entries 2
	kill -TERM "$reader"
	await 'pw-read one.pws >whole.pws 2>/dev/null'
	dies
	[ "$(pw-read one.pws | pw-write --changes | wc -l)" -eq 4 ]
}

@test "lines that are committed by a commit line are not rows when they come again" {
	printf 'END\n' >>in/1.csv
	reads one -F --commit-line END -f csv -s 'k str, n int' in
	await entries 1
	printf 'c,3\nEND\nd,4\nEND\ne,5\n' >>in/1.csv
	await 'shows one | grep -q ^d,4'
	dies
	shows one | grep -v ^e >one
	reads two -F --commit-line END -f csv -s 'k str, n int' in
	await 'shows two | grep -q ^d,4'
	dies
	shows two | grep -v ^e | diff one -
}

@test "upsert: rows of keys that an earlier run has read are replaced" {
	pw-read --state st --upsert -k k in | pw-write --changes out.csv
	printf 'a,7\nz,0\n' >>in/1.csv
	pw-read --state st --upsert -k k in | pw-write --changes out.csv
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1\na,1 -1\na,7 1\nz,0 1')" ] ||
		[ "$(rows | sort)" = "$(printf 'a,1 -1\na,1 1\na,7 1\nb,2 1\nz,0 1')" ]
}

@test "standard input that is fed again is checked and skipped" {
	printf 'k,n\na,1\n' | pipeline -f csv --stdin=again -
	[ "$(rows)" = 'a,1 1' ]
	printf 'k,n\na,1\nb,2\n' | pipeline -f csv --stdin=again -
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1')" ]
	run -4 bash -c 'set -o pipefail; printf "k,n\n" | pw-read --state st -f csv --stdin=again - | pw-write --changes out.csv'
	[[ $output == *'stdin: ends before byte'* ]]
	run -4 bash -c 'set -o pipefail; printf "k,n\nX,1\nb,2\nc,3\n" | pw-read --state st -f csv --stdin=again - | pw-write --changes out.csv'
	[[ $output == *'stdin: its first 12 bytes are not those that an earlier run has read'*--reset ]]
	printf 'k,n\na,1\nb,2\nc,3\n' | pipeline -f csv --stdin=again -
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1\nc,3 1')" ]
}

@test "standard input that is new in each run is kept as long as it is needed" {
	feed() {
		printf 'k,n\n%b' "$1" >fed
		pw-read --state st -f csv --stdin=new - <fed > >(cat >"$2.pws") 2>err 3>&- &
		reader=$!
		readers="$readers $reader"
	}
	feed 'a,1\nb,2' one # no sink: all of it is sent again
	await shown one 2
	dies
	feed 'c,3\n' two
	await shown two 3
	dies
	shows one >one
	shows two >two
	head -n 3 two | diff one -
	printf 'k,n\nd,4\n' | pipeline -f csv --stdin=new -
	[ "$(rows)" = "$(printf 'a,1 1\nb,2 1\nc,3 1\nd,4 1')" ]
	printf 'k,n\n' | pipeline -f csv --stdin=new -
	[ "$(rows | wc -l)" -eq 4 ]
	[ "$(echo st/pw-read-*/stdin.*)" = "$(echo st/pw-read-*/stdin.4)" ] # the others have gone
}

@test "a file that changed before what was read of it, shrank or vanished, with something unread in it" {
	refuses() {
		run -4 bash -c 'set -o pipefail; pw-read --state st in | pw-write --changes out.csv'
		[[ $output == *in/1.csv* ]]
	}
	printf 'c,' >>in/1.csv
	pipeline in
	printf X | dd of=in/1.csv bs=1 seek=4 conv=notrunc status=none
	refuses
	truncate -s 9 in/1.csv
	refuses
	rm in/1.csv
	refuses
}

@test "a file that has been edited since is refused wherever that was; one that was rotated is not" {
	refuses() {
		run -4 pipeline long.csv
		[[ $output == *"long.csv: $1"*--track* ]]
	}
	edit() { printf X | dd of=long.csv bs=1 seek="$1" conv=notrunc status=none; }
	{ echo k,n; seq -f 'key%05g,1' 1 2000; } >kept
	for at in 5 30 90 1000 10000 22003; do
		cp kept long.csv
		rm -rf st out.csv
		pipeline long.csv
		edit "$at"
		# far from both ends only a replay would see it
		[ "$at" -eq 10000 ] || refuses changed
		sed 's/key00030/key30/' kept >long.csv
		refuses shrank
		cp kept long.csv
	done
	pipeline long.csv # as it was: it goes on
	mv long.csv long.csv.1
	printf 'k,n\nz,9\n' >long.csv
	pipeline long.csv
	cp long.csv long.csv.2
	printf 'k,n\ny,8\nx,7\n' >long.csv # cut, and longer than it was
	pipeline long.csv
	[ "$(rows | tail -n +2001)" = "$(printf '%s 1\n' z,9 y,8 x,7)" ]
}

@test "a directory that is not there, or whose disk is not mounted, has not been emptied" {
	mkdir in2
	printf 'k,n\nz,9\n' >in2/1.csv
	for source in in2 'in2/*.csv' 'in?/*.csv'; do
		rm -rf st out.csv
		pipeline in/1.csv "$source"
		[ "$(rows | wc -l)" -eq 3 ]
		mv in2 away
		printf 'c,3\n' >>in/1.csv
		if [[ $source == in2* ]]; then
			run -5 pipeline in/1.csv "$source"
			[[ $output == *'in2'*': the directory is not there, and files of it have been read'* ]]
		fi
		mv away in2
		pipeline in/1.csv "$source"
		pipeline in/1.csv "$source"
		[ "$(rows | grep -c z,9)" -eq 1 ]
		sed -i '$d' in/1.csv
	done
	# another file system that is empty now, where it can be had
	mkdir disk
	mount -t tmpfs none disk 2>/dev/null || skip "no mounts here"
	printf 'k,n\ny,8\n' >disk/1.csv
	rm -rf st
	for track in '' --track; do
		pw-read --state "st$track" $track disk | pw-write --changes "disk$track.csv"
	done
	umount disk
	for track in '' --track; do
		run -5 bash -c "set -o pipefail; pw-read --state st$track $track disk | pw-write --changes disk$track.csv"
		[[ $output == *'disk: is empty, and disk/1.csv has been read from another file system'* ]]
	done
	touch disk/.none
	for track in '' --track; do
		pw-read --state "st$track" $track disk | pw-write --changes "disk$track.csv"
	done
	[ "$(wc -l <disk.csv) $(wc -l <disk--track.csv)" = '2 3' ]
}

@test "a link that leads nowhere is missing in each run" {
	pipeline in
	ln -s gone in/2.csv
	run -5 pipeline in
	[[ $output == *'in/2.csv: the link leads to nothing that is there'* ]]
	printf 'k,n\nz,9\n' >in/gone.tmp
	ln -sf gone.tmp in/2.csv
	pipeline in
	[ "$(rows | tail -n 1)" = 'z,9 1' ]
}

@test "a commit that can't be read again as it was" {
	seq 10000 | sed '1i n' >in/1.csv # longer than what a file is known by
	reads one -F in
	await entries 1
	dies
	sed -i 's/^5000$/4999/' in/1.csv
	run -4 bash -c 'set -o pipefail; pw-read --state st in | pw-write --changes out.csv'
	[[ $output == *'in/1.csv: has changed since it was read: it gave 10000 rows with digest'* ]]
}

@test "other columns, or other options under the same name" {
	pipeline --name a in
	run -4 bash -c 'set -o pipefail; pw-read --name a --meta --state st in | pw-write --changes out.csv'
	[[ $output == *'the pipeline was begun with other options'* ]]
	echo '[{"name":"k","type":"str"}]' >s.json
	rm -r st out.csv
	pipeline --only -s @s.json in
	echo '[{"name":"k","type":"bytes"}]' >s.json
	run -4 bash -c 'set -o pipefail; pw-read --only -s @s.json --state st in | pw-write --changes out.csv'
	[[ $output == *'the pipeline was begun with other columns'* ]]
}

@test "--reset begins anew" {
	pipeline in
	printf 'k,n\nX,1\n' >in/1.csv
	rm out.csv
	pipeline --reset in
	[ "$(rows)" = 'X,1 1' ]
	[ "$(sed 1d out.csv | cut -d, -f3)" = 0 ]
}

@test "two readers of a run have one clock" {
	mkdir in2
	printf 'k,m\na,1\n' >in2/1.csv
	join() {
		pw-join -k k exec:'pw-read --state st in' exec:'pw-read --state st in2' | pw-write --changes out.csv
	}
	join
	[ "$(rows)" = 'a,1,1 1' ]
	printf 'b,9\n' >>in2/1.csv
	join
	[ "$(rows)" = "$(printf 'a,1,1 1\nb,2,9 1')" ]
	join
	[ "$(rows)" = "$(printf 'a,1,1 1\nb,2,9 1')" ]
}

@test "--max-backlog: a reader waits for its sinks" {
	mkfifo pipe
	pw-write --changes out.csv <pipe 3>&- &
	sink=$!
	pw-read --state st -F --max-backlog 3 in >pipe 2>err 3>&- &
	reader=$!
	readers="$sink $reader"
	await '[ -s st/pw-write-*/passed ] && [ "$(rows | wc -l)" -eq 2 ]'
	kill -STOP "$sink"
	for i in {1..30}; do
		printf 'c,%d\n' "$i" >>in/1.csv
		sleep 0.02
	done
	[ "$(cat st/pw-read-*/journal-* | wc -l)" -le 8 ] # header, the first load, and a few
	kill -CONT "$sink"
	await '[ "$(rows | wc -l)" -eq 32 ]'
	kill -TERM "$reader"
	wait "$reader"
	wait "$sink"
	[ "$(rows | tail -n 30)" = "$(printf 'c,%d 1\n' {1..30})" ]
}

@test "--max-backlog: a commit that must not end yet is read on" {
	cat >pw-read-blocks <<-'END'
		#!/bin/sh
		echo 'line 1 a'; echo idle
		echo begin; for i in 1 2 3 4 5; do echo "line 2 b$i"; done; echo 'end must-not'
		echo begin; echo 'line 3 c'; echo end; echo finished
		cat >/dev/null
	END
	chmod +x pw-read-blocks
	PATH=$PWD:$PATH timeout 60 pw-read -f lines --state st -F --max-backlog 3 blocks://x | pw-write out.csv
	[ "$(cat out.csv)" = "$(printf '%s\n' data a b1 b2 b3 b4 b5 c)" ]
}

@test "what does not go together" {
	run -2 pw-read --reset in
	[[ $output == *'--reset goes with --state'* ]]
	run -2 pw-read --state st -f csv -
	[[ $output == *'needs --stdin=again'* ]]
	run -2 pw-read --state st -f csv --stdin=maybe -
	run -2 pw-read --state st --checkpoint-interval 1us in
	run -2 pw-read --state st --checkpoint-interval 0s in
	run -2 pw-read --state st --max-backlog 0 in
	run -2 pw-read --state '' in
	[[ $output == *"--state: '' is no directory"* ]]
	[ ! -e st ]
}

@test "rows come faster than the disk syncs: the reader never waits, and hands on what is durable" {
	[[ $(command -v pw-read) -ef $BUILD/bin/pw-read ]] || skip "the library that makes calls slow is not for ASan"
	python3 - <<-'END' &
		import os, time
		while not os.path.exists("enough"):
		    open("in/1.csv", "a").write("x,1\n")
		    time.sleep(0.001)
	END
	readers="$readers $!"
	LD_PRELOAD=$BUILD/helpers/fault.so:$LD_PRELOAD FAULT=fsync:1+:slow,fdatasync:1+:slow FAULT_PROGRAM=pw-read \
		pw-read --state st --checkpoint-interval 1h -F in 2>err > >(pw-write --changes out.csv) &
	readers="$readers $!"
	await '[ "$(cut -d, -f3 out.csv 2>/dev/null | uniq | wc -l)" -gt 6 ]' # not when a frame is full
	touch enough
}
