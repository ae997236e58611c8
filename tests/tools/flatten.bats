# pw-flatten: lists, JSON arrays and texts, element by element.

load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

head='{"version": 1, "coordinates": 1, "append_only": false, "static": false, "stage": {"program": "test", "options": [], "inputs": []}, "columns": [{"name": "k", "type": "str"}, {"name": "x", "type": "list<str>"}, {"name": "n", "type": "int"}]}'

stream() { # LINE...: a stream of these lines
	printf '%s\n' "$head" "$@" '{"end": "finished", "durable": 0}' | "$BUILD/helpers/pws_make" $interned
}

@test "elements in order, with their row's time, copies and other columns" {
	for interned in '' -i; do
		stream '[2, 1, ["a", ["p", null, "p"], 1]]' '[2, 3, ["b", ["q"], 2]]' '[2, 1, [null, [], 3]]' \
			'[4, 1, ["c", null, 4]]' '[4, -1, ["a", ["p", null, "p"], 1]]' '[6, 2, ["a", ["r", "s"], null]]' >in.pws
		run bash -c 'pw-flatten x <in.pws | pw-write --changes'
		same $'k,x,n,_time,_diff\na,p,1,2,2\na,,1,2,1\nb,q,2,2,3\na,p,1,4,-2\na,,1,4,-1\na,r,,6,2\na,s,,6,2'
	done
}

@test "equal lists, which travel once" {
	interned=
	stream '[2, 1, ["a", ["p", "q"], 1]]' '[2, 1, ["a", ["p", "q"], 2]]' '[2, 1, ["a", ["p", "q"], 3]]' >in.pws
	run bash -c 'pw-flatten x <in.pws | pw-select n x | pw-write --table'
	same $'n,x\n1,p\n1,q\n2,p\n2,q\n3,p\n3,q'
}

@test "lists of lists lose one level" {
	printf '{"a":[[1,2],[],null,[3]]}\n' >in.jsonl
	run bash -c 'pw-read -s "a list<list<int>>" in.jsonl | pw-flatten a | pw-write'
	same $'a\n"[1,2]"\n[]\n\n[3]'
	run bash -c 'pw-read -s "a list<list<int>>" in.jsonl | pw-flatten a | pw-flatten a | pw-write'
	same $'a\n1\n2\n3'
}

@test "texts by code point, of one to four bytes" {
	printf 'n,s\n1,aé日𝄞a\n2,\n3,""\n4,b\n' >in.csv
	run bash -c 'pw-read -s "n int, s str" in.csv | pw-flatten s | pw-write'
	same $'n,s\n1,a\n1,é\n1,日\n1,𝄞\n1,a\n4,b'
}

@test "JSON arrays; what is no array is a row error, in every policy" {
	printf '%s\n' '{"n":1,"d":[1,null,"x",{"y":[]}]}' '{"n":2,"d":null}' '{"n":4,"d":[]}' >good.jsonl
	run bash -c 'pw-read -s "n int, d json" good.jsonl | pw-flatten d | pw-write -f jsonl'
	same $'{"n":1,"d":1}\n{"n":1,"d":null}\n{"n":1,"d":"x"}\n{"n":1,"d":{"y":[]}}'
	printf '%s\n' '{"n":1,"d":[1]}' '{"n":2,"d":{"z":1}}' '{"n":3,"d":[2]}' >bad.jsonl
	pw-read -s "n int, d json" bad.jsonl >bad.pws
	run bash -c 'pw-flatten d <bad.pws | pw-write >/dev/null'
	says 3 "column 'd': {\"z\":1} is not a JSON array"
	run bash -c 'pw-flatten -q --on-error skip d <bad.pws | pw-write'
	same $'n,d\n1,1\n3,2'
	run bash -c 'pw-flatten -q --on-error null d <bad.pws | pw-write'
	same $'n,d\n1,1\n3,2'
	run bash -c 'pw-flatten -q --on-error why.jsonl d <bad.pws | pw-write'
	same $'n,d\n1,1\n3,2'
	[ "$(cat why.jsonl)" = '{"reason":"column '\''d'\'': {\"z\":1} is not a JSON array","stage":"pw-flatten","row":{"n":2,"d":{"z":1}},"_time":0,"_diff":1}' ]
}

@test "columns without elements, and wrong calls, are refused" {
	printf 'a,b\n1,x\n' >in.csv
	run bash -c 'pw-read in.csv | pw-flatten a | pw-write'
	says 2 "column 'a' is an int, and only a list, a json or a str has elements"
	run bash -c 'pw-read in.csv | pw-flatten bb | pw-write'
	says 2 "'bb' is not a column (did you mean 'b'?)"
	run bash -c 'pw-read in.csv | pw-flatten | pw-write'
	[ "$status" -eq 2 ]
	run bash -c 'pw-read in.csv | pw-flatten a b | pw-write'
	[ "$status" -eq 2 ]
}

@test "keys are no keys any more, and flags stay" {
	printf 'a,b\n1,xy\n' >in.csv
	run bash -c 'pw-read --check -k a in.csv | pw-flatten b | pw-write'
	echo "$output"
	[[ $output == *"pw-flatten: output: a int, b str; append-only; static"* ]]
	[[ $output == *"pw-flatten: state: none"* ]]
}

@test "long lists and texts are written in pieces" {
	python3 -c 'print("n,s"); [print(f"{i},{chr(97 + i) * (i * 30011)}") for i in range(5)]' >in.csv
	run bash -c 'pw-read -s "n int, s str" in.csv | pw-flatten s | pw-groupby -k n,s count | pw-write --table'
	same $'n,s,count\n1,b,30011\n2,c,60022\n3,d,90033\n4,e,120044'
	python3 -c 'print("s,l"); print("x" * 300000 + ",\"" + str(list(range(500))) + "\"")' >wide.csv
	[ -n "$ASAN_OPTIONS" ] || ulimit -v 400000 # sanitizers map more than that
	run bash -c 'pw-read -s "s str, l list<int>" wide.csv | pw-flatten l | pw-groupby "n = sum(length(s) + l)" | pw-write'
	same $'n\n150124750'
}
