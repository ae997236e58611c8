# pw-concat: the union of streams, in the order of their times.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'k,v\na,1\nb,2\n' >one.csv
	printf 'v,k\n7,b\n,c\n' >two.csv
}

stream() { # HEAD LINE...: a stream of these changes, pw_make's lines with each row a frame
	local head=$1 line
	shift
	{
		echo "$head"
		for line; do printf '%s\n{"flush": 1}\n' "$line"; done
		echo '{"end": "finished", "durable": 0}'
	} | "$BUILD/helpers/pws_make"
}

head='{"version": 1, "coordinates": 1, "append_only": true, "static": false, "stage": {"program": "test", "options": [], "inputs": []}, "columns": [{"name": "x", "type": "int"}]}'

@test "files, streams, stdin and commands are inputs; columns go by name" {
	pw-read one.csv >one.pws
	run bash -c 'pw-concat one.pws two.csv | pw-write --table'
	same $'k,v\na,1\nb,2\nb,7\nc,'
	run bash -c 'pw-read two.csv | pw-concat - exec:"pw-read one.csv" | pw-write --table'
	same $'v,k\n1,a\n2,b\n7,b\n,c'
	run bash -c 'pw-concat one.csv | pw-write'
	same $'k,v\na,1\nb,2'
}

@test "a static union needs no option of the writer; one that changes does" {
	run bash -o pipefail -c 'pw-concat one.csv two.csv | pw-write | LC_ALL=C sort' # their order is not promised
	same $'a,1\nb,2\nb,7\nc,\nk,v'
	pw-read --changes -s 'k str, v int' <(printf 'k,v,_time,_diff\na,1,2,1\na,1,4,-1\n') -f csv >changing.pws
	run bash -c 'pw-concat one.csv changing.pws | pw-write'
	[ "$status" -eq 2 ]
}

@test "an int beside a float is a float, in every input and encoding" {
	printf 'k,v\na,0.5\nb,\n' >three.csv
	pw-read -s 'k str, v int' <(printf 'k,v\nx,3\nx,3\nx,3\n') -f csv >constant.pws
	run bash -c 'pw-concat one.csv three.csv constant.pws | pw-write --table'
	same $'k,v\na,0.5\na,1.0\nb,2.0\nb,\nx,3.0\nx,3.0\nx,3.0'
}

@test "stdin is one input, not two" {
	run bash -c 'pw-read one.csv | pw-concat - two.csv - | pw-write'
	says 2 'only one of the inputs can be -, which is stdin'
}

@test "columns that differ are refused with advice" {
	printf 'k\na\n' >few.csv
	run bash -c 'pw-concat one.csv few.csv | pw-write'
	says 2 "few.csv has no column 'v' and one.csv has one*--drop*"
	run bash -c 'pw-concat few.csv one.csv | pw-write'
	says 2 "one.csv has a column 'v' and few.csv has none*--drop*"
	printf 'k,v\na,x\n' >text.csv
	run bash -c 'pw-concat one.csv text.csv | pw-write'
	says 2 "column 'v' is a str in text.csv and an int in one.csv*CAST*"
	run bash -c 'pw-concat'
	[ "$status" -eq 2 ]
	run bash -c 'pw-concat one.csv missing.csv | pw-write'
	says 5 'missing.csv: *'
}

@test "times never descend, whatever comes first" {
	stream "$head" '[2, 1, [1]]' '[6, 1, [2]]' '[6, 1, [3]]' '[20, 1, [4]]' >a.pws
	stream "$head" '[4, 1, [10]]' '{"frontier": 5}' '[6, 1, [20]]' '[8, 1, [30]]' '[30, 1, [40]]' >b.pws
	stream "$head" '[6, 1, [100]]' '[7, 1, [200]]' >c.pws
	pw-concat a.pws b.pws c.pws >all.pws
	run bash -c 'pw-write --changes <all.pws | sort -t, -k 2,2n -k 1,1n'
	same $'x,_time,_diff\n1,2,1\n10,4,1\n2,6,1\n3,6,1\n20,6,1\n100,6,1\n200,7,1\n30,8,1\n4,20,1\n40,30,1'
}

