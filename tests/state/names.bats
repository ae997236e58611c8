# Who is of one pipeline: readers of one name, sinks of one file, and stages that come late.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'a,b\n1,2\n3,4\n' >in.csv
}

teardown() {
	local pids
	pids=$(jobs -p)
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
}

read_it() { pw-read -q --state st in.csv; }

# The pipeline of the command ends with status 2, and says once which readers have one name.
refused_at_once() { # COMMAND...
	run -2 --separate-stderr timeout 9 bash -o pipefail -c "$1" # a wait takes 10 s
	[[ $stderr == *"two readers of this pipeline are called pw-read-"*": give one of them --name"* ]]
	[ "$(grep -c -- '--name' <<<"$stderr")" = 1 ]
	rm -rf st
}

@test "two readers of one name are refused at once" {
	export -f read_it
	refused_at_once 'read_it | pw-join -k a - exec:"pw-read --state st in.csv" | pw-write out.csv'
	refused_at_once 'pw-concat <(read_it) <(read_it) | pw-write out.csv'
	refused_at_once 'pw-concat <(read_it | pw-filter "a > 0") <(read_it | pw-select a b) | pw-write out.csv'
	refused_at_once 'read_it | tee >(pw-write one.csv) | pw-concat - <(read_it | tee >(pw-write two.csv)) | pw-write out.csv'
	[ ! -e out.csv ]
}

@test "with a name of its own the second reader is welcome" {
	pw-concat <(read_it) <(pw-read -q --state st --name second in.csv) | pw-write out.csv
	[ "$(sort out.csv | uniq -c | awk '{print $1}' | tr '\n' ' ')" = "2 2 1 " ]
}

@test "a second copy of the pipeline waits, though both write to one pipe, and exits 75" {
	pw-read -q -F --state st in.csv | pw-write one.csv &
	await grep -qs pw-write st/stages
	{
		CLOCK_RATE=20 run -75 --separate-stderr timeout 60 bash -o pipefail -c \
			'pw-read -q --state st in.csv | pw-write two.csv'
	}
	[[ $stderr == *"is in use by another run"* ]]
}

@test "a pipeline of which a part has joined another run ends at once, with 75" {
	pw-read -q -F --state st --name first in.csv | pw-write one.csv &
	await grep -qs pw-write st/stages
	run -75 --separate-stderr timeout 9 bash -o pipefail -c 'pw-concat \
		exec:"pw-read -q --state st --name other in.csv" \
		exec:"until grep -q pw-read-other st/stages; do sleep 0.01; done; pw-read -q --state st --name first in.csv" |
		pw-write two.csv'
	[[ $stderr == *"st: is in use by another run, or by what is left of one: run the pipeline again"* ]]
}

@test "what is left of a killed pipeline is waited for" {
	# the sink is left: it waits for a stream that a stopped stage holds open
	pw-read -q -F --state st in.csv | { pw-filter 'a > 0'; } | pw-write out.csv &
	await grep -qs 'pw-write.*destination' st/stages
	reader=$(sed -n 's/.*"program":"pw-read","process":\([0-9]*\).*/\1/p' st/stages)
	filter=$(sed -n 's/.*"program":"pw-filter","process":\([0-9]*\).*/\1/p' st/stages)
	kill -STOP "$filter"
	kill -KILL "$reader"
	(pw-read -q --state st in.csv | pw-filter 'a > 0' | pw-write out.csv) &
	again=$!
	await sh -c "pgrep -P $again -x pw-read >/dev/null"
	kill -0 "$again"
	kill -KILL "$filter"
	wait "$again"
	[ "$(cat out.csv)" = "$(cat in.csv)" ]
}

@test "two sinks of one pipeline do not write to one file" {
	run -2 bash -c 'pw-read -q --state st in.csv |
		tee >(pw-filter "a > 1" | { pw-write ./out.csv; echo $? >one; }) |
		{ pw-write out.csv; echo $? >two; }; while [ ! -s one ] || [ ! -s two ]; do read -t 0.01 <> <(:); done
		grep -qx 2 one two && exit 2'
	[[ $output == *"$PWD/out.csv: another sink of this pipeline, pw-write-"*", writes to it: give one of them another destination"* ]]
	[ "$(grep -cx 2 one two | grep -c ':1')" = 1 ]
}

@test "the sink of one run may write to the file of another run's" {
	pw-read -q --state st in.csv | pw-write --table out.csv
	pw-read -q --state st in.csv | pw-write --table out.csv
	[ "$(cat out.csv)" = "$(cat in.csv)" ]
}

@test "a stage that has ended waits for all who read its stream, also after a tee" {
	slow() { # the second reader comes long after the first one has ended
		read -r -t 0.3 <> <(:) || true
		pw-read -q --state st --name second in.csv
	}
	export -f slow
	for _ in 1 2 3; do
		bash -o pipefail -c 'pw-read -q --state st in.csv | tee >(pw-write one.csv) |
			pw-concat - <(slow) | pw-write out.csv'
	done
	[ "$(wc -l <out.csv)" = 5 ]
}

@test "a pipe of the shell is the same input under whatever number it comes" {
	pipeline='pw-read -q --state st in.csv |
		pw-join -k a --suffix _l,_r - <(pw-read -q --state st --name second in.csv) | pw-write out.csv'
	bash -o pipefail -c "$pipeline"
	echo 5,6 >>in.csv
	bash -o pipefail -c "exec 63</dev/null; $pipeline" # so the pipe has another number
	[ "$(wc -l <out.csv)" = 4 ]
}
