# What pw-read says of files that are something else than their names say, or than is read: which format
# it is, and the command that helps. Each command in a message is run, and must give the rows.

bats_require_minimum_version 1.5.0

setup() {
	[ -x "$BUILD/bin/pw-write" ] || skip "pw-write is still to be built"
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'a,b\n1,x\n2,y\n' >two.csv
	printf '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n' >two.jsonl
}

file() { printf "$2" >"$1"; }

refuses() { # STATUS TEXT OPTION...: that status, and one line that holds the text
	local expected=$1 text=$2
	shift 2
	run bash -c 'pw-read "$@" 2>err >out.pws' - "$@"
	cat err
	[ "$status" -eq "$expected" ]
	[ "$(wc -l <err)" -eq 1 ]
	[[ $(cat err) == *"$text"* ]]
}

# The last command of the message gives the two rows. What is standard input for it comes from FILE.
helps() { # [FILE]
	local advice
	advice=$(<err)
	advice=${advice##*: }
	[ -z "${1-}" ] || advice=${advice/.../cat $1}
	echo "advice: $advice"
	[[ $advice == *pw-read* ]]
	bash -o pipefail -c "$advice | pw-write -f csv" >out
	diff two.csv out
}

is_there() { command -v "$1" >/dev/null; }

# recognised WHAT TOOL FILE: named, in a file and through a pipe, with a command that helps if its tool is here
recognised() {
	refuses 3 "holds $1, not csv: " -f csv "$3"
	! is_there "$2" || helps
	run bash -c 'pw-read -f csv - <"$1" 2>err >out.pws' - "$3"
	cat err
	[ "$status" -eq 3 ]
	[[ $(cat err) == "pw-read: stdin: holds $1, not csv: "* ]]
	! is_there "${4-$2}" || [[ $(cat err) == *FILE* ]] || helps "$3"
}

@test "compressed and packed files are named, with the command that unpacks them" {
	bzip2 -k two.csv && recognised bzip2 bzcat two.csv.bz2
	xz -k two.csv && recognised xz xzcat two.csv.xz
	! is_there lz4 || { lz4 -q two.csv two.csv.lz4 && recognised lz4 lz4 two.csv.lz4; }
	! is_there zip || { zip -q two.zip two.csv && recognised zip unzip two.zip funzip; }
	python3 -c 'import zipfile; zipfile.ZipFile("p.zip", "w").write("two.csv")'
	recognised zip unzip p.zip funzip
	tar -cf two.tar two.csv && recognised tar tar two.tar
	file z.csv '7z\xbc\xaf\x27\x1c\x00\x04'
	refuses 3 "z.csv: holds 7z, not csv: 7z x -so z.csv | pw-read -f csv -" z.csv
}

@test "texts in UTF-16 and UTF-32, with and without a mark" {
	local name
	for name in UTF-16 UTF-32; do
		iconv -f UTF-8 -t $name two.csv >w.csv
		recognised $name iconv w.csv
	done
	(printf '\xfe\xff' && iconv -f UTF-8 -t UTF-16BE two.csv) >w.csv
	recognised UTF-16 iconv w.csv
	(printf '\x00\x00\xfe\xff' && iconv -f UTF-8 -t UTF-32BE two.csv) >w.csv
	recognised UTF-32 iconv w.csv
	iconv -f UTF-8 -t UTF-16LE two.csv >w.csv
	recognised 'UTF-16 (little-endian)' iconv w.csv
	iconv -f UTF-8 -t UTF-16BE two.csv >w.csv
	recognised 'UTF-16 (big-endian)' iconv w.csv
	iconv -f UTF-8 -t UTF-32LE two.csv >w.csv
	recognised 'UTF-32 (little-endian)' iconv w.csv
	iconv -f UTF-8 -t UTF-32BE two.csv >w.csv
	recognised 'UTF-32 (big-endian)' iconv w.csv
	iconv -f UTF-8 -t UTF-16 two.jsonl >w.jsonl
	refuses 3 'holds UTF-16, not jsonl: ' w.jsonl
	helps
	iconv -f UTF-8 -t UTF-16 two.csv >w.log
	refuses 0 '' -f csv two.csv || true
	run bash -c 'pw-read w.log | pw-write'
	[ "$status" -eq 3 ]
	[[ $output == *'w.log: holds UTF-16, not lines: iconv -f UTF-16 -t UTF-8 w.log | pw-read -f lines -'* ]]
}

@test "a mark of UTF-8 at the beginning is no part of the text" {
	file m.csv '\xef\xbb\xbfa,b\n1,x\n2,y\n'
	diff two.csv <(pw-read m.csv | pw-write -f csv)
	file m.jsonl '\xef\xbb\xbf{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'
	diff two.csv <(pw-read m.jsonl | pw-write -f csv)
	file m.log '\xef\xbb\xbfx\ny\n'
	[ "$(pw-read m.log | pw-write -f csv)" = $'data\nx\ny' ]
	[ "$(pw-read -s 'data bytes' m.log | pw-write -f csv)" = $'data\n77u/eA==\neQ==' ]
}

@test "bytes of ISO 8859-1: where they are, and iconv" {
	file l.csv 'a,b\n1,caf\xe9\n'
	refuses 0 '' l.csv || true
	refuses 3 "l.csv:2: column 'b': 'caf\\xe9' is not valid UTF-8 (if it is ISO 8859-1: iconv -f LATIN1 -t UTF-8 l.csv | pw-read -f csv -)" l.csv
	[ "$(iconv -f LATIN1 -t UTF-8 l.csv | pw-read -f csv - | pw-write -f csv)" = $'a,b\n1,café' ]
	file l.csv 'caf\xe9,b\n1,x\n'
	refuses 3 'l.csv:1: the name of column 1 is not valid UTF-8 (if it is ISO 8859-1: iconv' l.csv
	file l.log 'caf\xe9\n'
	run bash -c 'pw-read l.log | pw-write'
	[[ $output == *"iconv -f LATIN1 -t UTF-8 l.log | pw-read -f lines -"* ]]
}

@test "formats of other programs" {
	sqlite() { python3 -c 'import sqlite3; c = sqlite3.connect("d.db"); c.execute("create table t (a, b)"); c.executemany("insert into t values (?, ?)", [(1, "x"), (2, "y")]); c.commit()'; }
	sqlite
	refuses 3 "d.db: holds an SQLite database, not csv: sqlite3 -csv -header d.db 'SELECT * FROM TABLE' | pw-read -f csv -" -f csv d.db
	if is_there sqlite3; then
		diff two.csv <(sqlite3 -csv -header d.db 'SELECT * FROM t' | pw-read -f csv - | pw-write -f csv)
	fi
	file p.csv 'PAR1\x15\x04\x15\x00\x01'
	refuses 3 "p.csv: holds Parquet, not csv: duckdb -csv -c \"FROM read_parquet('p.csv')\" | pw-read -f csv -" p.csv
	file p.parquet 'PAR1\x15\x04\x15\x00\x01'
	refuses 3 "p.parquet: holds Parquet, not lines: duckdb" p.parquet || refuses 0 '' p.parquet
	run bash -c 'pw-read p.parquet | pw-write'
	[ "$status" -eq 3 ]
	[[ $output == *'p.parquet: holds Parquet, not lines: duckdb'* ]]
	file a.csv 'Obj\x01\x04\x14avro'
	refuses 3 'a.csv: holds Avro, not csv: avro-tools tojson a.csv | pw-read -f jsonl -' a.csv
	file o.csv 'ORC\x01\x02\x03'
	refuses 3 'o.csv: holds ORC, not csv: orc-contents o.csv | pw-read -f jsonl -' o.csv
	file f.csv '%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n'
	refuses 3 'f.csv: holds PDF, not csv: pdftotext -layout f.csv - | pw-read -f lines -' f.csv
	file x.csv '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'
	refuses 3 'x.csv: holds a spreadsheet (xls), not csv: in2csv -f xls x.csv | pw-read -f csv -' x.csv
	python3 -c 'import zipfile; z = zipfile.ZipFile("x.csv", "w"); z.writestr("[Content_Types].xml", ""); z.writestr("xl/workbook.xml", "")'
	refuses 3 'x.csv: holds a spreadsheet (xlsx), not csv: in2csv -f xlsx x.csv | pw-read -f csv -' x.csv
	pw-read two.csv >s.csv
	refuses 3 'holds a saved stream, not csv: ' s.csv
	helps
}

@test "office files of several writers, whose members come in other orders" {
	pack() { # FILE MEMBER...
		python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    for member in sys.argv[2:]:
        z.writestr(member, "<xml/>" * 50)' "$@"
	}
	pack a.xlsx '[Content_Types].xml' _rels/.rels xl/workbook.xml
	pack b.xlsx docProps/app.xml docProps/core.xml xl/theme/theme1.xml '[Content_Types].xml'
	pack c.xlsx _rels/.rels xl/workbook.xml
	for name in a b c; do
		refuses 3 "holds a spreadsheet (xlsx), not csv: in2csv -f xlsx $name.xlsx | pw-read -f csv -" -f csv $name.xlsx
	done
	pack d.docx '[Content_Types].xml' word/document.xml
	pack e.pptx ppt/presentation.xml '[Content_Types].xml'
	for name in d.docx e.pptx; do
		refuses 3 "holds zip, not csv" -f csv $name
	done
}

@test "a saved stream that is none" {
	cp two.csv s.pws
	refuses 3 's.pws: holds text, not a saved stream: ' s.pws
	helps
	pw-read two.csv | gzip >g.pws
	refuses 3 'g.pws: holds gzip, not a saved stream: ' g.pws
	helps
	refuses 3 'two.jsonl: holds JSON, not a saved stream: ' -f pws two.jsonl
	helps
}

@test "texts that are no csv, and no jsonl" {
	file h.csv '<!DOCTYPE html>\n<html><body>404</body></html>\n'
	refuses 3 'h.csv: holds HTML, not csv, as the page of an error is' h.csv
	file h.jsonl '\n <html>'
	refuses 3 'h.jsonl: holds HTML, not jsonl, as the page of an error is' h.jsonl
	file x.csv '<?xml version="1.0"?><a/>'
	refuses 3 'x.csv: holds XML, not csv' x.csv
	cp two.jsonl j.csv
	refuses 3 'j.csv: holds JSON, not csv: pw-read -f jsonl j.csv' j.csv
	helps
	run bash -c 'pw-read -f csv - <j.csv 2>err >out.pws'
	[ "$(cat err)" = 'pw-read: stdin: holds JSON, not csv: pw-read -f jsonl -' ]
	if is_there jq; then
		jq -s . two.jsonl >a.json
		refuses 3 'a.json: holds one JSON array, not jsonl: ' a.json
		helps
		jq -sc . two.jsonl >a.csv
		refuses 3 'a.csv: holds one JSON array, not csv: ' a.csv
		helps
		jq . two.jsonl >s.json
		refuses 3 's.json: holds JSON over several lines, not jsonl: ' s.json
		helps
	fi
	sed '$!s/$/,/' two.jsonl >c.jsonl
	refuses 3 'c.jsonl: holds JSON objects with commas between, not jsonl: ' c.jsonl
	helps
	tr '\n' '\r' <two.csv >m.csv
	refuses 3 'm.csv: holds lines that end in CR alone, not csv: ' m.csv
	helps
	: >e.csv
	refuses 3 'e.csv: no header: the file is empty' e.csv
	file q.csv "'a','b'\n'1','x'\n'2','y'\n"
	refuses 3 "q.csv:1: the names are in single quotes: --quote \"'\"" q.csv
	diff two.csv <(pw-read --quote "'" q.csv | pw-write -f csv)
	pw-read --quote '"' q.csv | pw-write -f csv >out
	[ "$(head -n 1 out)" = "'a','b'" ]
	file l.csv '2026-05-01 INFO start\n2026-05-02 WARN x, y\n'
	refuses 3 'l.csv:2: 2 cells, expected 1 as in the header (--delimiter says what stands between cells; -f lines reads' l.csv
	[ "$(pw-read -f lines l.csv | pw-write -f csv | wc -l)" = 3 ]
}

@test "what a text is, whatever its first letters are" {
	local begin
	for begin in BZh PAR1 ORC 'Obj' 'PK' 'SQLite format 3' LZIP '[x]'; do
		printf '%s,b\n1,x\n' "$begin" >t.csv
		[ "$(pw-read t.csv | pw-write -f csv)" = "$begin,b"$'\n1,x' ]
	done
	file t.log '<html>\n{\n[\n'
	[ "$(pw-read t.log | pw-write -f csv)" = $'data\n<html>\n{\n[' ]
}

@test "gzip and zstd are read by their names, and from a pipe by their first bytes" {
	gzip -k two.csv && zstd -q two.csv
	local packed
	for packed in two.csv.gz two.csv.zst; do
		diff two.csv <(pw-read $packed | pw-write -f csv)
		diff two.csv <(pw-read -f csv - <$packed | pw-write -f csv)
		diff two.csv <(cat $packed | pw-read -F -f csv - | pw-write -f csv)
		diff two.csv <(pw-read -f csv <(cat $packed) | pw-write -f csv)
		diff two.csv <({ head -c 1 $packed; tail -c +2 $packed; } | pw-read -f csv - | pw-write -f csv)
	done
	[ "$( (cat two.csv.gz; echo 3,z | gzip) | pw-read -f csv - | pw-write -f csv | tail -n 2)" = $'2,y\n3,z' ]
	head -c 20 two.csv.gz >cut
	run bash -c 'pw-read -f csv - <cut | pw-write; pw-read -F -f csv - <cut | pw-write'
	[ "$(grep -c 'stdin: the compressed data end early' <<<"$output")" = 2 ]
	cp two.csv.gz plain.csv
	refuses 3 'plain.csv: holds gzip, not csv, and its name does not end in .gz: ' plain.csv
	helps
	cp two.csv.zst plain.csv
	refuses 3 'plain.csv: holds zstd, not csv, and its name does not end in .zst: ' plain.csv
	helps
}

@test "a name that says gzip, and bytes that do not" {
	local name
	zstd -q two.csv
	cp two.csv.zst w.csv.gz
	refuses 3 'w.csv.gz: its name says gzip, and it holds zstd: call it w.csv.zst' w.csv.gz
	mv w.csv.gz w.csv.zst
	diff two.csv <(pw-read w.csv.zst | pw-write -f csv)
	cp two.csv w.csv.gz
	refuses 3 'w.csv.gz: its name says gzip, and it holds bytes that are not compressed: call it w.csv' w.csv.gz
	bzip2 -c two.csv >b.csv.gz
	refuses 3 'b.csv.gz: its name says gzip, and it holds bzip2: ' b.csv.gz
	helps
	pw-read two.csv | pw-write W.CSV.GZ
	diff two.csv <(zcat W.CSV.GZ)
}

@test "names of formats that are not read" {
	pw-read two.csv >s.pws && gzip s.pws
	refuses 2 's.pws.gz: a saved stream, compressed with gzip is not read: ' s.pws.gz
	helps
	tar -czf t.tar.gz two.csv
	refuses 2 't.tar.gz: tar, compressed with gzip is not read: ' t.tar.gz
	helps
	cp t.tar.gz t.tgz
	refuses 2 't.tgz: tar, compressed with gzip is not read: ' t.tgz
	helps
	cp two.csv two.xls
	refuses 2 'two.xls: its name says a spreadsheet (xls), and its bytes do not: say what it is with -f' two.xls
	diff two.csv <(pw-read -f csv two.xls | pw-write -f csv)
	refuses 2 'gone.parquet: Parquet is not read: duckdb' -F gone.parquet
	mkdir "a dir" && bzip2 -c two.csv >"a dir/it's.csv.bz2"
	refuses 3 'bzip2' -f csv "a dir/it's.csv.bz2"
	helps
}

@test "names of formats that are not written" {
	local name
	for name in o.parquet o.XLSX o.csv.bz2 o.csv.xz o.zip o.sqlite; do
		run --separate-stderr bash -c 'pw-read two.csv | pw-select a::str | pw-write "$1"' - $name
		[ "$status" -eq 2 ] && [ ! -e $name ]
		[[ $stderr == "pw-write: $name: its name says "*", which is not written: "*"say with -f"* ]]
		pw-read two.csv | pw-write -f csv $name
		cmp two.csv $name
	done
}

@test "what is in a compressed file is decompressed before it is converted" {
	iconv -f UTF-8 -t UTF-16 two.csv | gzip >two16.csv.gz
	refuses 3 "holds UTF-16, not csv: zcat two16.csv.gz | iconv -f UTF-16 -t UTF-8 | pw-read -f csv -" two16.csv.gz
	helps
	iconv -f UTF-8 -t UTF-16 two.csv | zstd -q >two16.csv.zst
	refuses 3 "holds UTF-16, not csv: zstd -dc two16.csv.zst | iconv" two16.csv.zst
	helps
	printf 'a,b\n1,\xfc\n' | gzip >latin.csv.gz
	refuses 3 "(if it is ISO 8859-1: zcat latin.csv.gz | iconv -f LATIN1 -t UTF-8 | pw-read -f csv -)" latin.csv.gz
	printf '[%s,%s]' "$(head -n 1 two.jsonl)" "$(tail -n 1 two.jsonl)" | gzip >two.json.gz
	refuses 3 "holds one JSON array, not jsonl: zcat two.json.gz | jq -c '.[]' | pw-read -f jsonl -" two.json.gz
	! is_there jq || helps
	file db 'SQLite format 3\0' && gzip db
	refuses 3 "not csv: zcat db.gz >db && sqlite3 -csv -header db " -f csv db.gz
}

@test "a line for spreadsheets in front of the header" {
	local line
	for line in 'sep=,' 'sep=,\r'; do
		{ printf "$line\n" && cat two.csv; } >sep.csv
		refuses 3 "sep.csv:1: 'sep=,' is no header, and says to spreadsheets what divides the cells: tail -n +2 sep.csv" sep.csv
		helps
	done
	{ echo 'sep=;' && tr , ';' <two.csv; } >sep.csv
	refuses 3 "sep.csv:1: 'sep=;' is no header" sep.csv
	helps
	refuses 3 "sep.csv:1: 'sep=;' is no header" --delimiter ';' sep.csv
	gzip -k sep.csv
	refuses 3 ": zcat sep.csv.gz | tail -n +2 | pw-read -f csv -" sep.csv.gz
	helps
	printf 'sep=x\n1\n' >sep.csv
	[ "$(pw-read --no-header sep.csv | pw-write | wc -l)" -eq 3 ]
	printf 'sep=text\n1\n' >sep.csv
	[ "$(pw-read sep.csv | pw-write | wc -l)" -eq 2 ]
}

@test "files of several formats in a directory: a pattern that helps" {
	mkdir d && cp two.csv two.jsonl d && echo hello >d/README
	refuses 2 "d/README is lines and d/two.csv is csv: read those of one format, as with 'd/*.csv', or say which all are with -f" d
	diff two.csv <(pw-read 'd/*.csv' | pw-write -f csv)
}

# ---- delimiters ----

@test "a delimiter that is not declared is found by looking, and said once" {
	local d shown
	for d in ';' '\t' '|'; do
		sed "s/,/$d/" two.csv >d.csv
		pw-read d.csv 2>err | pw-write -f csv >out
		diff two.csv out
		[ "$(cat err)" = "pw-read: d.csv: the delimiter is '$d' (as --delimiter '$d' says)" ]
		diff two.csv <(pw-read --delimiter "$d" d.csv 2>err | pw-write -f csv)
		[ ! -s err ]
		diff two.csv <(pw-read -f csv - <d.csv | pw-write -f csv)
	done
	file q.csv '"a";"b"\n"1";"x"\n"2";"y"\n'
	diff two.csv <(pw-read q.csv | pw-write -f csv)
	cp q.csv r.csv
	[ "$(pw-read q.csv r.csv 2>err | pw-write -f csv | wc -l)" = 5 ]
	[ "$(wc -l <err)" = 1 ]
	file t.tsv 'a,b\n1,x\n2,y\n'
	diff two.csv <(pw-read t.tsv | pw-write -f csv)
	file h.csv 'a;b\n'
	[ "$(pw-read h.csv | pw-write -f csv)" = a,b ]
}

@test "where rows do not say what divides them, --delimiter is asked for" {
	file d.csv 'text;number\nab;123,5\ncd;7,25\n'
	refuses 3 "d.csv:1: ',' divides the header 'text;number' into one cell, and the rows do not say whether ';' divides them: say it with --delimiter ';', or with --delimiter ',' if there is one column" d.csv
	[ "$(pw-read -s 'text str, number str' --delimiter ';' d.csv | pw-write -f csv)" = $'text,number\nab,"123,5"\ncd,"7,25"' ]
	file d.csv 'a;b\n1;2\n3;4;5\n'
	refuses 3 "--delimiter ';'" d.csv
	[ "$(pw-read --delimiter ',' d.csv | pw-write -f csv | head -n 1)" = 'a;b' ]
	file d.csv 'degrees; C\n12.5\n7\n'
	[ "$(pw-read d.csv 2>err | pw-write -f csv)" = $'degrees; C\n12.5\n7.0' ]
	[ ! -s err ]
	file d.csv '"a;b"\n1\n'
	[ "$(pw-read d.csv | pw-write -f csv)" = $'a;b\n1' ]
	file d.csv 'a;b\n1;2\n'
	refuses 3 "column 'a' is not in the header, which is one cell, 'a;b': if ';' divides it, say so with --delimiter ';'" --only -s 'a int' d.csv
	[ "$(pw-read --only -s 'a int' --delimiter ';' d.csv | pw-write -f csv)" = $'a\n1' ]
	refuses 3 "the line has no cell for it (--delimiter says what stands between cells)" --no-header -s 'a str, b str' d.csv
}

@test "another delimiter that divides header and rows as well is not passed over" {
	printf 'name;price, net;n\nx;1,5;3\ny;2,25;4\n' >eu.csv
	refuses 3 "eu.csv:1: ',' divides the header 'name;price, net;n' into 2 cells, and ';' divides it and the rows into 3: say it with --delimiter ';', or with --delimiter ','" eu.csv
	[ "$(pw-read --delimiter ';' -s 'n int, name str, `price, net` str' eu.csv | pw-select n | pw-write)" = $'n\n3\n4' ]
	[ "$(pw-read --delimiter ',' eu.csv | pw-write | wc -l)" -eq 3 ]
	run bash -c "pw-read -f csv -F - <eu.csv 2>&1 >/dev/null"
	[ "$status" -eq 3 ] && [[ $output == *"stdin:1: ',' divides the header"* ]]
	printf 'lat;lon,city\n1;2,Oslo\n3,Rome\n' >one.csv
	[ "$(pw-read one.csv | pw-write | head -n 1)" = 'lat;lon,city' ]
	printf 'a;b,c;d\n' >none.csv
	[ "$(pw-read none.csv | pw-write)" = 'a;b,c;d' ]
	printf 'a,b;c\n1,2\n' >fewer.csv
	[ "$(pw-read fewer.csv | pw-write)" = $'a,b;c\n1,2' ]
}

@test "a delimiter that was found stays that of the pipeline" {
	mkdir in
	file in/1.csv 'a;b\n1;x\n2;y\n'
	pw-read --state st in | pw-write --changes out.csv
	[ "$(cut -d, -f 1,2 out.csv)" = "$(cat two.csv)" ]
	file in/2.csv 'a;b\n3;z,z\n'
	pw-read --state st in 2>err | pw-write --changes out.csv
	[ ! -s err ]
	[ "$(tail -n 1 out.csv | cut -d, -f 1-3)" = '3,"z,z"' ]
}

# ---- headers ----

@test "files whose headers differ are found before a row is read" {
	file a.csv 'id,name\n1,x\n'
	file b.csv 'id,nome,more\n2,y,z\n'
	run bash -c 'pw-read a.csv b.csv 2>err | pw-write -f csv >out'
	cat err
	[ "$(cat err)" = "pw-read: b.csv:1: the header is not that of a.csv: only here: 'nome', 'more'; not here: 'name'" ]
	[ ! -s out ]
	gzip b.csv
	refuses 3 "b.csv.gz:1: the header is not that of a.csv: " a.csv b.csv.gz
	refuses 3 "b.csv.gz:1: the header is not that of a.csv: " -F a.csv b.csv.gz
	refuses 3 "b.csv.gz:1: the header is not that of a.csv: " --state st a.csv b.csv.gz
	file c.csv 'name,id\ny,2\n'
	[ "$(pw-read a.csv c.csv | pw-write -f csv)" = $'id,name\n1,x\n2,y' ]
	: >e.csv
	run bash -c 'pw-read a.csv e.csv 2>err | pw-write -f csv >out'
	[ "$(cat err)" = 'pw-read: e.csv: no header: the file is empty (--no-header reads rows alone)' ]
	[ ! -s out ]
}

@test "a header differs among the files that inference looks at, or after them: no row is read before it is found" {
	(echo id,name && seq 200000 | sed 's/$/,x/') >a.csv
	file b.csv 'name,id\ny,2\n'
	file c.csv 'id\n3\n'
	for rows in 1 200001 1000000; do
		run bash -c "pw-read --infer-rows $rows a.csv b.csv c.csv 2>err | pw-write -f csv >out"
		cat err
		[ "$(cat err)" = "pw-read: c.csv:1: the header is not that of a.csv: not here: 'name'" ]
		[ ! -s out ]
	done
}

@test "control characters of a name do not reach the terminal by a message" {
	printf 'a;b\n1;2\n' >$'x\033[31m.csv'
	pw-read $'x\033[31m.csv' 2>err >/dev/null
	[ "$(cat err)" = "pw-read: x\\x1b[31m.csv: the delimiter is ';' (as --delimiter ';' says)" ]
	printf 'a,b\n1\n' >$'x\xc2\x9b.csv'
	run bash -c 'pw-read x*.csv 2>&1 >/dev/null'
	[[ $output != *$'\033'* && $output != *$'\xc2'* ]]
}

# ---- the header that is written ----

@test "nothing is written by a pipeline that fails or waits, and a header at the end" {
	file bad.csv 'a,b\n1,x\n"2,y\n'
	run bash -c 'pw-read bad.csv 2>err | pw-filter "a > 5" 2>>err | pw-write -f csv >out 2>>err'
	[ ! -s out ]
	[ "$(pw-read two.csv | pw-filter 'a > 5' | pw-write -f csv)" = a,b ]
	[ "$(pw-read two.csv | pw-filter 'a > 5' | pw-write -f pretty)" = $'a  b\n-  -' ]
	[ "$(pw-read two.csv | pw-filter 'a > 5' | pw-write -f csv --no-header)" = '' ]
	[ "$(pw-read two.csv | pw-filter 'a > 5' | pw-write --changes -f csv)" = a,b,_time,_diff ]
}
