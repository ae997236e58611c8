# pw-read --state: columns that had no value in the first run, in later ones.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'id,v\n1,\n' >in.csv
}

job() { pw-read --state st in.csv | pw-write --table out.csv; }
refuses() { # MESSAGE: the next run does
	run job
	echo "$output"
	[ "$status" -eq 3 ] && [ "$output" = "pw-read: in.csv:$1" ]
}
merge() { python3 "$TOP/tests/helpers/merge_journal.py" "$(echo st/pw-read-*/journal-*)"; }

@test "a text decides, and later runs know it" {
	job
	echo 2,x >>in.csv
	job
	echo 3,9 >>in.csv
	job
	[ "$(cat out.csv)" = $'id,v\n1,\n2,x\n3,9' ]
	merge
	echo 4,10 >>in.csv
	job
	merge
	job
	echo 5,1.5 >>in.csv
	job
	[ "$(tail -n 1 out.csv)" = 5,1.5 ]
}

@test "without a value the column stays undecided, run after run" {
	job
	echo 2, >>in.csv
	job
	merge
	echo 3, >>in.csv
	job
	echo 4,9 >>in.csv
	refuses "5: column 'v': '9' is its first value, and comes too late to make it an int (declare it: -s 'v int' --reset)"
	refuses "5: column 'v': '9' is its first value, and comes too late to make it an int (declare it: -s 'v int' --reset)"
}

@test "codes are remembered, too" {
	printf 'id,v\n1,47e5\n' >in.csv
	job
	echo 2,32E0134 >>in.csv
	job
	merge
	echo 3,007 >>in.csv
	job
	echo 4,1.5 >>in.csv
	refuses "5: column 'v': '1.5' is a number, and the values before it were taken for text (declare it: -s 'v float' --reset if it is a number, else -s 'v str' --reset)"
}

@test "a file of nothing but a header leaves all columns undecided" {
	echo id,v >in.csv
	job
	[ "$(cat out.csv)" = id,v ]
	echo x,y >>in.csv
	job
	[ "$(cat out.csv)" = $'id,v\nx,y' ]
	echo 1,2 >>in.csv
	job
	pw-read --state other --name other in.csv | pw-write --table other.csv
	cmp out.csv other.csv
}

@test "a run that is told to drop or null such values does so" {
	nulls() { pw-read --state st --on-error null in.csv | pw-write --table out.csv; }
	nulls
	echo 2,9 >>in.csv
	run nulls
	[[ $output == *"1 cell was made null"* ]]
	echo 3,x >>in.csv
	nulls
	[ "$(cat out.csv)" = $'id,v\n1,\n2,\n3,x' ]
}

@test "--track: a file that is read anew" {
	tracked() { pw-read --track --state st in.csv | pw-write --table out.csv; }
	tracked
	printf 'id,v\n1,\n2,x\n' >new && mv new in.csv
	tracked
	printf 'id,v\n1,\n2,x\n3,9\n' >new && mv new in.csv
	tracked
	[ "$(cat out.csv)" = $'id,v\n1,\n2,x\n3,9' ]
	rm -r st
	printf 'id,v\n1,\n' >new && mv new in.csv
	rm out.csv
	tracked
	printf 'id,v\n1,\n3,9\n' >new && mv new in.csv
	run tracked
	[ "$status" -eq 3 ]
	[[ $output == *"column 'v': '9' is its first value"* ]]
}

@test "an empty cell in quotes decides nothing, and is null beside numbers" {
	printf '"id","v"\n"1",""\n"2","9"\n"3","10"\n' >in.csv
	[ "$(pw-read in.csv | pw-write --sort v)" = $'id,v\n2,9\n3,10\n1,' ]
	head -n 2 in.csv >cut.csv
	[ "$(pw-read cut.csv | pw-write)" = $'id,v\n1,""' ]
	[[ $(pw-read --check cut.csv 2>&1 >/dev/null) == *"undecided: v: "* ]]
	tail -n 2 in.csv >rest && mv cut.csv in.csv
	job
	cat rest >>in.csv
	refuses "3: column 'v': '9' is its first value, and comes too late to make it an int (declare it: -s 'v int' --reset)"
	pw-read -s 'v int' --reset --state st in.csv | pw-write --table out.csv
	[ "$(cat out.csv)" = $'id,v\n1,\n2,9\n3,10' ]
}

@test "a member that the first run has not found is said, and what to do" {
	echo '{"v": 1}' >in.jsonl
	members() { pw-read "$@" --state st in.jsonl | pw-write --table out.csv; }
	members
	echo '{"v": 2, "w": "b"}' >>in.jsonl
	run members
	[ "$output" = "pw-read: in.jsonl:2: member 'w' is not among the columns that the first run has found: such members are left out, of 1 row (declare them with -s and --reset)" ]
	run members -s 'w str = "no"' --reset
	[ "$status" -eq 0 ] && [ -z "$output" ]
	[ "$(cat out.csv)" = $'v,w\n1,no\n2,b' ]
}

@test "--upsert: a key without a value in the first run" {
	upserted() { pw-read --upsert -k v --state st in.csv | pw-write --table out.csv; }
	upserted
	echo 2,9 >>in.csv
	run upserted
	[ "$status" -eq 3 ]
	[[ $output == *"column 'v': '9' is its first value"* ]]
}

@test "--replay, over several files" {
	mkdir in
	printf 'at,v\n2,\n6,x\n' >in/a.csv
	printf 'at,v\n4,\n8,9\n' >in/b.csv
	[ "$(pw-read --replay at --unit ms --infer-rows 1 in | pw-write | tail -n 2)" = $'6,x\n8,9' ]
	printf 'at,v\n2,\n' >in/a.csv
	run bash -o pipefail -c 'pw-read --replay at --unit ms --infer-rows 1 in | pw-write'
	[ "$status" -eq 3 ]
	[[ $output == *"in/b.csv:3: column 'v': '9' is its first value"* ]]
}
