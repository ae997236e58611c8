# pw-write behind streams that go on: what can be seen before their end. On a terminal: live/terminal.bats.

load "$TOP/tests/helpers/await"

setup() {
	[ -x "$BUILD/bin/pw-write" ] || skip "pw-write is still to be built"
	cd "$BATS_TEST_TMPDIR" || return 1
	mkfifo feed
}

teardown() {
	exec 7>&-
	[ -z "$pipeline" ] || kill "$pipeline" 2>/dev/null || true
}

head_of() { # APPEND_ONLY FOLLOWED: the head of a stream of k and n
	printf '{"version":1,"columns":[{"name":"k","type":"str"},{"name":"n","type":"int"}],"append_only":%s' "$1"
	printf ',"static":false,"followed":%s,"coordinates":1' "$2"
	printf ',"stage":{"program":"pws_make","options":[],"inputs":[]}}\n'
}

# A pipeline of pw-write with these options, fed by say; its status goes to the file `status` when it has ended.
pipeline() { # APPEND_ONLY FOLLOWED ARGUMENT...
	local append_only=$1 followed=$2
	shift 2
	exec 7>&- # the pipeline before must have gone: it would read what is said to this one
	[ -z "${pipeline:-}" ] || wait "$pipeline" || true
	{
		"$BUILD/helpers/pws_make" <feed 3>&- | {
			s=0
			pw-write "$@" 2>err 3>&- || s=$?
			echo "$s" >status.new
			mv status.new status
		}
	} 3>&- &
	pipeline=$!
	exec 7>feed
	head_of "$append_only" "$followed" >&7
}

say() { # LINE...: of pws_make, and what waits is flushed
	printf '%s\n' "$@" '{"flush":1}' >&7
}

end() { # ENDING: and the pipeline's status
	printf '{"end":"%s"}\n' "$1" >&7
	exec 7>&-
	wait "$pipeline" || true
	pipeline=
}

explain() { ls -la; cat err; }

holds() { # FILE TEXT
	[ -e "$1" ] && [ "$(cat "$1")" = "$2" ]
}

begun() { # what is written waits beside the file
	compgen -G '.*.tmp' >/dev/null
}

unpacks() { # FILE TEXT: what is compressed so far, even if its end is missing
	[ -e "$1" ] && [ "$({ zstd -dcq <"$1" || true; } 2>/dev/null)" = "$2" ]
}

@test "rows that are followed go straight to a new file, once the first commit is complete" {
	pipeline true true out.csv
	say '[0,1,["a",1]]'
	await begun
	[ ! -e out.csv ]
	say '{"frontier":2}'
	await holds out.csv $'k,n\na,1'
	! begun
	say '[4,1,["b",2]]'
	await holds out.csv $'k,n\na,1\nb,2'
	end suspended
	[ "$(cat status)" = 0 ]
	[ "$(cat out.csv)" = $'k,n\na,1\nb,2' ]
}

@test "a stream that is many commits but has an end waits for it, and replaces the file" {
	echo old >out.csv
	pipeline true false out.csv
	say '[0,1,["a",1]]' '{"frontier":2}' '[2,1,["b",2]]' '{"frontier":4}'
	await begun
	[ "$(cat out.csv)" = old ]
	end finished
	[ "$(cat status)" = 0 ]
	[ "$(cat out.csv)" = $'k,n\na,1\nb,2' ]
}

@test "a followed pipeline that fails later keeps what it has written, one that fails before its first commit nothing" {
	pipeline true true out.csv
	say '[0,1,["a",1]]' '{"frontier":2}' '[2,1,["b",2]]'
	await holds out.csv $'k,n\na,1\nb,2'
	printf '{"end":"failed","status":5}\n' >&7
	await test -e status
	[ "$(cat status)" = 5 ]
	[ "$(cat out.csv)" = $'k,n\na,1\nb,2' ]
	rm status
	pipeline true true other.csv
	say '[0,1,["a",1]]'
	printf '{"end":"failed","status":3}\n' >&7
	await test -e status
	[ "$(cat status)" = 3 ]
	[ "$(ls -- other.csv* 2>/dev/null)" = "" ]
}

