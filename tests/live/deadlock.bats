# Pipelines whose branches meet again end, whatever the pipes hold and whichever side is behind.
# All pipes are of 4 KB (helpers/fault.c), helpers/skew keeps a branch behind by so many bytes.

# rolling.pws, rolling64.pws: commits of four rows that take the four before back, 8 and 64 MB; the last
# four stay. static.pws: 4 MB in one commit.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rows() { # ROWS HEADER: with a text of 1 KB each
		awk -v rows="$1" -v head="$2" 'BEGIN {
			print head
			for (pad = "x"; length(pad) < 1000; pad = pad pad);
			changes = head ~ /_time/
			for (i = 0; i < rows; i++) {
				print i "," pad i (changes ? "," int(i / 4) * 2 ",1" : "")
				if (changes && i >= 4)
					print (i - 4) "," pad (i - 4) "," int(i / 4) * 2 ",-1"
			}
		}'
	}
	rows 4000 id,pad,_time,_diff | pw-read --changes -s 'id int, pad str' -f csv - >rolling.pws
	rows 32000 id,pad,_time,_diff | pw-read --changes -s 'id int, pad str' -f csv - >rolling64.pws
	rows 4000 id,pad | pw-read -s 'id int, pad str' -f csv - >static.pws
	cat >lib.sh <<-'END'
		answer() { pw-groupby 'count()' 'sum(id)' 'sum(length(pad))' | pw-write --table -f csv; }

		# KIND LEVEL SKEW MEMORY: stdin goes two ways and meets itself; one way leads through as many
		# more of these as LEVEL says, and every other time it is the other way that is behind.
		diamond() {
			local kind=$1 level=$2 skew=$3 memory=$4 a=a$2 b=b$2 early=0 late=$3
			[ "$level" -gt 0 ] || { cat; return; }
			[ $((level % 2)) -eq 1 ] || { early=$skew; late=0; }
			mkfifo "$a" "$b"
			diamond "$kind" $((level - 1)) "$skew" "$memory" <"$a" | skew $late >"$b" &
			if [ "$kind" = concat ]; then
				tee "$a" | skew $early | pw-concat --memory "$memory" - "$b"
			else
				tee "$a" | skew $early | pw-select id 'twin = id' |
					pw-join --memory "$memory" -k id "$b" - id pad 'same = left.id = right.twin' |
					pw-filter same | pw-select --drop same
			fi
		}
	END
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	in=$BATS_FILE_TMPDIR
}

teardown() {
	[ -z "${group:-}" ] || kill -KILL -- "-$group" 2>/dev/null || true
}

# A line of bash with small pipes, for at most 10 minutes: what takes longer hangs; its output and status as with run.
line() {
	run timeout -k 1 600 env LD_PRELOAD="$BUILD/helpers/fault.so" PIPE_SIZE=4096 \
		PATH="$PATH:$BUILD/helpers" in="$in" bash -o pipefail -c ". $in/lib.sh; $1"
	echo "$1: status $status: $output"
	rm -f a[0-9] b[0-9]
}

