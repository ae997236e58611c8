# Memory that ends: each program, with less and less of it, does what it is to do or says one line and ends with 5.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	[ -z "$ASAN_OPTIONS" ] || skip "the sanitizer takes more address space than there is"
	seq 1 40000 | awk 'BEGIN { print "k,v,s" } { print $1 "," $1 % 1000 ",text" $1 }' >in.csv
	gzip -k in.csv
	zstd -q -k in.csv
	pw-read in.csv >in.pws
	pw-read -z in.csv >z.pws
	pw-read in.csv | pw-write -f jsonl in.jsonl
}

# step INPUT PROGRAM [ARG]... : from plenty to so little that the program can't be loaded
step() {
	local in=$1 kb lines rc done_with=0 ended_with=0
	shift
	for kb in 400000 100000 60000 45000 35000 28000 20000 $(seq 16000 -900 2000); do
		(ulimit -v "$kb" && exec "$1" -V) >/dev/null 2>&1 || break
		rc=0
		(ulimit -v "$kb" && exec timeout 120 "$@") <"$in" >out 2>err || rc=$?
		lines=$(wc -l <err)
		if [ $rc -eq 0 ] && [ "$lines" -eq 0 ]; then
			done_with=$kb
		elif [ $rc -eq 5 ] && [ "$lines" -eq 1 ] && grep -qi 'memory' err; then
			ended_with=$kb
		else
			echo "$*: with $kb KB: status $rc, $lines lines:" && cat err && return 1
		fi
	done
	[ "$done_with" -gt 0 ] && [ "$ended_with" -gt 0 ] ||
		{ echo "$*: done with $done_with KB, ended with $ended_with KB" && return 1; }
}

@test "readers, of each kind of file" {
	step /dev/null pw-read in.csv
	step /dev/null pw-read in.csv.gz
	step /dev/null pw-read in.csv.zst
	step /dev/null pw-read -z in.csv
	step /dev/null pw-read in.jsonl
	step /dev/null pw-read 'in.c*v'
	step /dev/null pw-read --upsert -k v in.csv
	step /dev/null pw-read z.pws
}

@test "sinks, of each kind of destination" {
	step in.pws pw-write out.csv
	step in.pws pw-write --table out.csv
	step in.pws pw-write out.csv.gz
	step in.pws pw-write out.csv.zst
	step in.pws pw-write -f pretty out.txt
	step in.pws pw-write -f jsonl out.jsonl
}

@test "operators" {
	step in.pws pw-groupby -k k count
	step in.pws pw-groupby 'list(s)' 'string_agg(s, ",")' 'median(k)'
	step z.pws pw-groupby count
	step in.pws pw-select 'regexp_replace(s, "(t+)e", v::str)' 'regexp_matches(s, v::str)'
	step in.pws pw-select 'string_split(s, "e")' 'json_object(s, v)' 'upper(s)'
	step in.pws pw-filter 'v > 3'
	step in.pws pw-head -k v -o k
	step in.pws pw-dedup -k k -o v
	step in.pws pw-lag -o k
	step in.pws pw-join -k k - in.pws 'a = left.v'
	step in.pws pw-concat - in.pws
	step in.pws pw-update -k k - in.pws
}

@test "what copies would make too long is a row error, at once" {
	local each
	printf 'a,_time,_diff\n1,0,3000000000\n2,0,3\n' >many.csv
	for each in 'list(a)' 'list([a])' "list('abc')" "string_agg(a::str, ',')" "string_agg('', ',')"; do
		run -3 bash -o pipefail -c 'ulimit -v 2000000; pw-read --changes many.csv | pw-groupby "$1" | pw-write --table' - "$each"
		echo "$output"
		[[ $output == "pw-groupby: time 0: "*" would be longer than a frame may be" ]]
	done
	pw-read --changes many.csv | pw-groupby --on-error null 'l = list(a)' count 'm = median(a)' "e = string_agg('', '')" |
		pw-write --table | tail -n 1 | grep -qx ',3000000003,1.0,""'
	printf 'a,_time,_diff\nx,0,3\ny,0,1\nz,0,5\n' >few.csv
	pw-read --changes few.csv | pw-groupby 'list(a)' 'string_agg(a, "--")' | pw-write -f jsonl --table |
		grep -F '["x","x","x","y","z","z","z","z","z"]' | grep -qF '"x--x--x--y--z--z--z--z--z"'
	for each in "repeat('abc', 3000000000)" "lpad('abc', 3000000000, 'x')" "repeat('q', 2000000000) || repeat('b', 2000000000)"; do
		run -3 bash -o pipefail -c 'pw-read few.csv | (ulimit -v 4000000; pw-select "x = length($1)") | pw-write' - "$each"
		[[ $output == *"too long"* ]]
	done
}
