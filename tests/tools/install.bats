# make install: what is there afterwards works without the source tree.

setup() {
	cd "$TOP" || return 1
	root=$BATS_TEST_TMPDIR/root
	run_make install >/dev/null
}

# What is built counts as new, whatever the clock that dated the sources: nothing is built anew under the
# suites that run beside.
run_make() { # install|uninstall
	local build=${BUILD#"$TOP"/}
	make -s -o all -o "$build/libpwcore.a" "$1" BUILD="$build" PREFIX=/usr DESTDIR="$root"
}

@test "programs, pages, completions and the library are installed" {
	for file in bin/*.c; do
		name=$(basename "$file" .c)
		[ -x "$root/usr/bin/$name" ]
		[ -f "$root/usr/share/bash-completion/completions/$name" ]
	done
	for page in man/*.[1-9]; do
		[ -f "$root/usr/share/man/man${page##*.}/${page#man/}" ]
	done
	[ -f "$root/usr/lib/libpwcore.a" ]
	[ -f "$root/usr/include/pwcore/base/fail.h" ]
	"$root/usr/bin/pw" --version
}

# A file that includes every header that is installed.
all_headers() {
	(cd "$root/usr/include" && find pwcore -name '*.h' | LC_ALL=C sort | sed 's/.*/#include <&>/')
}

@test "the headers installed are public, and compile all together in C and in C++" {
	[ -z "$(find "$root" -name '*_internal.h')" ]
	all_headers >"$BATS_TEST_TMPDIR/all.c"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/all.c")" -gt 50 ]
	for compile in 'cc -std=c11 -x c' 'g++ -std=c++17 -x c++'; do
		command -v "${compile%% *}" >/dev/null || continue
		$compile -D_GNU_SOURCE -Wall -Wextra -Werror -I"$root/usr/include" -fsyntax-only "$BATS_TEST_TMPDIR/all.c"
	done
}

@test "uninstall takes all of it away" {
	run_make uninstall
	left=$(find "$root" -type f -o -type l)
	echo "$left"
	[ -z "$left" ]
}

@test "a filter of one's own builds against pwcore.pc, and runs in a pipeline" {
	[ -f lib/tool/tool.c ] || skip "lib/tool is still to be built"
	cd "$BATS_TEST_TMPDIR"
	cat >pw-twice.c <<'END'
#include <pwcore/tool/tool.h>

/* Passes every row on twice. */
static const struct pw_option options[] = {{0}};
static const struct pw_program program = {
	.name = "pw-twice",
	.summary = "pass every row on twice",
	.synopsis = "",
	.examples = "",
	.options = options,
};

int main(int argc, char **argv)
{
	struct pw_tool tool = {0};
	struct pw_event ev;
	pw_tool_start(&tool, &program, argc, argv, NULL);
	pw_tool_input(&tool);
	pw_tool_output(&tool, &pw_tool_head(&tool, 0)->schema, "nothing");
	while (pw_tool_next(&tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH) {
			pw_tool_batch(&tool, ev.batch);
			pw_tool_batch(&tool, ev.batch);
		}
		if (ev.kind == PW_EVENT_FRONTIER)
			pw_tool_frontier(&tool, ev.time);
	}
	return pw_tool_finish(&tool);
}
END
	flags=$(PKG_CONFIG_PATH=$root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root \
		PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 pkg-config --cflags --libs pwcore)
	cc -std=c11 -Wall -Wextra -Werror -o "$root/usr/bin/pw-twice" pw-twice.c $flags
	[ -x "$root/usr/bin/pw-read" ] && [ -x "$root/usr/bin/pw-write" ] || skip "pw-read, pw-write are still to be built"
	run sh -c "printf 'a\n1\n2\n' | '$root/usr/bin/pw-read' -f csv - | '$root/usr/bin/pw-twice' | '$root/usr/bin/pw-write' -f csv --table"
	[ "$output" = $'a\n1\n1\n2\n2' ]
}

@test "a filter of one's own in C++ links and runs" {
	command -v g++ >/dev/null || skip "g++ is not installed"
	cd "$BATS_TEST_TMPDIR"
	cat >pw-rows.cc <<'END'
#include <pwcore/tool/tool.h>

/* Passes every row on. */
int main(int argc, char **argv)
{
	static const pw_option options[] = {{}};
	pw_program program = {};
	program.name = "pw-rows";
	program.summary = "pass every row on";
	program.synopsis = program.examples = "";
	program.options = options;
	pw_tool tool = {};
	pw_event ev;
	pw_tool_start(&tool, &program, argc, argv, nullptr);
	pw_tool_input(&tool);
	pw_tool_output(&tool, &pw_tool_head(&tool, 0)->schema, "nothing");
	while (pw_tool_next(&tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			pw_tool_batch(&tool, ev.batch);
		if (ev.kind == PW_EVENT_FRONTIER)
			pw_tool_frontier(&tool, ev.time);
	}
	return pw_tool_finish(&tool);
}
END
	flags=$(PKG_CONFIG_PATH=$root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root \
		PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 pkg-config --cflags --libs pwcore)
	g++ -std=c++17 -Wall -Wextra -Werror -o pw-rows pw-rows.cc $flags
	run sh -c "printf 'a\n1\n2\n' | '$root/usr/bin/pw-read' -f csv - | ./pw-rows | '$root/usr/bin/pw-write' -f csv --table"
	[ "$output" = $'a\n1\n2' ]
}

@test "completion knows tools and options" {
	source tools/completion.bash
	printf '#!/bin/sh\necho "pw-x: does x"; echo "  -k, --key COLS   the key"; echo "      --long        one"\n' >"$BATS_TEST_TMPDIR/pw-x"
	chmod +x "$BATS_TEST_TMPDIR/pw-x"
	COMP_WORDS=("$BATS_TEST_TMPDIR/pw-x" --) COMP_CWORD=1
	_pw "$BATS_TEST_TMPDIR/pw-x"
	echo "${COMPREPLY[@]}"
	[ "${COMPREPLY[*]}" = "--key --long" ]
}