# The answer for so many copies of the last four of N rows.
last_four() { # N COPIES
	local digits=$((1000 + ${#1}))
	[ "${#1}" -eq 4 ] && digits=1028 || digits=1029
	is "$((4 * $2)),$(((4 * $1 - 10) * $2)),$((4 * $2 * digits))"
}

is() { [ "$status" -eq 0 ] && [ "${lines[-1]}" = "$1" ]; }

@test "the pipes are as small as is said" {
	line 'mkfifo f; pw-read "$in/static.pws" >f & exec 3<f; read -rn 1 -u 3 _
		python3 -c "import fcntl; print(fcntl.fcntl(3, 1032))"; cat <&3 >/dev/null'
	[ "$output" = 4096 ]
}

@test "diamonds of concat, three deep, with a skew of 0 to 64 MB" {
	for skew in 0 1 4K 300K 3M 64M; do
		line "diamond concat 3 $skew 64K <\$in/rolling.pws | answer"
		last_four 4000 4
	done
	line 'diamond concat 3 0 64K <$in/static.pws | answer'
	is 16000,31992000,16443560
}

@test "diamonds of join, three deep, with a skew of 0 to 64 MB" {
	for skew in 0 1 4K 300K 3M 64M; do
		line "diamond join 3 $skew 1M <\$in/rolling.pws | answer"
		last_four 4000 1
	done
}

@test "a whole 64 MB behind, through the file" {
	line 'diamond concat 1 64M 64K <$in/rolling64.pws | answer'
	last_four 32000 2
	line 'diamond join 1 64M 1M <$in/rolling64.pws | answer'
	last_four 32000 1
}

@test "a join that builds one side first takes the other in" {
	for level in 1 3; do
		line "diamond join $level 0 1G <\$in/static.pws | answer"
		is 4000,7998000,4110890
		line "diamond join $level 1M 1G <\$in/static.pws | answer"
		is 4000,7998000,4110890
	done
}

@test "FIFOs that one program opens and fills one after the other, in every order" {
	for order in 'l m r' 'l r m' 'm l r' 'm r l' 'r l m' 'r m l'; do
		line "mkfifo l m r; for f in $order; do cat \$in/rolling.pws >\$f; done &
			pw-concat --memory 64K l m r | answer; rm l m r"
		last_four 4000 3
		line "mkfifo l m r; for f in $order; do pw-read \$in/static.pws >\$f; done &
			pw-join -k id l <(pw-join --semi -k id m r | pw-select 'id') | answer; rm l m r"
		is 4000,7998000,4110890
	done
}

@test "FIFOs that are all open before the first byte, in every order, before the join and behind it" {
	for order in 'l r' 'r l'; do
		set -- $order
		line "mkfifo l r; { exec 3>$1 4>$2; pw-select id pad <\$in/rolling.pws 4>&- >&3 3>&-; exec 3>&-
			pw-select id 'twin = id' <\$in/rolling.pws >&4 4>&-; exec 4>&-; } &
			pw-join --memory 1M -k id l r | answer; rm l r"
		last_four 4000 1
		line "mkfifo l r; pw-join --memory 1M -k id l r | answer & joined=\$!
			exec 3>$1 4>$2; pw-select id pad <\$in/rolling.pws 4>&- >&3 3>&-; exec 3>&-
			pw-select id 'twin = id' <\$in/rolling.pws >&4 4>&-; exec 4>&-; wait \$joined; s=\$?; rm l r; exit \$s"
		last_four 4000 1
	done
}

@test "an input that says nothing until all of the other has been taken in" {
	for silent in l r; do
		other=$([ $silent = l ] && echo r || echo l)
		for tool in 'pw-concat --memory 64K l r' 'pw-join --memory 1M -k id l r id pad=left.pad'; do
			line "mkfifo l r gate; { cat \$in/rolling.pws >$other; echo >gate; } &
				{ exec 3>$silent; read -r <gate; cat \$in/rolling.pws >&3; } &
				$tool | answer; s=\$?; rm l r gate; exit \$s"
			last_four 4000 "$([[ $tool = *concat* ]] && echo 2 || echo 1)"
		done
	done
}

@test "process substitution and exec: as the sides of a diamond" {
	line 'mkfifo f; tee f <$in/rolling.pws | pw-concat --memory 64K exec:"skew 1M <f" - <(pw-read $in/rolling.pws) | answer'
	last_four 4000 3
	line 'tee >(skew 2M | pw-select id "twin = id" >g) <$in/rolling.pws | pw-join --memory 1M -k id - g | answer' \
		"$(rm -f g; mkfifo g)"
	last_four 4000 1
	rm -f g; mkfifo g
	line 'tee >(pw-select id "twin = id" >g) <$in/rolling.pws | skew 2M | pw-join --memory 1M -k id exec:"cat g" - id pad | answer'
	last_four 4000 1
}

@test "a branch that fails ends the diamond with its status and one message" {
	line 'mkfifo f; tee f <$in/rolling.pws | pw-select "id = 1 // (id - 2000)" pad |
		pw-concat - exec:"skew 1M <f" | answer'
	[ "$status" -eq 3 ] && [ "${#lines[@]}" -eq 1 ] && [[ $output == pw-select:\ * ]]
}

# A pipeline in a process group of its own, with signals as at a prompt; its status in ./status.
start_pipeline() {
	rm -f status
	env --default-signal=INT,TERM,PIPE LD_PRELOAD="$BUILD/helpers/fault.so" PIPE_SIZE=4096 \
		PATH="$PATH:$BUILD/helpers" in="$in" setsid bash -c "trap : INT TERM; . $in/lib.sh; $1"'
echo "${PIPESTATUS[*]}" >status.new; mv status.new status' >out 2>err 3>&- &
	group=$!
}

pause() { read -rt 0.02 <> <(:) || true; } # between two looks at an event

# Rows without end, four a commit; each commit takes the one before back.
endless='awk -v head="$head" "BEGIN { print head; for (t = 2;; t += 2)
	for (i = 0; i < 4; i++) {
		print \"[\" t \",1,[\" t + i \",\\\"x\\\"]]\"
		if (t > 2) print \"[\" t \",-1,[\" t - 2 + i \",\\\"x\\\"]]\"
		if (t % 100 == 0) print \"{\\\"flush\\\": 1}\"
	} }" | pws_make'

# Starts the pipeline, interrupts its group when rows have come out, and says how all ended.
interrupted() { # SIGNAL LINE
	export head='{"version": 1, "coordinates": 1, "append_only": false, "static": false, "stage": {"program": "test", "options": [], "inputs": []}, "columns": [{"name": "id", "type": "int"}, {"name": "pad", "type": "str"}]}'
	start_pipeline "$2"
	for _ in {1..6000}; do
		[ ! -s out ] || break
		pause
	done
	[ -s out ]
	local began=${EPOCHREALTIME/./}
	kill "-$1" -- "-$group"
	for _ in {1..6000}; do
		[ ! -e status ] && pgrep -g "$group" >/dev/null || break
		pause
	done
	echo "$(((${EPOCHREALTIME/./} - began) / 1000)) ms, status $(cat status), says: $(cat err)"
	[ "$(wc -l <err)" -le 1 ]
	for _ in {1..6000}; do
		pgrep -g "$group" >/dev/null || break
		pause
	done
	! pgrep -ag "$group"
}

@test "SIGINT and SIGTERM to the group end a diamond" {
	for signal in INT TERM; do
		for kind in concat join; do
			rm -f a[0-9] b[0-9] out
			interrupted $signal "$endless | diamond $kind 2 4K 64M | pw-write --changes -f csv"
		done
		rm -f f out
		mkfifo f
		interrupted $signal "$endless | tee f | pw-join --semi -k id - <(skew 64K <f) | pw-write --changes -f csv"
	done
}
