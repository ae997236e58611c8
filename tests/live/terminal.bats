# What a person sees: pipelines typed at the prompt of an interactive bash, in the terminal that tmux is.

load "$TOP/tests/helpers/await"

setup() {
	[ -x "$BUILD/bin/pw-write" ] || skip "pw-write is still to be built"
	command -v tmux >/dev/null || skip "tmux is not installed, which is the terminal"
	cd "$BATS_TEST_TMPDIR" || return 1
	mkfifo feed
	clock 5 # tables are drawn sooner, and who waits for the second after ^C waits less
	socket=$(mktemp -d /tmp/pw-tmux-XXXXXX) # the path of a socket is short
	term -f /dev/null new-session -d -x 60 -y 14 \
		env -i HOME=/nonexistent TERM=screen LC_ALL=C.UTF-8 TZ=UTC PATH="$PATH" TMPDIR="$TMPDIR" \
		"PS1=> " ${ASAN_OPTIONS:+ASAN_OPTIONS=$ASAN_OPTIONS} \
		${LD_PRELOAD:+LD_PRELOAD=$LD_PRELOAD} ${CLOCK_RATE:+CLOCK_RATE=$CLOCK_RATE} bash --norc --noprofile -i 2>err ||
		skip "tmux does not start: $(cat err)"
	session=$(ps -o sid= -p "$(term list-panes -F '#{pane_pid}')" | tr -d ' ')
	sees '>'
}

teardown() {
	exec 7>&-
	[ -z "$socket" ] || term kill-server 2>/dev/null || true
	rm -rf "$socket"
}

term() {
	env -u TMUX LC_ALL=C.UTF-8 tmux -u -S "$socket/s" "$@" 7>&-
}

