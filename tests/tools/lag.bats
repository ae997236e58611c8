# pw-lag: previous and next values, differences, interpolation.

load "$TOP/tests/helpers/answer"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

changes() { # SCHEMA LINE...: change-CSV, read as a stream
	local schema=$1
	shift
	printf '%s\n' "$@" | pw-read --changes -f csv -s "$schema" -
}

sent() { # FILE: the rows of a stream as they were sent, not summed up
	python3 "$TOP/tests/helpers/pws_decode.py" "$1" | grep '^\[' | tr -d '\n'
}

@test "all columns, some, none of a group's first and last" {
	printf 'g,x\nb,1\na,2\nb,3\nb,2\n' >in.csv
	run bash -c 'pw-read in.csv | pw-lag -k g -o x | pw-write'
	same $'g,x,prev_g,prev_x,next_g,next_x\na,2,,,,\nb,1,,,b,2\nb,2,b,1,b,3\nb,3,b,2,,'
	run bash -c 'pw-read in.csv | pw-lag -k g -o x:desc x | pw-write'
	same $'g,x,prev_x,next_x\na,2,,\nb,3,,2\nb,2,3,1\nb,1,2,'
	run bash -c 'pw-read in.csv | pw-lag -o x,g:desc x g | pw-write'
	same $'g,x,prev_x,prev_g,next_x,next_g\nb,1,,,2,b\nb,2,1,b,2,a\na,2,2,b,3,b\nb,3,2,a,,'
	run bash -c 'pw-read in.csv | pw-lag -o x x,g | pw-write | head -n 1'
	same 'g,x,prev_x,prev_g,next_x,next_g'
}

@test "copies of a row are neighbours of each other" {
	changes 'x int' x,_time,_diff 1,0,1 2,0,1 3,0,1 2,2,3 2,4,-2 2,6,-2 >in.pws
	run bash -c 'pw-lag -o x x <in.pws | pw-write --changes'
	same $'x,prev_x,next_x,_time,_diff
1,,2,0,1\n2,1,3,0,1\n3,2,,0,1
2,1,3,2,-1\n2,1,2,2,1\n2,2,2,2,2\n2,2,3,2,1
2,2,2,4,-2
1,,2,6,-1\n2,1,2,6,-1\n2,2,3,6,-1\n3,2,,6,-1\n1,,3,6,1\n3,1,,6,1'
}

@test "only rows that look different are sent" {
	changes 'x int, w str' x,w,_time,_diff 1,a,0,1 2,b,0,1 3,c,0,1 4,d,0,1 2,b,2,-1 2,y,2,1 >in.pws
	pw-lag -o x x <in.pws >out.pws
	run sent out.pws
	same '[0,1,[1,"a",null,2]][0,1,[2,"b",1,3]][0,1,[3,"c",2,4]][0,1,[4,"d",3,null]][2,-1,[2,"b",1,3]][2,1,[2,"y",1,3]]'
	pw-lag -o x w <in.pws >out.pws
	run bash -c "$(declare -f sent); sent out.pws | grep -o '\[2,-*1,\[' | wc -l"
	same 6
}

@test "differences: ints, floats, durations, times; null beside null" {
	printf 't,i,f,d,z\n2024-01-01T00:00:00,5,0.5,1h,1\n2024-01-02T12:00:00,2,,30m,\n2024-01-03T00:00:00,9,2.5,,3\n' >in.csv
	run bash -c 'pw-read -s "t datetime, i int, f float, d duration, z int" in.csv |
		pw-lag -o t --diff t,i,f,d,z i | pw-select diff_t diff_i diff_f diff_d diff_z | pw-write'
	same $'diff_t,diff_i,diff_f,diff_d,diff_z\n,,,,\n1d12h,-3,,-30m,\n12h,7,,,'
}

