# Interval joins as a user meets them. Random streams are in oracle/interval.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	printf 'k,t,a\nx,1,1\nx,5,2\ny,,3\n,2,4\n' >l.csv
	printf 'k,u,b\nx,2,1\nx,6,2\nx,7,3\n,2,4\ny,1,5\n' >r.csv
}

# A change-CSV as a file FILE.csv, and the command that reads it.
changes() { # FILE SCHEMA LINE...
	printf '%s\n' "${@:3}" >"$1.csv"
	echo "pw-read --changes -s '$2' $1.csv" >"$1.cmd"
}

# The join of l and r as changes; ARGUMENT... go to pw-join.
joined() { # ARGUMENT...
	pw-join -t t,u "$@" <(bash l.cmd) <(bash r.cmd) | pw-write --changes
}

same() { # TEXT
	[ "$output" = "$1" ] || { printf 'found:\n%s\nexpected:\n%s\n' "$output" "$1" >&2; return 1; }
}

refused() { # STATUS ERE ARGUMENT...
	run bash -c 'pw-join "$@" 2>&1 >/dev/null' - "${@:3}"
	[ "$status" -eq "$1" ] && [[ ${lines[0]} =~ $2 ]] || { echo "status $status: $output" >&2; return 1; }
}

@test "usage is refused with what is wanted" {
	refused 2 "^pw-join: --interval: '1' is not L,U: two lengths of time, such as -5,0" -t t,u --interval 1 l.csv r.csv
	refused 2 "^pw-join: --interval: '1,2,3' is not L,U" -t t,u --interval 1,2,3 l.csv r.csv
	refused 2 "^pw-join: --interval: '15,-10': the lower bound is above the upper one" -t t,u --interval 15,-10 l.csv r.csv
	refused 2 "^pw-join: --interval: '1.5,1.25': the lower bound is above" -t t,u --interval 1.5,1.25 l.csv r.csv
	refused 2 "^pw-join: --interval: '1m' is not a number, and an int column has plain numbers" -t t,u --interval 1m,2m l.csv r.csv
	refused 2 "^pw-join: --interval: 'nan' is not finite" -t t,u --interval nan,1 l.csv r.csv
	refused 2 "^pw-join: right input: -t: column 'k' is a str, and an event time is" -t t,k --interval 0,1 l.csv r.csv
	refused 2 "^pw-join: -t COL is missing" --interval 0,1 l.csv r.csv
	refused 2 "^pw-join: --cross does not go with this join by event time" --cross -t t,u --interval 0,1 l.csv r.csv
	refused 2 "^pw-join: --now answers left rows by commit" --now -t t,u --interval 0,1 l.csv r.csv
	refused 2 "^pw-join: -t goes with --asof, --interval" -k k -t t,u l.csv r.csv
	printf 'u\n2026-01-01T00:00\n' >d.csv
	refused 2 "event times that are compared must be of one type, or numbers" -t t,u --interval 0,1 l.csv d.csv
	refused 2 "^pw-join: --interval: '1' is not a duration such as 90s" -t u --interval 1,2 d.csv d.csv a=left.u
}

@test "bounds below 0 are read in both ways" {
	printf 't\n2026-01-01T00:05\n' >a.csv
	printf 'u\n2026-01-01T00:02:59\n2026-01-01T00:03\n2026-01-01T00:06\n2026-01-01T00:06:01\n' >b.csv
	run -0 pw-write --table < <(pw-join -t t,u --interval -2m,1m a.csv b.csv u)
	same $'u\n2026-01-01T00:03:00\n2026-01-01T00:06:00'
	run -0 pw-write --table < <(pw-join -t t,u --interval=-2m,1m a.csv b.csv u)
	same $'u\n2026-01-01T00:03:00\n2026-01-01T00:06:00'
}

