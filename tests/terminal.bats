# What a person sees: lines typed at the prompt of an interactive bash, in the terminal that tmux is.

setup() {
	[ -x "$BUILD/bin/pw-write" ] || skip "pw-write is still to be built"
	command -v tmux >/dev/null || skip "tmux is not installed, which is the terminal"
	cd "$BATS_TEST_TMPDIR" || return 1
	mkfifo feed
	socket=$(mktemp -d /tmp/pw-tmux-XXXXXX) # the path of a socket is short
	term -f /dev/null new-session -d -x 60 -y 14 \
		env -i HOME=/nonexistent TERM=screen LC_ALL=C.UTF-8 TZ=UTC PATH="$PATH" TMPDIR="$TMPDIR" \
		"PS1=> " ${ASAN_OPTIONS:+ASAN_OPTIONS=$ASAN_OPTIONS} bash --norc --noprofile -i 2>err ||
		skip "tmux does not start: $(cat err)"
	await '>'
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

await() { # REGEX...: until a line of the screen matches each, at most two minutes
	local left=2400 pattern
	for pattern; do
		until screen | grep -Eq -- "$pattern"; do
			left=$((left - 1))
			[ "$left" -gt 0 ] || { echo "never: $pattern"; screen; return 1; }
			sleep 0.05
		done
	done
}

type() { # TEXT: a line at the prompt
	term send-keys -l "$1"
	term send-keys Enter
}

# A line that shows a stream of k and n, fed by say.
show() { # COMMAND: reads the stream
	type "clear; pw-read --changes -f csv -s 'k str, n int' - <feed | $1; echo ended \${PIPESTATUS[@]}"
	exec 7>feed
	echo k,n,_time,_diff >&7
}

say() { # ROW...: and the frontier passes the time of the last
	printf '%s\n' "$@" >&7
	printf ',,%s,0\n' "$(echo "${@: -1}" | cut -d, -f3)" >&7
}

count() { # REGEX: lines of the screen
	screen | grep -Ec -- "$1" || true
}

@test "a table is redrawn in place, with a line about it" {
	show "pw-groupby -k k 'n = sum(n)'"
	say a,1,2,1 b,2,2,1
	await '^a  1' '^b  2' '^2 rows; [0-9]+ changes/s; at 1970'
	say a,4,4,1
	await '^a  5'
	say b,2,6,-1
	await '^1 row; '
	[ "$(count '^k  n')" -eq 1 ]
	[ "$(count '^b')" -eq 0 ]
	exec 7>&-
	await '^ended 0 0'
	[ "$(screen | grep -A 3 '^k')" = $'k  n\n-  -\na  5\nended 0 0' ]
}

@test "the line tells the lag, and is true while nothing comes" {
	local now
	now=$(date +%s)000
	show "pw-write --table"
	say "a,1,$now,1"
	await '; lag [0-9.]+ s' '; 0 changes/s; lag [1-9][0-9.]* s'
}

@test "as many rows as there is room for, and how many more there are" {
	show pw-groupby\ -k\ k
	say "$(seq -f '%02g,1,2,1' 30 | sed '$d')" 30,1,2,1
	await '^30 rows, 20 not shown; '
	[ "$(count '^[0-3][0-9]$')" -eq 10 ]
	await '^10$'
	exec 7>&-
	await '^ended' '^30$'
}

@test "the terminal's size: what is drawn fits it, and what was drawn is gone" {
	show "pw-groupby -k k 'n = sum(n)'"
	say "$(seq -f 'a long name %02g,1,2,1' 20)" "b,1,2,1"
	await '^21 rows, 11 not shown; '
	term resize-window -x 30 -y 9
	await '^21 rows, 16 not shown;'
	[ "$(count '^k( |$)')" -eq 1 ]
	[ "$(count 'a long name')" -eq 5 ]
	term resize-window -x 12 -y 20
	await '^a long na' '…$' '^21 rows, 5'
	[ "$(count '^k( |$)')" -eq 1 ]
	[ "$(count '^a long n')" -eq 16 ]
	term resize-window -x 60 -y 14
	await '^21 rows, 11 not shown; '
	[ "$(count '^k( |$)')" -eq 1 ]
	[ "$(count 'a long name')" -eq 10 ]
	term resize-window -x 20 -y 2
	await '^21 rows'
	term resize-window -x 60 -y 30
	await '^b' '^21 rows; '
}

@test "^C: the last table stays, and the terminal is as it was" {
	show "pw-groupby -k k 'n = sum(n)'"
	say a,1,2,1
	await '^a  1'
	term send-keys C-c
	await 'ended 0 0$'
	await '^a  1' '^1 row$'
	[ "$(term display-message -p '#{cursor_flag} #{alternate_on} #{wrap_flag}')" = '1 0 1' ]
	type 'echo still $((1+1))'
	await '^still 2'
	[ "$(count '^k  n')" -eq 1 ]
}

@test "^C: a reader that follows ends its stream in order" {
	echo k,n >in.csv
	echo a,1 >>in.csv
	type "clear; pw-read -F in.csv | pw-groupby -k k 'n = sum(n)'; echo ended \${PIPESTATUS[@]}"
	await '^a  1' '^1 row; .*lag'
	echo b,2 >>in.csv
	await '^b  2'
	term send-keys C-c
	await 'ended 0 0$'
	await '^2 rows$'
}

@test "^C before the first commit is complete: status 130" {
	type "clear; pw-read -f csv -s 'k str' - <feed | pw-groupby -k k"
	exec 7>feed
	printf 'k\na\n' >&7
	term send-keys C-c
	await '^(\^C)?>$'
	type 'echo ended ${PIPESTATUS[@]}'
	await '^ended 130 130'
	[ "$(count '^k')" -eq 0 ]
}

@test "^C with two readers in <( ), and with a tee" {
	mkfifo other copy
	type "clear; pw-join -k k <(pw-read --changes -f csv -s 'k str, n int' - <feed) <(pw-read --changes -f csv -s 'k str, m int' - <other); echo ended \$?"
	exec 7>feed 8>other
	printf '%s\n' k,n,_time,_diff a,1,2,1 ,,4,0 >&7
	printf '%s\n' k,m,_time,_diff a,7,2,1 ,,4,0 >&8
	await '^a  1  7'
	term send-keys C-c
	await 'ended 0'
	await '^a  1  7'
	exec 7>&- 8>&-
	type "clear; pw-read --changes -f csv -s 'k str, n int' - <feed | tee copy | pw-groupby -k k & pw-write --changes kept.csv <copy; wait; echo ended"
	exec 7>feed
	printf '%s\n' k,n,_time,_diff a,1,2,1 ,,4,0 >&7
	await '^a$'
	exec 7>&-
	await '^ended'
	[ "$(cat kept.csv)" = $'k,n,_time,_diff\na,1,2,1' ]
}

@test "^Z and fg: it goes on below" {
	show "pw-groupby -k k 'n = sum(n)'"
	say a,1,2,1
	await '^a  1'
	term send-keys C-z
	await 'Stopped'
	type fg
	say a,1,4,1
	await '^a  2'
	await '^a  1' # above
	term send-keys C-c
	await 'ended|^>'
}

@test "what a stage says on its way out stays" {
	show "pw-filter 'n / 0 > 1' | pw-groupby -k k"
	(say a,1,2,1) 2>/dev/null || true # the reader goes as the filter does
	await '^ended [0-9]+ 3 3' '^pw-filter: .*division'
}

@test "a screen that can't move its cursor gets the table at the end" {
	show "TERM=dumb pw-groupby -k k 'n = sum(n)'"
	say a,1,2,1
	say a,2,4,1
	exec 7>&-
	await '^ended 0 0'
	[ "$(screen | grep -A 3 '^k  n')" = $'k  n\n-  -\na  3\nended 0 0' ]
}

@test "colours, unless NO_COLOR" {
	show "pw-groupby -k k"
	say a,1,2,1
	await '^1 row; '
	[[ $(term capture-pane -p -e) == *$'\033[1mk'* ]]
	exec 7>&-
	await '^ended'
	show "NO_COLOR=1 pw-groupby -k k"
	say a,1,2,1
	await '^1 row; '
	[[ $(term capture-pane -p -e) != *$'\033[1m'* ]]
}
