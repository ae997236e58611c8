# What pw-read makes of files: formats, sources, columns, times; and of bad input: one line that
# names the place, the right status, no partial result passed off as whole.

bats_require_minimum_version 1.5.0

setup() {
	[ -x "$BUILD/bin/pw-write" ] || skip "pw-write is still to be built"
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'a,b\n1,x\n2,y\n' >two.csv
}

shows() { # EXPECTED COMMAND...: standard output of the command, as csv
	local expected=$1
	shift
	"$@" >out.pws
	pw-write -f csv <out.pws >out
	diff <(printf "$expected") out
}

refuses() { # STATUS REGEX COMMAND...: that status, one line, END failed for those behind
	local expected=$1 regex=$2
	shift 2
	run bash -c '"$@" 2>err >out.pws' - "$@"
	cat err
	[ "$status" -eq "$expected" ]
	[ "$(wc -l <err)" -eq 1 ]
	grep -qE "^pw-read: $regex" err
	run bash -c 'pw-write --table -f csv <out.pws >result 2>second'
	[ "$status" -eq "$expected" ]
	[ ! -s second ]
}

file() { printf "$2" >"$1"; }

# ---- what is read ----

@test "csv, tsv, jsonl, lines and whole files, by suffix and by -f" {
	shows 'a,b\n1,x\n2,y\n' pw-read two.csv
	file t.tsv 'a\tb\n1\tx,y\n'
	shows 'a,b\n1,"x,y"\n' pw-read t.tsv
	file j.jsonl '{"a":1,"b":"x"}\n'
	shows 'a,b\n1,x\n' pw-read j.jsonl
	file l.log 'a,b\n\n"q\r\nlast'
	shows 'data\n"a,b"\n""\n"""q"\nlast\n' pw-read l.log
	shows 'path,data\ntwo.csv,"a,b\n1,x\n2,y\n"\n' pw-read -f file two.csv
	cp two.csv nosuffix
	shows 'a,b\n1,x\n2,y\n' pw-read -f csv nosuffix
	shows 'n\n7\n' pw-read -f lines -s 'n int' - <<<7
}

@test "standard input, files and compressed files give the same" {
	gzip -k two.csv
	zstd -q two.csv
	shows 'a,b\n1,x\n2,y\n' pw-read -f csv - <two.csv
	shows 'a,b\n1,x\n2,y\n' pw-read -f csv - < <(cat two.csv)
	shows 'a,b\n1,x\n2,y\n' pw-read two.csv.gz
	shows 'a,b\n1,x\n2,y\n1,x\n2,y\n' pw-read two.csv.zst two.csv
	cat two.csv.gz two.csv.gz >pieces.csv.gz
	refuses 3 "pieces.csv.gz:4: column 'a': 'a' is not an int" pw-read -s 'a int' pieces.csv.gz
}

@test "directories are read to any depth, by name, without what is hidden or unfinished" {
	mkdir -p d/sub d/.git
	file d/b.csv 'a\n2\n'
	file d/a.csv 'a\n1\n'
	file d/sub/c.csv 'a\n3\n'
	file d/.hidden.csv 'a\n9\n'
	file d/.git/x.csv 'a\n9\n'
	for end in '~' .tmp .part .swp; do file "d/x.csv$end" 'a\n9\n'; done
	shows 'a\n1\n2\n3\n' pw-read d
	shows 'a\n1\n2\n' pw-read 'd/*.csv'
	shows 'a\n9\n' pw-read d/.hidden.csv
}

@test "a directory without files is empty if its columns are declared" {
	mkdir none
	shows 'a,b\n' pw-read -s 'a int, b str' none
	refuses 3 'none: a directory without files' pw-read none
}

