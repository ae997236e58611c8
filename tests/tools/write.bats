# pw-write: forms, formats, destinations. What fails around it is in fault/faults.bats.

load "$TOP/tests/helpers/answer"

setup() {
	for tool in pw-read pw-write; do
		[ -x "$BUILD/bin/$tool" ] || skip "$tool is still to be built"
	done
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'k,n\nb,2\na,10\nb,1\na,9\n' >in.csv
	pw-read -s 'k str, n int' in.csv >in.pws
	printf '%s\n' 'k,n,_time,_diff' 'a,1,2,1' 'b,5,2,1' 'a,1,4,-1' 'a,3,4,1' 'b,5,6,-1' >changes.csv
	pw-read --changes -s 'k str, n int' changes.csv >changes.pws
}

# A command on a terminal of 40 columns and 12 lines; what it writes there, escapes as ^[.
on_terminal() {
	python3 - "$@" <<'END'
import fcntl, os, pty, struct, subprocess, sys, termios
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 40, 0, 0))
p = subprocess.Popen(["bash", "-c", sys.argv[1]], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
os.close(slave)
out = b""
while True:
    try:
        d = os.read(master, 65536)
    except OSError:
        break
    if not d:
        break
    out += d
sys.stdout.write(out.decode().replace("\r\n", "\n").replace("\033", "^["))
sys.exit(p.wait())
END
}

@test "rows that are only added come as they are" {
	run pw-write <in.pws
	same $'k,n\nb,2\na,10\nb,1\na,9'
}

@test "a stream that takes rows back is refused, with advice" {
	run pw-write <changes.pws
	says 2 '*--table*--changes*'
	echo old >out.csv
	run pw-write out.csv <changes.pws
	[ "$status" -eq 2 ]
	[ "$(cat out.csv)" = old ]
}

@test "--table is the table at the end" {
	run pw-write --table <changes.pws
	same $'k,n\na,3'
}

@test "--table is sorted: by all columns, or as --sort says, nulls last either way" {
	run pw-write --table <in.pws
	same $'k,n\na,9\na,10\nb,1\nb,2'
	run pw-write --sort n:desc <in.pws
	same $'k,n\na,10\na,9\nb,2\nb,1'
	run pw-write --table --sort k:desc,n <in.pws
	same $'k,n\nb,1\nb,2\na,9\na,10'
	printf 'k,n\n,1\nb,\na,2\n' | pw-read -f csv -s 'k str, n int' - >nulls.pws
	run pw-write --sort n <nulls.pws
	same $'k,n\n,1\na,2\nb,'
	run pw-write --sort k:desc <nulls.pws
	same $'k,n\nb,\na,2\n,1'
	run pw-write --sort kk <in.pws
	says 2 "--sort: 'kk' is not a column*did you mean 'k'*"
	run pw-write --sort k,k <in.pws
	says 2 "--sort: 'k' is named twice"
}

@test "--changes: by time, what goes before what comes, each net change once" {
	run pw-write --changes <changes.pws
	same $'k,n,_time,_diff\na,1,2,1\nb,5,2,1\na,1,4,-1\na,3,4,1\nb,5,6,-1'
	printf '%s\n' 'k,_time,_diff' x,2,1 x,2,1 y,2,1 y,2,-1 x,4,-2 z,end,1 |
		pw-read --changes -f csv -s 'k str' - >net.pws
	run pw-write --changes <net.pws
	same $'k,_time,_diff\nx,2,2\nx,4,-2\nz,end,1'
	run pw-write --changes -f jsonl <net.pws
	same $'{"k":"x","_time":2,"_diff":2}\n{"k":"x","_time":4,"_diff":-2}\n{"k":"z","_time":"end","_diff":1}'
}

@test "--changes reads back as the same stream" {
	pw-write --changes <changes.pws >once.csv
	pw-read --changes -s 'k str, n int' once.csv | pw-write --changes | cmp - once.csv
	pw-write --changes -f jsonl <changes.pws >once.jsonl
	pw-read --changes -s 'k str, n int' once.jsonl | pw-write --changes | cmp - once.csv
	pw-write --changes -f tsv <changes.pws >once.tsv
	pw-read --changes -s 'k str, n int' once.tsv | pw-write --changes | cmp - once.csv
}

@test "--changes write no diff that --changes would not read" {
	printf '%s\n' a,_time,_diff 1,2,-4611686018427387904 1,2,-4611686018427387904 >least.csv
	run bash -o pipefail -c 'pw-read --changes least.csv | pw-write --changes 2>&1 >/dev/null'
	says 3 '*64 bits*'
}

@test "--progress-rows behind a row of an odd time is no step back" {
	printf '%s\n' a,_time,_diff 1,2,1 1,5,-1 2,6,1 | pw-read -f csv --changes --odd - >odd.pws
	run pw-write --changes --progress-rows <odd.pws
	[ "$status" -eq 0 ]
	pw-write --changes --progress-rows <odd.pws | pw-read --changes --odd -f csv - >/dev/null
}