@test "a difference that does not fit: stop, null, skip, a file" {
	changes 'x int, v int' x,v,_time,_diff 1,-9223372036854775808,0,1 2,1,0,1 3,2,0,1 1,-9223372036854775808,2,-1 >in.pws
	run bash -c 'pw-lag -o x --diff v v <in.pws 2>&1 >/dev/null'
	says 3 "time 0: the row (x 2, v 1, *): overflow: the difference does not fit in 64 bits"
	run bash -c 'pw-lag -o x --diff v --on-error null x <in.pws | pw-select x diff_v | pw-write --changes'
	same $'x,diff_v,_time,_diff\n1,,0,1\n2,,0,1\n3,1,0,1\n1,,2,-1'
	run bash -c 'pw-lag -o x --diff v --on-error skip -q x <in.pws | pw-select x diff_v | pw-write --changes'
	same $'x,diff_v,_time,_diff\n1,,0,1\n3,1,0,1\n1,,2,-1\n2,,2,1'
	pw-lag -o x --diff v --on-error bad.jsonl -q x <in.pws >/dev/null
	[ "$(grep -c '"reason":"overflow' bad.jsonl)" -eq 2 ]
}

@test "interpolation: gaps, ends, groups, nowhere to place a row" {
	printf 'g,t,v\na,0,\na,10,1\na,15,\na,20,2\na,40,\nb,5,\n' >in.csv
	run bash -c 'pw-read -s "g str, t int, v int" in.csv | pw-lag -k g -o t --interpolate v t | pw-select g t v | pw-write'
	same $'g,t,v\na,0,1.0\na,10,1.0\na,15,1.5\na,20,2.0\na,40,2.0\nb,5,'
	printf 't,v\n-inf,7\n0,\n1,3\nnan,\n,9\n' >in.csv
	run bash -c 'pw-read -s "t float, v float" in.csv | pw-lag -o t --interpolate v t | pw-select t v | pw-write'
	same $'t,v\n-inf,7.0\n0.0,3.0\n1.0,3.0\nnan,\n,9.0'
}

@test "interpolation: times by times, to the nanosecond; equal places take the first" {
	printf 't,at\n2024-01-01,2024-03-01T00:00:00\n2024-01-02,\n2024-01-04,2024-03-01T00:00:00.000000002\n' >in.csv
	run bash -c 'pw-read -s "t datetime \"%Y-%m-%d\", at datetime" in.csv | pw-lag -o t --interpolate at t |
		pw-select at | pw-write | sed -n 3p'
	same '2024-03-01T00:00:00.000000001'
	printf 't,w,v\n1,a,3.0\n1,b,\n1,c,9.0\n' >in.csv
	run bash -c 'pw-read in.csv | pw-lag -o t --interpolate v t | pw-select w v | pw-write | sed -n 3p'
	same 'b,3.0'
}

@test "interpolation: a change writes the nulls of its gap, and no others" {
	changes 't int, v float' t,v,_time,_diff 0,0,0,1 1,,0,1 2,2,0,1 3,,0,1 4,,0,1 5,5,0,1 6,,0,1 7,7,0,1 5,5,2,-1 5,8,2,1 >in.pws
	pw-lag -o t --interpolate v t <in.pws >out.pws
	run bash -c "$(declare -f sent); sent out.pws | grep -oE '\[2,(-?1),\[[0-9]*,[0-9.]*' | tr '\n' ' '"
	same '[2,-1,[3,3.0 [2,1,[3,4.0 [2,-1,[4,4.0 [2,1,[4,6.0 [2,-1,[5,5.0 [2,1,[5,8.0 [2,-1,[6,6.0 [2,1,[6,7.5 '
}

@test "interpolation: columns with values in different rows" {
	# a change of w in row 5 also writes row 3, whose v comes from rows 1 and 4
	changes 't int, v float, w float' t,v,w,_time,_diff 1,1,,0,1 2,,10,0,1 3,,,0,1 4,4,,0,1 5,,20,0,1 5,,20,2,-1 5,,40,2,1 >in.pws
	run bash -c 'pw-lag -o t --interpolate v,w t <in.pws | pw-select t v w | pw-write --changes | grep ",2,"'
	same $'3,3.0,13.333333333333334,2,-1\n4,4.0,16.666666666666668,2,-1\n5,4.0,20.0,2,-1\n3,3.0,20.0,2,1\n4,4.0,30.0,2,1\n5,4.0,40.0,2,1'
	run bash -c 'pw-lag -o t:desc --interpolate v,w t <in.pws | pw-select t v w | pw-write --changes | grep "^3,.*,2,1"'
	same '3,3.0,20.0,2,1'
}

@test "rows taken away that were not there are bad data" {
	changes 'a int, b str' a,b,_time,_diff 1,x,0,1 1,y,0,1 1,x,4,-2 >in.pws
	run bash -c 'pw-lag -k a -o b <in.pws 2>&1 >/dev/null'
	says 3 "time 4: the row (a 1, b 'x') has -1 copies: more are taken away than were added"
}

@test "a group that ends and begins anew within a batch" {
	changes 'g str, x int' g,x,_time,_diff a,1,0,1 a,1,2,-1 b,1,4,1 a,2,6,1 b,1,8,-1 a,3,8,1 >in.pws
	run bash -c 'pw-lag -k g -o x x <in.pws | pw-write --changes'
	same $'g,x,prev_x,next_x,_time,_diff\na,1,,,0,1\na,1,,,2,-1\nb,1,,,4,1\na,2,,,6,1\na,2,,,8,-1\nb,1,,,8,-1\na,2,,3,8,1\na,3,2,,8,1'
}

@test "groups larger than what is sent at once" {
	seq 50000 | sed '1i n' >n.csv
	run bash -c 'pw-read n.csv | pw-lag -o n --diff n n | pw-groupby "a = count()" "b = sum(diff_n)" "c = sum(next_n - n)" "d = sum(n - prev_n)" | pw-write'
	same $'a,b,c,d\n50000,49999,49999,49999'
}

@test "usage errors" {
	printf 'a,b,c\n1,x,2\n' >in.csv
	pw-read in.csv >in.pws
	run bash -c 'pw-lag <in.pws 2>&1 >/dev/null'
	says 2 "-o COL is missing: *"
	run bash -c 'pw-lag -o a d <in.pws 2>&1 >/dev/null'
	says 2 "'d' is not a column*"
	run bash -c 'pw-lag -o a a a <in.pws 2>&1 >/dev/null'
	says 2 "column 'a' is named twice"
	run bash -c 'pw-lag -o a --diff b <in.pws 2>&1 >/dev/null'
	says 2 "--diff: column 'b' is a str, not a number or time"
	run bash -c 'pw-lag -o a --interpolate b <in.pws 2>&1 >/dev/null'
	says 2 "--interpolate: column 'b' is a str, not a number or time"
	run bash -c 'pw-lag -o b --interpolate c <in.pws 2>&1 >/dev/null'
	says 2 "--interpolate: the order column 'b' is a str, not a number or time"
	run bash -c 'pw-lag -o a --interpolate a <in.pws 2>&1 >/dev/null'
	says 2 "--interpolate: 'a' is what is interpolated along (-o)"
	run bash -c 'pw-lag -k c -o a --interpolate c <in.pws 2>&1 >/dev/null'
	says 2 "--interpolate: 'c' is a column of -k"
	printf 'x,prev_x\n1,2\n' >in.csv
	run bash -c 'pw-read in.csv | pw-lag -o x 2>&1 >/dev/null'
	says 2 "*prev_x*"
}
