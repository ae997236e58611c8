# JSON lines as a user meets them.

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# Reads standard input as JSON lines, with the options, and writes csv.
through() {
	pw-read -f jsonl "$@" - | pw-write --table
}

# Runs pw-read for its messages alone.
reader() {
	run bash -c 'pw-read "$@" 2>&1 >/dev/null' - "$@"
}

refused() {
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
	[ "$output" = "pw-read: $1" ] || { echo "found: $output" >&2; return 1; }
}

@test "fields in any order, blanks, CRLF, a byte order mark, no last newline" {
	printf '\xef\xbb\xbf{"a":1,"b":"x"}\r\n\r\n { "b" : "y" , "a" : 2 } \r\n{"a":3}' >in.jsonl
	run pw-write --table < <(pw-read in.jsonl)
	[ "$output" = $'a,b\n1,x\n2,y\n3,' ]
}

@test "types are inferred, and a mixture of kinds is json" {
	printf '%s\n' '{"i":1,"f":1.5,"s":"x","b":true,"t":"2024-05-06T07:08:09","u":"2024-05-06T07:08:09Z","j":[1, 2],"m":1,"n":null}' \
		'{"i":2,"f":2,"s":"","b":false,"t":"2024-05-06","u":null,"j":{},"m":"x","n":null}' >in.jsonl
	run pw-read --check in.jsonl
	[ "$status" -eq 0 ]
	run pw-write -f jsonl < <(pw-read in.jsonl)
	[ "${lines[0]}" = '{"i":1,"f":1.5,"s":"x","b":true,"t":"2024-05-06T07:08:09","u":"2024-05-06T07:08:09Z","j":[1,2],"m":1,"n":null}' ]
	[ "${lines[1]}" = '{"i":2,"f":2.0,"s":"","b":false,"t":"2024-05-06T00:00:00","u":null,"j":{},"m":"x","n":null}' ]
}

@test "pointers reach within, with ~0, ~1 and places in arrays" {
	run through -s 'a int from "/p/x~1y/1", b str from "/p/~0", all json from ""' --only \
		<<<'{"p": {"x/y": [5, 6], "~": "t"}}'
	[ "$output" = $'a,b,all\n6,t,"{""p"":{""x/y"":[5,6],""~"":""t""}}"' ]
}

@test "a fault is named by file, line and character" {
	printf '{"a":1}\n{"a":"\xc4\x85" 2}\n' >in.jsonl
	reader -s 'a json' in.jsonl
	refused "in.jsonl:2: character 10: found '2', expected ',' or '}'"
	reader -f jsonl - <<<'[1]'
	[ "$status" -eq 3 ]
	[[ $output == *":1: character 1: found '[', expected an object ('{')" ]]
	printf '{"a":1}\n{"a":2,"a":3}\n' >in.jsonl
	reader in.jsonl
	refused "in.jsonl:2: character 9: a member that is there twice"
	printf '{"a":"\\ud800"}\n' >in.jsonl
	reader in.jsonl
	refused "in.jsonl:1: character 7: half of a surrogate pair"
	printf '{"a":"\\u0000"}\n' >in.jsonl
	reader in.jsonl
	refused "in.jsonl:1: character 7: a NUL (\\u0000) is not allowed"
	printf '{"a":"x\0y"}\n' >in.jsonl
	reader in.jsonl
	refused "in.jsonl:1: character 8: a control character in a string"
	printf '{"a":"x\xffy"}\n' >in.jsonl
	reader in.jsonl
	refused "in.jsonl:1: character 8: not UTF-8"
}

@test "a cell of another type is named by line and column" {
	printf '{"a":1}\n{"a":"1"}\n' >in.jsonl
	reader -s 'a int' in.jsonl
	refused "in.jsonl:2: column 'a': '\"1\"' is not an int"
	reader --infer-rows 1 in.jsonl
	[ "$status" -eq 3 ]
	[[ $output == "pw-read: in.jsonl:2: column 'a': '\"1\"' is not an int"* ]]
	printf '{"a":99999999999999999999}\n' >in.jsonl
	reader -s 'a int' in.jsonl
	refused "in.jsonl:1: column 'a': '99999999999999999999' is not an int"
}

