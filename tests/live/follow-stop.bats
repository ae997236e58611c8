# How a followed pipeline stops: at the prompt of an interactive bash (in tmux), in sh, by a kill.

bats_require_minimum_version 1.5.0
load "$TOP/tests/helpers/await"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	clock 0.1
	printf 'k,n\na,1\n' >a.csv
	printf 'k,m\na,2\n' >b.csv
	socket=
}

teardown() {
	[ -z "$socket" ] || { term kill-server 2>/dev/null || true; rm -rf "$socket"; }
	[ -z "$pipeline" ] || kill -9 -- "-$pipeline" 2>/dev/null || true
}

explain() { [ -z "$socket" ] || term capture-pane -p; }

term() { env -u TMUX LC_ALL=C.UTF-8 tmux -u -S "$socket/s" "$@"; }

prompt() {
	command -v tmux >/dev/null || skip "tmux is not installed, which is the terminal"
	socket=$(mktemp -d /tmp/pw-tmux-XXXXXX) # the path of a socket is short
	term -f /dev/null new-session -d -x 120 -y 20 \
		env -i HOME=/nonexistent TERM=screen LC_ALL=C.UTF-8 TZ=UTC PATH="$PATH" TMPDIR="$TMPDIR" \
		"PS1=> " ${ASAN_OPTIONS:+ASAN_OPTIONS=$ASAN_OPTIONS} \
		${LD_PRELOAD:+LD_PRELOAD=$LD_PRELOAD} ${CLOCK_RATE:+CLOCK_RATE=$CLOCK_RATE} bash --norc --noprofile -i 2>err ||
		skip "tmux does not start: $(cat err)"
	session=$(ps -o sid= -p "$(term list-panes -F '#{pane_pid}')" | tr -d ' ')
	await 'term capture-pane -p | grep -q ">"'
}

type() { # TEXT: a line at the prompt
	term send-keys -l "$1"
	term send-keys Enter
}

interrupt() { term send-keys C-c; }

# When the pipeline at the prompt is done, its statuses are in the file status. A bash whose job died
# of SIGINT drops what stands behind it, so they are asked for in a line of their own.
over() {
	await '! pgrep -x "pw-(read|write|join|groupby)|tee" -s "$session" >/dev/null'
	type 'echo ${PIPESTATUS[@]} >status'
	await '[ -s status ]'
}

@test "prompt: Ctrl-C ends a pipeline in order, and what is complete is written" {
	prompt
	type "pw-read -F a.csv | pw-groupby -k k 'n = sum(n)' | pw-write --table out.csv"
	await 'grep -q "^a,1$" out.csv 2>/dev/null'
	printf 'a,4\nb,7\n' >>a.csv
	await 'grep -q "^b,7$" out.csv'
	interrupt
	over
	[ "$(<status)" = "0 0 0" ]
	[ "$(<out.csv)" = "$(printf 'k,n\na,5\nb,7')" ]
}

@test "prompt: two readers in <( ), which Ctrl-C does not reach" {
	clock 20 # the join waits for them, as long as it does after a stop
	prompt
	type "pw-join -k k <(pw-read -F a.csv) <(pw-read -F b.csv) | pw-write --table out.csv"
	await 'grep -q "^a,1,2$" out.csv 2>/dev/null'
	printf 'c,4\n' >>a.csv
	printf 'c,5\n' >>b.csv
	await 'grep -q "^c,4,5$" out.csv'
	interrupt
	over
	[ "$(<status)" = "0 0" ]
	[ "$(<out.csv)" = "$(printf 'k,n,m\na,1,2\nc,4,5')" ]
}

@test "prompt: a tee in the middle, which dies at once" {
	prompt
	type "pw-read -F a.csv | tee copy.pws | pw-groupby -k k 'n = sum(n)' | pw-write --table out.csv"
	await 'grep -q "^a,1$" out.csv 2>/dev/null'
	printf 'a,4\n' >>a.csv
	await 'grep -q "^a,5$" out.csv'
	interrupt
	over
	[[ "$(<status)" == *" 130 0 0" ]]
	[ "$(<out.csv)" = "$(printf 'k,n\na,5')" ]
}

@test "prompt: before there is anything, 130 and nothing written" {
	prompt
	mkfifo feed
	type "pw-read -F -f csv - <feed | pw-write --table out.csv"
	exec 7>feed
	await stoppable "$session" pw-read pw-write
	interrupt
	over
	exec 7>&-
	[ "$(<status)" = "130 130" ]
	[ ! -e out.csv ]
}

@test "prompt: a second Ctrl-C kills" {
	prompt
	mkfifo feed
	type "pw-read -F --commit-line . -f lines - <feed | pw-write --changes out.csv"
	exec 7>feed
	printf 'a\n.\nb\n' >&7
	await 'grep -q "^a," out.csv 2>/dev/null'
	interrupt
	interrupt
	over
	exec 7>&-
	[[ "$(<status)" =~ ^(130|0)\ (130|0)$ ]] # 0 where the second came late
	head -n 2 out.csv | diff - out.csv
}

@test "sh: a pipeline as a process group is interrupted" {
	setsid env --default-signal=INT sh -c "trap : INT
		pw-read -F a.csv | pw-groupby -k k 'n = sum(n)' | pw-write --table out.csv
		echo \$? >status" 3>&- &
	pipeline=$!
	await 'grep -q "^a,1$" out.csv 2>/dev/null'
	kill -INT -- "-$pipeline"
	await '[ -s status ]'
	[ "$(<status)" = 0 ]
	wait "$pipeline"
	pipeline=
}

@test "sh: one reader of a join is stopped, and the others go on" {
	mkfifo left
	pw-read -F a.csv >left 3>&- &
	left=$!
	setsid sh -c "trap : TERM; pw-join -k k left exec:'exec pw-read -F b.csv' | pw-write --table out.csv; echo \$? >status" 3>&- &
	pipeline=$!
	await 'grep -q "^a,1,2$" out.csv 2>/dev/null'
	kill -TERM "$left"
	wait "$left"
	printf 'a,3\n' >>b.csv # meets what the left side has left behind
	await 'grep -q "^a,1,3$" out.csv'
	[ ! -s status ]
	kill -TERM -- "-$pipeline"
	await '[ -s status ]'
	wait "$pipeline"
	pipeline=
}

@test "nohup: the signal that was ignored stays ignored" {
	nohup sh -c 'exec pw-read -F a.csv' >out.pws 2>err 3>&- &
	reader=$!
	await '[ -s out.pws ]'
	kill -HUP "$reader"
	printf 'b,2\n' >>a.csv
	await '[ "$(pw-read -q --salvage out.pws | pw-write --changes | wc -l)" -eq 3 ]'
	kill -TERM "$reader"
	wait "$reader"
	pw-read out.pws >/dev/null
}
