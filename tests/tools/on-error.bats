# --on-error: its words, and the FILE that rejected rows are added to.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'a\n0\n1\nx\n' >in.csv
}

reads() { # [OPTION]... SOURCE
	pw-read -q -s 'a int' "$@"
}
export -f reads

refused() { # PATTERN COMMAND: exit 2, with a message like that
	run -2 bash -o pipefail -c "$2" 2>&1
	[[ $output == *"$1"* ]] || { echo "$output" && return 1; }
}

stages() { # FILE: the stages of its lines
	pw-read "$1" | pw-select stage | pw-write | tail -n +2
}

@test "a word without a dot or a slash is stop, null or skip" {
	refused "'nul' is not stop, null or skip (did you mean 'null'?" "reads --on-error nul in.csv"
	refused "'Stop' is not stop, null or skip (did you mean 'stop'?" "reads in.csv | pw-select --on-error Stop a"
	refused "(did you mean 'skip'?" "reads --on-error skp in.csv"
	refused "has a dot or a slash in its name (write './rejected')" "reads --on-error rejected in.csv"
	refused "is not stop" "reads --on-error '' in.csv"
	refused "goes to stdout (/dev/stderr" "reads --on-error - in.csv"
	refused "goes to stdout (/dev/stderr" "reads --on-error /dev/fd/1 in.csv"
	reads --on-error ./rejected in.csv | pw-write
	grep -q '"stage":"pw-read"' rejected
	ls | diff - <(printf 'in.csv\nrejected\n')
}

@test "a source is refused, and left alone, by each stage" {
	cp in.csv before.csv
	mkdir d && cp in.csv d/ && ln in.csv hard.csv && ln -s in.csv soft.csv
	local each
	for each in in.csv ./in.csv "$PWD/in.csv" hard.csv soft.csv; do
		refused "'$each' is a source" "reads --on-error $each in.csv"
		refused "'$each' is a source" "pw-read in.csv | pw-select --on-error $each '1 // a::int' | pw-write"
	done
	refused "'in.csv' is a source" "pw-read before.csv | pw-join --on-error in.csv -k a - in.csv"
	refused "'in.csv' is a source" "reads --on-error in.csv '*.csv'"
	refused "'in.csv' is a source" "pw-read before.csv | pw-join -k a - <(pw-read in.csv) | pw-select --on-error in.csv a"
	refused "lies in 'd', which is read" "reads --on-error d/bad.jsonl d"
	refused "lies in '.', which is read" "pw-read -f csv . | pw-select --on-error bad.jsonl a"
	pw-read in.csv >in.pws
	refused "'in.pws' is a source" "pw-join -k a --on-error in.pws in.pws in.csv"
	cmp in.csv before.csv
	[ ! -e bad.jsonl ]
}

@test "a destination is refused" {
	refused "out.csv: is the file for rejected rows of pw-read (--on-error)" "reads --on-error out.csv in.csv | pw-write out.csv"
	refused "is the file for rejected rows of cut" \
		"reads --on-error skip in.csv | pw-select --name cut --on-error ./out.csv a | pw-filter 'a > 0' | pw-write \$PWD/out.csv"
	[ ! -e out.csv ] || [ "$(wc -l <out.csv)" -eq 1 ]
}