@test "100,000 deep and 1,000,000 digits are refused in one line" {
	{ printf '{"a":'; head -c 100000 /dev/zero | tr '\0' '['; echo; } >in.jsonl
	reader in.jsonl
	refused "in.jsonl:1: character 2053: nested too deep (more than 2047)"
	{ printf '{"a":'; head -c 1000000 /dev/zero | tr '\0' '7'; echo '}'; } >in.jsonl
	reader -s 'a int' in.jsonl
	[ "$status" -eq 3 ] && [ "${#lines[@]}" -eq 1 ] && [ "${#output}" -lt 200 ]
	reader -s 'a float' in.jsonl
	[ "$status" -eq 3 ] && [ "${#lines[@]}" -eq 1 ] && [ "${#output}" -lt 200 ]
}

@test "rows that do not fit are dropped, made null, or kept aside" {
	printf '%s\n' '{"a":1}' '{"a":"x"}' '{"a' '{"a":3}' >in.jsonl
	run through -s 'a int' --on-error skip <in.jsonl
	[[ $output == *$'a\n1\n3'* ]]
	pw-read -s 'a int' --on-error rejects.jsonl in.jsonl | pw-write --table out.csv
	[ "$(cat out.csv)" = $'a\n1\n3' ]
	[ "$(wc -l <rejects.jsonl)" -eq 2 ]
	grep -q "in.jsonl:2: column 'a'" rejects.jsonl
	grep -q 'in.jsonl:3: character 4: found the end, expected the end of a string' rejects.jsonl
	pw-read -f jsonl rejects.jsonl >/dev/null
}

@test "what inference did not see is left out, and said" {
	printf '%s\n' '{"a":1}' '{"a":2,"z":1}' '{"a":3,"z":1}' >in.jsonl
	pw-read --infer-rows 1 in.jsonl 2>err | pw-write --table out.csv
	[ "$(cat out.csv)" = $'a\n1\n2\n3' ]
	[[ $(cat err) == "pw-read: in.jsonl:2: member 'z' is not among the columns found in the first 1 rows"*"2 rows"* ]]
	pw-read -s 'a int' --only in.jsonl 2>err >out.pws
	[ ! -s err ]
}

@test "changes are written and read back" {
	printf '%s\n' '{"a":1,"_time":0,"_diff":1}' '{"a":1,"_time":2,"_diff":-1}' '{"a":5,"_time":"end","_diff":2}' >in.jsonl
	run pw-write --changes -f jsonl < <(pw-read --changes in.jsonl)
	[ "$output" = "$(cat in.jsonl)" ]
}

@test "every text, number and null survives a round trip" {
	printf '%s\n' '{"s":"\"\\\/\b\f\n\r\t\u0001\ud83d\ude00é","f":0.1,"i":-9223372036854775808,"l":[1.5,null],"n":null}' \
		'{"s":"","f":"nan","i":9223372036854775807,"l":[],"n":null}' '{"s":"null","f":"-inf","i":0,"l":null,"n":"x"}' >in.jsonl
	local s='s str, f float, i int, l list<float>, n str'
	pw-read -s "$s" in.jsonl | pw-write --table -f jsonl >one.jsonl
	pw-read -s "$s" one.jsonl | pw-write --table -f jsonl >two.jsonl
	cmp one.jsonl two.jsonl
	[ "$(wc -l <one.jsonl)" -eq 3 ]
	grep -qF '\ud83d' one.jsonl && return 1
	grep -q '"i":-9223372036854775808' one.jsonl
	grep -q '"f":"nan"' one.jsonl
}

@test "the quakes" {
	run bash -c 'pw-read "$0" | pw-write --table -f jsonl | wc -l' "$TOP/data/quakes.jsonl"
	[ "$status" -eq 0 ]
	[ "$output" -eq "$(wc -l <"$TOP/data/quakes.jsonl")" ]
}