@test "followed rows: a file that holds something is refused, and added to, or begun anew" {
	printf 'k,n\nz,9' >out.csv
	pipeline true true out.csv
	await test -e status
	[ "$(cat status)" = 2 ]
	[[ $(cat err) == pw-write:\ out.csv:*--append*--force* ]]
	[ "$(cat out.csv)" = $'k,n\nz,9' ]
	exec 7>&-
	rm status
	pipeline true true --append out.csv
	say '[0,1,["a",1]]' '{"frontier":2}'
	await holds out.csv $'k,n\nz,9\na,1'
	say '[2,1,["b",2]]'
	await holds out.csv $'k,n\nz,9\na,1\nb,2'
	end suspended
	[ "$(cat status)" = 0 ]
	rm status
	pipeline true true --force out.csv
	say '[0,1,["a",1]]' '{"frontier":2}'
	await holds out.csv $'k,n\na,1'
	end suspended
	[ "$(cat status)" = 0 ]
	: >out.csv
	rm status
	pipeline true true out.csv
	say '{"frontier":2}'
	end suspended
	[ "$(cat status)" = 0 ]
	[ "$(cat out.csv)" = k,n ]
}

@test "followed changes are seen commit by commit" {
	pipeline false true --changes out.csv
	say '[0,1,["a",1]]' '{"frontier":2}'
	await holds out.csv $'k,n,_time,_diff\na,1,0,1'
	say '[2,1,["a",2]]' '[2,-1,["a",1]]'
	say '[4,1,["b",1]]' '{"frontier":4}'
	await holds out.csv $'k,n,_time,_diff\na,1,0,1\na,1,2,-1\na,2,2,1'
	end suspended
	[ "$(cat out.csv)" = $'k,n,_time,_diff\na,1,0,1\na,1,2,-1\na,2,2,1' ]
}

@test "what is compressed is seen too, while nothing comes" {
	clock 20 # it is flushed each second
	command -v zstd >/dev/null || skip "no zstd"
	pipeline true true out.csv.zst
	say '[0,1,["a",1]]' '{"frontier":2}'
	await unpacks out.csv.zst $'k,n\na,1'
	say '[2,1,["b",2]]'
	await unpacks out.csv.zst $'k,n\na,1\nb,2'
	end suspended
	[ "$(zstd -dcq out.csv.zst)" = $'k,n\na,1\nb,2' ]
}

@test "a followed stream that is saved can be salvaged while it goes on" {
	pipeline true true -f pws out.pws
	say '[0,1,["a",1]]' '{"frontier":2}'
	await test -e out.pws
	run pw-write --table <out.pws
	[ "$status" -eq 3 ]
	pw-read --salvage out.pws | pw-write --table >table.csv
	[ "$(cat table.csv)" = $'k,n\na,1' ]
	end suspended
	# In a file it is followed no more.
	pw-write again.csv <out.pws
	pw-write again.csv <out.pws
	[ "$(cat again.csv)" = $'k,n\na,1' ]
}

@test "--table is replaced after commits, complete ones only" {
	pipeline false true --table out.csv
	say '{"frontier":2}'
	await holds out.csv 'k,n'
	say '[2,1,["a",1]]' '{"frontier":4}'
	await holds out.csv $'k,n\na,1'
	say '[4,1,["b",1]]' '[6,-1,["a",1]]'
	await holds out.csv $'k,n\na,1\nb,1'
	end suspended
	[ "$(cat status)" = 0 ]
	[ "$(cat out.csv)" = $'k,n\na,1\nb,1' ]
	! begun
}

@test "--table: finished means that the open commit counts" {
	pipeline true true --table out.csv
	say '[2,1,["a",1]]' '{"frontier":4}' '[4,1,["b",1]]'
	end finished
	[ "$(cat out.csv)" = $'k,n\na,1\nb,1' ]
}

