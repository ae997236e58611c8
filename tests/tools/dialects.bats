# What people write from other languages is refused with advice, and the advice works: each line of the
# tables has a command, what its message says, and the command as the message would have it.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf '%s\n' 'a,b,delay,k,date,j,o d' '1,2,5,x,2024-01-02,"{""m"": {""n"": 7}, ""b"": 3}",4' \
		'4,5,,y,2024-02-03,"{""m"": {""n"": 8}}",6' >in.csv
	pw-read -s 'j json, a int, b int, delay int, k str, date datetime' in.csv >in.pws
}

each() { # lines of `WRONG | SAID | RIGHT`, in which the commands read in.pws
	local line wrong said right count=0
	while read -r line; do
		wrong=${line%% => *}
		right=${line##* => }
		said=${line#* => }
		said=${said%% => *}
		run bash -c "$wrong <in.pws >/dev/null"
		[ "$status" -eq 2 ] && [[ $output == *"$said"* ]] || { echo "$wrong: $status: $output" && return 1; }
		run --separate-stderr bash -c "set -o pipefail; <in.pws $right | pw-write"
		[ "$status" -eq 0 ] && [ -z "$stderr" ] || { echo "$right: $status: $stderr" && return 1; }
		count=$((count + 1))
	done
	[ "$count" -gt 0 ]
}

@test "signs of other languages" {
	each <<-'END'
		pw-filter 'a > 1 && b < 2' => '&&' means nothing here: write AND => pw-filter 'a > 1 AND b < 2'
		pw-filter '(a > 1) & (b < 2)' => '&' means nothing here: write AND => pw-filter '(a > 1) AND (b < 2)'
		pw-filter '(a > 1) || (b < 2)' => '||' is not defined for bool and bool (write OR) => pw-filter '(a > 1) OR (b < 2)'
		pw-filter '(a > 1) | (b < 2)' => '|' means nothing here: write OR => pw-filter '(a > 1) OR (b < 2)'
		pw-filter '!(a > 1)' => '!' means nothing here: write NOT => pw-filter 'NOT (a > 1)'
		pw-filter '!k' => '!' means nothing here: write NOT => pw-filter 'NOT k IS NULL'
		pw-select 'c = a ^ 2' => write x ** y for a power => pw-select 'c = a ** 2'
		pw-select 'c = a > 1 ? 2 : 3' => write if(c, x, y) => pw-select 'c = if(a > 1, 2, 3)'
		pw-select 'a;' => ';' means nothing here: an expression ends without it => pw-select 'a'
	END
}

@test "comparisons with NULL" {
	each <<-'END'
		pw-filter 'delay = NULL' => nothing is equal or unequal to NULL: write delay IS NULL => pw-filter 'delay IS NULL'
		pw-filter 'delay == null' => write delay IS NULL => pw-filter 'delay IS NULL'
		pw-filter 'NULL = delay' => write delay IS NULL => pw-filter 'delay IS NULL'
		pw-filter 'delay != NULL' => write delay IS NOT NULL => pw-filter 'delay IS NOT NULL'
		pw-filter 'a > 1 AND lower(k) <> NULL' => write lower(k) IS NOT NULL => pw-filter 'a > 1 AND lower(k) IS NOT NULL'
		pw-select 'c = CASE delay WHEN NULL THEN 0 ELSE delay END' => write CASE WHEN delay IS NULL => pw-select 'c = CASE WHEN delay IS NULL THEN 0 ELSE delay END'
		pw-groupby 'n = count() FILTER (WHERE delay = NULL)' => write delay IS NULL => pw-groupby 'n = count() FILTER (WHERE delay IS NULL)'
	END
}

@test "no expression reads a clock, or is random" {
	each <<-'END'
		pw-filter 'date > now() - 30d' => commit_time() is the time at which a row was committed => pw-filter 'date > commit_time()::datetime - 30d'
		pw-filter 'date > current_date - 30d' => 'current_date' is not a column: no expression reads a clock => pw-filter "date > datetime '$(date -u +%FT%T)' - 30d"
		pw-select 'today()' => "datetime '$(date -u +%FT%T)'" => pw-select "t = datetime '$(date -u +%FT%T)'"
		pw-select 'c = current_timestamp' => no expression reads a clock => pw-select 'c = commit_time()'
		pw-filter 'random() < 0.1' => xxh3(s) of a key of the row spreads rows evenly => pw-filter 'xxh3(k) % 10 = 0'
	END
}

@test "words of other dialects" {
	each <<-'END'
		pw-groupby 'sum(a) AS total' => a name stands in front, as in name = expression => pw-groupby 'total = sum(a)'
		pw-groupby 'percentile_cont(0.5) WITHIN GROUP (ORDER BY a)' => 'percentile_cont' is not a function: write quantile_cont(x, 0.9) => pw-groupby 'quantile_cont(a, 0.5)'
		pw-groupby 'quantile(0.5) WITHIN GROUP (ORDER BY a)' => write quantile_cont(x, 0.5) => pw-groupby 'quantile_cont(a, 0.5)'
		pw-select 'sum(a) OVER (PARTITION BY k)' => found 'OVER': values of rows before and after are columns that pw-lag adds => pw-lag -o date a
		pw-select 'row_number() OVER (ORDER BY a)' => pw-head keeps the first rows of each group => pw-head -o a -n 1
		pw-filter 'k ILIKE "X%"' => write lower(x) LIKE lower(y) => pw-filter 'lower(k) LIKE lower("X%")'
		pw-filter 'k RLIKE "^x"' => write x ~ 'pattern' => pw-filter 'k ~ "^x"'
		pw-filter 'delay ISNULL' => write IS NULL => pw-filter 'delay IS NULL'
		pw-select 'c = a DIV 2' => write x // y => pw-select 'c = a // 2'
		pw-select 'c = a MOD 2' => write x % y => pw-select 'c = a % 2'
		pw-select 'c = a if a > 1 else b' => write if(c, x, y) => pw-select 'c = if(a > 1, a, b)'
		pw-filter 'a > 0 LIMIT 3' => found 'LIMIT': pw-head keeps the first rows => pw-filter 'a > 0' | pw-head -o a -n 3
		pw-filter 'a > 0 ORDER BY a' => pw-head -o and pw-write --sort order rows => pw-filter 'a > 0' | pw-head -o a
		pw-select 'a GROUP BY a' => pw-groupby -k groups rows => pw-groupby -k a count
		pw-groupby -k a 'n = count() HAVING n > 1' => write pw-filter downstream of pw-groupby => pw-groupby -k a 'n = count()' | pw-filter 'n > 0'
		pw-select 'c = a.round(1)' => a function stands in front of what it takes, as in round(x, 1) => pw-select 'c = round(a, 1)'
		pw-filter 'k.startswith("x")' => a function stands in front => pw-filter 'starts_with(k, "x")'
		pw-filter 'max(a, b) > 2' => 'max' is an aggregate, which cannot stand here: pw-groupby computes it; greatest(x, y) takes values of one row => pw-filter 'greatest(a, b) > 2'
		pw-filter 'min(a, b) > 2' => least(x, y) takes values of one row => pw-filter 'least(a, b) > 2'
		pw-select 'sum(a)' => 'sum' is an aggregate, which cannot stand here: pw-groupby computes it => pw-groupby 'sum(a)'
	END
}

@test "several expressions in one argument" {
	each <<-'END'
		pw-select 'a, b' => one expression is expected, found ',': each column is an argument of its own, as in 'a' 'b' => pw-select 'a' 'b'
		pw-groupby 'sum(a), sum(b)' => each column is an argument of its own => pw-groupby 'sum(a)' 'sum(b)'
		pw-filter 'a > 1, b > 1' => write AND between conditions => pw-filter 'a > 1 AND b > 1'
	END
}

@test "a text without quotes" {
	each <<-'END'
		pw-filter k="xyz" => 'xyz' is not a column; the columns are a b delay k date j o d; if it is a text, write "xyz", and the whole expression in '...' for the shell => pw-filter 'k="xyz"'
		pw-filter 'k IN (xyz, yyy)' => if it is a text, write "xyz" => pw-filter 'k IN ("xyz", "yyy")'
		pw-filter 'dellay > 1' => 'dellay' is not a column (did you mean 'delay'?) => pw-filter 'delay > 1'
	END
}

@test "names that are made beside" {
	each <<-'END'
		pw-select 't = a * b' 'u = t + 1' => 't' is made here, beside this: use it in a pw-select downstream, or repeat its expression => pw-select a b 't = a * b' | pw-select 'u = t + 1'
		pw-select --add 'u = t + 1' 't = a * b' => 't' is made here, beside this => pw-select --add 't = a * b' 'u = a * b + 1'
		pw-groupby 'n = count()' 'r = n / 2' => 'n' is made here, beside this => pw-groupby 'n = count()' | pw-select n 'r = n / 2'
		pw-groupby 'n = count()' 'r = sum(a / n)' => 'n' is made here, beside this => pw-groupby 'n = count()' 'r = sum(a) / count()'
		pw-groupby 'r = n / 2' 'n = count()' => 'n' is made here, beside this => pw-groupby 'r = count() / 2' 'n = count()'
	END
}

@test "names of two words within an expression" {
	each <<-'END'
		pw-filter 'o d > 4' => 'o d' is the name of a column, which is no word: write `o d` => pw-filter '`o d` > 4'
		pw-select 'c = [a, o d]' => write `o d` => pw-select 'c = [a, `o d`::int]'
		pw-groupby -k k 'm = max(o d)' => write `o d` => pw-groupby -k k 'm = max(`o d`)'
		pw-select 'c = a + o d' => write `o d` => pw-select 'c = a + `o d`'
		pw-filter 'a > 1 b' => an operator or the end expected, found 'b' => pw-filter 'a > 1'
	END
}

@test "points in names" {
	each <<-'END'
		pw-select 'j.m' => 'j.m' is not a column: write j -> 'm' for a member of the json => pw-select "j -> 'm'"
		pw-select 'c = j.b' => write j -> CAST('b' AS str) for a member => pw-select "c = j -> CAST('b' AS str)"
		pw-select 'c = j.m.n' => write x -> 'a' -> 'b' for members of a json => pw-select "c = j -> 'm' -> 'n'"
		pw-filter 'k.m = 1' => write CAST(k AS json) -> 'm' for a member => pw-filter "try(CAST(k AS json) -> 'm', NULL) IS NULL"
		pw-filter 'in.a > 1' => 'in' cannot stand here => pw-filter 'a > 1'
		pw-filter 'flights.a > 1' => nothing stands before its names; write a => pw-filter 'a > 1'
		pw-select 'flights.`o d`' => write `o d` => pw-select '`o d`'
		pw-groupby -k j.m count => compute it first, with pw-select --add 'j_m = j ->> "m"', and name j_m here => pw-select --add 'j_m = j ->> "m"' | pw-groupby -k j_m count
	END
}

@test "expressions where a column is named" {
	each <<-'END'
		pw-groupby -k 'month(date)' count => 'month(date)' is not a column: compute it first, with pw-select --add 'month_date = month(date)', and name month_date here => pw-select --add 'month_date = month(date)' | pw-groupby -k month_date count
		pw-groupby -k 'k, date_trunc("day", date)' count => --add 'date_trunc_day_date = date_trunc("day", date)', and name date_trunc_day_date here => pw-select --add 'date_trunc_day_date = date_trunc("day", date)' | pw-groupby -k k,date_trunc_day_date count
		pw-groupby -k 'm = month(date)' count => 'm = month(date)' is not a column: compute it first, with pw-select --add 'm = month(date)', and name m here => pw-select --add 'm = month(date)' | pw-groupby -k m count
		pw-groupby -k 'k, a=b % 2' count => with pw-select --add 'a=b % 2', and name a here => pw-select 'a=b % 2' k | pw-groupby -k k,a count
		pw-groupby -k 'a % 2' count => --add 'a_2 = a % 2', and name a_2 here => pw-select --add 'a_2 = a % 2' | pw-groupby -k a_2 count
		pw-groupby -k 'date::str' count => --add 'date_str = date::str', and name date_str here => pw-select --add 'date_str = date::str' | pw-groupby -k date_str count
		pw-head -o 'abs(a)' => --add 'abs_a = abs(a)', and name abs_a here => pw-select --add 'abs_a = abs(a)' | pw-head -o abs_a
		pw-dedup -o 'abs(a)' => --add 'abs_a = abs(a)', and name abs_a here => pw-select --add 'abs_a = abs(a)' | pw-dedup -o abs_a
		pw-lag -o a 'a * 2' => --add 'a_2 = a * 2', and name a_2 here => pw-select --add 'a_2 = a * 2' | pw-lag -o a a_2
		pw-flatten 'string_split(k, ",")' => --add 'string_split_k = string_split(k, ",")' => pw-select --add 'string_split_k = string_split(k, ",")' | pw-flatten string_split_k
		pw-write --sort '2 * a' => --add '_2_a = 2 * a', and name _2_a here => pw-select --add '_2_a = 2 * a' | pw-head -o _2_a
		pw-groupby -k 'a b' count => 'a b' is not a column: a comma stands between names, write a,b => pw-groupby -k a,b count
		pw-dedup -o 'delay desc' => 'delay desc' is not a column: write delay alone, there is no reverse here => pw-dedup -o delay
		pw-dedup -o delay:desc => write delay alone => pw-dedup -o delay
		pw-groupby -k '"o d"' count => '"o d"' is not a column: names stand bare or in back ticks, write `o d` => pw-groupby -k '`o d`' count
		pw-groupby -k "'K'" count => write k => pw-groupby -k k count
	END
	run bash -c "pw-join -k 'a=abs(b)' in.pws in.pws >/dev/null"
	[[ $output == *"pw-join: -k: right input: 'abs(b)' is not a column: compute it first, with pw-select --add 'abs_b = abs(b)'"* ]]
}

@test "orders" {
	each <<-'END'
		pw-head -o 'delay desc' => -o: 'delay desc' is not a column: write delay:desc, from high to low => pw-head -o delay:desc
		pw-head -o 'k, delay DESC' => write delay:desc, from high to low => pw-head -o k,delay:desc
		pw-head -o 'delay asc' => write delay, from low to high => pw-head -o delay
		pw-head -o -delay => write delay:desc, from high to low => pw-head -o delay:desc
		pw-head -o +delay => write delay, from low to high => pw-head -o delay
		pw-head -o delay:DESC => write delay:desc => pw-head -o delay:desc
		pw-head -o 'o d desc' => write `o d`:desc, from high to low => pw-head -o '`o d`:desc'
		pw-lag -o -delay a => write delay:desc => pw-lag -o delay:desc a
		pw-write --sort 'delay desc' => --sort: 'delay desc' is not a column: write delay:desc => pw-head -o delay:desc
		pw-write --sort -delay => --sort: '-delay' is not a column: write delay:desc => pw-head -o delay:desc
	END
}

@test "functions that there are not" {
	each <<-'END'
		pw-groupby -k k 'm = mean(delay)' => 'mean' is not a function: write avg(x) => pw-groupby -k k 'm = avg(delay)'
		pw-groupby -k k 'mean(dealy)' => 'mean' is not a function => pw-groupby -k k 'avg(delay)'
		pw-groupby -k k 'first(delay)' => 'first' is not a function: write argmin(x, t) or any(x) => pw-groupby -k k 'argmin(delay, date)' 'any(delay)'
		pw-groupby -k k 'm = 1 + round(stdev("k"), nope)' => 'stdev' is not a function: write stddev_samp(x) => pw-groupby -k k 'm = 1 + stddev_samp(delay)'
		pw-groupby -k k 'summ(delay)' => 'summ' is not a function (did you mean 'sum'?) => pw-groupby -k k 'sum(delay)'
		pw-groupby -k k 'len(delay)' => 'delay' is not a key and not in an aggregate, and len takes values of one row: write count(x) => pw-groupby -k k 'count(delay)'
		pw-groupby -k k 'greatest(delay, 0)' => greatest takes values of one row: write max(x) => pw-groupby -k k 'max(delay)'
		pw-groupby -k k 'countif(delay > 1)' => write count() FILTER (WHERE b) => pw-groupby -k k 'count() FILTER (WHERE delay > 1)'
		pw-select 'nvl(delay, 0)' => 'nvl' is not a function: write coalesce(x, 0) => pw-select 'coalesce(delay, 0)'
		pw-filter 'mean(a) > 1' => 'mean' is not a function: write avg(x) => pw-groupby 'm = avg(a)' | pw-filter 'm > 1'
		pw-select 'explode(a)' => pw-flatten makes one row per element of a list => pw-select 'l = [a, b]' | pw-flatten l
		pw-select 'lag(a)' => pw-lag adds => pw-lag -o date a
		pw-select 'lenght(k)' => (did you mean 'length'?) => pw-select 'length(k)'
	END
}

@test "pw-join: inputs have no names but left and right" {
	run bash -c 'pw-join -k a in.pws in.pws "o.b" >/dev/null'
	echo "$output"
	[[ $output == *"the inputs are called left and right; write left.b"* ]]
	run bash -c 'pw-join -k left.a=right.a in.pws in.pws b >/dev/null'
	[[ $output == *"'left.a' is not a column: the left input's name stands before the '=', the right one's after it; write a"* ]]
	run bash -c 'pw-join -k a=a in.pws in.pws left.b | pw-write'
	[ "$status" -eq 0 ]
	run bash -c 'pw-join -k a in.pws in.pws "left.2024" >/dev/null'
	[[ $output == *"found '.2024': a name that begins with a digit stands in back ticks, as in left.\`1\`"* ]]
	run bash -c 'pw-join -k a in.pws in.pws "left.b" "c = current_date" >/dev/null'
	echo "$output"
	[[ $output == *"no expression reads a clock"* ]]
}
