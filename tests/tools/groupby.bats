# pw-groupby: what it shows when, what it refuses, and what it says.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# stream COLUMNS FLAGS LINE...: a stream of these columns ("k str, x int"), of [time, diff, [values]] lines.
stream() {
	local columns='' field
	while read -r field; do
		columns+="${columns:+,}{\"name\":\"${field% *}\",\"type\":\"${field#* }\"}"
	done < <(tr ',' '\n' <<<"${1//, /,}")
	printf '{"version":1,"coordinates":1,"append_only":%s,"static":%s,' \
		"$([[ $2 == *append* ]] && echo true || echo false)" "$([[ $2 == *static* ]] && echo true || echo false)"
	printf '"stage":{"program":"test","options":[],"inputs":[]},"columns":[%s]}\n' "$columns"
	printf '%s\n' "${@:3}"
	[[ $2 == *open* ]] || echo '{"end":"finished","durable":0}'
}

made() {
	stream "$@" | "$BUILD/helpers/pws_make"
}

decode() {
	PYTHONDONTWRITEBYTECODE=1 python3 "$TOP/tests/helpers/pws_decode.py"
}

# The changes of the stream on stdin, one a line.
changes() {
	decode | grep '^\['
}

@test "a group's change is its old row and its new one, in the order of keys" {
	run -0 changes < <(made 'k str, x int' '' '[2,1,["b",1]]' '[2,1,["a",2]]' '[4,1,["b",5]]' '[4,1,["c",1]]' |
		pw-groupby -k k 's = sum(x)')
	[ "$output" = '[2,1,["a",2]]
[2,1,["b",1]]
[4,-1,["b",1]]
[4,1,["b",6]]
[4,1,["c",1]]' ]
}

@test "what comes to the same is not written, of outputs and of results" {
	run -0 changes < <(made 'k str, x int' '' '[2,1,["b",1]]' '[4,1,["b",5]]' '[4,-1,["b",5]]' '[6,1,["b",3]]' '[6,-1,["b",1]]' |
		pw-groupby -k k count)
	[ "$output" = '[2,1,["b",1]]' ]
	run -0 changes < <(made 'k str, x int' '' '[2,1,["b",1]]' '[4,1,["b",5]]' '[6,1,["b",-9]]' |
		pw-groupby -k k 'up = sum(x) > 0')
	[ "$output" = '[2,1,["b",true]]
[6,-1,["b",true]]
[6,1,["b",false]]' ]
}

@test "keys are the key, and a static input gives a static stream" {
	made 'k str, x int' append,static '[0,1,["a",1]]' | pw-groupby -k k count | decode >out
	grep -q '{"name":"k","type":"str","key":true},{"name":"count","type":"int"}' out
	grep -q '"append_only":true,"static":true' out
	made 'k str, x int' append '[0,1,["a",1]]' | pw-groupby -k k count | decode >out
	grep -q '"append_only":false,"static":false' out
}

@test "a static input may take rows away; groups without rows are not shown" {
	run -0 changes < <(made 'k str, x int' static '[0,1,["a",1]]' '[0,2,["b",1]]' '[0,-1,["a",1]]' '[0,-1,["b",1]]' |
		pw-groupby -k k count)
	[ "$output" = '[0,1,["b",1]]' ]
	run -3 --separate-stderr pw-groupby -k k count < <(made 'k str, x int' static '[0,1,["a",1]]' '[2,1,["a",1]]')
	[[ $stderr == *"second commit"*"static"* ]]
}

@test "a commit is shown when it is complete, and what is written for the end at the end" {
	run -0 changes < <(stream 'x int' 'append,open' '[2,1,[1]]' '{"frontier":3}' '[4,1,[1]]' '{"end":"suspended","durable":0}' |
		"$BUILD/helpers/pws_make" | pw-groupby count)
	[ "$output" = '[2,1,[1]]' ]
	run -0 changes < <(stream 'x int' 'append,open' '[2,1,[1]]' '["end",1,[1]]' '{"end":"finished","durable":0}' |
		"$BUILD/helpers/pws_make" | pw-groupby count)
	[ "${lines[2]}" = '["end",1,[2]]' ]
}

@test "an empty input gives no row; without aggregates the groups are the answer" {
	run -0 pw-write --table < <(made 'k str, x int' '' | pw-groupby count 'sum(x)')
	[ "$output" = count,sum_x ]
	run -0 pw-write --table < <(made 'k str, x int' '' '[0,1,["b",1]]' '[0,1,["a",1]]' '[0,1,["b",2]]' '[2,-1,["a",1]]' |
		pw-groupby -k k)
	[ "$output" = 'k
b' ]
	run -2 --separate-stderr pw-groupby < <(made 'x int' '')
	[[ $stderr == "pw-groupby: "*"-k COLS"* ]]
}

@test "count is count(), unless it is a key" {
	run -0 pw-write --table < <(made 'count str, x int' '' '[0,1,["b",1]]' | pw-groupby count)
	[ "$output" = $'count\n1' ]
	run -0 pw-write --table < <(made 'count str, x int' '' '[0,1,["b",1]]' | pw-groupby -k count 'again = count' 'n = count()')
	[ "$output" = $'count,again,n\nb,b,1' ]
}

refuses() { # MESSAGE ARGUMENT...
	run -2 --separate-stderr pw-groupby "${@:2}" < <(made 'k str, x int, f float, l list<int>' '')
	[[ $stderr == "pw-groupby: "*"$1"* ]] || {
		echo "$stderr"
		return 1
	}
}

@test "types, columns and clauses are checked before a row flows" {
	refuses "sum takes an int, a float or a duration, not a str" 'sum(k)'
	refuses "sum takes an int, a float or a duration, not a list<int>" 'sum(l)'
	refuses "bool_and takes a bool, not an int" 'bool_and(x)'
	refuses "string_agg takes a str" 'string_agg(x, "-")'
	refuses "quantile takes" 'quantile(x)'
	refuses "quantile takes" 'quantile(x, x)'
	refuses "quantile takes" 'quantile(x, 1.5)'
	refuses "latest needs an append-only input" 'latest(x)'
	refuses "sum takes no DISTINCT" 'sum(DISTINCT x)'
	refuses "max takes no ORDER BY" 'max(x ORDER BY k)'
	refuses "set takes no KEEP NULLS" 'set(x) KEEP NULLS'
	refuses "an aggregate inside an aggregate" 'sum(count())'
	refuses "an aggregate inside an aggregate" 'sum(x) FILTER (WHERE count() > 1)'
	refuses "'x' is not a key and not in an aggregate" -k k 'y = x'
	refuses "did you mean 'x'" -k k 'y = xx'
	refuses "did you mean 'x'" -k xx count
	refuses "WHERE" 'sum(x) FILTER (WHERE x)'
}

@test "all any() are of one row" {
	run -0 pw-write --table < <(made 'k str, x int' '' '[0,1,["b",1]]' '[0,1,["a",9]]' '[0,1,[null,0]]' |
		pw-groupby 'any(k)' 'any(x)' 'b = any(x) FILTER (WHERE k != "a")')
	[ "$output" = $'any_k,any_x,b\na,9,1' ]
}

huge='[0,1,["a",9223372036854775807]]'

@test "a sum beyond 64 bits is a row error, until it is back" {
	run -3 --separate-stderr pw-groupby -k k 'sum(x)' < <(made 'k str, x int' '' "$huge" '[4,1,["a",1]]')
	[[ $stderr == "pw-groupby: time 4: group k 'a': sum(x): the sum does not fit into an int"* ]]
	run -0 changes < <(made 'k str, x int' '' "$huge" '[4,1,["a",1]]' '[6,-1,["a",1]]' |
		pw-groupby --on-error null -k k 'sum(x)' count)
	[ "$output" = '[0,1,["a",9223372036854775807,1]]
[4,-1,["a",9223372036854775807,1]]
[4,1,["a",null,2]]
[6,-1,["a",null,2]]
[6,1,["a",9223372036854775807,1]]' ]
	run -0 changes < <(made 'k str, x int' '' "$huge" '[4,1,["a",1]]' '[6,-1,["a",1]]' |
		pw-groupby --on-error skip -q -k k 'sum(x)' count)
	[ "$output" = '[0,1,["a",9223372036854775807,1]]
[4,-1,["a",9223372036854775807,1]]
[6,1,["a",9223372036854775807,1]]' ]
	made 'k str, x int' '' "$huge" '[4,1,["a",1]]' | pw-groupby --on-error bad.jsonl -q -k k 'sum(x)' >stream
	grep -q '"reason":"the sum does not fit into an int"' bad.jsonl
}

@test "a sum that is too large on the way only is none; avg has no limit" {
	run -0 changes < <(made 'k str, x int' '' "$huge" "$huge" '[0,1,["a",-9223372036854775807]]' |
		pw-groupby 'sum(x)' 'avg(x)')
	[ "$output" = '[0,1,[9223372036854775807,3.0744573456182584e+18]]' ]
}

@test "outputs may fail too, and name their group" {
	run -3 --separate-stderr pw-groupby -k k '1 // count(x)' < <(made 'k str, x int' '' '[0,1,["a",1]]' '[2,1,["b",null]]')
	[[ $stderr == "pw-groupby: time 2: group k 'b': "*"division by zero"* ]]
	run -0 changes < <(made 'k str, x int' '' '[0,1,["a",1]]' '[0,1,["b",null]]' |
		pw-groupby --on-error skip -q -k k 'count(x) // count(x)')
	[ "$output" = '[0,1,["a",1]]' ]
}

@test "an argument that fails: stop, null, skip the row; not where a filter drops it" {
	rows=('[0,1,["a",0]]' '[0,1,["a",5]]')
	run -3 --separate-stderr pw-groupby 'sum(10 // x)' < <(made 'k str, x int' '' "${rows[@]}")
	[[ $stderr == *"division by zero"* ]]
	run -0 changes < <(made 'k str, x int' '' "${rows[@]}" | pw-groupby --on-error null 'sum(10 // x)' count)
	[ "$output" = '[0,1,[2,2]]' ]
	run -0 changes < <(made 'k str, x int' '' "${rows[@]}" | pw-groupby --on-error skip -q 'sum(10 // x)' count)
	[ "$output" = '[0,1,[2,1]]' ]
	run -0 changes < <(made 'k str, x int' '' "${rows[@]}" | pw-groupby 'sum(10 // x) FILTER (WHERE x != 0)' count)
	[ "$output" = '[0,1,[2,2]]' ]
}

@test "rows taken away that were not there are bad data" {
	run -3 --separate-stderr pw-groupby -k k count < <(made 'k str, x int' '' '[0,1,["a",1]]' '[2,-2,["a",1]]')
	[[ $stderr == "pw-groupby: time 2: group k 'a': the rows of the group have -1 copies: more are taken away than were added" ]]
	for call in 'min(x)' 'sum(x)' 'avg(x)' 'var_pop(x)' 'set(x)' 'count(DISTINCT x)'; do
		run -3 --separate-stderr pw-groupby "$call" < <(made 'k str, x int' '' '[0,1,["a",1]]' '[2,-1,["a",2]]')
		[[ $stderr == "pw-groupby: time 2: some rows of the group have less than 0 copies: more are taken away than were added" ]]
	done
	run -3 --separate-stderr pw-groupby count < <(made 'x int' '' '[0,9223372036854775807,[1]]' \
		'[0,9223372036854775807,[2]]' '[0,3,[3]]')
	[[ $stderr == *"the rows of a group exceed 64 bits" ]]
	# within a commit the order does not matter
	run -0 changes < <(made 'k str, x int' '' '[0,-1,["a",1]]' '[0,2,["a",1]]' | pw-groupby 'min(x)' count)
	[ "$output" = '[0,1,[1,1]]' ]
}

@test "groups that go and come back in one frame are new" {
	run -0 changes < <(made 'k str, x int' '' '[0,1,["a",1]]' '[2,-1,["a",1]]' '[4,1,["a",7]]' '[6,-1,["a",7]]' '[8,1,["b",1]]' |
		pw-groupby -k k 'max(x)' 'sum(x)')
	[ "$output" = '[0,1,["a",1,1]]
[2,-1,["a",1,1]]
[4,1,["a",7,7]]
[6,-1,["a",7,7]]
[8,1,["b",1,1]]' ]
}

@test "sums are the nearest doubles, whatever has come and gone" {
	run -0 changes < <(made 'x float' '' '[0,1,[0.1]]' '[0,1,[0.2]]' '[0,1,[0.3]]' '[2,1,[1e300]]' '[4,-1,[1e300]]' '[6,1,["inf"]]' '[8,-1,["inf"]]' |
		pw-groupby 'sum(x)')
	[ "${lines[0]}" = '[0,1,[0.6]]' ]
	[ "${lines[4]}" = '[4,1,[0.6]]' ]
	[ "${lines[8]}" = '[8,1,[0.6]]' ]
}

@test "a failed input's status is passed on, without a word" {
	run -4 --separate-stderr pw-groupby count < <(stream 'x int' open '[0,1,[1]]' '{"end":"failed","status":4,"durable":0}' |
		"$BUILD/helpers/pws_make")
	[ -z "$stderr" ]
}

@test "--check says what would be kept" {
	printf 'k,x\na,1\n' >in.csv
	run bash -c 'pw-read --check in.csv | pw-groupby -k k "sum(x)" "median(x)" | pw-write'
	[ "$status" -eq 0 ]
	[[ $output == *"pw-groupby"*"bytes per group"* ]]
}

@test "a hundred thousand groups and a hundred thousand values" {
	seq 1 100000 | awk '{print $1 "," $1 * 7919 % 100003}' >in.csv
	run -0 bash -c "pw-read --no-header -s 'k int, x int' in.csv | pw-groupby -k k 'max(x)' |
		pw-groupby count 's = sum(max_x)' 'median(max_x)' | pw-write"
	[ "${lines[1]}" = 100000,5000073754,50000.5 ]
}
