# pw-dedup: one row per key, by commits.

load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf '%s\n' k,v,n,_time,_diff a,3,x,2,1 a,1,y,2,1 b,,z,2,1 ,5,n,2,1 a,2,w,4,1 a,3,x,6,-1 b,7,p,6,1 b,7,q,6,1 \
		a,9,r,8,1 a,9,r,8,-1 ,4,m,8,1 >in.csv
	pw-read --changes -s 'k str, v int, n str' in.csv >in.pws
}

says() { # STATUS PATTERN: that status, and a first line that matches
	echo "$status: $output"
	[ "$status" -eq "$1" ] && [[ ${lines[0]} == pw-dedup:\ $2 ]]
}

@test "the last of the greatest column stays; nulls are never taken; what goes changes nothing" {
	run bash -c 'pw-dedup -k k -o v <in.pws | pw-write --changes'
	same $'k,v,n,_time,_diff\na,3,x,2,1\n,5,n,2,1\na,3,x,4,-1\na,2,w,4,1\nb,7,q,6,1\n,5,n,8,-1\n,4,m,8,1'
}

@test "--accept, and no keys at all" {
	run bash -c 'pw-dedup -o v --accept "new > old" <in.pws | pw-write --changes'
	same $'k,v,n,_time,_diff\n,5,n,2,1\n,5,n,6,-1\nb,7,p,6,1'
	run bash -c 'pw-dedup -k k -o v --accept "new < old" <in.pws | pw-write --changes'
	same $'k,v,n,_time,_diff\na,1,y,2,1\n,5,n,2,1\nb,7,p,6,1\n,5,n,8,-1\n,4,m,8,1'
	run bash -c 'pw-dedup -k k -o v --accept "NULL::bool" <in.pws | pw-write --changes'
	same $'k,v,n,_time,_diff\na,1,y,2,1\n,5,n,2,1\nb,7,p,6,1'
}

@test "long commits, accepted often, seldom and never, are as if one by one" {
	cat >check.py <<'END'
import random, subprocess, sys
r = random.Random(7)
rows = [(r.randrange(3) if r.random() < .7 else r.randrange(3, 400), r.randrange(100000), i) for i in range(30000)]
open("in.csv", "w").write("k,v,i\n" + "".join("%d,%d,%d\n" % x for x in rows))
for text, accept in (("new >= old + 5", lambda n, o: n >= o + 5), ("new >= old + 20000", lambda n, o: n >= o + 20000),
                     ("new >= old", lambda n, o: True), ("new < old", lambda n, o: False), (None, lambda n, o: True)):
    kept = {}
    for k, v, i in sorted(rows):
        if k not in kept or accept(v, kept[k][1]):
            kept[k] = (k, v, i)
    line = ["pw-dedup", "-k", "k", "-o", "v"] + (["--accept", text] if text else [])
    read = subprocess.Popen(["pw-read", "in.csv"], stdout=subprocess.PIPE)
    dedup = subprocess.Popen(line, stdin=read.stdout, stdout=subprocess.PIPE)
    out = subprocess.run(["pw-write"], stdin=dedup.stdout, stdout=subprocess.PIPE, check=True).stdout.decode()
    want = "k,v,i\n" + "".join("%d,%d,%d\n" % kept[k] for k in sorted(kept))
    if out != want:
        sys.exit("%s: differs" % text)
END
	run python3 check.py
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "rows for which --accept fails are not taken, in every policy but stop" {
	printf '%s\n' k,v,_time,_diff a,0,2,1 a,4,4,1 b,2,4,1 b,4,6,1 >zero.csv
	pw-read --changes -s 'k str, v int' zero.csv >zero.pws
	run bash -c 'pw-dedup -k k -o v --accept "new % old = 0" <zero.pws | pw-write --changes >/dev/null'
	says 3 "expression 'new % old = 0': *zero*"
	for policy in null skip why.jsonl; do
		run bash -c "pw-dedup -q -k k -o v --on-error $policy --accept 'new % old = 0' <zero.pws | pw-write --changes"
		same $'k,v,_time,_diff\na,0,2,1\nb,2,4,1\nb,2,6,-1\nb,4,6,1'
	done
	grep -q '"row":{"k":"a","v":4},"_time":4,"_diff":1}' why.jsonl
}

@test "wrong calls" {
	run bash -c 'pw-dedup -k k <in.pws'
	says 2 '-o COL is missing*'
	run bash -c 'pw-dedup -k k -o k <in.pws'
	says 2 "'k' is in -k*"
	run bash -c 'pw-dedup -k kk -o v <in.pws'
	says 2 "-k: 'kk' is not a column*"
	run bash -c 'pw-dedup -o v --accept "n > old" <in.pws'
	says 2 "*'n' is not a column*"
	run bash -c 'pw-dedup -o v --accept "new + old" <in.pws'
	[ "$status" -eq 2 ]
	run bash -c 'pw-dedup -o v extra <in.pws'
	[ "$status" -eq 2 ]
}

@test "keys and flags of the output" {
	printf 'a,b\n1,2\n1,3\n' >static.csv
	run bash -c 'pw-read static.csv | pw-dedup -k a -o b | pw-write'
	same $'a,b\n1,3'
	run bash -c 'pw-read --check static.csv | pw-dedup -k a -o b | pw-write'
	echo "$output"
	[[ $output == *"pw-dedup: output: a int, b int; append-only; static"* ]]
	[[ $output == *"pw-dedup: state: a row per different value of -k"* ]]
}