@test "a pattern or name that is not there is named" {
	refuses 5 "'\*.nothing' matches no file" pw-read '*.nothing'
	refuses 5 'gone.csv: No such file' pw-read gone.csv
	mkdir d
	ln -s gone d/vanished.csv
	refuses 5 'd/vanished.csv: the link leads to nothing that is there' pw-read -s 'a int' d
	refuses 5 'd/vanished.csv: the link leads to nothing that is there' pw-read -s 'a int' 'd/*'
}

@test "files agree on their columns by name, in any order" {
	file o.csv 'b,a\nz,3\n'
	shows 'a,b\n1,x\n2,y\n3,z\n' pw-read two.csv o.csv
	file more.csv 'a,b,c\n1,2,3\n'
	refuses 3 "more.csv:1: the header is not that of two.csv: only here: 'c'" pw-read two.csv more.csv
	file less.csv 'a\n1\n'
	refuses 3 "less.csv:1: the header is not that of two.csv: not here: 'b'" pw-read two.csv less.csv
	shows 'a\n1\n2\n1\n1\n' pw-read --only -s 'a int' two.csv more.csv less.csv
	shows 'a,b\n1,x\n2,y\n1,none\n' pw-read -s 'a int, b str = "none"' two.csv less.csv
}

@test "columns have the order of the source, or that of -s when it names all" {
	shows 'b,a\nx,1\ny,2\n' pw-read -s 'b str, a int' two.csv
	shows 'a,b\n1.0,x\n2.0,y\n' pw-read -s 'a float' two.csv
	shows 'b\nx\ny\n' pw-read --only -s 'b str' two.csv
}

@test "lines end in LF or CRLF, a BOM and blank lines are skipped, the last line may lack its end" {
	file c.csv '\xef\xbb\xbfa,b\r\n\r\n1,x\r\n\n2,"y\r\n"\r\n3,z'
	shows 'a,b\n1,x\n2,"y\r\n"\n3,z\n' pw-read c.csv
	file one.csv 'a\nx\n\ny\n'
	shows 'a\nx\n\ny\n' pw-read one.csv
}

@test "an empty cell is null or the default, a quoted one the empty text" {
	file e.csv 'a,b,c\n,,\n"","",""\n'
	shows 'a,b,c\n,,0\n,"",0\n' pw-read -s 'a int, b str, c int = 0' e.csv
	file q.csv 'a,b\n"1","x"\n"2","y"\n'
	shows 'a,b\n1,x\n2,y\n' pw-read q.csv
}

@test "a column without a name is called by its place" {
	file n.csv 'a,,c\n1,2,3\n'
	shows 'a,column2,c\n1,2,3\n' pw-read n.csv
	shows 'a,column2,column3\n1,x,2\n' pw-read --no-header -f csv -s 'a int' - <<<1,x,2
}

@test "a header alone is an empty table of texts" {
	file h.csv 'a,b\n'
	shows 'a,b\n' pw-read h.csv
	pw-read --check h.csv 2>err >/dev/null
	grep -q 'output: a str, b str; append-only; static' err
}

@test "many records: quotes, blank lines and comments among plain ones, longer than any block" {
	awk 'BEGIN { print "n,s,x"; for (i = 0; i < 50000; i++) {
		if (i % 1000 == 7) print "#" i ",\"";
		if (i % 777 == 5) print "";
		if (i % 333 == 0) printf "%d,\"a\"\"%d\n\",%d.5\n", i, i % 9, i;
		else printf "%d,name%d,%d.5\n", i, i % 9, i } }' >many.csv
	pw-read --comment '#' many.csv | pw-write -f jsonl >out
	awk 'BEGIN { for (i = 0; i < 50000; i++)
		printf (i % 333 ? "{\"n\":%d,\"s\":\"name%d\",\"x\":%d.5}\n" : "{\"n\":%d,\"s\":\"a\\\"%d\\n\",\"x\":%d.5}\n"), i, i % 9, i }' >expected
	cmp out expected
	pw-read --comment '#' -f csv - < <(cat many.csv) | pw-write -f jsonl | cmp - expected
}

