# Every declaration that a message of pw-read advises is tried, and helps.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# advised FORMAT ROWS OPTION...: such a file is refused, exit 3. Each declaration of the message is
# tried: with it every row is read. The message without its place is in $said.
advised() {
	local format=$1 rows=$2 wanted declaration=
	shift 2
	printf '%b' "$rows" >"in.$format"
	run bash -c 'pw-read "$@" 2>&1 >/dev/null' - "$@" "in.$format"
	echo "$output"
	[ "$status" -eq 3 ] && [ "${#lines[@]}" -eq 1 ] || return 1
	said=${output#*: in.*:*: }
	wanted=$(grep -c . "in.$format")
	[ "$format" = jsonl ] || [[ " $* " == *" --no-header "* ]] || wanted=$((wanted - 1))
	local rest=$output tried=0
	while [[ $rest =~ (-s\ \'([^\']|\'\\\'\')*\'( --reset)?)(.*) ]]; do
		declaration=${BASH_REMATCH[1]} rest=${BASH_REMATCH[4]}
		echo "tried: $declaration"
		eval "pw-read $* $declaration in.$format" >out.pws || return 1
		[ "$(pw-write -f jsonl <out.pws | wc -l)" -eq "$wanted" ] || return 1
		tried=$((tried + 1))
	done
	[ "$tried" -gt 0 ]
}

# A line per kind of value that puts a column in doubt: the kind as lib/fmt/infer.h has it, and
# the file. Where the doubt comes after the first row, --infer-rows 1 is tried too.
doubts() {
	cat <<'TABLE'
LONG|csv|v\n18446744073709551615\n5\n|-s 'v float' if it may be rounded, else -s 'v str'
LONG|csv|v\n5\n-18446744073709551615\n|-s 'v float' if it may be rounded, else -s 'v str'
LONG|jsonl|{"v":18446744073709551615}\n{"v":5}\n|-s 'v float' if it may be rounded, else -s 'v json'
WIDE|csv|v\n0.5\n9007199254740993\n|-s 'v float' if it may be rounded, else -s 'v str'
WIDE|jsonl|{"v":0.5}\n{"v":9007199254740993}\n|-s 'v float' if it may be rounded, else -s 'v json'
HUGE|csv|v\n1\n1e+999\n|-s 'v str'
HUGE|jsonl|{"v":1}\n{"v":1e999}\n|-s 'v json'
CODE|csv|v\n12\n47e5\n|-s 'v float' if it is a number, else -s 'v str'
ZEROS|csv|v\n1.5\n007\n|-s 'v float' if it is a number, else -s 'v str'
PHONE|csv|v\n12\n+4917012345\n|-s 'v int' if it is a number, else -s 'v str'
ODD_INT|csv|v\n3\n+5\n|-s 'v int' if it is a number, else -s 'v str'
ODD_INT|csv|v\n3.5\n-007\n|-s 'v float' if it is a number, else -s 'v str'
ODD_REAL|csv|v\n3\n+1.5\n|-s 'v float' if it is a number, else -s 'v str'
ODD_REAL|csv|v\n3\n05.2\n|-s 'v float' if it is a number, else -s 'v str'
ODD_REAL|csv|v\n3\n5.\n|-s 'v float' if it is a number, else -s 'v str'
FOREIGN|csv|v\n3\n"1,234.5"\n|-s 'v str'
FOREIGN|csv|v\n3\n"3,14"\n|-s 'v str'
FOREIGN|csv|v\n3\n 5\n|-s 'v str'
BEYOND|csv|v\n2024-01-01\n9999-12-31\n|-s 'v str'
BEYOND|csv|v\n2024-01-01T00:00Z\n1600-01-01T00:00Z\n|-s 'v str'
BEYOND|jsonl|{"v":"2024-01-01"}\n{"v":"9999-12-31"}\n|-s 'v str'
DATETIME|csv|v\n2024-01-01T00:00Z\n2024-01-01\n|-s 'v str'
UTC|csv|v\n2024-01-01\n2024-01-01T00:00Z\n|-s 'v str'
UTC|jsonl|{"v":"2024-01-01"}\n{"v":"2024-01-01T00:00Z"}\n|-s 'v str'
TABLE
}

@test "what puts a column in doubt, in the sample and after it" {
	local kind format rows advice reason
	while IFS='|' read -r kind format rows advice; do
		for sample in 10000 1; do
			advised "$format" "$rows" --infer-rows "$sample"
			[[ $said == *"(declare it: $advice)" ]]
			[[ $said != *"' is not "* ]]
		done
	done < <(doubts)
}

@test "each kind that advice knows is in the table above" {
	local kind
	for kind in $(grep -o 'case PW_KIND_[A-Z_]*' "$TOP/lib/fmt/advice.c" | sed 's/.*KIND_//' | sort -u); do
		[ "$kind" = NONE ] || doubts | grep -q "^$kind|" || { echo "missing: $kind"; return 1; }
	done
}

@test "a value after the sample that is of another type" {
	local first second want row
	while IFS='|' read -r first second want; do
		advised csv "v\n$first\n$second\n" --infer-rows 1
		[[ $said == *"(declare it: -s 'v $want')" ]]
	done <<'TABLE'
1|1.5|float
1|x|str
1|2024-01-01|str
1.5|x|str
true|x|str
true|1|str
2024-01-01|x|str
2024-01-01T00:00Z|x|str
TABLE
	while IFS='|' read -r first second want; do
		advised jsonl "{\"v\":$first}\n{\"v\":$second}\n" --infer-rows 1
		[[ $said == *"(declare it: -s 'v $want')" ]]
	done <<'TABLE'
1|1.5|float
1|"007"|json
1|true|json
1|[1]|json
1|"nan"|float
1.5|"nano"|json
true|"nan"|json
true|1|json
"x"|1|json
"x"|{"a":1}|json
"2024-01-01"|"x"|str
"2024-01-01"|1|json
TABLE
}

@test "the first value of a column that had none in the sample" {
	local value want
	while IFS='|' read -r value want; do
		advised csv "id,v\n1,\n2,$value\n" --infer-rows 1
		[[ $said == "column 'v': '${value//\"/}' is its first value, and comes too late to make it "*" (declare it: -s 'v $want')" ]]
	done <<'TABLE'
9|int
1.5|float
true|bool
2024-01-01|datetime
2024-01-01T00:00Z|datetime_utc
TABLE
	while IFS='|' read -r value want; do
		advised jsonl "{\"v\":null}\n{\"v\":$value}\n" --infer-rows 1
		[[ $said == *" is its first value, and comes too late to make it "*" (declare it: -s 'v $want')" ]]
	done <<'TABLE'
9|int
1.5|float
false|bool
"2024-01-01"|datetime
"2024-01-01T00:00Z"|datetime_utc
[1]|json
{"a":1}|json
TABLE
	advised csv 'id,v\n1,\n2,+5\n' --infer-rows 1
	advised csv 'v\n47e5\n1.5\n' --infer-rows 1
	[ "$said" = "column 'v': '1.5' is a number, and the values before it were taken for text (declare it: -s 'v float')" ]
	advised csv 'v\nnan\n1\n' --infer-rows 1
	advised csv 'v\n007\n12\n1.5\n' --infer-rows 1
	advised csv 'v\n+4917012345\n12\n' --infer-rows 1
}

@test "names as a shell and -s take them, and columns without a header" {
	advised csv 'id,it'\''s\n1,2\n2,x\n' --infer-rows 1
	[[ $said == *"(declare it: -s '\`it'\\''s\` str')" ]]
	advised csv 'id,two words\n1,2\n2,x\n' --infer-rows 1
	advised csv 'id,a `tick`\n1,\n2,9\n' --infer-rows 1
	advised csv '1,2,3\n2,3,x\n' --infer-rows 1 --no-header
	[[ $said == *"(declare it: -s 'column1 int, column2 int, column3 str')" ]]
	advised csv '1,,3\n2,18446744073709551615,4\n' --no-header
	[[ $said == *" -s 'column1 int, column2 float' "* ]]
}

@test "a pipeline with state: the advice begins it anew" {
	printf 'id,v\n1,\n' >in.csv
	job() { pw-read --state st "$@" in.csv | pw-groupby 'm = max(v)' | pw-write --table out.csv; }
	job
	printf '2,9\n3,10\n' >>in.csv
	run job
	[ "$output" = "pw-read: in.csv:3: column 'v': '9' is its first value, and comes too late to make it an int (declare it: -s 'v int' --reset)" ]
	job -s 'v int' --reset
	[ "$(cat out.csv)" = $'m\n10' ]
}

@test "rows of format file that are no text" {
	printf '\377' >in.bin
	run bash -c 'pw-read -f file in.bin 2>&1 >/dev/null'
	[ "$status" -eq 3 ]
	[[ $output == *"(declare it: -s 'path str, data bytes')" ]]
	[ "$(pw-read -f file -s 'path str, data bytes' in.bin | pw-write -f jsonl)" = '{"path":"in.bin","data":"/w=="}' ]
}

@test "members that are absent, and members that the sample lacks" {
	printf '{"a":1}\n{"b":2}\n' >in.jsonl
	run bash -c 'pw-read -s "a int" in.jsonl 2>&1 >/dev/null'
	[ "$status" -eq 3 ]
	[[ $output == *"(declare one: 'a int = ...')" ]]
	[ "$(pw-read -s 'a int = 0' in.jsonl | pw-write -f jsonl | wc -l)" -eq 2 ]
	run bash -c 'pw-read --infer-rows 1 in.jsonl 2>&1 >/dev/null'
	[[ $output == *"(declare them with -s)" ]]
	run bash -c 'pw-read -s "a int = 0, b int = 0" in.jsonl 2>&1 >/dev/null'
	[ "$output" = "" ]
}

@test "sources without a row" {
	mkdir in
	run bash -c 'pw-read -f csv in 2>&1 >/dev/null'
	[[ $output == *"(declare the columns with -s to read it as empty)" ]]
	[ "$(pw-read -f csv -s 'a int' in | pw-write)" = a ]
	: >in.jsonl
	run bash -c 'pw-read in.jsonl 2>&1 >/dev/null'
	[[ $output == *"(declare them with -s)" ]]
	[ "$(pw-read -s 'a int' in.jsonl | pw-write)" = a ]
	printf '{}\n' >in.jsonl
	run bash -c 'pw-read in.jsonl 2>&1 >/dev/null'
	[[ $output == *"declare them with -s"* ]]
	pw-read -s 'a int = 0' in.jsonl | pw-write
}

@test "--check names the columns that have no value yet" {
	printf 'id,v,w\n1,,\n' >in.csv
	run bash -c 'pw-read --check in.csv 2>&1 >/dev/null'
	[ "${lines[0]}" = "pw-read: undecided: v, w: str until a value comes, which must be a text then (declare them with -s)" ]
	run bash -c 'pw-read --check -s "v int, w str" in.csv 2>&1 >/dev/null'
	[[ $output != *undecided* ]]
}

# Each line of the sources that advises a declaration, and the test above that tries it.
@test "no advice is without its test" {
	local place
	while read -r place; do
		case $place in
		lib/fmt/advice.c:*'"declare it: "'*) ;; # the first five tests
		lib/fmt/whole.c:*"-s 'path str, data bytes'"*) ;;
		lib/fmt/jsonl_cell.c:*"declare one: "*) ;;
		lib/fmt/jsonl_infer.c:*"declare "*) ;; # 4096 members: unit jsonl
		lib/fmt/layout.c:*"there are no columns: declare them with -s"*) ;;
		lib/read/reader.c:*"declare them with -s"*) ;;
		lib/read/intake.c:*"declare the columns with -s to read it"*) ;;
		lib/read/intake.c:*'(declare them with -s)",') ;; # --check, above
		lib/read/intake.c:*"no row to find columns in (declare them with -s)"*) ;;
		*) echo "no test: $place"; return 1 ;;
		esac
	done < <(cd "$TOP" && grep -rE '"[^"]*declare (it|one|them|those|the columns)' lib bin --include=*.c | grep -v ':/\*')
}