@test "the kinds of join, of two files and of streams" {
	changes l 'k str, t int, a int' k,t,a,_time,_diff x,1,1,0,1 x,5,2,0,1 y,,3,0,1 ,2,4,0,1
	changes r 'k str, u int, b int' k,u,b,_time,_diff x,2,1,0,1 x,6,2,0,1 x,7,3,0,1 ,2,4,0,1 y,1,5,0,1
	printf 'k,t,a\nx,1,1\nx,5,2\ny,,3\n,2,4\n' >lf.csv
	printf 'k,u,b\nx,2,1\nx,6,2\nx,7,3\n,2,4\ny,1,5\n' >rf.csv
	pairs=$'x,1,1,2,1\nx,5,2,6,2'
	left=$'\ny,,3,,\n,2,4,,'
	declare -A want=([inner]="k,t,a,u,b
$pairs" [left]="k,t,a,u,b
$pairs$left" [right]="k,t,a,u,b
$pairs
x,,,7,3
y,,,1,5
,,,2,4" [full]="k,t,a,u,b
$pairs
x,,,7,3
y,,3,,
y,,,1,5
,2,4,,
,,,2,4" [semi]=$'k,t,a\nx,1,1\nx,5,2' [anti]=$'k,t,a\ny,,3\n,2,4')
	for kind in inner left right full semi anti; do
		run -0 pw-write --table < <(pw-join -k k -t t,u --interval 0,1 --$kind lf.csv rf.csv)
		same "${want[$kind]}"
		run -0 pw-write --table < <(pw-join -k k -t t,u --interval 0,1 --$kind <(bash l.cmd) <(bash r.cmd))
		same "${want[$kind]}"
		run -0 pw-write --table < <(pw-join -k k -t t,u --interval 0,1 --$kind <(bash l.cmd) rf.csv)
		same "${want[$kind]}"
	done
	run -0 pw-write --table < <(pw-join --null-equal -k k -t t,u --interval 0,0 lf.csv rf.csv)
	same $'k,t,a,u,b\n,2,4,2,4'
}

@test "semi and anti: a row is shown by whether there is a partner, as partners come and go" {
	changes l 't int' t,_time,_diff 5,2,1 5,2,1 9,2,1
	changes r 'u int' u,_time,_diff 6,4,1 5,6,1 6,8,-1 5,10,-1
	run -0 joined --semi --interval 0,1
	same $'t,_time,_diff\n5,4,2\n5,10,-2'
	run -0 joined --anti --interval 0,1
	same $'t,_time,_diff\n5,2,2\n9,2,1\n5,4,-2\n5,10,2'
}

@test "copies multiply, on both sides at once" {
	changes l 't int' t,_time,_diff 1,2,2 1,4,1
	changes r 'u int' u,_time,_diff 1,2,3 1,4,-1
	run -0 joined --interval 0,0
	same $'t,u,_time,_diff\n1,1,2,6'
	run -0 joined --full --interval 1,1
	same $'t,u,_time,_diff\n1,,2,2\n,1,2,3\n,1,4,-1\n1,,4,1'
}

@test "floats: what is a pair from the left is one from the right" {
	printf 't\n0.1\n0.2\n0.30000000000000004\n' >a.csv
	printf 'u\n0.1\n0.2\n0.3\n0.30000000000000004\n' >b.csv
	# 0.1 + 0.2 is 0.30000000000000004; 0.3 - 0.2 is 0.09999999999999998
	run -0 pw-write --table < <(pw-join -t t,u --interval 0.2,0.2 a.csv b.csv)
	same $'t,u\n0.1,0.30000000000000004'
	changes l 't float' t,_time,_diff 0.1,2,1
	changes r 'u float' u,_time,_diff 0.3,2,1 0.30000000000000004,4,1
	run -0 joined --interval 0.2,0.2
	same $'t,u,_time,_diff\n0.1,0.30000000000000004,4,1'
	changes l 't float' t,_time,_diff 0.1,4,1
	run -0 joined --interval 0.2,0.2
	same $'t,u,_time,_diff\n0.1,0.30000000000000004,4,1'
}

@test "whole numbers are exact to the ends of 64 bits" {
	printf 't\n9223372036854775807\n9223372036854775806\n-9223372036854775808\n' >a.csv
	printf 'u\n9223372036854775807\n-9223372036854775808\n' >b.csv
	run -0 pw-write --table < <(pw-join -t t,u --interval 1,2 a.csv b.csv)
	same $'t,u\n9223372036854775806,9223372036854775807'
	run -0 pw-write --table < <(pw-join -t t,u --interval -2,0 a.csv b.csv)
	same $'t,u\n-9223372036854775808,-9223372036854775808\n9223372036854775807,9223372036854775807'
}

@test "a time that is not finite, or that no float holds, is a row error" {
	printf 'k,t\nx,1.5\nx,nan\nx,inf\n' >e.csv
	refused 3 "^pw-join: left input: column 't': the event time is not finite" -k k -t t,u --interval -1,1 e.csv r.csv
	for left in e.csv '-f csv --changes e.ch'; do
		sed 's/$/,0,1/; 1s/,0,1/,_time,_diff/' e.csv >e.ch
		join="pw-join --full -k k -t t,u --interval=-1,1 <(pw-read -s 'k str, t float' $left) r.csv"
		run -0 bash -c "$join --on-error skip -q | pw-filter 't is not null or k = \"z\"' | pw-write --table"
		same $'k,t,u,b\nx,1.5,2,1'
		run -0 bash -c "$join --on-error null -q | pw-filter 'u is null' | pw-write --table"
		same $'k,t,u,b\nx,,,\nx,,,'
		rm -f bad.jsonl
		run -0 bash -c "$join --on-error bad.jsonl -q >/dev/null; wc -l <bad.jsonl"
		same 2
	done
	printf 'u\n9007199254740993\n' >big.csv
	refused 3 "right input: column 'u': the event time is beyond 2\^53" -t t,u --interval -1,0.5 e.csv big.csv t --on-error stop
}

@test "a row that is taken away more often than it was added is bad data" {
	changes l 't int' t,_time,_diff 5,2,1 5,4,-1 5,4,-1
	changes r 'u int' u,_time,_diff 5,2,1
	run bash -c 'pw-join -t t,u --interval 0,0 <(bash l.cmd) <(bash r.cmd) 2>&1 >/dev/null'
	[ "$status" -eq 3 ]
	same 'pw-join: left input: time 4: the row (t 5) has -1 copies: more are taken away than were added'
}

@test "--check says what is held" {
	changes l 't int' t,_time,_diff 5,2,1
	changes r 'u int' u,_time,_diff 5,2,1
	sed -i 's/pw-read/pw-read --check/' l.cmd
	run -0 bash -c 'bash l.cmd | pw-join -t t,u --interval 0,1 - <(bash r.cmd) 2>&1 >/dev/null'
	[[ $output == *'pw-join: output: t int, u int'$'\n'* ]]
	[[ $output == *'pw-join: state: the rows of both inputs by key and event time; grows with them' ]]
	printf 't\n5\n' >f.csv
	run -0 bash -c 'pw-read --check f.csv | pw-join -t t,u --interval 0,1 - r.csv 2>&1 >/dev/null'
	[[ $output == *'by key and event time, built once; grows with them; the left input is not stored' ]]
}

@test "the output of append-only inputs is append-only, of pairs and of left rows that have one" {
	for kind in inner semi left; do
		changes l 't int' t,_time,_diff 5,2,1
		changes r 'u int' u,_time,_diff 5,2,1
		sed -i 's/pw-read/pw-read --append-only/' r.cmd
		sed -i 's/pw-read/pw-read --append-only --check/' l.cmd
		run -0 bash -c "bash l.cmd | pw-join --$kind -t t,u --interval 0,1 - <(bash r.cmd) 2>&1 >/dev/null"
		if [ $kind = left ]; then
			[[ $output != *"pw-join: output: "*append-only* ]]
		else
			[[ $output == *"pw-join: output: "*append-only* ]]
		fi
	done
}

@test "with state: what a second run brings is joined with what the first held" {
	mkdir l r
	printf 't,a\n1,1\n9,2\n' >l/1.csv
	printf 'u,b\n2,1\n' >r/1.csv
	line='pw-join --left -t t,u --interval 0,1 <(pw-read --state s l/) <(pw-read --state s r/) | pw-write --table out.csv'
	run -0 bash -o pipefail -c "$line"
	[ "$(<out.csv)" = $'t,a,u,b\n1,1,2,1\n9,2,,' ]
	printf 'u,b\n10,2\n1,3\n' >r/2.csv
	run -0 bash -o pipefail -c "$line"
	[ "$(<out.csv)" = $'t,a,u,b\n1,1,1,3\n1,1,2,1\n9,2,10,2' ]
}

@test "rows around points, grouped" {
	printf 'p\n2\n4\n6\n' >points.csv
	printf 't,v\n1,10\n2,1\n3,3\n8,2\n' >rows.csv
	run -0 pw-write --table < <(pw-join --left -t p,t --interval=-2,1 points.csv rows.csv p v | pw-groupby -k p 'n = count(v)' 'v = list(v ORDER BY v)')
	same $'p,n,v\n2,3,"[1,3,10]"\n4,2,"[1,3]"\n6,0,[]'
}

@test "rows of a built side in any order of times, many of one key" {
	for i in {1..999}; do echo "$((i * 7919 % 1000)),$i"; done >rows
	(echo u,b && cat rows) >b.csv
	printf 't\n500\n10\n990\n500\n' >a.csv
	run -0 pw-write --table < <(pw-join -t t,u --interval=-1,1 a.csv b.csv t u | pw-groupby -k t 'n = count()' 'lo = min(u)' 'hi = max(u)')
	same $'t,n,lo,hi\n10,3,9,11\n500,6,499,501\n990,3,989,991'
}
