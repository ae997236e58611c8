# pw-read --track: files that are tables. What a table holds in the end is compared with the files.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir in
	printf 'k,n\na,1\nb,2\n' >in/1.csv
	processes=
}

teardown() {
	local p
	for p in $processes; do kill -9 "$p" 2>/dev/null || true; done
}

explain() { cat err out.csv; }

cron() { pw-read --state st --track "$@" in | pw-write --changes out.csv; }
changes() { sed '1d; s/,[0-9]*,\(-*1\)$/ \1/' "${1:-out.csv}"; } # without times
added() { tail -n +"$((before + 1))" out.csv | sed 's/,[0-9]*,\(-*1\)$/ \1/' | sort; }
mark() { before=$(wc -l <out.csv); }
times() { tail -n +"$((before + 1))" out.csv | sed 's/.*,\([0-9]*\),-*1$/\1/' | sort -u | wc -l; }

# The rows there are by the changes, and by the files.
table() {
	awk -F, 'NR > 1 { d = $NF; sub(/,[^,]*,[^,]*$/, ""); n[$0] += d }
		END { for (r in n) { if (n[r] < 0) print "NEGATIVE"; for (i = 0; i < n[r]; i++) print r } }' \
		"${1:-out.csv}" 2>/dev/null | sort
}
held() { tail -q -n +2 in/*.csv 2>/dev/null | sort; }
is_right() { [ "$(table "$@")" = "$(held)" ]; }

starts() { # OPTION...: a pipeline that follows, changes to out.csv
	pw-read -F --track "$@" in 2>err >pipe &
	reader=$!
	processes="$processes $reader"
}
sinks() { # OPTION...
	[ -p pipe ] || mkfifo pipe
	pw-write "$@" <pipe 2>err.sink &
	sink=$!
	processes="$processes $sink"
}
stops() {
	kill -TERM "$reader"
	wait "$reader"
	wait "$sink"
}

@test "cron: a line is added, changed, taken away: the difference, at one time" {
	cron
	[ "$(changes)" = "$(printf 'a,1 1\nb,2 1')" ]
	mark
	printf 'c,3\n' >>in/1.csv
	cron
	[ "$(added)" = "c,3 1" ]
	mark
	printf 'k,n\na,9\nc,3\n' >in/1.csv
	cron
	[ "$(added)" = "$(printf 'a,1 -1\na,9 1\nb,2 -1')" ]
	[ "$(times)" -eq 1 ]
	is_right
}

@test "cron: what is only touched, or written over with the same, gives nothing" {
	cron
	cp out.csv was
	touch in/1.csv
	cron
	cmp was out.csv
	printf 'k,n\nb,2\na,1\n' >in/new
	mv in/new in/1.csv
	cron
	cmp was out.csv
}

@test "cron: files come and go, are renamed and replaced" {
	cron
	printf 'k,n\nc,3\n' >in/2.csv
	cron
	is_right
	mark
	mv in/1.csv in/3.csv
	cron
	[ -z "$(added)" ]
	printf 'k,n\nd,4\n' >.new
	mv .new in/2.csv
	cron
	[ "$(added)" = "$(printf 'c,3 -1\nd,4 1')" ]
	mark
	rm in/3.csv
	cron
	[ "$(added)" = "$(printf 'a,1 -1\nb,2 -1')" ]
	rm in/2.csv
	cron
	[ -z "$(table)" ]
	printf 'k,n\na,1\n' >in/1.csv
	cron
	is_right
}

@test "cron: a row is inserted before many, and equal rows are counted" {
	{ echo k,n; seq -f '%g,7' 30000; printf '0,1\n0,1\n0,1\n'; } >in/1.csv
	cron
	mark
	sed -i '1a 99999,0' in/1.csv
	sed -i '$d' in/1.csv
	cron
	[ "$(added)" = "$(printf '0,1 -1\n99999,0 1')" ]
}

@test "cron: bad data name file and line, move nothing, and are read when mended" {
	cron
	cp out.csv was
	printf 'k,n\nc,3\nd,four\n' >in/2.csv
	printf 'k,n\na,5\n' >in/1.csv
	run -3 bash -c 'set -o pipefail; pw-read --state st --track in | pw-write --changes out.csv'
	[[ $output == *"pw-read: in/2.csv:3: column 'n': 'four' is not an int"* ]]
	cmp was out.csv
	mark
	printf 'k,n\nc,3\nd,4\n' >in/2.csv
	cron
	[ "$(added)" = "$(printf 'a,1 -1\na,5 1\nb,2 -1\nc,3 1\nd,4 1')" ]
	[ "$(times)" -eq 1 ]
}

@test "cron: rows that are dropped by --on-error are not taken away either" {
	printf 'k,n\na,1\nb,x\n' >in/1.csv
	cron -s 'n int' --on-error=skip
	[ "$(changes)" = "a,1 1" ]
	printf 'k,n\nb,x\n' >in/1.csv
	cron -s 'n int' --on-error=skip
	[ -z "$(table)" ]
}

@test "cron: --meta, other formats, compressed files" {
	gzip in/1.csv
	cron --meta
	[ "$(sed 1d out.csv | cut -d, -f1-4)" = "$(printf 'a,1,in/1.csv.gz,2\nb,2,in/1.csv.gz,3')" ]
	rm -r st out.csv in/1.csv.gz
	printf '{"a":1}\n{"a":2}\n' >in/x.jsonl
	cron
	printf '{"a":2}\n' >in/x.jsonl
	cron
	[ "$(table)" = 2 ]
	rm -r st out.csv in/x.jsonl
	printf 'hello' >in/a.txt
	: >in/empty.txt
	cron -f file
	[ "$(changes)" = "$(printf 'in/a.txt,hello 1\nin/empty.txt,"" 1')" ]
	printf 'world' >in/a.txt
	cron -f file
	[ "$(table)" = "$(printf 'in/a.txt,world\nin/empty.txt,""')" ]
}

@test "cron: the table that pw-write --table keeps is the files'" {
	pipeline() { pw-read --state st --track in | pw-groupby -k k 'n = sum(n)' | pw-write --table t.csv; }
	pipeline
	[ "$(cat t.csv)" = "$(printf 'k,n\na,1\nb,2')" ]
	printf 'k,n\na,5\n' >in/2.csv
	pipeline
	[ "$(cat t.csv)" = "$(printf 'k,n\na,6\nb,2')" ]
	rm in/1.csv
	pipeline
	[ "$(cat t.csv)" = "$(printf 'k,n\na,5')" ]
}

@test "cron: a sink that is new gets all of it, though copies have gone" {
	cron
	for i in 2 3 4 5; do
		printf 'k,n\na,%d\n' $i >in/1.csv
		printf 'k,n\nz,%d\n' $i >in/2.csv
		cron
	done
	[ "$(ls st/pw-read-*/tracked | wc -l)" -le 4 ]
	run -75 bash -c 'set -o pipefail; pw-read --state st --track in | pw-write --changes new.csv'
	pw-read -q --state st --track in | pw-write --changes new.csv
	is_right new.csv
	cp out.csv was
	cron -q
	cmp was out.csv
}

