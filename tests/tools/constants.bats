# A constant that is spelled like a column of the input is refused wherever an expression may stand, and
# both ways that the message shows work: back ticks for the column, a cast for the constant.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf '%s\n' '2024,1.5,24h,City,true,-3,hour,k,n,x,ts' \
		'7,2.5,2h,Oslo,false,9,day,1,3,0.5,2024-01-01' '8,3.5,3h,Rome,true,8,hour,2,4,0.7,2024-01-02' >in.csv
	schema='`2024` int, `1.5` float, `24h` duration, City str, `true` bool, `-3` int, hour str, k int, n int,
		x float, ts datetime'
	pw-read -s "$schema" in.csv >in.pws
	printf '2024,City,m,k\n7,Oslo,q,1\n' >right.csv
	pw-read -s '`2024` int, City str, m str, k int' right.csv >right.pws
}

fails() {
	echo "$status: $output"
	return 1
}

shows() { # STATUS TEXT: what the last run has shown
	[ "$status" -eq "$1" ] && [[ $output == *"$2"* ]] || fails
}

# The stage with EXPR in the place of %: the literal as it is, then as the message says.
try() { # COLUMN LITERAL TYPE PROGRAM ARG...
	local column=$1 literal=$2 type=$3 what text
	shift 3
	for what in "$literal" "\`$column\`" "CAST($literal AS $type)" "$literal::$type"; do
		local -a args=("${@//%/$what}")
		run --separate-stderr bash -c '"$@" <in.pws | pw-write' _ "${args[@]}"
		if [ "$what" = "$literal" ]; then
			text="write \`$column\` in back ticks for the column, or $literal::$type for the constant"
			[[ $stderr == *"$text"* ]] || { echo "${args[*]}: $stderr" && return 1; }
			run bash -c '"$@" <in.pws >/dev/null' _ "${args[@]}"
			[ "$status" -eq 2 ] || { echo "${args[*]}: $status" && return 1; }
		elif [ "$status" -ne 0 ]; then
			echo "${args[*]}: $status: $stderr" && return 1
		fi
	done
}

@test "every kind of literal" {
	try 2024 2024 int pw-select 'z = %'
	try 2024 2024 int pw-select 'z = % - n'
	try 1.5 1.5 float pw-select 'z = %'
	try 24h 24h duration pw-select 'z = %'
	try City '"City"' str pw-select 'z = %'
	try City "'City'" str pw-select 'z = %'
	try City 'r"City"' str pw-select 'z = %'
	try City '"""City"""' str pw-select 'z = %'
	try City '"C\x69ty"' str pw-select 'z = %'
	try true true bool pw-select 'z = %'
	try -3 -3 int pw-select 'z = %'
}

@test "a column that is called null is not the constant" {
	printf 'null,k\n1,2\n' >null.csv
	run bash -c 'pw-read null.csv | pw-select "z = null" >/dev/null'
	shows 2 'write `null` in back ticks for the column, or null::str'
	run bash -c 'pw-read null.csv | pw-select "a = null::str" "b = \`null\`" "c = NULL" "d = k IS NULL" | pw-write'
	echo "$output"
	shows 0 "" && [ "$output" = $'a,b,c,d\n,1,,false' ] || fails
}

@test "a minus in front: the column may be the number, or the number with it" {
	run bash -c 'pw-select "z = -2024" <in.pws >/dev/null'
	shows 2 '`2024` in back ticks'
	run bash -c 'pw-select "z = n - 2024" <in.pws >/dev/null'
	shows 2 '`2024` in back ticks'
}

@test "every place of an expression" {
	local where
	for where in 'z = upper(%)' 'z = City || %' 'z = coalesce(City, %)' 'z = if(n > 3, City, %)' \
		'z = CASE WHEN n > 3 THEN % END' 'z = CASE WHEN n > 3 THEN "a" ELSE % END' 'z = CASE City WHEN % THEN 1 END' \
		'z = CASE % WHEN City THEN 1 END' 'z = (% IS NULL)' 'z = % IS NOT NULL' 'z = City IN ("a", %)' 'z = % IN (City, "a")' \
		'z = City BETWEEN "A" AND %' 'z = City LIKE %' 'z = [City, %]' 'z = [City, City][length(%)]' 'z = City < %' \
		'z = NOT City = %' 'z = City IS DISTINCT FROM %' 'z = try(City, %)' 'z = (%)' 'z = nullif(City, %)' \
		'z = n > 3 AND City = %' 'z = n > 3 OR City = %' 'z = CAST(length(%) AS str)'; do
		try City '"City"' str pw-select "$where"
	done
	for where in 'City = %' 'starts_with(City, %)' '% = City'; do
		try City '"City"' str pw-filter "$where"
	done
}

