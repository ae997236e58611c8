# Wherever a column is named, a name in back ticks is understood: in every option and argument of every
# program that takes columns. The name here holds all marks that options give a meaning to.

bats_require_minimum_version 1.5.0

odd='a,b=c:desc `x` -> "y"'
ticked='`a,b=c:desc ``x`` -> "y"`'

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	pw-read -f csv -s 'o int, n int, t datetime' - <<-'END' | pw-select --rename "o=$ticked" >in.pws
		o,n,t
		2,5,2024-01-01
		1,6,2024-01-02
		3,,2024-01-03
	END
	printf '"a,b=c:desc `x` -> ""y""",n\n1,6\n2,5\n' >in.csv
	printf '"a,b=c:desc `x` -> ""y""",n\n1,9\n' >b.csv
	pw-read -s "$ticked int" in.csv >a.pws
	pw-read -s "$ticked int" b.csv >b.pws
}

fails() {
	echo "$status: $output"
	return 1
}

shows() { # STATUS TEXT: what the last run has shown
	[ "$status" -eq "$1" ] && [[ $output == *"$2"* ]] || fails
}

# PROGRAM OPTION COMMAND: % is the odd name in back ticks. An option without a command is no column's.
table() {
	cat <<-'END'
		read	-k	pw-read -s '% int!' -k '%' in.csv
		read	-s	pw-read -s '% int, n int' --only in.csv
		read	--replay	pw-read -s '% int' --replay '%' --unit s in.csv
		read	--sync	pw-read -s '% int' --sync 'g,%,1,1' in.csv
		read	--delete-when	pw-read -s '% int!' -k '%' --upsert --delete-when '% = 9' in.csv
		filter	-	pw-filter '% > 0' <in.pws
		select	-	pw-select '%' 'd = % + 1' <in.pws
		select	-	pw-select '% = n' <in.pws
		select	--drop	pw-select --drop 'n,%' <in.pws
		select	--rename	pw-select --rename '%=z,n=`q,=`' <in.pws
		select	--rename	pw-select --rename 'n=`%`' --rename '%=n' <in.pws
		groupby	-k	pw-groupby -k 'n,%' 'm = max(%)' <in.pws
		join	-k	pw-join -k '%' a.pws b.pws '%' 'v = right.n' 'w = left.%'
		join	-k	pw-join -k '%=n' a.pws b.pws 'z = right.%'
		join	-k	pw-join -k 'n=%' a.pws b.pws 'z = left.%'
		dedup	-k	pw-dedup -k '%' -o n <in.pws
		dedup	-o	pw-dedup -o '%' <in.pws
		dedup	--accept	pw-dedup -k n -o '%' --accept 'new > old' <in.pws
		head	-k	pw-head -k 'n, %' -o t <in.pws
		head	-o	pw-head -o '%:desc,n:asc' <in.pws
		head	-o	pw-head -o 'n,%' <in.pws
		lag	-k	pw-lag -k '%' -o t <in.pws
		lag	-o	pw-lag -o '%:desc' n <in.pws
		lag	--diff	pw-lag -o t --diff '%,n' n <in.pws
		lag	--interpolate	pw-lag -o t --interpolate '%' n <in.pws
		lag	-	pw-lag -o t 'n,%' <in.pws
		lag	-	pw-lag -o t n '%' <in.pws
		flatten	-	pw-select '% = [1, 2]' <in.pws | pw-flatten '%'
		update	-k	pw-update -k '%' a.pws b.pws
		update	--cells	pw-update -k '%' --cells a.pws b.pws
		write	--sort	pw-write --sort '%:desc,n' <in.pws
		write	--sort	pw-write --sort 'n, %' <in.pws
	END
}

