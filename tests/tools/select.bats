# pw-select and pw-filter beyond what the unit tests of expressions see: rows that fail, and streams.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'id,a,b,_time,_diff\n1,6,3,2,1\n2,7,0,2,1\n3,8,0,2,2\n3,8,0,4,-2\n2,7,0,6,-1\n1,6,3,6,-1\n1,6,2,6,1\n' >in.csv
}

read_changes() {
	pw-read --changes -s 'id int, a int, b int' in.csv
}
export -f read_changes

@test "stop: the expression, the reason and the row's values, in one line" {
	run bash -c 'read_changes | pw-select id "q = a // b" | pw-write --table'
	echo "$status: $output"
	[ "$status" -eq 3 ]
	[ "$output" = "pw-select: expression 'a // b': division by zero (a = 7, b = 0)" ]
	run bash -c 'read_changes | pw-filter "10 // b > 3 AND id > 0" | pw-write --table'
	echo "$status: $output"
	[ "$status" -eq 3 ]
	[[ $output == "pw-filter: expression '10 // b > 3 AND id > 0': division by zero (b = 0, id = 2)" ]]
}

@test "long values in that line are cut, between characters" {
	printf 's\n%s\n' "$(printf 'ż%.0s' {1..200})" >long.csv
	run bash -c 'pw-read -s "s str" long.csv | pw-select "n = s::int" | pw-write'
	echo "$output"
	[ "$status" -eq 3 ] && [ "${#output}" -lt 250 ]
	printf '%s' "$output" | iconv -f utf-8 -t utf-8 >/dev/null
}

rejects='{"reason":"division by zero","stage":"NAME","row":{"id":2,"a":7,"b":0},"_time":2,"_diff":1}
{"reason":"division by zero","stage":"NAME","row":{"id":3,"a":8,"b":0},"_time":2,"_diff":2}
{"reason":"division by zero","stage":"NAME","row":{"id":3,"a":8,"b":0},"_time":4,"_diff":-2}
{"reason":"division by zero","stage":"NAME","row":{"id":2,"a":7,"b":0},"_time":6,"_diff":-1}'

@test "a file: rejected rows, and their retractions, so that nothing is left over" {
	run bash -c 'read_changes | pw-select --name NAME --on-error bad.jsonl id "q = a // b" | pw-write --table'
	echo "$output"
	[ "$status" -eq 0 ] && [ "$output" = $'pw-select: 4 rows rejected, written to bad.jsonl\nid,q\n1,3' ] ||
		[ "$output" = $'id,q\n1,3\npw-select: 4 rows rejected, written to bad.jsonl' ]
	[ "$(cat bad.jsonl)" = "$rejects" ]
}

@test "pw-filter writes the same rows" {
	run bash -c 'read_changes | pw-filter --name NAME --on-error bad.jsonl "a // b > 0" 2>/dev/null | pw-write --table'
	echo "$output"
	[ "$status" -eq 0 ] && [ "$output" = $'id,a,b\n1,6,2' ]
	[ "$(cat bad.jsonl)" = "$rejects" ]
}

@test "pw-groupby does so with its arguments and filters" {
	for call in 'n = sum(a // b)' 'n = sum(id * 3) FILTER (WHERE a // b > 0)'; do
		run bash -c 'read_changes | pw-groupby --name NAME --on-error bad.jsonl "$1" 2>/dev/null | pw-write --table' - "$call"
		echo "$output"
		[ "$status" -eq 0 ] && [ "$output" = $'n\n3' ]
		[ "$(cat bad.jsonl)" = "$rejects" ]
		rm bad.jsonl
	done
}

@test "skip leaves them out, null keeps them, and the closing line counts" {
	run bash -c 'read_changes | pw-select --on-error skip id "q = a // b" 2>err | pw-write --changes'
	[ "$output" = $'id,q,_time,_diff\n1,2,2,1\n1,2,6,-1\n1,3,6,1' ]
	[ "$(cat err)" = "pw-select: 4 rows rejected" ]
	run bash -c 'read_changes | pw-select --on-error null id "q = a // b" | pw-write --changes'
	echo "$output"
	[ "${lines[2]}" = "2,,2,1" ] && [ "${lines[5]}" = "2,,6,-1" ]
}

@test "sums of bools are refused with advice" {
	run bash -c 'printf "p\ntrue\n" | pw-read -f csv - | pw-groupby "avg(p)" | pw-write'
	echo "$output"
	[ "$status" -eq 2 ] && [[ ${lines[0]} == *"not a bool (write (...)::int for 1 and 0)" ]]
}

@test "a list of 20,000 constants" {
	items=$(seq -s, 0 3 60000)
	run bash -c 'seq 100000 | pw-read -f csv --no-header -s "n int" - | pw-filter "n IN ($1)" | pw-groupby count | pw-write' - "${items:0:60000}0"
	echo "${output:0:300}"
	[ "$status" -eq 0 ] && [ "${lines[1]}" -gt 9000 ]
}