@test "aggregates: arguments, DISTINCT, ORDER BY, FILTER, and what surrounds them" {
	try 24h 24h duration pw-groupby 'z = avg(%)'
	try City '"City"' str pw-groupby 'z = max(%)'
	try City '"City"' str pw-groupby 'z = count(DISTINCT %)'
	try City '"City"' str pw-groupby 'z = count(%)'
	try City '"City"' str pw-groupby 'z = list(n ORDER BY %)'
	try City '"City"' str pw-groupby 'z = list(n ORDER BY %, n)'
	try City '"City"' str pw-groupby 'z = count() FILTER (WHERE City = %)'
	try City '"City"' str pw-groupby 'z = any(n) FILTER (WHERE starts_with(%, "C"))'
	try City '"City"' str pw-groupby -k City 'z = City || %'
	try 2024 2024 int pw-groupby -k 2024 'z = count() + %'
	try 2024 2024 int pw-groupby -k k,2024 'z = max(k) FILTER (WHERE k > 0) - %'
}

@test "a constant argument, which is no column, says so by a cast" {
	run bash -c 'pw-select "z = date_trunc(\"hour\", ts)" <in.pws >/dev/null'
	shows 2 'or "hour"::str for the constant'
	run bash -c 'pw-select "z = date_trunc(\"hour\"::str, ts)" <in.pws | pw-write'
	[ "$status" -eq 0 ]
	run bash -c 'pw-groupby "z = string_agg(City, \"City\"::str)" "q = quantile(x, 1.5::float - 1)" <in.pws | pw-write'
	echo "$output"
	shows 0 "" && [ "${lines[1]}" = "OsloCityRome,0.5" ] || fails
}

@test "pw-join: the names of both inputs" {
	for what in City m; do
		run bash -c "pw-join -k k in.pws right.pws n 'z = \"$what\"' >/dev/null"
		echo "$output"
		shows 2 "write \`$what\` in back ticks"
		run bash -c "pw-join -k k in.pws right.pws n 'z = \"$what\"::str' | pw-write"
		shows 0 "" && [ "${lines[1]}" = "3,$what" ] || fails
	done
	run bash -c "pw-join -k k in.pws right.pws n 'z = \`m\`' | pw-write"
	shows 0 "" && [ "${lines[1]}" = "3,q" ] || fails
}

@test "pw-join: a text that is spelled like a column of one side" {
	for what in left.n right.m; do
		run bash -c "pw-join -k k in.pws right.pws n 'z = \"$what\"' >/dev/null"
		shows 2 "write ${what%.*}.\`${what#*.}\` in back ticks for the column, or \"$what\"::str"
		run bash -c "pw-join -k k in.pws right.pws n 'z = ${what%.*}.\`${what#*.}\`' 'y = \"$what\"::str' | pw-write"
		shows 0 "" && [[ ${lines[1]} == "3,"?",$what" ]] || fails
	done
	run bash -c "pw-join -k k in.pws right.pws n 'z = \"left.m\"' | pw-write"
	shows 0 left.m
}

@test "a number is no name of a new column" {
	local name
	for name in 2025 3.5 90m; do
		run bash -c "pw-select '$name = x * 2' <in.pws >/dev/null"
		shows 2 "is no name: write \`$name\` = ... for a column of that name, or put the comparison in parentheses"
		run bash -c "pw-select '\`$name\` = x * 2' <in.pws | pw-write"
		shows 0 "" && [ "${lines[0]}" = "$name" ] || fails
	done
	run bash -c "pw-select '(2025 = x)' <in.pws | pw-write"
	shows 0 false
}

@test "pw-dedup --accept: the input's names, and new and old" {
	for what in City new old; do
		run bash -c "pw-dedup -k k -o City --accept 'new > \"$what\"' <in.pws >/dev/null"
		echo "$output"
		shows 2 "write \`$what\` in back ticks"
		run bash -c "pw-dedup -k k -o City --accept 'new > \"$what\"::str' <in.pws | pw-write"
		[ "$status" -eq 0 ]
	done
}

