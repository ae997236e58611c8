# Joins as a user meets them. Random streams are in oracle/join.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	printf 'id,name\n1,ann\n2,bob\n3,cid\n' >l.csv
	printf 'id,amount\n2,7\n2,0.5\n4,1\n' >r.csv
}

# A change-CSV as a stream.
changes() { # SCHEMA LINE...
	printf '%s\n' "${@:2}" >"$BATS_TEST_TMPDIR/c.$BASHPID.csv"
	pw-read --changes -s "$1" "$BATS_TEST_TMPDIR/c.$BASHPID.csv"
}

refused() { # STATUS ERE ARGUMENT...
	run bash -c 'pw-join "$@" 2>&1 >/dev/null' - "${@:3}"
	[ "$status" -eq "$1" ] && [[ ${lines[0]} =~ $2 ]] || { echo "status $status: $output" >&2; return 1; }
}

@test "usage is refused with what is wanted" {
	refused 2 '^pw-join: -k COLS is missing' l.csv r.csv
	refused 2 '^pw-join: 2 inputs expected, 1 given: LEFT and RIGHT' -k id l.csv
	refused 2 '^pw-join: 1 kind of join expected, 2 given' --left --semi -k id l.csv r.csv
	refused 2 '^pw-join: only one of the inputs can be -' -k id - -
	refused 2 'commit_time\(\) needs an append-only input' --left -k id l.csv <(changes 'id int' id,_time,_diff) 't = commit_time()'
	refused 2 '^pw-join: --cross pairs all rows and has no -k' --cross -k id l.csv r.csv
	refused 2 '^pw-join: --now answers left rows' --now --full -k id l.csv r.csv
	refused 2 "^pw-join: -k: right input: 'nam' is not a column" -k id=nam l.csv r.csv
	refused 2 "^pw-join: -k: left input: 'idd' is not a column \(did you mean 'id'\?\)" -k idd=id l.csv r.csv
	refused 2 "^pw-join: -k: 'name' is str in the left input and 'amount' is float in the right one" -k name=amount l.csv r.csv
	refused 2 "^pw-join: --suffix: 'x' is not LEFT,RIGHT" --suffix x -k id l.csv r.csv
	refused 2 "left input: 'nome' is not a column \(did you mean 'name'\?\)" -k id l.csv r.csv left.nome
	refused 2 "right input: 'amont' is not a column" -k id l.csv r.csv 'x = amont + 1'
	refused 2 "no columns of the right input" --semi -k id l.csv r.csv amount
	refused 5 '^pw-join: right input: no.csv: No such file' -k id l.csv no.csv
}

@test "a left input that takes rows back is not for --now" {
	run bash -c 'pw-join --now -k id <(printf "id,_time,_diff\n1,2,1\n" | pw-read -f csv --changes -s "id int" -) r.csv 2>&1 >/dev/null'
	[ "$status" -eq 2 ]
	[[ $output == *"--now: the left input is not append-only"* ]]
}

@test "a name on both sides: the message's remedies work" {
	printf 'id,name\n2,x\n' >n.csv
	refused 2 "'name' is a column of both inputs: .*'name = left.name' 'right_name = right.name'" -k id l.csv n.csv
	run -0 pw-write --table < <(pw-join -k id l.csv n.csv id 'name = left.name' 'right_name = right.name')
	[ "$output" = $'id,name,right_name\n2,bob,x' ]
	run -0 pw-write --table < <(pw-join --suffix ,_r -k id l.csv n.csv)
	[ "$output" = $'id,name,name_r\n2,bob,x' ]
	refused 2 "'name' is a column of both inputs: say left.name or right.name" -k id l.csv n.csv name
	run -0 pw-write --table < <(pw-join -k id l.csv n.csv right.name)
	[ "$output" = $'name\nx' ]
	run -0 pw-write --table < <(pw-join --semi -k id l.csv n.csv)
	[ "$output" = $'id,name\n2,bob' ]
}

@test "commit_time() is that of the pair" {
	run -0 pw-write --changes < <(pw-join -k id <(pw-read -f csv --changes --append-only -s 'id int' <(printf 'id,_time,_diff\n1,2,1\n2,4000,1\n')) \
		<(pw-read -f csv --changes --append-only -s 'id int' <(printf 'id,_time,_diff\n2,8,1\n1,6000,1\n')) id 't = commit_time()')
	[ "$output" = $'id,t,_time,_diff\n2,1970-01-01T00:00:04Z,4000,1\n1,1970-01-01T00:00:06Z,6000,1' ]
}