@test "meta says file, line and time" {
	touch -d 2024-05-01T10:00:00Z two.csv
	shows 'a,b,_path,_line,_modified\n1,x,two.csv,2,2024-05-01T10:00:00Z\n2,y,two.csv,3,2024-05-01T10:00:00Z\n' \
		pw-read --meta two.csv
	shows 'a,_path,_line,_modified\n1,stdin,1,\n' pw-read --meta -f csv --no-header -s 'a int' - < <(echo 1)
}

grows() { # FILE SIZE: within two minutes
	for _ in {1..6000}; do
		[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt "$2" ] && return
		read -rt 0.02 <> <(:) || true
	done
	return 1
}

@test "a row comes out while its pipe is still open" {
	mkfifo in
	pw-read -f csv -s 'a int' - <in >out.pws &
	local reader=$! head
	exec 9>in
	printf 'a\n' >&9
	grows out.pws 0
	head=$(stat -c %s out.pws)
	printf '1\n' >&9
	grows out.pws "$head"
	exec 9>&-
	wait "$reader"
	[ "$(pw-write -f csv <out.pws)" = $'a\n1' ]
}

# ---- times ----

@test "changes: flags, promises, and what is refused" {
	file c.csv 'a,_time,_diff\n1,2,1\n,4,0\n1,6,-1\n'
	shows 'a,_time,_diff\n1,2,1\n1,6,-1\n' bash -c 'pw-read --changes c.csv | pw-write --changes | pw-read -f csv -s "_time int" -'
	refuses 3 'c.csv:4: diff -1 in a stream that is --append-only' pw-read --changes --append-only c.csv
	file p.csv 'a,_time,_diff\n1,2,0\n'
	refuses 3 'p.csv:2: a row with _diff 0' pw-read --changes -s 'a int' p.csv
	file l.csv 'a,_time,_diff\n,4,0\n1,4,1\n'
	refuses 3 'l.csv:3: time 4 ' pw-read --changes -s 'a int' l.csv
	refuses 3 "two.csv:1: --changes: " pw-read --changes two.csv
	file end.csv 'a,_time,_diff\n1,end,1\n'
	pw-read --changes end.csv | pw-write --changes | cmp - end.csv
}

@test "replay merges files by their column and rounds up" {
	file p.csv 'at,v\n1,a\n8,b\n3,late\n'
	file q.csv 'at,v\n2,c\n7,d\n'
	pw-read --replay at --unit ms p.csv q.csv | pw-write --changes | sort >out
	diff out - <<-END
	1,a,2,1
	2,c,2,1
	3,late,8,1
	7,d,8,1
	8,b,8,1
	at,v,_time,_diff
	END
	pw-read --replay at --unit s --autocommit 5s p.csv | pw-write --changes | grep -c ',5000,1$'
	file f.csv 'at\n4.014\n4.022\n8.0221\n'
	pw-read --replay at --unit s f.csv | pw-write --changes | diff - <(printf 'at,_time,_diff\n4.014,4014,1\n4.022,4022,1\n8.0221,8024,1\n')
	refuses 2 "--replay: column 'at' is an int and needs --unit" pw-read --replay at p.csv
	refuses 2 "--replay: 'zz' is not a column" pw-read --replay zz --unit s p.csv
	file n.csv 'at,v\n,a\n'
	refuses 3 "n.csv:2: column 'at': is null" pw-read --replay at --unit s -s 'at int, v str' n.csv
}

@test "upsert keeps the last row of each key, by commit" {
	file u.csv 'at,id,v\n1,a,1\n1,a,2\n3,b,3\n3,a,2\n5,a,4\n5,b,\n'
	shows 'at,id,v\n5,a,4\n' pw-read --upsert -k id --delete-when 'v is null' u.csv
	pw-read --upsert -k id --replay at --unit ms --delete-when 'v is null' u.csv | pw-write --changes | sort >out
	diff out - <<-END
	1,a,2,2,1
	1,a,2,4,-1
	3,a,2,4,1
	3,a,2,6,-1
	3,b,3,4,1
	3,b,3,6,-1
	5,a,4,6,1
	at,id,v,_time,_diff
	END
	refuses 2 '-k COLS is missing: --upsert needs' pw-read --upsert u.csv
}