@test "pw-read --delete-when" {
	printf 'id,op\n1,a\n1,del\n' >log.csv
	run bash -c "pw-read -s 'id int!, op str' -k id --upsert --delete-when '\"op\" = \"del\"' log.csv >/dev/null"
	shows 2 'write `op` in back ticks'
	run bash -c "pw-read -s 'id int!, op str' -k id --upsert --delete-when '\`op\` = \"del\"' log.csv | pw-write"
	echo "$output"
	shows 0 "" && [ "$output" = "id,op" ] || fails
}

@test "after an arrow CAST is advised, since :: would cast what the arrow gives" {
	printf 'id,j\n1,"{""id"": 5}"\n' >j.csv
	run bash -c "pw-read -s 'id int, j json' j.csv | pw-select 'z = j -> \"id\"' >/dev/null"
	shows 2 'or CAST("id" AS str) for the constant'
	run bash -c "pw-read -s 'id int, j json' j.csv | pw-select 'z = j -> CAST(\"id\" AS str)' | pw-write"
	shows 0 "" && [ "$output" = $'z\n5' ] || fails
}

@test "a comparison of constants alone: the column is named though its spelling is not exact" {
	for what in '"city" = "Oslo"' '"Citi" = "Oslo"' '"Oslo" LIKE "CITY"' '"cty" IN ("Oslo", "Rome")'; do
		run bash -c 'pw-filter "$1" <in.pws >/dev/null' _ "$what"
		echo "$what: $output"
		shows 2 'write `City` in back ticks'
	done
	run bash -c 'pw-filter "1 = 1" <in.pws | pw-write'
	shows 0 "" && [ "${#lines[@]}" -eq 3 ] || fails
}

@test "no false alarm: another case, another number, durations that say INTERVAL, typed texts" {
	run bash -c 'pw-select "a = \"city\"" "b = 2024.0" "c = INTERVAL \"24h\"" "d = datetime \"2024-01-01\"" "e = 1.50" "f = 0x7e8" <in.pws | pw-write'
	echo "$output"
	shows 0 "" && [ "${lines[1]}" = "city,2024.0,1d,2024-01-01T00:00:00,1.5,2024" ] || fails
	printf '1,2\n' >plain.csv
	run bash -c 'pw-read --no-header -s "column1 int, column2 int" plain.csv | pw-select "a = column1 + 1" "b = \"column 1\"" | pw-write'
	shows 0 "" && [ "${lines[1]}" = "2,column 1" ] || fails
}

@test "a larger part that is spelled like a column" {
	printf 'a,b,a-b,count(*),First Name,1h_avg,b::str,end\n7,2,3,4,Ann,6,x,8\n' >signs.csv
	spelled() { # TEXT PROGRAM ARG...: % is the text, which is computed and the name of a column
		local text=$1
		shift
		run bash -c 'pw-read signs.csv | "$@" >/dev/null' _ "${@//%/$text}"
		shows 2 "'$text' is computed here, and a column has that name: write \`$text\` in back ticks for the column, or ($text) for what is computed"
		for what in "\`$text\`" "($text)"; do
			run bash -c 'pw-read signs.csv | "$@" | pw-write' _ "${@//%/$what}"
			shows 0 "" || return 1
		done
	}
	spelled a-b pw-select %
	spelled a-b pw-select 'c = %'
	spelled a-b pw-filter 'a > length([1, %, 2])'
	spelled b::str pw-select 'c = length(%)'
	spelled a-b pw-groupby 'c = list(% ORDER BY a)'
	spelled 'count(*)' pw-groupby -k '`count(*)`' 'c = % + 1'
	for what in 'First Name' '1h_avg' 'end'; do
		run bash -c "pw-read signs.csv | pw-select '$what' >/dev/null"
		shows 2 "write \`$what\`"
		run bash -c "pw-read signs.csv | pw-select 'c = $what' >/dev/null"
		shows 2 "write \`$what\`"
		run bash -c "pw-read signs.csv | pw-select '\`$what\`' | pw-write"
		shows 0 "$what"
	done
}

@test "a text before = names no column" {
	run bash -c "pw-select '\"Total\" = n * 2' <in.pws >/dev/null"
	shows 2 'write Total = ... for a column of that name, or put the comparison in parentheses'
	run bash -c "pw-select 'Total = n * 2' '(\"Oslo\" = City)' <in.pws | pw-write"
	shows 0 "" && [ "${lines[1]}" = "6,true" ] || fails
}
