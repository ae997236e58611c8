# State directories as stages see them: who may enter, what is saved, what a killed pipeline goes on with.
# The reader is helpers/scripted, which does what it is told; the sink is helpers/recorder.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	PATH=$BUILD/helpers:$PATH
	[ -x "$BUILD/helpers/scripted" ] || skip "helpers are still to be built"
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 0.1
}

teardown() { # bash names its jobs' processes only
	local pids
	pids=$(jobs -p)
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
}

# A pipeline: scripted | pw-groupby | recorder out; its statuses in ./statuses. Further arguments: of pw-groupby
pipeline() { # SCRIPT...
	{
		printf '%s\n' "$@" | scripted d log 2>>err |
			pw-groupby ${stage:-} -k k 'sum(v)' 2>>err | recorder ${sink:-} out 2>>err
		echo "${PIPESTATUS[*]:1}" >statuses
	} || true
}

statuses() { # EXPECTED
	cat statuses err
	[ "$(cat statuses)" = "$1" ]
}

restart() { # the restart point of the last run
	tail -n 1 log | cut -d ' ' -f 2
}

# Data of three commits, and what the pipeline makes of it.
first=('row 0 a 1 1' 'row 0 b 2 1' 'frontier 100')
second=('row 6000 a 5 1' 'frontier 7000')
third=('row 12000 a 7 1' 'row 12000 b 2 -1' 'frontier 20000' 'durable end' 'end suspended')

undisturbed() {
	cat <<-END
		0 a 1 1
		0 b 2 1
		6000 a 1 -1
		6000 a 6 1
		12000 a 6 -1
		12000 a 13 1
		12000 b 2 -1
	END
}

@test "a pipeline that ends in order has recorded all of it" {
	pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	statuses "0 0 0"
	undisturbed | diff out -
	[ -e out.recorded-end ]
	pipeline 'durable end' 'end suspended'
	statuses "0 0 0"
	undisturbed | diff out -
	[ "$(restart)" = 20000 ]
}

@test "a reader that is killed: the pipeline goes on at the restart point with the state of then" {
	pipeline "${first[@]}" "${second[@]}" 'durable 7000' 'flush' 'wait out.recorded-5000' 'die'
	[ "$(cut -d ' ' -f 1 statuses)" = 137 ]
	pipeline "${second[@]}" "${third[@]}"
	statuses "0 0 0"
	[ "$(restart)" = 5000 ]
	undisturbed | diff out -
}

@test "killed before anything was recorded: from the start" {
	pipeline "${first[@]}" "${second[@]}" 'flush' 'die'
	pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	statuses "0 0 0"
	[ "$(restart)" = 0 ]
	undisturbed | diff out -
}

@test "what is not durable upstream moves no restart point" {
	pipeline "${first[@]}" "${second[@]}" 'durable 4000' 'frontier 30000' 'end suspended'
	statuses "0 0 0"
	[ ! -e out.recorded-end ]
	pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	[ "$(restart)" = 0 ]
	undisturbed | diff out -
}

@test "a stage that is killed while it saves leaves nothing that is believed" {
	{ printf '%s\n' "${first[@]}" "${second[@]}" 'durable 7000' 'flush' 'wait go' 'die'; } |
		scripted d log 2>>err | pw-groupby -k k 'sum(v)' 2>>err | recorder out 2>>err &
	await test -e out.recorded-5000
	touch d/pw-groupby-*/checkpoint-00000000000000005000.pws
	for folder in d/pw-groupby-*; do
		echo torn >"$folder/checkpoint-00000000000000010000.pws.tmp"
	done
	touch go
	wait || true
	pipeline "${second[@]}" "${third[@]}"
	statuses "0 0 0"
	undisturbed | diff out -
	[ -z "$(find d -name '*.tmp')" ]
}

@test "a checkpoint that fails ends the pipeline, and the run before it is not lost" {
	[[ $(command -v pw-groupby) -ef $BUILD/bin/pw-groupby ]] || skip "the library that makes calls fail is not for ASan"
	LD_PRELOAD=$BUILD/helpers/fault.so:$LD_PRELOAD FAULT=fsync:1+:EIO FAULT_PROGRAM=pw-groupby+ \
		pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	cat statuses err
	[ "$(cut -d ' ' -f 2 statuses)" = 5 ]
	grep -q "^pw-groupby: " err
	pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	statuses "0 0 0" || [ "$(restart)" != 0 ]
	undisturbed | diff out -
}