@test "an error in --delete-when is what --on-error says" {
	file u.csv 'id,v,by\na,1,1\nb,2,1\na,3,0\nb,6,3\nc,4,0\n'
	refuses 3 '--delete-when: .*division by zero' pw-read --upsert -k id --delete-when 'v // by > 1' u.csv
	shows 'id,v,by\na,1,1\n' pw-read -q --on-error skip --upsert -k id --delete-when 'v // by > 1' u.csv
	shows 'id,v,by\na,3,0\nc,4,0\n' pw-read --on-error null --upsert -k id --delete-when 'v // by > 1' u.csv
	shows 'id,v,by\na,1,1\n' pw-read -q --on-error ./bad --upsert -k id --delete-when 'v // by > 1' u.csv
	[ "$(wc -l <bad)" -eq 2 ]
	grep -q '"reason":".*division by zero.*"row":{"id":"a","v":3,"by":0},"_time":0,"_diff":1}' bad
	file z.csv 'id,v,by\na,1,0\n'
	shows 'id,v,by\n' pw-read -q --on-error skip --upsert -k id --delete-when 'v // by > 1' z.csv
}

@test "upsert of many small commits holds a row of each key, not a batch of each commit" {
	awk 'BEGIN { print "at,id,v"; for (i = 0; i < 20000; i++) print 2 * i "," i % 10 ",text" i }' >many.csv
	[ "$(pw-read --upsert -k id --replay at --unit ms many.csv | pw-write --changes | wc -l)" -eq 39991 ]
	[[ $(command -v pw-read) == */asan/* ]] ||
		bash -c 'set -o pipefail; ulimit -v 300000; pw-read --upsert -k id --replay at --unit ms many.csv | wc -c >/dev/null'
}

@test "a saved stream: passed on, as of a time, cut short, damaged" {
	file c.csv 'k,v,_time,_diff\na,1,2,1\nb,2,2,1\na,1,4,-1\na,5,4,1\nb,2,6,-1\n'
	pw-read --changes c.csv >s.pws
	pw-read s.pws | cmp - <(pw-read s.pws)
	pw-read s.pws | pw-write --changes | diff - <(pw-write --changes <s.pws)
	shows 'k,v\na,1\nb,2\n' pw-read --as-of 2 s.pws
	shows 'k,v\na,5\nb,2\n' pw-read --as-of 5 s.pws
	shows 'k,v\na,5\n' pw-read --as-of end s.pws
	head -c -64 s.pws >cut.pws
	refuses 3 'cut.pws: ' pw-read cut.pws
	pw-read --salvage cut.pws | pw-write --changes >/dev/null
	cp s.pws bad.pws
	printf x | dd of=bad.pws bs=1 seek=700 conv=notrunc status=none
	refuses 3 'bad.pws: frame [0-9]+: checksum' pw-read bad.pws
	refuses 3 'two.csv: holds text, not a saved stream: pw-read -f csv two.csv' pw-read -f pws two.csv
	file neg.csv 'k,_time,_diff\na,2,-1\n'
	pw-read --changes neg.csv >neg.pws
	refuses 3 "neg.pws: time end: the row .k 'a'. has -1 copies" pw-read --as-of end neg.pws
}

# ---- bad input ----

@test "bad records name file, line and what was expected" {
	file r.csv 'a,b\n1,2\n123\n'
	refuses 3 'r.csv:3: 1 cell, expected 2 as in the header' pw-read r.csv
	file r.csv 'a,b\n1,2\n1,2,3\n'
	refuses 3 'r.csv:3: 3 cells, expected 2' pw-read r.csv
	file q.csv 'a,b\n1,x\n2,"y\n3,z\n'
	refuses 3 'q.csv:3: the quote that opens cell 2 is never closed' pw-read q.csv
	file q.csv 'a,b\n"1\n2",x"y\n'
	refuses 3 'q.csv:3: a quote within an unquoted cell, number 2' pw-read q.csv
	file q.csv 'a,b\n1,"x"y\n'
	refuses 3 'q.csv:2: text after the closing quote of cell 2' pw-read q.csv
	file q.csv 'a,b\n1,2\r3\n'
	refuses 3 'q.csv:2: a carriage return within cell 2' pw-read q.csv
	file h.csv 'a,a\n1,2\n'
	refuses 3 "h.csv:1: column 'a' is there twice" pw-read h.csv
	refuses 3 "two.csv:1: column 'bb' is not in the header \(did you mean 'b'\?\)" pw-read -s 'bb str' two.csv
	: >h.jsonl
	refuses 3 'h.jsonl: no row to find columns in' pw-read h.jsonl
	: >h.csv
	refuses 3 'h.csv: no header: the file is empty' pw-read h.csv
}

@test "bad values name file, line, column and value" {
	file v.csv 'id,v\n1,10\n2,n/a\n'
	refuses 3 "v.csv:3: column 'v': 'n/a' is not an int" pw-read -s 'v int' v.csv
	refuses 3 "v.csv:3: column 'v': 'n/a' is not an int \(declare it: -s 'v str'\)" pw-read --infer-rows 1 v.csv
	file v.csv 'id,v\n1,10\n2,1.5\n'
	refuses 3 "v.csv:3: column 'v': '1.5' is not an int \(declare it: -s 'v float'\)" pw-read --infer-rows 1 v.csv
	file v.csv 'id,v\n1,10\n,2\n'
	refuses 3 "v.csv:3: column 'id': is null, and declared 'int!'" pw-read -s 'id int!' v.csv
	file v.csv 'a,b\n1,x\n2,caf\xe9\n'
	refuses 3 "v.csv:3: column 'b': 'caf\\\\xe9' is not valid UTF-8" pw-read v.csv
	file v.csv 'a,b\n1,x\000y\n'
	refuses 3 "v.csv:2: column 'b': 'x\\\\x00y' holds a NUL byte" pw-read v.csv
	file v.csv 'a,b\n"1\n",2\n3,zz\n1,y\n'
	refuses 3 "v.csv:4: column 'b': 'zz' is not an int" pw-read -s 'b int' v.csv
}

@test "the first fault in the order of the lines is the one named" {
	awk 'BEGIN { print "a,b"; for (i = 2; i < 900; i++) print (i == 700 ? "x" : i) "," (i == 600 ? "y" : i) }' >f.csv
	refuses 3 "f.csv:600: column 'b': 'y'" pw-read -s 'a int, b int' f.csv
}

@test "long lines and long numbers end in a message, in bounded memory" {
	{ printf 'a,b\n1,' && head -c 1000000 /dev/zero | tr '\0' 7 && echo; } >digits.csv
	refuses 3 "digits.csv:2: column 'b': '7{60}\.\.\.' is not an int" pw-read -s 'b int' digits.csv
	{ printf 'a\n' && head -c 70000000 /dev/zero | tr '\0' x && echo; } >long.csv
	refuses 3 'long.csv:2: a line of [0-9]+ bytes or more, --max-line allows 65536K' pw-read long.csv
	refuses 3 'long.csv:2: a line of [0-9]+ bytes' pw-read -f lines long.csv
	refuses 3 'two.csv:2: a line of [0-9]+ bytes' pw-read --max-line 2 two.csv
	{ printf 'a,b\n1,"' && yes 'x,y' | head -n 1000000; } >open.csv
	refuses 3 'open.csv:2: .*quote' pw-read open.csv
	[[ $(command -v pw-read) == */asan/* ]] || # whose shadow memory takes terabytes
		bash -c 'ulimit -v 400000; pw-read long.csv 2>/dev/null >/dev/null; [ $? -eq 3 ]'
}

@test "compressed files that end early or are none" {
	gzip -k two.csv
	head -c 30 two.csv.gz >cut.csv.gz
	refuses 3 'cut.csv.gz: the compressed data end early' pw-read cut.csv.gz
	refuses 3 'fake.csv.gz: its name says gzip, and it holds bytes that are not compressed: call it fake.csv' bash -c 'cp two.csv fake.csv.gz; exec pw-read fake.csv.gz'
	zstd -q two.csv
	head -c 12 two.csv.zst >cut.csv.zst
	refuses 3 'cut.csv.zst: the compressed data end early' pw-read cut.csv.zst
}

@test "--on-error null, skip and a file" {
	file b.csv 'a,b\n1,x\n2,3\n4\n5,6\n'
	shows 'a,b\n2,3\n5,6\n' pw-read -q --on-error skip -s 'a int, b int' b.csv
	shows 'a,b\n2,3\n5,6\n' pw-read -q --on-error ./rejects -s 'a int, b int' b.csv
	diff rejects - <<-'END'
	{"reason":"b.csv:2: column 'b': 'x' is not an int","stage":"pw-read","row":{"a":"1","b":"x"},"_time":0,"_diff":1}
	{"reason":"b.csv:4: 1 cell, expected 2 as in the header","stage":"pw-read","row":"4\n","_time":0,"_diff":1}
	END
	file c.csv 'a,_time,_diff\n1,2,1\nx,2,1\nx,4,-1\n'
	rm rejects
	pw-read -q --changes --on-error ./rejects -s 'a int' c.csv | pw-write --changes | grep -c '^1,2,1$'
	[ "$(grep -o '"_time.*' rejects)" = $'"_time":2,"_diff":1}\n"_time":4,"_diff":-1}' ]
	pw-read --on-error skip -s 'a int, b int' b.csv 2>err >/dev/null
	grep -q '2 rows' err
	file n.csv 'a,b\n1,x\nx,2\n'
	shows 'a,b\n1,\n,2\n' pw-read -q --on-error null -s 'a int, b int' n.csv
	refuses 3 "n.csv:3: column 'a': 'x' is not an int" pw-read --on-error null -s 'a int!, b int' n.csv
}

# ---- usage ----

@test "wrong usage is exit 2 and says what would be right" {
	refuses 2 "'app.log' is not a format \(did you mean -F app.log\?\)" pw-read -f app.log
	refuses 2 "'cvs' is not a format \(did you mean 'csv'\?\)" pw-read -f cvs two.csv
	refuses 2 'stdin: say its format with -f' pw-read -
	refuses 2 '1 source or more expected, 0 given' pw-read
	refuses 2 "-k: 'zz' is not a column" pw-read -k zz two.csv
	refuses 2 '--delimiter: ' pw-read --delimiter ab two.csv
	refuses 2 '--only needs -s' pw-read --only two.csv
	refuses 2 '--infer-rows: at least 1' pw-read --infer-rows 0 two.csv
	refuses 2 '--odd goes with --changes' pw-read --odd two.csv
	file l.log 'x\n'
	refuses 2 'two.csv is csv and l.log is lines: read those of one format, as with two.csv, or say which all are with -f' pw-read two.csv l.log
	refuses 2 '--as-of and --salvage are for pws streams' pw-read --as-of 4 two.csv
}

@test "a file name that is not UTF-8 is no text: --meta and -f file refuse it, others read the file" {
	cd "$BATS_TEST_TMPDIR"
	mkdir odd
	printf 'a\n1\n' >$'odd/x\xff.csv'
	run -0 bash -c 'pw-read odd | pw-write'
	[ "$output" = $'a\n1' ]
	for how in --meta '-f file'; do
		run -3 bash -c "pw-read $how odd | pw-write"
		[[ $output == *'the name is not valid UTF-8'* ]]
	done
}
