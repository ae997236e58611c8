# Rotated, cut and replaced files under pw-read -F: what comes out is what was written, once.
# The cases that a log shipper is judged by; tests/unit/files.c has them at the connector, by the dozen.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 0.1
}

teardown() {
	[ -z "$reader" ] || kill -9 "$reader" 2>/dev/null || true
}

# follows OPTION... SOURCE: a followed pipeline into out, append-only, with the reader's status in status
follows() {
	{
		pw-read -F "$@" 2>err &
		echo $! >pid
		wait $! && echo 0 >status || echo $? >status
	} | pw-write -f csv >out 2>err.write &
	pipeline=$!
	await '[ -s pid ]'
	reader=$(<pid)
}

explain() { cat out err; }

rows() { await "[ \$(wc -l <out) -eq $(($1 + 1)) ]"; } # N: so many have come out
stops() { # ends in order when it is asked to
	kill -TERM "$reader"
	wait "$pipeline"
	reader=
	[ "$(cat status)" -eq 0 ]
}
came() { # LAST: the rows 1 to LAST, in this order
	sed 1d out | diff <(seq 1 "$1") -
}

@test "rotation by rename: the old file to its end, then the new one" {
	seq 1 1000 >app.log
	follows app.log
	rows 1000
	for n in 1 2 3 4 5; do
		seq $((n * 1000 + 1)) $((n * 1000 + 500)) >>app.log
		mv app.log app.log.$n
		seq $((n * 1000 + 501)) $((n * 1000 + 900)) >>app.log.$n # its writer does not know yet
		seq $((n * 1000 + 901)) $((n * 1000 + 1000)) >app.log
		rows $((n * 1000 + 1000))
	done
	stops
	came 6000
}

@test "rotation by copytruncate: nothing is lost between the copy and the cut, nothing comes twice" {
	mkdir logs
	seq 1 100 >logs/app.log
	follows logs
	rows 100
	for n in 1 2 3; do
		seq $((n * 100 + 1)) $((n * 100 + 100)) >>logs/app.log
		cp logs/app.log logs/app.log.$n
		: >logs/app.log
		rows $((n * 100 + 100))
	done
	stops
	came 400
}

@test "a file that is cut after it was read begins anew" {
	seq 1 100 >app.log
	follows app.log
	rows 100
	seq 101 112 >app.log
	rows 112
	seq 113 115 >app.log
	rows 115
	stops
	came 115
}

@test "a file that is changed in place ends the pipeline with status 4, also near its beginning" {
	seq 1 10 >app.log
	follows app.log
	rows 10
	printf X | dd of=app.log conv=notrunc status=none
	await '[ -s status ]'
	wait "$pipeline" || true
	reader=
	[ "$(cat status)" -eq 4 ]
	grep -q '^pw-read: app.log: changed before byte 21, .*--track' err
	came 10
}

@test "a file that is cut unread ends the pipeline with status 4" {
	seq 1 5000 >app.log
	follows -s 'data str' app.log
	rows 5000
	truncate -s 1000 app.log
	await '[ -s status ]'
	wait "$pipeline" || true
	reader=
	[ "$(cat status)" -eq 4 ]
	grep -q '^pw-read: app.log: shrank .*--track' err
}

@test "SIGHUP ends the pipeline as it ends any program; nothing of what was committed is lost" {
	seq 1 10 >app.log
	follows app.log
	rows 10
	kill -HUP "$reader"
	await '[ -s status ]'
	wait "$pipeline" || true
	reader=
	[ "$(cat status)" -ge 128 ]
	came 10
}

@test "persistence: what comes while the sink is away, or the reader, is there after the next start, once" {
	resumes() {
		set -m # a process group, so that all of the pipeline can be killed
		pw-read --state st -F app.log 2>>err | pw-write -f csv out 2>>err.write &
		pipeline=$!
		set +m
	}
	seq 1 1000 >app.log
	resumes
	await '[ -e out ]'
	rows 1000
	pkill -KILL -g "$(ps -o pgid= "$pipeline" | tr -d ' ')" -x pw-write
	wait "$pipeline" || true
	seq 1001 2000 >>app.log
	mv app.log app.log.1
	seq 2001 3000 >app.log
	resumes
	rows 3000
	pkill -KILL -g "$(ps -o pgid= "$pipeline" | tr -d ' ')"
	wait "$pipeline" || true
	seq 3001 4000 >>app.log
	pw-read --state st app.log | pw-write -f csv out
	came 4000
}

@test "JSON in JSON: a line that holds an object as text comes out as that text" {
	printf '{"at":1,"message":"{\\"a\\":\\"x\\\\ny\\"}"}\n' >app.jsonl
	follows -f jsonl -s 'at int, message str' app.jsonl
	rows 1
	printf '{"at":2,"message":"{\\"a\\":2}"}\n' >>app.jsonl
	rows 2
	stops
	cat >expected <<'END'
at,message
1,"{""a"":""x\ny""}"
2,"{""a"":2}"
END
	diff expected out
}

@test "a program on PATH is a source" {
	cat >pw-read-count <<'END'
#!/bin/sh
at=0
while read -r what key offset && [ "$what" = seek ]; do at=$offset; done
while [ $at -lt ${1#count://} ]; do at=$((at + 1)); echo "line $at $((at * at))"; done
echo finished
END
	chmod +x pw-read-count
	PATH=$PWD:$PATH pw-read -F -f csv --no-header -s 'square int' count://5 | pw-write >out
	diff - out <<'END'
square
1
4
9
16
25
END
}

@test "a connector is read to its end without -F; what it has at the start is one commit at time 0" {
	cat >pw-read-slow <<'END'
#!/bin/sh
while read -r word rest && [ "$word" = seek ]; do :; done
echo line 1 1
read -r now <gate # however slow it is
echo line 2 2
echo idle
[ "$word" = once ] || { read -r now <gate; echo line 3 3; }
echo finished
END
	chmod +x pw-read-slow
	mkfifo gate
	exec 9<>gate
	for follow in '' -F; do
		rm -f out # await shall not look at the one before
		PATH=$PWD:$PATH pw-read $follow -f csv --no-header -s 'n int' slow:// 9>&- |
			pw-write --changes >out 9>&- &
		pipeline=$!
		echo >&9
		[ -z "$follow" ] || { await 'grep -q ^2, out' && echo >&9; }
		wait "$pipeline"
		[ "$(sed -n '2,3p' out)" = $'1,0,1\n2,0,1' ]
		[ "$(wc -l <out)" -eq $((3 + ${#follow} / 2)) ]
	done
}

@test "a link that leads nowhere yet is waited for, and does not hide the other files" {
	clock 20 # links are looked at each second
	mkdir d
	ln -s ../late d/a.csv
	printf 'n\n1\n2\n' >d/b.csv
	follows d
	rows 2
	printf 'n\n3\n' >late
	rows 3
	stops
	came 3
	rm d/b.csv late
	run -2 --separate-stderr timeout 300 pw-read -F d
	[[ $stderr == *"d/a.csv: the link leads to nothing that is there yet, and d holds no file"*-f ]]
}