@test "what is no file of rejected rows is left as it is" {
	echo precious >dear.txt
	cp dear.txt before
	refused "'dear.txt' holds something else than rejected rows" "reads --on-error dear.txt in.csv | pw-write"
	printf '{' >dear.txt
	reads --on-error dear.txt in.csv | pw-write
	[ "$(grep -c "^{.*stage.:.pw-read" dear.txt)" -eq 1 ]
	mkdir folder.d
	refused "is a directory" "reads --on-error folder.d in.csv"
	run -5 bash -o pipefail -c "reads --on-error ./none/bad.jsonl in.csv"
	[[ $output == *"./none/bad.jsonl: No such file"* ]]
}

@test "nothing is touched before a row is rejected, nor with --check" {
	printf 'a\n1\n' >good.csv
	reads --on-error bad.jsonl good.csv | pw-select --on-error bad.jsonl '1 // a' | pw-write
	pw-read --check -s 'a int' --on-error bad.jsonl in.csv | pw-select --on-error bad.jsonl '1 // a' | pw-write
	[ ! -e bad.jsonl ]
	reads --on-error bad.jsonl in.csv | pw-write
	cp -p bad.jsonl before
	reads --on-error bad.jsonl good.csv | pw-write
	pw-read --check -s 'a int' --on-error bad.jsonl in.csv | pw-write
	cmp bad.jsonl before && [ ! bad.jsonl -nt before ]
}

@test "lines are added, also by several stages and runs at once" {
	seq -f '%.0f,x' 1 20000 | sed '1i a,b' >many.csv
	local i
	for i in 1 2; do
		pw-join -q --on-error bad.jsonl -k a <(pw-read -q --name l -s 'a int, b int' --on-error bad.jsonl many.csv) \
			<(pw-read -q --name r -s 'a int, b int' --on-error bad.jsonl many.csv) a | pw-write &
	done
	wait
	pw-read bad.jsonl | pw-groupby -k stage count 'n = count(distinct reason)' | pw-write --table | diff - <(printf 'stage,count,n\nl,40000,20000\nr,40000,20000\n')
	reads --on-error both.jsonl in.csv | pw-select -q --on-error both.jsonl 'q = 1 // a' | pw-write
	[ "$(stages both.jsonl | sort)" = $'pw-read\npw-select' ]
}

@test "a line that was torn is cut off, one without an end gets it" {
	reads --on-error bad.jsonl in.csv | pw-write
	cp bad.jsonl one
	head -c 40 one >>bad.jsonl
	reads --on-error bad.jsonl in.csv | pw-write
	diff bad.jsonl <(cat one one)
	printf '%s' "$(cat one)" >bad.jsonl
	reads --on-error bad.jsonl in.csv | pw-write
	diff bad.jsonl <(cat one one)
	head -c 40 one >bad.jsonl
	reads --on-error bad.jsonl in.csv | pw-write
	diff bad.jsonl one
}

@test "pipes and descriptors" {
	mkfifo fifo.jsonl
	cat fifo.jsonl >got &
	reads --on-error fifo.jsonl in.csv | pw-write
	wait
	[ "$(stages got)" = pw-read ] || [ "$(grep -c '"stage":"pw-read"' got)" -eq 1 ]
	printf 'a\n1\n' >good.csv # no row, but the reader of the pipe sees its end
	(await pgrep -f "fifo.jsonl $PWD/good.csv" && cat fifo.jsonl) >got & # it comes late
	reads --on-error fifo.jsonl "$PWD/good.csv" | pw-write
	wait
	grep -qx '[0-9]*' got && ! grep -q reason got
	echo before >log
	pw-read --on-error /dev/stderr -s 'a int' in.csv 2>>log | pw-write
	sed -n 1p log | grep -qx before
	sed -n 2p log | grep -q '^{"reason":.*"stage":"pw-read"'
	sed -n 3p log | grep -q '1 row rejected, written to /dev/stderr'
	pw-read --on-error /dev/stderr -s 'a int' in.csv 2>log | pw-write
	[ "$(wc -l <log)" -eq 2 ]
	reads --on-error /dev/fd/7 in.csv 7>seven | pw-write
	grep -q '"stage":"pw-read"' seven
	run -5 bash -o pipefail -c "reads --on-error /dev/fd/9 in.csv 9>&- | pw-write"
	[[ $output == *"/dev/fd/9: "* ]]
}

@test "rejected rows of a followed source are seen at once" {
	: >log.csv
	pw-read -q -F -f csv -s 'a int' --on-error bad.jsonl log.csv >out.pws 2>err 7>&- &
	local p=$!
	printf 'a\n1\nx\n' >>log.csv
	await test -s bad.jsonl
	grep -q "'x' is not an int" bad.jsonl
	kill $p
	wait $p || true
}

@test "with state each stage has a file of its own, and one that is dear is refused" {
	refused "with --state each stage needs a file of its own" \
		"reads --state st --on-error bad.jsonl in.csv | pw-select --on-error bad.jsonl 'q = 1 // a' | pw-write out.csv"
	refused "with --state each stage needs a file of its own" \
		"reads --name l --state st2 --on-error bad.jsonl in.csv | pw-join -k a - <(pw-read -q --name r -s 'a int' --state st2 --on-error ./bad.jsonl in.csv) | pw-write out.csv"
	echo dear >dear.txt
	refused "holds something else" "reads --state st3 --on-error dear.txt in.csv | pw-write out.csv"
	[ "$(cat dear.txt)" = dear ]
	reads --state st4 --on-error rows.jsonl in.csv | pw-write other.csv
	[ "$(wc -l <rows.jsonl)" -eq 1 ]
	printf '2\ny\n' >>in.csv
	reads --state st4 --on-error rows.jsonl in.csv | pw-write other.csv
	[ "$(wc -l <rows.jsonl)" -eq 2 ]
}