@test "--every: the last commit is never skipped, at an end or while nothing comes" {
	clock 20
	pipeline false true --table --every 1s out.csv
	say '{"frontier":2}'
	await holds out.csv 'k,n'
	say '[2,1,["a",1]]' '{"frontier":4}'
	say '[4,1,["b",1]]' '{"frontier":6}'
	await holds out.csv $'k,n\na,1\nb,1'
	say '[6,1,["c",1]]' '{"frontier":8}'
	end suspended
	[ "$(cat out.csv)" = $'k,n\na,1\nb,1\nc,1' ]
	rm status
	pipeline false true --table --every 1h out.csv
	say '{"frontier":2}'
	await holds out.csv 'k,n'
	say '[2,1,["a",1]]' '{"frontier":4}'
	end suspended
	[ "$(cat out.csv)" = $'k,n\na,1' ]
}

@test "--every replaces the table of a stream that is not followed, too" {
	pipeline false false --table --every 10ms out.csv
	say '[2,1,["a",1]]' '{"frontier":4}'
	await holds out.csv $'k,n\na,1'
	end finished
	rm status
	pipeline false false --table out.csv
	say '[2,1,["b",1]]' '{"frontier":4}'
	await begun
	[ "$(cat out.csv)" = $'k,n\na,1' ]
	end finished
	[ "$(cat out.csv)" = $'k,n\nb,1' ]
}

@test "--table to a pipe is written once, at the end" {
	pipeline false true --table >out.csv
	say '[2,1,["a",1]]' '{"frontier":4}' '[4,1,["b",1]]' '{"frontier":6}'
	end suspended
	[ "$(cat out.csv)" = $'k,n\na,1\nb,1' ]
}

@test "--if-changed: a table that was replaced by its equal is left alone, and the status says so" {
	printf 'k,n\na,1\n' >out.csv
	pipeline false true --table --if-changed out.csv
	say '{"frontier":2}'
	await holds out.csv 'k,n'
	say '[2,1,["a",1]]' '{"frontier":4}'
	end suspended
	[ "$(cat status)" = 0 ] # it was empty in between
	rm status
	pipeline false true --table --if-changed out.csv
	say '[0,1,["a",1]]' '{"frontier":2}'
	end suspended
	[ "$(cat status)" = 1 ]
	rm status
	pipeline true true --append --if-changed out.csv
	say '{"frontier":2}'
	end suspended
	[ "$(cat status)" = 1 ]
	rm status
	pipeline true true --append --if-changed out.csv
	say '[0,1,["b",1]]' '{"frontier":2}' '[2,1,["c",1]]'
	end suspended
	[ "$(cat status)" = 0 ]
	[ "$(cat out.csv)" = $'k,n\na,1\nb,1\nc,1' ]
}

@test "a replacement that fails ends the pipeline, and the table before stays" {
	mkdir dir
	pipeline false true --table dir/out.csv
	say '[0,1,["a",1]]' '{"frontier":2}'
	await holds dir/out.csv $'k,n\na,1'
	mv dir elsewhere
	say '[2,1,["b",1]]' '{"frontier":4}'
	await test -e status
	[ "$(cat status)" = 5 ]
	[[ $(cat err) == pw-write:\ dir/out.csv:\ * ]]
	[ "$(cat elsewhere/out.csv)" = $'k,n\na,1' ]
}

@test "a pipeline that reads on does not write among what it reads" {
	mkdir in other
	printf 'a\n1\n' >in/1.csv
	for dest in in/out.csv "$PWD/in/out.csv" other/../in/out.csv; do
		run bash -c 'pw-read -F in | pw-write "$0"' "$dest"
		[ "$status" -eq 2 ]
		[[ $output == "pw-write: $dest: is among the sources 'in', so that the pipeline would read what it writes: "* ]]
	done
	run bash -c 'pw-read -F "in/*.csv" | pw-filter "a > 0" | pw-write in/out.csv'
	[ "$status" -eq 2 ]
	run bash -c 'pw-read --state st in/1.csv | pw-write --table in/1.csv'
	[ "$status" -eq 2 ]
	[ "$(ls in)" = 1.csv ]
	pw-read --state st in | pw-write other/out.csv
	pw-read --state st2 'in/?.csv' | pw-write in/out.csv
	pw-read in | pw-write --table out.csv # a static pipeline reads before it writes
}
