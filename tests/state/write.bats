# pw-write in a pipeline with state: what a destination holds after one run and the next, and what is refused.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	for tool in pw-read pw-write pw-concat; do
		[ -x "$BUILD/bin/$tool" ] || skip "$tool is still to be built"
	done
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 0.1
	mkdir in
	printf 'k,n\nb,1\na,2\n' >in/1.csv
}

teardown() {
	[ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
}

pipeline() { # ARGUMENT of pw-write...
	pw-read --state st in | pw-write "$@"
}

more() { # K,N...: a file of these rows more
	printf '%s\n' k,n "$@" >"in/$(ls in | wc -l)x.csv"
}

explain() { ls -la . st/*; cat err out.csv; }

holds() { # FILE TEXT
	[ -e "$1" ] && [ "$(cat "$1")" = "$2" ]
}

refused() { # PATTERN: exit 4, and one line of pw-write; the reader may say that a sink has taken no part
	echo "$status: $output"
	[ "$status" -eq 4 ] && [ "$(grep -c ^pw-write <<<"$output")" -eq 1 ] &&
		[[ $(grep ^pw-write <<<"$output") == pw-write:\ $1 ]]
}

record() { cat st/pw-write-*/record.json; }

@test "rows: each run adds what is new" {
	pipeline out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2' ]
	pipeline out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2' ]
	more c,3
	pipeline out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nc,3' ]
	[[ $(record) == *'"complete":true'*'"length":16,'* ]]
}

@test "--if-changed: 1 when the run has changed nothing" {
	pipeline --if-changed out.csv
	run -1 pipeline --if-changed out.csv
	more c,3
	pipeline --if-changed out.csv
	run -0 pipeline --table --if-changed table.csv || true # new: the pipeline goes on
	rm -rf st
	pipeline --table --if-changed table.csv
	run -1 pipeline --table --if-changed table.csv
	more a,1
	pipeline --table --if-changed table.csv
	[ "$(cat table.csv)" = $'k,n\na,1\na,2\nb,1\nc,3' ]
}

@test "changes, tsv and jsonl are added to as well" {
	all() { pw-read --state st in | tee >(pw-write --changes -f tsv out.tsv) >(pw-write out.jsonl) | pw-write --changes out.csv; }
	has_lines() { [ "$(wc -l <"$1")" -eq "$2" ]; }
	all # and nobody waits for those in >( ), but the next run comes too early for one that has not begun
	await holds out.jsonl $'{"k":"b","n":1}\n{"k":"a","n":2}'
	await has_lines out.tsv 3
	more c,3
	all
	await holds out.jsonl $'{"k":"b","n":1}\n{"k":"a","n":2}\n{"k":"c","n":3}'
	[ "$(cut -d, -f1,2,4 out.csv)" = $'k,n,_diff\nb,1,1\na,2,1\nc,3,1' ]
	await has_lines out.tsv 4
}

@test "a file that is there is refused the first time, added to, or begun anew" {
	printf 'k,n\nz,9' >out.csv
	run -2 pipeline out.csv
	[[ $output == *out.csv:*--append*--force* ]]
	pipeline --append out.csv
	[ "$(cat out.csv)" = $'k,n\nz,9\nb,1\na,2' ]
	more c,3
	pipeline --append out.csv
	pipeline out.csv # it is known now
	[ "$(cat out.csv)" = $'k,n\nz,9\nb,1\na,2\nc,3' ]
	rm -r st
	pipeline --force out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nc,3' ]
	more d,4
	pipeline --force out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nc,3\nd,4' ]
	rm -r st
	echo other >out.csv
	run -3 pipeline --append out.csv
}

@test "a file that is gone, shorter, longer, changed or another: exit 4, and it stays as it is" {
	pipeline out.csv
	cp out.csv was.csv
	rm out.csv
	run pipeline out.csv
	refused 'out.csv: is gone: *--reset*'
	[ ! -e out.csv ]
	head -c 7 was.csv >out.csv
	run pipeline out.csv
	refused 'out.csv: has 7 bytes, and the pipeline has written 12: *'
	sed s/b,1/b,2/ was.csv >out.csv
	run pipeline out.csv
	refused 'out.csv: is not the file that the pipeline has written: *'
	cat was.csv <(echo x,1) >out.csv
	run pipeline out.csv
	refused 'out.csv: holds 4 bytes more than the pipeline has written: *'
	more c,3
	run pipeline out.csv
	refused 'out.csv: byte 12: holds *x,1*, and the pipeline writes *c,3*: *'
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nx,1' ]
	cp was.csv out.csv
	pipeline out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nc,3' ]
}

@test "forms that can't go on in a file are refused" {
	run -2 pipeline out.csv.gz
	[[ $output == *compressed* ]]
	run -2 pipeline -f pws out.pws
	run -2 pipeline -f pretty out.txt
	run -2 pipeline --changes --progress-rows out.csv
	pipeline --table out.csv.gz
	[ "$(zcat out.csv.gz)" = $'k,n\na,2\nb,1' ]
}

@test "--reset begins the file anew" {
	pipeline out.csv
	echo 'x,1' >>out.csv
	pw-read --reset --state st in | pw-write out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2' ]
	more c,3
	pipeline out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nc,3' ]
}

@test "after --reset a sink that is not in the pipeline any more holds nothing back; one that comes again is filled" {
	pipeline out.csv
	pipeline out.csv
	pw-read --reset --state st -s 'n float' in | pw-write other.csv 2>err
	more c,3
	pw-read --state st -s 'n float' in 2>>err | pw-write other.csv
	pw-read --state st -s 'n float' in 2>>err | pw-write other.csv
	[ ! -s err ]
	[[ $(pw-state st) != *'restart   the start'* ]]
	[[ $(pw-state st) == *'recorded  nothing since it was reset'* ]]
	run pipeline out.csv
	[[ $output == *'run it again'* ]]
	pipeline out.csv # begins it anew: it is of this pipeline
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nc,3' ]
}

@test "other options before a sink with a name of its own, or of it: exit 4" {
	named() { pw-read --state st --name r in | pw-filter ${name:+--name "$name"} "${1:-n > 0}" | pw-write --name w out.csv; }
	for name in f ''; do
		rm -rf st out.csv
		named
		named
		run named 'n > 1'
		refused "pw-write-w: the pipeline that wrote * had pw-filter-* 'n > 0', and now has pw-filter-* 'n > 1': *--reset*"
		run bash -c 'set -o pipefail; pw-read --state st --name r in | pw-write --name w out.csv'
		refused "pw-write-w: the pipeline that wrote * had pw-filter-*, and now has pw-read-r: *"
		run bash -c 'set -o pipefail; pw-read --state st --name r in | pw-filter '"${name:+--name f}"' "n > 0" | pw-write --name w --changes out.csv'
		[ "$status" -eq 4 ]
		named
		pw-read --state st --name r in | pw-filter ${name:+--name "$name"} 'n > 0' | pw-write --name w "$PWD/out.csv"
		[ "$(cat out.csv)" = $'k,n\nb,1\na,2' ]
	done
}

@test "a link is followed, to a file that is not there yet too" {
	mkdir far
	ln -s far/out.csv link.csv
	ln -s ../link.csv far/second.csv
	for how in '' --table; do
		rm -rf st far/out.csv
		pipeline $how far/second.csv
		pipeline $how far/second.csv
		more "$how,3"
		pipeline $how far/second.csv
		[ -L link.csv ] && [ -L far/second.csv ] && [ ! -L far/out.csv ]
		[ "$(wc -l <far/out.csv)" -eq $([ -z "$how" ] && echo 4 || echo 5) ]
	done
	rm far/out.csv
	pw-read in | pw-write link.csv
	[ -L link.csv ] && [ "$(wc -l <far/out.csv)" -eq 5 ]
}

@test "a sink that is new in a pipeline that goes on is filled from the start by the next run" {
	pipeline out.csv
	run -75 pipeline --changes other.csv
	[ ! -e other.csv ]
	pipeline --changes other.csv
	[ "$(cat other.csv)" = $'k,n,_time,_diff\nb,1,0,1\na,2,0,1' ]
}

@test "a table is kept, and replaced though nothing has come" {
	pipeline --table out.csv
	more a,1
	pipeline --table out.csv
	[ "$(cat out.csv)" = $'k,n\na,1\na,2\nb,1' ]
	rm out.csv
	pipeline --table out.csv
	[ "$(cat out.csv)" = $'k,n\na,1\na,2\nb,1' ]
}

@test "a table of what takes rows back is kept" {
	table() { pw-read --state st in | pw-groupby -k k 'n = sum(n)' | pw-write --table out.csv; }
	table
	more a,5 c,1
	table
	[ "$(cat out.csv)" = $'k,n\na,7\nb,1\nc,1' ]
}

# Pipelines that follow, stopped in every way.

follow() { # ARGUMENT of pw-write...
	pw-read --state st --checkpoint-interval 100ms -F in 2>err | pw-write "$@" 2>>err &
	pids=$(jobs -p)
	sink=$!
}

dies() {
	kill -9 "$sink" $pids 2>/dev/null || true
	pkill -9 -g 0 -x pw-read 2>/dev/null || true
	wait 2>/dev/null || true
	pids=
}

@test "followed: a commit is seen whole, and a kill loses and doubles nothing" {
	follow out.csv
	await holds out.csv $'k,n\nb,1\na,2'
	more c,3 d,4
	await holds out.csv $'k,n\nb,1\na,2\nc,3\nd,4'
	dies
	more e,5
	pipeline out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nc,3\nd,4\ne,5' ]
	CLOCK_RATE=2 follow out.csv # it stays for a second when it is stopped
	more f,6
	await holds out.csv $'k,n\nb,1\na,2\nc,3\nd,4\ne,5\nf,6'
	kill "$sink"
	wait
	pids=
	pipeline out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nc,3\nd,4\ne,5\nf,6' ]
}

@test "followed: what lies behind the record is compared and gone on with, even a part of a row" {
	pw-read --state st --checkpoint-interval 1d -F in 2>err | pw-write out.csv &
	sink=$! pids=$(jobs -p)
	await holds out.csv $'k,n\nb,1\na,2'
	more c,3 d,4
	await holds out.csv $'k,n\nb,1\na,2\nc,3\nd,4'
	dies
	[[ $(record) == *'"length":12,'* ]] # the first load, at time 0
	for length in 12 14 16 19; do
		cp -r st again
		printf 'k,n\nb,1\na,2\nc,3\nd,4\n' | head -c "$length" >out.csv
		pw-read --state again --checkpoint-interval 1d in | pw-write out.csv
		[ "$(cat out.csv)" = $'k,n\nb,1\na,2\nc,3\nd,4' ]
		rm -r again
	done
	printf 'k,n\nb,1\na,2\nc,4' >out.csv
	run pw-write out.csv < <(pw-read --state st --checkpoint-interval 1d in)
	refused 'out.csv: byte 14: holds *4*, and the pipeline writes *3*: *'
}

@test "a table that is there is not replaced by older ones while the pipeline catches up" {
	PATH=$BUILD/helpers:$PATH
	table() { # LINE of the reader's script...
		printf '%s\n' "$@" | scripted st log 2>>err | pw-write --table --every 1ms out.csv 2>>err || true
	}
	passed() { [ "$(head -c 16 st/pw-write-*/passed)" = "$(printf %016x "$1")" ]; }
	local first=('row 0 a 1 1' 'frontier 100' flush) second=('row 200 a 1 -1' 'row 200 a 2 1' 'frontier 300' flush)
	table "${first[@]}" "${second[@]}" 'wait killed' die &
	await holds out.csv $'k,v\na,2'
	await passed 300
	touch killed
	wait
	for again in 1 2; do # the second time with a kill while it catches up
		rm -f killed
		table "${first[@]}" 'wait killed' die &
		await passed 100
		holds out.csv $'k,v\na,2'
		touch killed
		wait
		holds out.csv $'k,v\na,2'
	done
	table "${first[@]}" 'end suspended'
	holds out.csv $'k,v\na,2'
	table "${first[@]}" "${second[@]}" 'row 400 a 2 -1' 'row 400 a 3 1' 'frontier 500' flush 'wait seen' 'durable end' 'end suspended' &
	await holds out.csv $'k,v\na,3'
	touch seen
	wait
	[ "$(cat out.csv)" = $'k,v\na,3' ]
}

@test "the record follows the grid" {
	follow out.csv
	await holds out.csv $'k,n\nb,1\na,2'
	recorded() { [[ $(record) == *"\"length\":$1,"* ]]; }
	await recorded 12
	more c,3
	await recorded 16
	[[ $(record) == *'"complete":false'* ]]
	dies
}

@test "rows of inputs that are read at once come in an order that is the same each time" {
	mkdir other
	printf 'k,n\nz,1\na,1\n' >other/1.csv
	both() { pw-read --state st in | pw-concat - exec:'pw-read --state st other' | pw-write out.csv; }
	both
	[ "$(cat out.csv)" = $'k,n\na,1\na,2\nb,1\nz,1' ]
	more y,1 c,1
	printf 'k,n\nx,1\n' >other/2.csv
	both
	[ "$(cat out.csv)" = $'k,n\na,1\na,2\nb,1\nz,1\nc,1\nx,1\ny,1' ]
}

@test "a pipe gets again what was behind the record, and it says so" {
	pipeline >out.csv
	[ "$(cat out.csv)" = $'k,n\nb,1\na,2' ]
	more c,3
	run pipeline
	[ "$output" = $'k,n\nc,3' ] # the run before ended in order
	pw-read --state st --checkpoint-interval 1d -F in 2>err | pw-write >out.csv & # no record from here on
	sink=$! pids=$(jobs -p)
	more d,4
	await holds out.csv $'k,n\nd,4'
	dies
	run pipeline
	[ "$status" -eq 0 ]
	[[ $output == *'pw-write: stdout: the last run broke off: some of what it wrote may come again'*d,4 ]]
}