@test "a copy that is lost or damaged is noticed" {
	cron
	copy=$(echo st/pw-read-*/tracked/*.pws)
	mv "$copy" kept
	printf 'k,n\na,5\n' >in/1.csv
	run -4 bash -c 'set -o pipefail; pw-read --state st --track in | pw-write --changes out.csv'
	[[ $output == *"$copy: is missing"* ]]
	head -c -40 kept >"$copy"
	run -4 bash -c 'set -o pipefail; pw-read --state st --track in | pw-write --changes out.csv'
	mv kept "$copy"
	cron
	is_right
}

@test "a directory that is not there is no empty one" {
	cron
	mv in away
	run -5 bash -c 'set -o pipefail; pw-read --state st --track in | pw-write --changes out.csv'
	[[ $output == *'in: the directory is not there'* ]]
	mv away in
	cron
	is_right
}

@test "a link that leads nowhere is no table that has gone" {
	mkdir far
	printf 'k,n\nz,9\n' >far/2.csv
	ln -s ../far/2.csv in/2.csv
	cron
	is_right
	mv far away
	run -5 bash -c 'set -o pipefail; pw-read --state st --track in | pw-write --changes out.csv'
	[[ $output == *'in/2.csv: the link leads to nothing that is there'* ]]
	mv away far
	cron
	is_right
	[ "$(wc -l <out.csv)" -eq 4 ]
}

@test "--track goes with no option that reads rows one by one" {
	for o in --changes --replay=k '--upsert -k k' --commit-line=x; do
		run -2 bash -c "set -o pipefail; pw-read -F --track $o in | pw-write"
	done
	run -2 bash -c 'set -o pipefail; pw-read -F --track -f csv - </dev/null | pw-write'
	[[ $output == *'--track is for files'* ]]
}

follows() { # OPTION...: each step is awaited
	sinks --changes out.csv
	starts "$@"
	await is_right
	printf 'c,3\n' >>in/1.csv
	await is_right
	sed -i 's/a,1/a,5/' in/1.csv
	await is_right
	mkdir in/sub
	printf 'k,n\nd,4\n' >.new
	mv .new in/2.csv
	await is_right
	mv in/2.csv in/3.csv
	await is_right
	rm in/1.csv
	await is_right
	printf 'k,n\ne,5\n' >in/sub/4.csv
	await '[ "$(table)" = "$(printf "d,4\ne,5")" ]'
	rm -r in/sub
	await is_right
	stops
}

@test "-F: each change is followed, without state" {
	follows
}

@test "-F: each change is followed, with state" {
	follows --state st
}

@test "-F --poll: each change is followed" {
	follows --poll
}

# Writes a row in pieces; false when a pause in it was so long (a tenth of a second, and a tick of
# the file's clock less) that a reader may have taken it for the end.
slowly() { # FILE
	local piece last=${EPOCHREALTIME/./} now longest=0
	for piece in 'k,n\nc,' 1 2 3 4 5 6 7 8 '\n'; do
		printf "$piece"
		now=${EPOCHREALTIME/./}
		((now - last <= longest)) || longest=$((now - last))
		last=$now
		sleep 0.02
	done >"$1"
	((longest < 80000))
}

@test "-F: a file that is written slowly is read when it is whole" {
	sinks --changes out.csv
	starts
	await is_right
	mark
	until slowly in/2.csv; do # a busy machine has held the writer up: once more
		await is_right
		rm in/2.csv
		await is_right
		mark
	done
	await is_right
	[ "$(added)" = 'c,12345678 1' ]
	stops
}

finds_columns() { # OPTION...
	rm in/1.csv
	touch -d yesterday in/0.csv # it is empty, and will be read at once
	sinks --changes out.csv
	starts -f csv "$@"
	await 'ls -l "/proc/$reader/fd" | grep -q inotify'
	printf 'k,n\na,1\n' >.new
	mv .new in/2.csv
	await 'is_right'
	await '[ "$(table)" = "a,1" ]'
	printf 'k,n\nb,2\n' >.new
	mv .new in/0.csv
	await '[ "$(table)" = "$(printf "a,1\nb,2")" ]'
	stops
}

@test "-F: columns are found when the first rows come" {
	finds_columns
}

@test "-F: columns are found when the first rows come, with state" {
	finds_columns --state st
}

@test "-F: bad data end the pipeline; what was sent before stays" {
	sinks --changes out.csv
	starts
	await is_right
	printf 'k,n\nx,y\n' >.new
	mv .new in/2.csv
	status=0
	wait "$reader" || status=$?
	[ "$status" -eq 3 ]
	grep -q "^pw-read: in/2.csv:2: column 'n': 'y' is not an int" err
	[ "$(table)" = "$(printf 'a,1\nb,2')" ]
}

@test "killed again and again while files change: the table is right, no time is lost" {
	for round in 1 2 3 4 5 6; do
		sinks --changes out.csv
		starts -q --state st
		for i in 1 2 3; do
			printf 'k,n\na,%d\nr,%d\n' $i $round >.new
			mv .new "in/$i.csv"
			((round % 2)) || rm -f in/2.csv
			sleep "0.0$((RANDOM % 9))"
		done
		kill -9 "$reader"
		((round % 3)) || kill -9 "$sink"
		wait "$reader" "$sink" || true
	done
	rm in/1.csv
	cron -q
	is_right
	before=1
	[ "$(table)" = "$(held)" ]
}

@test "a killed pipeline sends its commits again from the copies, not from the files" {
	sinks --changes out.csv
	starts --state st
	await is_right
	printf 'k,n\na,2\n' >.new
	mv .new in/1.csv
	await is_right
	kill -9 "$reader" "$sink"
	wait "$reader" "$sink" || true
	cp out.csv was
	printf 'k,n\na,3\n' >in/1.csv
	cron -q
	head -n "$(wc -l <was)" out.csv | cmp - was
	is_right
}