screen() { # without the lines below the last one that shows something
	term capture-pane -p "$@" | sed -e 's/ *$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

explain() { screen; }

sees() { # REGEX...: until a line of the screen matches each
	local pattern
	for pattern; do
		await has "$pattern"
	done
}
has() { screen | grep -Eq -- "$1"; }

# N REGEX: until so many lines of the screen match; what is drawn anew is not there all at once
counts() { await has_lines "$@"; }
has_lines() { [ "$(screen | grep -Ec -- "$2")" -eq "$1" ]; }

type() { # TEXT: a line at the prompt
	term send-keys -l "$1"
	term send-keys Enter
}

# A pipeline that shows a stream of k and n, fed by say.
show() { # COMMAND: reads the stream
	type "clear; pw-read --changes -f csv -s 'k str, n int' - <feed | $1; echo ended \${PIPESTATUS[@]}"
	exec 7>feed
	echo k,n,_time,_diff >&7
}

say() { # ROW...: and the frontier passes the time of the last
	printf '%s\n' "$@" >&7
	printf ',,%s,0\n' "$(echo "${@: -1}" | cut -d, -f3)" >&7
}

@test "a table is redrawn in place, with a line about it" {
	show "pw-groupby -k k 'n = sum(n)'"
	say a,1,2,1 b,2,2,1
	sees '^a  1' '^b  2' '^2 rows; [0-9]+ changes/s; at 1970'
	say a,4,4,1
	sees '^a  5'
	say b,2,6,-1
	sees '^1 row; '
	counts 1 '^k  n'
	counts 0 '^b'
	exec 7>&-
	sees '^ended 0 0'
	[ "$(screen | grep -A 3 '^k')" = $'k  n\n-  -\na  5\nended 0 0' ]
}

@test "the line tells the lag, and is true while nothing comes" {
	local now
	now=$(date +%s)000
	show "pw-write --table"
	say "a,1,$now,1"
	sees '; lag [0-9.]+ s' '; 0 changes/s; lag [1-9][0-9.]* s'
}

@test "as many rows as there is room for, and how many more there are" {
	show pw-groupby\ -k\ k
	say "$(seq -f '%02g,1,2,1' 30 | sed '$d')" 30,1,2,1
	sees '^30 rows, 20 not shown; '
	counts 10 '^[0-3][0-9]$'
	sees '^10$'
	exec 7>&-
	sees '^ended' '^30$'
}

@test "the terminal's size: what is drawn fits it, and what was drawn is gone" {
	show "pw-groupby -k k 'n = sum(n)'"
	say "$(seq -f 'a long name %02g,1,2,1' 20)" "b,1,2,1"
	sees '^21 rows, 11 not shown; '
	term resize-window -x 30 -y 9
	sees '^21 rows, 16 not shown;'
	counts 1 '^k( |$)'
	counts 5 'a long name'
	term resize-window -x 12 -y 20
	sees '^a long n…  1$' '^21 rows, 5'
	counts 1 '^k( |$)'
	counts 16 '^a long n'
	term resize-window -x 60 -y 14
	sees '^21 rows, 11 not shown; '
	counts 1 '^k( |$)'
	counts 10 'a long name'
	term resize-window -x 20 -y 2
	sees '^21 rows'
	term resize-window -x 60 -y 30
	sees '^b' '^21 rows; '
}

@test "^C: the last table stays, and the terminal is as it was" {
	show "pw-groupby -k k 'n = sum(n)'"
	say a,1,2,1
	sees '^a  1'
	term send-keys C-c
	sees 'ended 0 0$'
	sees '^a  1' '^1 row$'
	[ "$(term display-message -p '#{cursor_flag} #{alternate_on} #{wrap_flag}')" = '1 0 1' ]
	type 'echo still $((1+1))'
	sees '^still 2'
	counts 1 '^k  n'
}

@test "^C: a reader that follows ends its stream in order" {
	echo k,n >in.csv
	echo a,1 >>in.csv
	type "clear; pw-read -F in.csv | pw-groupby -k k 'n = sum(n)'; echo ended \${PIPESTATUS[@]}"
	sees '^a  1' '^1 row; .*lag'
	echo b,2 >>in.csv
	sees '^b  2'
	term send-keys C-c
	sees 'ended 0 0$'
	sees '^2 rows$'
}

@test "^C before the first commit is complete: status 130" {
	type "clear; pw-read -f csv -s 'k str' - <feed | pw-groupby -k k"
	exec 7>feed
	printf 'k\na\n' >&7
	await stoppable "$session" pw-read pw-groupby
	term send-keys C-c
	sees '^(\^C)?>$'
	type 'echo ended ${PIPESTATUS[@]}'
	sees '^ended 130 130'
	counts 0 '^k'
}

@test "^C with two readers in <( ), and with a tee" {
	mkfifo other copy
	type "clear; pw-join -k k <(pw-read --changes -f csv -s 'k str, n int' - <feed) <(pw-read --changes -f csv -s 'k str, m int' - <other); echo ended \$?"
	exec 7>feed 8>other
	printf '%s\n' k,n,_time,_diff a,1,2,1 ,,4,0 >&7
	printf '%s\n' k,m,_time,_diff a,7,2,1 ,,4,0 >&8
	sees '^a  1  7'
	term send-keys C-c
	sees 'ended 0'
	sees '^a  1  7'
	exec 7>&- 8>&-
	await '! pgrep -x pw-read -s "$session" >/dev/null' # they would read what comes now
	type "clear; pw-read --changes -f csv -s 'k str, n int' - <feed | tee copy | pw-groupby -k k & pw-write --changes kept.csv <copy; wait; echo ended"
	exec 7>feed
	printf '%s\n' k,n,_time,_diff a,1,2,1 ,,4,0 >&7
	sees '^a$'
	exec 7>&-
	sees '^ended'
	[ "$(cat kept.csv)" = $'k,n,_time,_diff\na,1,2,1' ]
}

@test "^Z and fg: it goes on below" {
	show "pw-groupby -k k 'n = sum(n)'"
	say a,1,2,1
	sees '^a  1'
	term send-keys C-z
	sees 'Stopped'
	type fg
	say a,1,4,1
	sees '^a  2'
	sees '^a  1' # above
	term send-keys C-c
	sees 'ended|^>'
}

@test "what a stage says on its way out stays" {
	show "pw-filter 'n / 0 > 1' | pw-groupby -k k"
	(say a,1,2,1) 2>/dev/null || true # the reader goes as the filter does
	sees '^ended [0-9]+ 3 3' '^pw-filter: .*division'
}

@test "a screen that can't move its cursor gets the table at the end" {
	show "TERM=dumb pw-groupby -k k 'n = sum(n)'"
	say a,1,2,1
	say a,2,4,1
	exec 7>&-
	sees '^ended 0 0'
	[ "$(screen | grep -A 3 '^k  n')" = $'k  n\n-  -\na  3\nended 0 0' ]
}

@test "colours, unless NO_COLOR" {
	show "pw-groupby -k k"
	say a,1,2,1
	sees '^1 row; '
	await '[[ $(term capture-pane -p -e) == *$'"'"'\033[1mk'"'"'* ]]'
	exec 7>&-
	sees '^ended'
	show "NO_COLOR=1 pw-groupby -k k"
	say a,1,2,1
	sees '^1 row; '
	[[ $(term capture-pane -p -e) != *$'\033[1m'* ]]
}