@test "--progress-rows say how far time is complete" {
	printf '%s\n' 'k,_time,_diff' x,2,1 ,6,0 y,8,1 | pw-read --changes -f csv -s 'k str' - >promise.pws
	run pw-write --changes --progress-rows <promise.pws
	[ "$status" -eq 0 ]
	[[ $output == *$'\n,6,0\n'* ]]
	pw-write --changes --progress-rows <promise.pws | pw-read --changes -f csv -s 'k str' - |
		pw-write --changes >again.csv
	[ "$(cat again.csv)" = $'k,_time,_diff\nx,2,1\ny,8,1' ]
}

@test "fewer copies than none when a commit closes is bad data" {
	printf '%s\n' 'k,n,_time,_diff' a,1,2,1 b,2,4,-1 b,2,4,1 a,1,4,-2 >less.csv
	pw-read --changes -s 'k str, n int' less.csv >less.pws
	run pw-write --table <less.pws
	says 3 "time 4: the row (k 'a', n 1) has -1 copies: more are taken away than were added"
}

@test "an empty table has its header" {
	printf 'k,n\n' | pw-read -f csv -s 'k str, n int' - >empty.pws
	run pw-write <empty.pws
	same k,n
	run pw-write --table <empty.pws
	same k,n
	run pw-write --changes <empty.pws
	same k,n,_time,_diff
	[ -z "$(pw-write -f jsonl <empty.pws)" ]
}

@test "what is written reads back, in every format" {
	printf 's,x,d\n"a,""b""",0.1,2024-02-29T23:59:59.5\n,,\n"",-1e300,1969-12-31T00:00:00\n"two\nlines",inf,\n\ttab,nan,\n' >odd.csv
	schema='s str, x float, d datetime'
	pw-read -s "$schema" odd.csv | pw-write >expected.csv
	for format in csv tsv jsonl; do
		for suffix in '' .gz .zst; do
			pw-read -s "$schema" odd.csv | pw-write "out.$format$suffix"
			pw-read -s "$schema" "out.$format$suffix" | pw-write | cmp - expected.csv
		done
	done
	printf 'a\n\n""\n' >one.csv # a blank line is a null
	pw-read -s 'a str' one.csv | pw-write | cmp - one.csv
}

@test "pws out is the stream itself" {
	pw-write -f pws <changes.pws | cmp - changes.pws
	pw-write saved.pws <changes.pws
	pw-write --changes <saved.pws >a
	pw-write --changes <changes.pws | cmp - a
	pw-write -z small.pws <in.pws
	pw-write <small.pws | cmp - in.csv
	run pw-write --table -f pws <in.pws
	says 2 '*saved whole*'
	run pw-write x.pws.gz <in.pws
	says 2 '*-z*'
}

@test "lines: one text column, or a word about it" {
	printf 'x\n"y, z"\n' >in.txt
	pw-read in.txt | pw-write out.txt
	cmp in.txt out.txt
	run pw-write out.log <in.pws
	says 2 '*one text column*'
}

@test "the format goes by the suffix, and -f overrides" {
	pw-write out.jsonl <in.pws
	[ "$(head -n 1 out.jsonl)" = '{"k":"b","n":2}' ]
	pw-write -f tsv out.csv <in.pws
	[ "$(head -n 1 out.csv)" = $'k\tn' ]
	run pw-write -f cvs <in.pws
	says 2 "'cvs' is not a format (did you mean 'csv'?)"
	run pw-write --delimiter ';' --no-header <in.pws
	same $'b;2\na;10\nb;1\na;9'
	run pw-write --delimiter ';;' <in.pws
	says 2 "--delimiter: ';;' is not one character"
}

@test "DEST is replaced whole, keeps its mode, and links are followed" {
	echo old >real.csv
	chmod 640 real.csv
	ln -s real.csv link.csv
	pw-write link.csv <in.pws
	[ -L link.csv ]
	cmp real.csv in.csv
	[ "$(stat -c %a real.csv)" = 640 ]
	[ "$(ls -A | grep -c tmp)" -eq 0 ]
	(umask 077 && pw-write new.csv <in.pws)
	[ "$(stat -c %a new.csv)" = 600 ]
}

@test "a pipeline may write what it reads" {
	pw-read -s 'k str, n int' in.csv | pw-write --table in.csv
	[ "$(cat in.csv)" = $'k,n\na,9\na,10\nb,1\nb,2' ]
}

@test "--append adds rows below the header that is there" {
	pw-write --append log.csv <in.pws
	pw-write --append log.csv <in.pws
	[ "$(wc -l <log.csv)" -eq 9 ]
	[ "$(grep -c k log.csv)" -eq 1 ]
	printf 'k,n\na,1' >open.csv # no line end
	pw-write --append open.csv <in.pws
	[ "$(head -n 3 open.csv)" = $'k,n\na,1\nb,2' ]
	printf 'k,m\na,1\n' >other.csv
	run pw-write --append other.csv <in.pws
	says 3 "other.csv: begins with 'k,m', *'k,n'"
	[ "$(cat other.csv)" = $'k,m\na,1' ]
	pw-write --append log.csv.gz <in.pws
	pw-write --append log.csv.gz <in.pws
	zcat log.csv.gz | cmp - log.csv
	head -c -64 in.pws >cut.pws
	cp log.csv before.csv
	run pw-write --append log.csv <cut.pws
	[ "$status" -eq 3 ]
	cmp log.csv before.csv
}