@test "a checkpoint that takes long holds up nothing but what is durable" {
	pipeline "${first[@]}" 'flush' 'wait held' "${second[@]}" 'durable 7000' 'flush' \
		'row 12000 a 7 1' 'frontier 18000' 'durable 18000' 'flush' 'wait looked' 'die' &
	await grep -qs recorder d/stages # pw-groupby has tidied its folder, and sent its columns
	local folder
	folder=$(echo d/pw-groupby-*)
	mkfifo "$folder/checkpoint-00000000000000005000.pws.tmp" # who opens it waits for a reader
	touch held
	await grep -qs '^12000' out
	await test -s "$folder/checkpoint-00000000000000010000.pws.tmp"
	await test -s "$folder/checkpoint-00000000000000015000.pws.tmp"
	[ -z "$(compgen -G "$folder/checkpoint-*.pws")" ] && [ ! -e out.recorded-5000 ]
	touch looked
	wait
	rm "$folder/checkpoint-00000000000000005000.pws.tmp"
	pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	statuses "0 0 0"
	[ "$(restart)" = 0 ]
	undisturbed | diff out -
}

@test "cuts above the restart point go, and those that it needs stay" {
	pipeline "${first[@]}" "${second[@]}" 'durable 7000' 'flush' 'wait out.recorded-5000' \
		'row 12000 a 7 1' 'frontier 18000' 'flush' "wait $(echo d)/checkpoint-later" 'die' &
	await compgen -G 'd/pw-groupby-*/checkpoint-00000000000000015000.pws'
	touch d/checkpoint-later
	wait
	pipeline "${second[@]}" 'flush' 'wait looked' "${third[@]}" &
	await grep -qs '^2 ' log
	await test ! -e "$(echo d/pw-groupby-*)/checkpoint-00000000000000015000.pws"
	[ -e "$(echo d/pw-groupby-*)/checkpoint-00000000000000005000.pws" ]
	touch looked
	wait
	undisturbed | diff out -
}

@test "a damaged or missing cut is exit 4, by name" {
	pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	for cut in d/pw-groupby-*/checkpoint-00000000000000015000.pws; do
		cp "$cut" kept
		printf 'x' | dd of="$cut" bs=1 seek=700 conv=notrunc status=none
		: >err
		pipeline 'durable end' 'end suspended'
		cat err
		[ "$(cut -d ' ' -f 2 statuses)" = 4 ]
		grep -q 'checkpoint-00000000000000015000.pws: .*damaged: put it back as it was, or .*--reset' err
		run -4 pw-state --verify d
		[[ $output == *checkpoint-00000000000000015000.pws* ]]
		rm "$cut"
		: >err
		pipeline 'durable end' 'end suspended'
		[ "$(cut -d ' ' -f 2 statuses)" = 4 ]
		grep -q 'checkpoint-00000000000000015000.pws: is missing.*--reset' err
		cp kept "$cut"
	done
	: >err
	pipeline 'durable end' 'end suspended'
	statuses "0 0 0"
	undisturbed | diff out -
	pw-state --verify d
}

@test "other options under the same name are exit 4" {
	stage='--name sums' pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	statuses "0 0 0"
	{
		printf '%s\n' 'durable end' 'end suspended' | scripted d log |
			pw-groupby --name sums -k k 'max(v)' 2>err | recorder out
		echo "${PIPESTATUS[2]}" >statuses
	} || true
	[ "$(cat statuses)" = 4 ]
	cat err
	grep -q "had the options .*sum(v).*max(v)" err
}

@test "other options under a name of their own: as long as nobody behind is new, exit 4" {
	sink='--name out' pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	for status in 75 4; do
		{
			printf '%s\n' 'durable end' 'end suspended' | scripted d log |
				pw-groupby -k k 'max(v)' 2>err | recorder --name out out
			echo "${PIPESTATUS[2]}" >statuses
		} || true
		cat statuses err
		[ "$(cat statuses)" = $status ]
		[ "$(wc -l <err)" = 1 ]
	done
	grep -q 'has no state in' err
}

@test "a new sink makes the pipeline begin anew, in the next run" {
	pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	both() {
		printf '%s\n' "$@" | scripted d log | tee >(
			pw-groupby -k k 'max(v)' 2>err2 | recorder out2 2>>err2
			echo "${PIPESTATUS[*]}" >statuses2
		) | pw-groupby -k k 'sum(v)' 2>err | recorder out 2>>err || true
		await test -s statuses2
	}
	both 'durable end' 'end suspended'
	cat statuses2 err2
	[ "$(cat statuses2)" = "75 75" ]
	rm statuses2
	both "${first[@]}" "${second[@]}" "${third[@]}"
	cat statuses2 err2
	[ "$(cat statuses2)" = "0 0" ]
	[ "$(restart)" = 0 ]
	undisturbed | diff out -
	[ "$(tail -n 1 out2)" = "12000 b 2 -1" ]
}

