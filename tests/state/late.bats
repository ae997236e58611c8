# --late FILE in a pipeline with state: whatever is killed, the file holds what an undisturbed run would have written.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	for tool in pw-read pw-write pw-watermark pw-groupby pw-keep; do
		[ -x "$BUILD/bin/$tool" ] || skip "$tool is still to be built"
	done
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 0.1
	mkdir plain killed
}

# A pipeline in the folder that is current. Late rows hold line ends and quotes, as text may.
pipeline() {
	pw-read --state st --changes -s 't int, s str' log.csv |
		pw-watermark -q -t t --cutoff 3 --delay 1 --forget 9 --keep --late late.csv |
		pw-groupby -k s 'n = count()' | pw-keep | pw-write --changes out.csv
}

# Rows of some more commits, with times below 0, far apart, late and taken away.
feed() { # FIRST LAST: commits
	local i
	[ -e log.csv ] || echo t,s,_time,_diff >log.csv
	for ((i = $1; i <= $2; i++)); do
		printf '%d,a%d,%d,1\n' $((2 * i)) $((i % 3)) $((2000 * i))
		printf '%d,"late ""%d""\nof two lines",%d,1\n' $((2 * i - 8)) "$i" $((2000 * i))
		((i < 4)) || printf '%d,a%d,%d,-1\n' $((2 * i - 6)) $(((i - 3) % 3)) $((2000 * i))
	done >>log.csv
}

same_as_plain() {
	cmp late.csv ../plain/late.csv && cmp out.csv ../plain/out.csv
}

explain() { diff late.csv ../plain/late.csv; diff out.csv ../plain/out.csv; cat err; }

@test "runs one after the other write what one run writes" {
	cd plain && feed 1 9 && pipeline
	[ "$(grep -c 'of two lines' late.csv)" -eq 8 ] # the first commit has none
	cd ../killed && feed 1 3 && pipeline
	[ "$(grep -c 'of two lines' late.csv)" -eq 2 ]
	feed 4 6 && pipeline
	feed 7 9 && pipeline
	cmp late.csv ../plain/late.csv
	pipeline
	cmp late.csv ../plain/late.csv
}

@test "killed at each call that counts, in the stage and in the sink" {
	local program n
	cd plain && feed 1 3 && pipeline && feed 4 6 && pipeline && feed 7 9 && pipeline
	cd ../killed
	for program in pw-watermark pw-watermark+1 pw-write; do
		for n in 1 2 3 4 5 7 9 12 16 21; do
			rm -rf -- *
			feed 1 3 && pipeline
			feed 4 6
			LD_PRELOAD=$LD_PRELOAD:$BUILD/helpers/fault.so KILL=$program:$n pipeline 2>err || true
			feed 7 9
			pipeline 2>err || { echo "$program $n" && explain && return 1; }
			pipeline 2>err
			cmp late.csv ../plain/late.csv || { echo "$program $n" && explain && return 1; }
		done
	done
}

@test "a file that runs ahead of the restart point is cut there; one that is torn is mended" {
	cd plain && feed 1 3 && pipeline && feed 4 6 && pipeline
	cd ../killed && feed 1 3 && pipeline
	cp late.csv before
	printf '0,x,999999999999,1\n1,"torn' >>late.csv
	feed 4 6 && pipeline
	same_as_plain
}

@test "a finished pipeline that is run again says the rows of the end once" {
	cd plain && feed 1 3
	local run
	for run in 1 2 3; do
		pw-read --state st --finish --changes -s 't int, s str' log.csv |
			pw-watermark -q -t t --delay 3 | pw-write --changes out.csv
		[ $run -gt 1 ] || { cp out.csv once && grep -q ,end,1 once; }
		cmp once out.csv
	done
}

@test "two stages with one file, and a file that holds something else, are refused" {
	cd plain && feed 1 3
	run -2 bash -o pipefail -c 'pw-read --state st --changes -s "t int, s str" log.csv |
		pw-watermark -q -t t --cutoff 3 --late late.csv | pw-watermark -q -t t --cutoff 1 --late ./late.csv |
		pw-write --changes out.csv 2>&1'
	echo "t,other" >late.csv
	run -2 pipeline
	[ "$(cat late.csv)" = t,other ]
}