@test "each option takes the odd name in back ticks" {
	local program option command
	while IFS=$'\t' read -r program option command; do
		command=${command//\`%\`/\`odd\`}
		command=${command//%/$ticked}
		[ "$program" = write ] || command+=' | pw-write'
		run --separate-stderr bash -c "set -o pipefail; $command"
		[ "$status" -eq 0 ] && [ -z "$stderr" ] && [ -n "$output" ] ||
			{ echo "$command: $status: $stderr" && return 1; }
	done < <(table)
}

# What the options of -h are given that is a column or an expression over columns.
@test "the table holds every option that takes columns" {
	local program option
	for program in read filter select groupby join dedup head lag flatten update concat write state; do
		while read -r option; do
			table | grep -q "^$program	$option	" || { echo "pw-$program $option" && return 1; }
		done < <("pw-$program" -h | sed -n '/^options:/,/^options of every/p' |
			sed -nE 's/^ +(-[a-zA-Z]|(--[a-z-]+)).* (COLS?|COLUMNS|OLD=NEW|GROUP|EXPR)  .*/\1/p; s/^ +(--[a-z-]+) (COLS?|COLUMNS|OLD=NEW|GROUP|EXPR)$/\1/p' |
			sed 's/,.*//')
		if "pw-$program" -h | sed -n 1p | grep -qE '(EXPR|AGGREGATE|VALUE|COL)\]*(\.\.\.)?$'; then
			table | grep -qE "^$program	(-|-k)	" || { echo "pw-$program: arguments" && return 1; }
		fi
	done
}

@test "the answers are those of the column" {
	run bash -c "pw-head -o '$ticked:desc' -n 1 <in.pws | pw-write"
	[ "${lines[1]}" = "3,,2024-01-03T00:00:00" ]
	run bash -c "pw-write --sort '$ticked' <in.pws"
	echo "$output"
	[ "${lines[0]}" = '"a,b=c:desc `x` -> ""y""",n,t' ]
	[ "${lines[1]}" = "1,6,2024-01-02T00:00:00" ]
	run bash -c "pw-select --rename '$ticked=x,n=\`=,\`' <in.pws | pw-write"
	[ "${lines[0]}" = 'x,"=,",t' ]
	run bash -c "pw-join -k '$ticked=n' a.pws a.pws 'a = left.n' 'b = right.n' | pw-write"
	shows 0 "" && [ "$output" = a,b ] || fails
	run bash -c "pw-join -k n=n,'$ticked' a.pws a.pws n | pw-write"
	shows 0 "" && [ "$output" = $'n\n6\n5' ] || fails
}

@test "pw-join advises odd names in back ticks" {
	run bash -c "pw-join -k n a.pws a.pws >/dev/null"
	shows 2 "'$ticked = left.$ticked' '\`right_${ticked#\`} = right.$ticked'"
	run bash -c "pw-join -k n a.pws a.pws n '$ticked = left.$ticked' '\`right_${ticked#\`} = right.$ticked' | pw-write"
	shows 0 right_a,b
	run bash -c "pw-join -k n a.pws a.pws '$ticked' >/dev/null"
	shows 2 "say left.$ticked or right.$ticked"
	run bash -c "pw-groupby -k n '$ticked + 1' <a.pws >/dev/null"
	shows 2 "say any($ticked)"
	run bash -c "pw-groupby -k n 'any($ticked) + 1' <a.pws | pw-write"
	shows 0 ""
}

@test "every name that a schema is printed with is read again" {
	local name
	for name in 'a b' '`' '``' 'a`' '`a' '\' 'a\b' 'ż' '1' 'x.y' '"q"' "it's" '=' ',' ':desc' ' lead'; do
		local tick='`'${name//\`/\`\`}'`'
		run --separate-stderr bash -c 'set -o pipefail; pw-select "$1 = n" <in.pws | pw-select "$1" --rename "$1=$2" |
			pw-groupby -k "$2" | pw-write --sort "$2:desc"' _ "$tick" '`new,``=`'
		[ "$status" -eq 0 ] && [ "$(head -1 <<<"$output")" = '"new,`="' ] || { echo "$name: $stderr" && return 1; }
	done
}

@test "a bare name may still hold what does not end it" {
	printf 'a:desc,x y,10:30\n1,2,3\n' >bare.csv
	run bash -c "pw-read bare.csv | pw-head -o 'a:desc,x y:desc,10:30' | pw-flatten 'x y' 2>&1 >/dev/null"
	[[ $output == *"column 'x y' is an int"* ]]
	run bash -c "pw-read bare.csv | pw-write --sort 'a:desc:desc'"
	[ "$status" -eq 0 ]
}

@test "what is wrong with a name in back ticks is said" {
	says() { # PATTERN COMMAND
		run bash -c "$2 2>&1 >/dev/null"
		[ "$status" -eq 2 ] && [[ $output == *$1* ]] || { echo "$2: $status: $output" && return 1; }
	}
	says "'\`n': a back tick is not closed" "pw-groupby -k '\`n' <in.pws"
	says "--drop: found 'x' after a name in back ticks, expected ',' or the end" "pw-select --drop '\`n\`x' <in.pws"
	says "found 'desc' after a name in back ticks: write :desc" "pw-head -o '\`n\` desc' <in.pws"
	says "one column is named here" "pw-dedup -o '\`n\`,t' <in.pws"
	says "a name is missing beside the '='" "pw-select --rename 'n=' <in.pws"
	says "'n' is not OLD=NEW" "pw-select --rename 'n' <in.pws"
}

# What follows a live source, or keeps state, sees no row when it starts.
@test "a declaration of some columns leaves the others there, wherever the bytes come from" {
	printf 'v,w\n1,a\n2,b\n' >rows.csv
	printf '%s\n' '{"v": 1, "w": "a"}' '{"v": 2, "w": "b"}' >rows.jsonl
	local suffix
	for suffix in csv jsonl; do
		read_by() { pw-read -s 'v int' -f "$suffix" "$@" | pw-write; }
		run --separate-stderr read_by rows.$suffix
		[ "$output" = $'v,w\n1,a\n2,b' ] || fails
		run --separate-stderr read_by -F - <rows.$suffix
		[ "$output" = $'v,w\n1,a\n2,b' ] || fails
		run --separate-stderr read_by --state $suffix.again --stdin=again - <rows.$suffix
		[ "$output" = $'v,w\n1,a\n2,b' ] || fails
		run --separate-stderr read_by --state $suffix.new --stdin=new - <rows.$suffix
		[ "$output" = $'v,w\n1,a\n2,b' ] || fails
		[ "$(head -n 1 rows.$suffix | read_by -F --only -)" = "$(head -n 1 rows.$suffix | read_by --only -)" ]
	done
}

@test "a member that no column has is said, also if all columns found are declared" {
	printf '%s\n' '{"v": 1}' '{"v": 2, "w": "b"}' >rows.jsonl
	run bash -c "pw-read -s 'v int' --infer-rows 1 rows.jsonl 2>&1 >/dev/null"
	shows 0 "rows.jsonl:2: member 'w' is not among the columns found in the first 1 rows"
	run bash -c "pw-read -s 'v int' --infer-rows 1 --only rows.jsonl 2>&1 >/dev/null"
	shows 0 "" && [ -z "$output" ] || fails
	printf '%s\n' '{"v": 1, "w": {"n": 1}}' '{"w": {"n": 2}, "v": 2}' >rows.jsonl
	run bash -c "pw-read -s 'n int from \"/w/n\", v int' --infer-rows 1 rows.jsonl 2>&1 >/dev/null"
	shows 0 "" && [ -z "$output" ] || fails
}
