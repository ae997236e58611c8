# Stages and destinations that are new in a pipeline that goes on from an earlier run: one of them says so, all end
# with its status, and the next run does what the message has promised.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	for tool in pw-read pw-write pw-groupby pw-join; do
		[ -x "$BUILD/bin/$tool" ] || skip "$tool is still to be built"
	done
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir a b
	printf 'k,n\nx,1\ny,2\nx,3\n' >a/1.csv
	printf 'k,m\nx,5\n' >b/1.csv
	: >err
}

explain() { cat err statuses; }

# piped COMMAND [OPTION]... : COMMAND's stream goes to pw-write --table; what all say is in err, all statuses in statuses
piped() {
	local stream=$1
	shift
	{
		eval "$stream" 2>>err | pw-write --table "$@" 2>>err
		echo "${PIPESTATUS[1]}" >statuses
	} || true
}

ended() { # STATUSES LINES-ON-STDERR: then err is empty again
	echo "statuses: $(cat statuses)" && cat err
	[ "$(cat statuses)" = "$1" ] && [ "$(wc -l <err)" -eq "$2" ] || return 1
	mv err said
	: >err
}

says() { # PATTERN: that is what the last `ended` has seen
	[[ $(cat said) == $1 ]]
}

one() { # AGGREGATE
	pw-read ${quiet--q} --state st a | pw-groupby -k k "$1"
}

@test "a stage and its destination are new: one message, and the next run begins at the start" {
	piped 'one "sum(n)"' sum.csv
	ended 0 0
	piped 'one "max(n)"' max.csv
	ended 75 1
	says 'pw-groupby: pw-groupby-* is new in */st, whose pipeline *: run it again; *'
	printf 'k,n\ny,9\n' >a/2.csv
	quiet='' piped 'one "max(n)"' max.csv
	ended 0 1
	says 'pw-read: */st: pw-write-* took no part in the last run: *--forget*'
	[ "$(cat max.csv)" = $'k,max_n\nx,3\ny,9' ]
}

@test "other options of a stage whose destination is the old one: the next run refuses them" {
	piped 'one "sum(n)"' --name out out.csv
	ended 0 0
	piped 'one "max(n)"' --name out out.csv
	ended 75 1
	says 'pw-groupby: pw-groupby-* is new in */st, *: run it again; if a destination is new too, *'
	piped 'one "max(n)"' --name out out.csv
	ended 4 1
	says 'pw-groupby: pw-groupby-* has no state in */st, *: give the options that it had, or *`pw-state */st --reset`'
	piped 'one "sum(n)"' --name out out.csv
	ended 0 0
	[ "$(cat out.csv)" = $'k,sum_n\nx,4\ny,2' ]
}

@test "a reader, a stage and a destination are new: the reader says so" {
	piped 'one "sum(n)"' sum.csv
	piped 'pw-read --state st b | pw-groupby -k k "max(m)" | pw-groupby "count()"' n.csv
	ended 75 1
	says 'pw-read: pw-read-* is new in */st, *'
	piped 'pw-read --state st b | pw-groupby -k k "max(m)" | pw-groupby "count()"' n.csv
	ended 0 1 # the other sink takes no part
	[ "$(cat n.csv)" = $'count\n1' ]
}

# Two branches that meet again. JOINED: what the second one counts
joined='pw-join -k k <(pw-read --state st a | pw-groupby -k k "$first") <(pw-read --state st b | pw-groupby -k k "$second")'

@test "a diamond with two new stages: one message, and the next run begins at the start" {
	first='sum(n)' second='count()'
	piped "$joined" --name out.old old.csv
	ended 0 0
	for _ in 1 2 3; do # whichever of the two comes first
		first="max(n)" second='sum(m)'
		piped "$joined" new.csv
		ended 75 1
		says 'pw-groupby: pw-groupby-* is new in */st, *'
		piped "$joined" new.csv
		ended 0 1
		[ "$(cat new.csv)" = $'k,max_n,sum_m\nx,3,5' ]
		rm -r st
		first='sum(n)' second='count()'
		piped "$joined" --name out.old --force old.csv
		ended 0 0
	done
	first='min(n)' second='max(m)'
	piped "$joined" --name out.old old.csv
	ended 75 1
	piped "$joined" --name out.old old.csv
	ended 4 1
	says 'pw-groupby: pw-groupby-* has no state in */st, *'
}

# One reader whose stream goes two ways, each with a stage and a destination of its own.
both() { # AGGREGATE DEST: of the new way
	{
		pw-read --state st a 2>>err | tee >(
			pw-groupby -k k "$1" 2>>err | pw-write --table "$2" 2>>err
			echo "${PIPESTATUS[*]}" >statuses2
		) | pw-groupby -k k 'sum(n)' 2>>err | pw-write --table sum.csv 2>>err
		echo "${PIPESTATUS[*]:2}" >statuses
	} || true
	await test -s statuses2
}

@test "one of two ways of a stream is new: one message, and the next run begins at the start" {
	piped 'one "sum(n)"' sum.csv
	both 'max(n)' max.csv
	[ "$(cat statuses2)" = "75 75" ]
	rm statuses2
	[[ $(cat statuses) == "75 75" || $(cat statuses) == "0 0" ]] # it may have had all of its stream by then
	echo && cat err
	[ "$(wc -l <err)" -eq 1 ]
	[[ $(cat err) == 'pw-groupby: pw-groupby-'*' is new in '* ]]
	: >err
	both 'max(n)' max.csv
	[ "$(cat statuses2)" = "0 0" ]
	ended "0 0" 0
	[ "$(cat max.csv)" = $'k,max_n\nx,3\ny,2' ]
	[ "$(cat sum.csv)" = $'k,sum_n\nx,4\ny,2' ]
}

@test "two new destinations of one stream: one message, and the next run fills both" {
	two() {
		{
			pw-read --state st a 2>>err | tee >(
				pw-write "$1" 2>>err
				echo $? >statuses2
			) | pw-write "$2" 2>>err
			echo "${PIPESTATUS[2]}" >statuses
		} || true
		await test -s statuses2
	}
	piped 'pw-read --state st a' old.csv
	ended 0 0
	two 1.csv 2.jsonl
	[ "$(cat statuses2)" = 75 ]
	rm statuses2
	ended 75 1
	says 'pw-write: *is new in */st, *'
	two 1.csv 2.jsonl
	[ "$(cat statuses2)" = 0 ]
	ended 0 1 # the first one took no part
	[ "$(cat 1.csv)" = "$(cat a/1.csv)" ]
	[ "$(wc -l <2.jsonl)" -eq 3 ]
}

@test "a refusal of an earlier run refuses nothing, and a damaged one neither" {
	piped 'one "sum(n)"' --name out out.csv
	piped 'one "max(n)"' --name out out.csv
	ended 75 1
	[ -s st/refused ]
	piped 'one "sum(n)"' --name out out.csv
	ended 0 0
	piped 'one "sum(n)" | pw-filter "sum_n > 0"' --name out out.csv
	ended 4 1 # what is new has no state: the destination says so
	says 'pw-write: pw-write-out: * that wrote its destination had *'
	echo torn >st/refused
	pw-state --verify st
	piped 'one "min(n)"' --name out out.csv
	ended 75 1
	says 'pw-groupby: *'
	pw-state --verify st
}