@test "--if-changed exits 1 and leaves DEST alone when nothing changes" {
	pw-write out.csv <in.pws
	touch -d 2001-01-01 out.csv
	run pw-write --if-changed out.csv <in.pws
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$(stat -c %y out.csv | cut -c1-4)" = 2001 ]
	run pw-write --if-changed --sort k out.csv <in.pws
	[ "$status" -eq 0 ]
	[ "$(sed -n 2p out.csv)" = a,9 ]
	run pw-write --if-changed <in.pws
	says 2 '*needs a DEST*'
}

@test "a DEST that is no file is written straight" {
	mkfifo fifo
	cat fifo >copy.csv &
	pw-write fifo <in.pws
	wait $!
	cmp copy.csv in.csv
	[ -p fifo ]
	run pw-write . <in.pws
	says 2 '.: is a directory*'
	run pw-write /dev/full <in.pws
	says 5 '/dev/full: write: No space left on device'
	run pw-write no/such/out.csv <in.pws
	says 5 'no/such/out.csv: open: No such file or directory'
	run pw-write kafka://host/topic <in.pws
	says 2 '*connector*'
}

@test "options that contradict each other are refused" {
	for line in '--table --changes' '--sort k --changes' '--append --table x.csv' '--progress-rows' 'a.csv b.csv' \
		'--append --force x.csv'; do
		# shellcheck disable=SC2086
		run pw-write $line <in.pws
		says 2 '*'
	done
	[ ! -e a.csv ] && [ ! -e x.csv ]
}

@test "--check shows what would be written and touches nothing" {
	run bash -c 'pw-read --check -s "k str, n int" in.csv | pw-write --table out.csv'
	[ "$status" -eq 0 ]
	[[ $output == *"pw-write: stdin: k str, n int"*"the current table as csv to out.csv"* ]]
	[ ! -e out.csv ]
}

@test "pretty aligns uuids to the left, and numbers to the right" {
	printf 'id,n\n5f0b8d3e-1c4a-4b7e-9c1d-2f3a4b5c6d7e,1\n,22\n' >u.csv
	run bash -c "pw-read -s 'id uuid' u.csv | pw-write -f pretty -"
	[ "$output" = 'id                                     n
------------------------------------  --
5f0b8d3e-1c4a-4b7e-9c1d-2f3a4b5c6d7e   1
null                                  22' ]
}

@test "pretty is aligned; what a terminal would act on is shown" {
	printf 'city,n\nŁódź,7\n"a\033[31m\nb",12345\n,\n' | pw-read -f csv -s 'city str, n int' - >p.pws
	run pw-write -f pretty <p.pws
	same $'city              n\n------------  -----\nŁódź              7\na\\x1b[31m\\nb  12345\nnull           null'
}

@test "on a terminal: a table, in colour unless NO_COLOR" {
	run on_terminal 'NO_COLOR=1 pw-write <in.pws'
	same $'k   n\n-  --\nb   2\na  10\nb   1\na   9'
	run on_terminal 'TERM=xterm pw-write <in.pws'
	[[ $output == *'^[[1mk^[[0m'* ]]
	run on_terminal 'pw-write -f csv <in.pws'
	same "$(cat in.csv)"
	run on_terminal 'pw-write -f pws <in.pws'
	says 2 '*terminal*'
}

@test "on a terminal a stream that changes is never refused" {
	run on_terminal 'NO_COLOR=1 pw-write <changes.pws'
	same $'k  n\n-  -\na  3'
}

@test "large files: compressed, compared, added to" {
	# dictionaries, floats and ints over many batches, and more than a buffer of every kind
	head -n 1 "$TOP/data/flights.csv" >many.csv
	for _ in 1 2 3 4 5 6 7 8; do tail -n +2 "$TOP/data/flights.csv"; done >>many.csv
	pw-read many.csv >many.pws
	pw-write <many.pws | cmp - many.csv
	pw-write many.csv.gz <many.pws
	zcat many.csv.gz | cmp - many.csv
	pw-write many.csv.zst <many.pws
	pw-read many.csv.zst | pw-write | cmp - many.csv
	run pw-write --if-changed many.csv <many.pws
	[ "$status" -eq 1 ]
	echo x >>many.csv
	pw-write --if-changed many.csv <many.pws
	[ "$(tail -n 1 many.csv)" != x ]
	cp many.csv twice.csv
	pw-write --append twice.csv <many.pws
	{ cat many.csv && tail -n +2 many.csv; } | cmp - twice.csv
	pw-write --table <many.pws >sorted.csv
	tail -n +2 sorted.csv | LC_ALL=C sort | cmp - <(tail -n +2 many.csv | LC_ALL=C sort)
	pw-write --changes <many.pws >changes.csv
	[ "$(awk -F, 'NR > 1 {n += $NF} END {print n}' changes.csv)" -eq "$(($(wc -l <many.csv) - 1))" ]
}