@test "keys of several columns, of other names, of every type that repeats" {
	printf 'a,b,x\nu,1.5,1\nu,,2\nv,2.0,3\n' >a.csv
	printf 'c,b,y\nu,1.5,7\nu,,8\nv,2.0,9\n' >b.csv
	run -0 pw-write --table < <(pw-join -k a=c,b a.csv b.csv)
	[ "$output" = $'a,b,x,y\nu,1.5,1,7\nv,2.0,3,9' ]
	run -0 pw-write --table < <(pw-join --null-equal -k a=c,b a.csv b.csv x y)
	[ "$output" = $'x,y\n1,7\n2,8\n3,9' ]
}

@test "full of two files: the key of whichever side is there, both sides by name" {
	run -0 pw-write --table < <(pw-join --full -k id l.csv r.csv id 'l = left.id' 'r = right.id')
	[ "$output" = $'id,l,r\n1,1,\n2,2,2\n2,2,2\n3,3,\n4,,4' ]
	run -0 pw-write --table < <(pw-join --right -k id l.csv r.csv)
	[ "$output" = $'id,name,amount\n2,bob,0.5\n2,bob,7.0\n4,,1.0' ]
}

@test "either side can be built first, and rows then keep the other's order" {
	printf 'id,n\n3,1\n1,2\n9,3\n1,4\n' >s.csv
	run -0 pw-write < <(pw-join -k id s.csv l.csv)
	[ "$output" = $'id,n,name\n3,1,cid\n1,2,ann\n1,4,ann' ]
	run -0 pw-write --changes < <(pw-join -k id l.csv <(changes 'id int, n int' id,n,_time,_diff 3,1,2,1 1,2,2,1 3,1,4,-1))
	[ "$output" = $'id,name,n,_time,_diff\n3,cid,1,2,1\n1,ann,2,2,1\n3,cid,1,4,-1' ]
	[[ $(pw-join -k id l.csv <(pw-read --check r.csv) 2>&1 >/dev/null) == *"state: the rows of the right input by key, built once; grows with them; the left input is not stored"* ]]
}

@test "a commit is written in the order of the keys, nulls last" {
	run -0 pw-write --changes < <(pw-join --left -k id \
		<(changes 'id int, n int' id,n,_time,_diff 3,1,2,1 ,5,2,1 -1,2,2,1 2,4,2,1) \
		<(changes 'id int, m int' id,m,_time,_diff 2,6,2,1))
	[ "$output" = $'id,n,m,_time,_diff\n-1,2,,2,1\n2,4,6,2,1\n3,1,,2,1\n,5,,2,1' ]
}

@test "copies multiply, and a product beyond 64 bits is refused" {
	many=$'id,n,_time,_diff\n1,1,2,3000000000'
	run -0 pw-write --changes < <(pw-join -k id <(changes 'id int, n int' $many) <(changes 'id int, m int' id,m,_time,_diff 1,5,2,2))
	[ "${lines[1]}" = 1,1,5,2,6000000000 ]
	refused 3 '^pw-join: the copies of a pair exceed 64 bits' -k id <(changes 'id int, n int' $many) \
		<(changes 'id int, m int' id,m,_time,_diff 1,5,2,4000000000)
}

@test "less than no copies of a row: the row, its input and the time are named" {
	refused 3 "^pw-join: right input: time 6: the row \(id 1, m 'x'\) has -2 copies" -k id \
		<(changes 'id int, n int' id,n,_time,_diff 1,1,2,1) \
		<(changes 'id int, m str' id,m,_time,_diff 1,y,2,1 1,x,6,-2)
}

@test "a row error in the select list: stop, null, skip" {
	refused 3 "division by zero" -k id l.csv r.csv 'q = 1 // (amount::int - 7)'
	run -0 pw-write --table < <(pw-join --on-error null -k id l.csv r.csv id 'q = 1 // (amount::int - 7)')
	[ "$output" = $'id,q\n2,-1\n2,' ]
	run -0 --separate-stderr pw-write --table < <(pw-join -q --on-error skip -k id l.csv r.csv id 'q = 1 // (amount::int - 7)')
	[ "$output" = $'id,q\n2,-1' ]
}