@test "a row passes while its commit is open, once no input is behind it" {
	mkfifo a b out
	exec 5> >("$BUILD/helpers/pws_make" >a) 6> >("$BUILD/helpers/pws_make" >b)
	pw-concat a b | pw-write >out &
	exec 7<out
	printf '%s\n' "$head" '[2, 1, [1]]' '{"flush": 1}' >&5
	printf '%s\n' "$head" '{"frontier": 2}' '{"flush": 1}' >&6
	read -r -t 120 line <&7 && [ "$line" = x ]
	read -r -t 120 line <&7 && [ "$line" = 1 ]
	printf '%s\n' '[10, 1, [2]]' '{"frontier": 10}' '{"flush": 1}' >&5
	printf '%s\n' '[8, 1, [3]]' '{"frontier": 10}' '{"flush": 1}' >&6
	read -r -t 120 line <&7 && [ "$line" = 3 ]
	read -r -t 120 line <&7 && [ "$line" = 2 ]
	echo '{"end": "finished", "durable": 0}' | tee /dev/fd/5 >&6
	exec 5>&- 6>&-
	wait
	run cat <&7
	exec 7<&-
	[ -z "$output" ]
}

@test "what one input takes back and another adds in a commit is no change" {
	printf 'x,_time,_diff\n1,2,1\n1,4,-1\n' >a.csv
	printf 'x,_time,_diff\n1,4,1\n' >b.csv
	for f in a b; do pw-read --changes -s 'x int' $f.csv >$f.pws; done
	run bash -c 'pw-concat a.pws b.pws | pw-write --changes'
	same $'x,_time,_diff\n1,2,1'
}

@test "check mode shows both inputs and the output" {
	run bash -c 'pw-concat exec:"pw-read --check one.csv" two.csv | pw-write'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"pw-concat: two.csv: v int, k str"* ]]
	[[ $output == *"pw-concat: output: k str, v int; append-only; static"* ]]
}

@test "an input that breaks off in the middle of a commit does not let it count as complete" {
	printf 'k,_time,_diff\na,2,1\nb,4,1\n' >a.csv
	printf 'k,_time,_diff\nx,2,1\ny,4,1\nz,10,1\n' >b.csv
	pw-read --changes a.csv | head -c -128 >cut.pws # without its END
	run --separate-stderr bash -c 'pw-concat exec:"pw-read --salvage cut.pws" exec:"pw-read --changes b.csv" | pw-groupby count | pw-write --changes'
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$output" = $'count,_time,_diff\n2,2,1' ]
	[[ $stderr == *"broke off in the middle of a commit"* ]]
}

@test "thousands of columns take the memory of what they hold, in a program of two inputs" {
	python3 - <<-'END'
		for name in "ab":
		    with open(name + ".csv", "w") as f:
		        f.write(",".join(f"c{i}" for i in range(1500)) + ",_time,_diff\n")
		        for t in range(20):
		            f.write(f"{name}{t}," + ",".join("x" * (i % 7 + 1) for i in range(1499)) + f",{2 * t},1\n")
	END
	for name in a b; do pw-read --changes --infer-rows 1 $name.csv >$name.pws; done
	[ -n "$ASAN_OPTIONS" ] || ulimit -v 80000 # sanitizers map more than that
	pw-concat a.pws b.pws >concat.pws
	pw-join --full -k c0 a.pws b.pws c0 'x = left.c1' 'y = right.c1' >join.pws
	pw-update -k c0 a.pws b.pws >update.pws
	for name in concat join update; do
		run -0 bash -c "pw-groupby count <$name.pws | pw-write --table"
		[ "$output" = $'count\n40' ]
	done
}