@test "a second copy of the pipeline waits, and then is refused" {
	pipeline "${first[@]}" 'flush' 'wait go' 'die' &
	await grep -qs recorder d/stages
	CLOCK_RATE=20 run -75 scripted d log </dev/null # after 10 s
	[[ $output == *"is in use by another run, or by a second reader called pw-scripted-"*"--name"* ]]
	CLOCK_RATE=20 run -75 pw-state --reset d
	CLOCK_RATE=20 run -75 pw-state --forget "$(cd d && echo pw-recorder-*)" d
	pw-state d >list
	grep -q '^run 1, alive$' list
	pw-state --verify d
	touch go
	wait
}

@test "what is left of a killed pipeline can do no harm" {
	printf '%s\n' "${first[@]}" 'flush' 'end suspended' | scripted d log | tee saved | recorder out
	run -75 recorder other <saved
	[[ $output == *"run 1"*"is over"* ]]
	printf '%s\n' "${first[@]}" 'flush' 'wait go' 'die' | scripted d log | recorder out 2>/dev/null &
	await grep -qs recorder d/stages
	run -75 recorder other <saved
	touch go
	wait || true
}

@test "two stages of one name" {
	clock 20 # the stage that is not refused waits for a consumer, which it has not
	printf '%s\n' "${first[@]}" 'durable end' 'end suspended' | scripted d log |
		tee >(pw-groupby -k k 'sum(v)' 2>err2 | cat >/dev/null) |
		pw-groupby -k k 'sum(v)' 2>err | recorder out 2>/dev/null || true
	await grep -q 'give one of them --name' err err2
	[ "$(cat err err2 | wc -l)" = 1 ]
}

@test "inputs with a directory and without, and with different ones" {
	printf 'k,w\na,1\n' >side.csv
	printf '%s\n' "${first[@]}" 'durable end' 'end suspended' >script
	run -2 bash -c 'scripted d <script | pw-join -k k - side.csv | recorder out'
	[[ $output == *"has none: read it with"* ]]
	run -2 bash -c 'scripted d <script | pw-concat - "exec:scripted e <script" | recorder out'
	[[ $output == *"a pipeline has one state directory"* ]]
}

@test "a pipeline with state ends in a sink" {
	printf '%s\n' "${first[@]}" >script
	run -2 bash -c 'scripted d <script >out.pws'
	[[ $output == *"a pipeline with state ends in pw-write"* ]]
}

@test "a directory that others can see, or that is something else, is refused" {
	mkdir -m 0755 seen
	run -4 scripted seen </dev/null
	[[ $output == *"0755"* ]]
	mkdir -m 0700 other
	echo >other/diary
	run -4 scripted other </dev/null
	[[ $output == *"no state directory"* ]]
	[ "$(ls other)" = diary ]
	run -4 scripted other/diary </dev/null
	[[ $output == *"other/diary: is no directory: name one"* ]]
}

@test "a short reader stays until its consumer has entered" {
	printf '%s\n' "${first[@]}" 'durable end' 'end suspended' | scripted d log |
		{
			pause
			pause
			pause
			pw-groupby -k k 'sum(v)'
		} | recorder out
	[ -e out.recorded-end ]
}

@test "reset: the next run begins at the start, and the sink begins anew" {
	pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	pw-state --reset d
	pw-state --verify d
	[ -z "$(find d -name 'checkpoint-*')" ]
	pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	statuses "0 0 0"
	[ "$(restart)" = 0 ]
	undisturbed | diff out -
}

@test "forget: a sink that is gone holds nothing back" {
	sink='--name gone' pipeline "${first[@]}" 'frontier 8000' 'durable 8000' 'wait out.recorded-5000' 'die'
	rm -f out out.*
	sink='--name here' pipeline "${second[@]}" "${third[@]}" || true
	[ "$(cut -d ' ' -f 3 statuses)" = 75 ]
	: >err
	sink='--name here' pipeline "${first[@]}" "${second[@]}" "${third[@]}"
	statuses "0 0 0"
	once_more() { sink='--name here' pipeline 'durable end' 'end suspended'; }
	once_more
	[ "$(restart)" = 0 ]
	pw-state --forget pw-recorder-gone d
	run -2 pw-state --forget pw-recorder-gone d
	once_more
	[ "$(restart)" = 20000 ]
}

@test "a sink that took no part in the last run is named" {
	printf 'a\n' >log.txt
	pw-read --state st log.txt | pw-write a.csv
	run --separate-stderr bash -c 'pw-read --state st log.txt | pw-write b.csv'
	[ "$status" -eq 75 ] # it is new
	run --separate-stderr bash -c 'pw-read --state st log.txt | pw-write b.csv'
	[ "$status" -eq 0 ]
	[[ $stderr == *": pw-write-"*" took no part in the last run: "*"--forget"* ]]
	name=${stderr#*st: }
	pw-state st --forget "${name%% *}"
	run --separate-stderr bash -c 'pw-read --state st log.txt | pw-write b.csv'
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(cat b.csv)" = $'data\na' ]
}