@test "rows that outgrow --memory end the stage with 5, and say so" {
	seq 200000 | sed 's/.*/&,&/; 1i id,x' >big.csv
	sed '1s/$/,_time,_diff/; 2,$s/$/,0,1/' big.csv >big-changes.csv
	refused 5 'the rows held have outgrown the memory allowed: .* --memory is 1 MB' --memory 1M -k id l.csv big.csv
	refused 5 'outgrown the memory' --memory 1M --full -k id l.csv <(pw-read --changes big-changes.csv)
}

@test "one key with two million pairs is streamed, from either kind of state" {
	{ echo id,x; yes 1,2 | head -n 2000; } >a.csv
	{ echo id,y; seq -f '1,%.0f' 1000; } >b.csv
	run -0 pw-write < <(pw-join -k id a.csv b.csv | pw-groupby count 'sum(y)')
	[ "${lines[1]}" = 2000000,1001000000 ]
	run -0 pw-write --table < <(pw-join -k id <(sed '1s/$/,_time,_diff/; 2,$s/$/,0,1/' a.csv | pw-read -f csv --changes -) \
		<(sed '1s/$/,_time,_diff/; 2,$s/$/,0,1/' b.csv | pw-read -f csv --changes -) | pw-groupby count 'sum(y)')
	[ "${lines[1]}" = 2000000,1001000000 ]
}

@test "diamonds end: a stream split by tee meets itself, whichever way it is opened" {
	seq 300000 | sed 's/.*/&,&/; 1i id,x' >big.csv
	sed '1s/$/,_time,_diff/; 2,$s/$/,0,1/' big.csv >changes.csv
	mkfifo f
	for read in 'pw-read big.csv' 'pw-read --changes changes.csv'; do
		for sides in '- f' 'f -'; do
			line="$read | tee f | pw-select id 'y = x + 1' | pw-join -k id $sides"
			run -0 timeout 300 bash -o pipefail -c "$line | pw-groupby count 'sum(x)' 'sum(y)' | pw-write --table"
			[ "${lines[1]}" = 300000,45000150000,45000450000 ]
		done
	done
	line='pw-read big.csv | tee f | pw-join --memory 64K -k id f - id | pw-groupby count | pw-write'
	run timeout 300 bash -o pipefail -c "$line"
	[ "$status" -eq 5 ]
}

@test "three diamonds, one in another" {
	seq 100000 | sed 's/.*/&,&/; 1i id,x' >big.csv
	mkfifo a b c
	pw-read big.csv | tee a b c >/dev/null &
	run -0 timeout 300 bash -o pipefail -c "pw-join -k id <(pw-join -k id <(pw-join -k id a b id 'x = left.x' 'y = right.x') c \
		id 'x = left.x' y 'z = right.x') <(pw-read big.csv | pw-select id 'w = x') | pw-groupby count 'sum(x + y + z + w)' | pw-write"
	[ "${lines[1]}" = 100000,20000200000 ]
	wait
}

@test "texts, lists, nulls and constants pass through either kind of state" {
	printf '%s\n' '{"k":"a","t":"x","l":[1,2],"j":{"a":1},"c":true}' '{"k":"b","t":null,"l":null,"j":null,"c":true}' \
		'{"k":"a","t":"\u0001é","l":[],"j":[1],"c":true}' >t.jsonl
	printf 'k,n\nb,1\na,2\nz,3\n' >k.csv
	s='k str, t str, l list<int>, j json, c bool'
	pw-join --left -k k k.csv <(pw-read -s "$s" t.jsonl) | pw-write --table -f jsonl >built
	pw-read -s "$s" t.jsonl | pw-write --changes t.csv
	pw-read k.csv | pw-write --changes k2.csv
	pw-join --left -k k <(pw-read --changes -s 'k str, n int' k2.csv) <(pw-read --changes -s "$s" t.csv) |
		pw-write --table -f jsonl >indexed
	cmp built indexed
	[ "$(wc -l <built)" -eq 4 ]
	grep -q '"z","n":3,"t":null,"l":null,"j":null,"c":null' built
}

@test "a side that failed: its status, and no word" {
	run bash -c 'pw-join -k id l.csv exec:"pw-read no.csv" 2>err >/dev/null; echo $?; grep -c pw-join err'
	[ "${lines[0]}" = 5 ] && [ "${lines[1]}" = 0 ]
}
