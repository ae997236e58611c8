# The tree as STYLE has it: what can be checked by reading it.

setup() {
	cd "$TOP" || return 1
	shopt -s nullglob
}

# The names that objects define and want, a line each: OBJECT:NAME:KIND
setup_file() {
	cd "$TOP" || return 1
	for file in lib/*/*.c; do
		[ -f "$BUILD/obj/${file%.c}.o" ] && echo "$BUILD/obj/${file%.c}.o"
	done | xargs nm -A --format=posix | sed -E "s@^$BUILD/obj/(.*)\.o: ([^ ]+) (.).*@\1.c:\2:\3@" \
		>"$BATS_FILE_TMPDIR/names"
}

wants() { # ERE: "FILE uses NAME" for what files of lib/ want from outside
	grep -xE "[^:]*:($1):[Uw]" "$BATS_FILE_TMPDIR/names" | sed 's/:/ uses /; s/:.*//'
}

# The project's own text: what git knows, or in a tree without git all but what is made.
files() {
	{ git ls-files 2>/dev/null || find . -type f -not -path './build/*' -not -path './.git/*' | sed 's@^\./@@'; } |
		grep -vE '^(data/|tests/(cases|fuzz/corpus|data)/)'
}

@test "includes point down, and not at siblings" {
	python3 - <<'END'
import glob, os, re, sys
RANK = {"base": 0, "time": 1, "data": 2, "wire": 3, "store": 4, "expr": 5, "state": 5, "agg": 6, "conn": 7, "dest": 7,
        "fmt": 7, "tool": 8, "op": 9, "read": 9, "write": 9, "bin": 10}
def layer(path):
    return os.path.basename(os.path.dirname(path))
bad = []
for path in glob.glob("lib/*/*.[ch]") + glob.glob("bin/*.c"):
    for name in re.findall(r'^#include "(.*)"', open(path).read(), re.M):
        target = os.path.normpath(os.path.join(os.path.dirname(path), name))
        if not os.path.exists(target):
            bad.append(f"{path}: no such file: {name}")
        elif layer(target) != layer(path) and RANK[layer(target)] >= RANK[layer(path)]:
            bad.append(f"{path} includes {target}")
print("\n".join(bad))
sys.exit(bool(bad))
END
}

@test "no program includes another program's source" {
	run grep -n '#include ".*\.c"' bin/*.c lib/*/*.c
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "each header compiles alone" {
	bad=
	for file in lib/*/*.h; do
		cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -fsyntax-only -x c "$file" 2>&1 || bad+=" $file"
	done
	echo "$bad"
	[ -z "$bad" ]
}

# lib/read and lib/write are the engines of one program each; private headers end in _internal.h.
public_headers() {
	ls lib/*/*.h | grep -vE '^lib/(read|write)/|_internal\.h$'
}

@test "a public header includes no private one, and is C in C++ too" {
	run grep -nE '#include ".*(_internal\.h|(read|write)/[a-z_]+\.h)"' $(public_headers)
	echo "$output"
	[ "$status" -eq 1 ]
	run grep -LE '^PW_C_BEGIN$|^#define PW_C_BEGIN' $(public_headers)
	echo "without PW_C_BEGIN: $output"
	[ -z "$output" ]
	run grep -LE '^PW_C_END$|^#define PW_C_END' $(public_headers)
	echo "without PW_C_END: $output"
	[ -z "$output" ]
}

@test "all headers compile together: no name stands twice" {
	ls lib/*/*.h | sed "s@.*@#include \"$TOP/&\"@" >"$BATS_TEST_TMPDIR/all.c"
	cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only "$BATS_TEST_TMPDIR/all.c"
	public_headers | sed "s@.*@#include \"$TOP/&\"@" >"$BATS_TEST_TMPDIR/all.cc"
	command -v g++ >/dev/null || skip "g++ is not installed"
	g++ -std=c++17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only "$BATS_TEST_TMPDIR/all.cc"
}

@test "C files have the form that .clang-format says" {
	command -v clang-format >/dev/null || skip "clang-format is not installed"
	run bash -c "files() { $(declare -f files | sed 1d); }; files | grep -E '\.[ch]$' | xargs -n 60 -P 2 clang-format --dry-run -Werror"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a library file exports only names of its stem" {
	# foo.c: pw_foo_*; a piece of foo keeps its first word (foo_bar.c, pw_foo_*, pw_fooer_*) or that of its
	# layer (lib/tool/input.c, pw_tool_*); anything else must be a promise of foo.h itself, or a
	# constant that a header of the layer declares (the kinds of formats and connectors).
	bad=
	while IFS=: read -r file symbol _; do
		stem=$(basename "$file" .c)
		layer=${file#lib/} layer=${layer%%/*}
		[[ $symbol =~ ^pw_(${stem}|${stem%%_*}[a-z]*|$layer)(_|$) ]] && continue
		[[ $symbol == pw_* ]] && grep -qsw "$symbol" "${file%.c}.h" "${file%.c}_internal.h" && continue
		grep -qswE "extern const .*[ *]$symbol" "${file%/*}"/*.h && continue
		bad+="$file exports $symbol"$'\n'
	done < <(grep ':[A-TV-Z]$' "$BATS_FILE_TMPDIR/names")
	echo "$bad"
	[ -z "$bad" ]
}

@test "nothing below lib/tool prints or exits" {
	# fail.c aborts on our own bugs, mem.c ends a program without memory.
	run bash -c "$(declare -f wants); wants 'stdout|stderr|stdin|_?exit|_Exit|abort|puts|putchar|perror|(__)?v?printf(_chk)?|system|errx?|warnx?' |
		grep -vE '^lib/(tool/|base/(fail|mem)\.c)'"
	echo "$output"
	[ -z "$output" ]
}

@test "the outside world is reached through lib/base/io only" {
	# Where there is no caller left to tell, fail.c and mem.c write on their own. What lib/tool/ does
	# with its own processes and signals is not the outside world.
	run bash -c "$(declare -f wants); wants '(__)?(read|pread|open|poll|stat|lstat|fstat|lseek|ftruncate)(64)?(_chk|_2)?|write|pwrite|close|fsync|fdatasync|rename|unlink|mkdir|rmdir|access|opendir|readdir|mkostemp|mkstemp|fopen|flock|clock_gettime|gettimeofday|time|getrandom|random|rand' |
		grep -vE '^lib/(base/io|tool/(display|signal|spawn|state_checkpoint|tool)|read/replay_lane)\.c|^lib/base/(fail|mem)\.c uses write'"
	echo "$output"
	[ -z "$output" ]
}

@test "no mutable globals but in lib/tool" {
	# io's table, hash's key, fail's messages and mem's call are set once or per thread. Kinds b and d are
	# variables; tables of pointers are among them, but in .data.rel.ro.
	run bash -c "grep -E ':[bBdDC]\$' '$BATS_FILE_TMPDIR/names' |
		grep -vE '^lib/(tool/|base/(io|hash|fail|mem)\.c)' | while IFS=: read -r file name _; do
			objdump -t '$BUILD/obj/'\"\${file%.c}.o\" | grep -w \"\$name\" | grep -qE 'rel\.ro|\.t(bss|data)' || echo \"\$file: \$name\"
		done"
	echo "$output"
	[ -z "$output" ]
}

@test "a program's variables are those of its functions" {
	# Tables of pointers are in .data.rel.ro; a variable within a function has a number after its name.
	bad=
	for file in bin/*.c; do
		bad+=$(objdump -t "$BUILD/obj/${file%.c}.o" | grep -E ' (\.data|\.bss|\*COM\*)[[:space:]]' | awk -v file="$file" \
			'$NF !~ /^\./ && $NF !~ /\.[0-9]+$/ { print file ": " $NF }')
	done
	echo "$bad"
	[ -z "$bad" ]
}

@test "every tool has a man page, and every page of a tool its tool" {
	bad=
	for file in bin/*.c; do
		tool=$(basename "$file" .c)
		[ -f "man/$tool.1" ] || bad+="man/$tool.1 is missing"$'\n'
	done
	for page in man/*.1; do
		[ -f "bin/$(basename "$page" .1).c" ] || bad+="$page describes no tool"$'\n'
	done
	echo "$bad"
	[ -z "$bad" ]
}

@test "man pages are clean under mandoc -Tlint" {
	pages=(man/*.[1-9])
	[ ${#pages[@]} -gt 0 ] || skip "no page yet"
	mandoc -Tlint -W warning "${pages[@]}"
}

@test "man pages of tools have the sections that STYLE names" {
	bad=
	for page in man/pw-*.1; do
		for section in NAME SYNOPSIS DESCRIPTION OPTIONS STATE TIME 'EXIT STATUS' DIAGNOSTICS EXAMPLES 'SEE ALSO'; do
			grep -qx "\.Sh $section" "$page" || bad+="$page: no $section"$'\n'
		done
	done
	echo "$bad"
	[ -z "$bad" ]
}

# Options as -h prints them: "  -k, --key COLS", in a table of the program's own and one of all programs'.
options_of_help() { # PROGRAM SED-RANGE
	"$1" -h | sed -n "$2"'s/^  *\(-.*\)/\1/p' | sed 's/   .*//' | grep -oE '(^|[ ,])--?[a-zA-Z][a-z-]*' |
		tr -d ' ,' | LC_ALL=C sort -u
}

# Options as the page lists them: .It Fl k , Fl -key Ar COLS
options_of_page() {
	sed -n '/^\.Sh OPTIONS/,/^\.Sh STATE/s/^\.It \(.*Fl.*\)/\1/p' "$1" | sed 's/\\-/-/g' |
		grep -oE 'Fl -?[a-zA-Z][a-z-]*' | sed 's/Fl /-/' | LC_ALL=C sort -u
}

@test "the OPTIONS of a page are those of -h" {
	bad=
	for page in man/pw-*.1; do
		tool=$BUILD/bin/$(basename "$page" .1)
		[ -x "$tool" ] || continue
		own=$(options_of_help "$tool" '/^options:/,/^options of every/')
		all=$(options_of_help "$tool" '/^options/,$')
		listed=$(options_of_page "$page")
		missing=$(LC_ALL=C comm -23 <(echo "$own") <(echo "$listed"))
		foreign=$(LC_ALL=C comm -13 <(echo "$all") <(echo "$listed"))
		[ -z "$missing" ] || bad+="$page does not list "$(echo $missing)$'\n'
		[ -z "$foreign" ] || bad+="$page lists, and -h does not: "$(echo $foreign)$'\n'
	done
	echo "$bad"
	[ -z "$bad" ]
}

@test "pw-expr(7) lists the functions of the table, and maps Pathway's names to them" {
	run tools/functions --check "$BUILD"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "text files end in a newline and hold no trailing blanks" {
	files | python3 -c '
import re, sys
bad = 0
for path in sys.stdin.read().split("\n")[:-1]:
    text = open(path, "rb").read()
    if b"\0" in text or not text:
        continue
    code = re.match(r"(lib|bin|man|tools)/|.*\.bats$|Makefile$", path)
    for fault, found in (("no newline at the end", not text.endswith(b"\n")),
                         ("blanks at the end of a line", code and re.search(rb"[ \t]\n", text))):
        if found:
            bad = 1
            print(f"{path}: {fault}")
sys.exit(bad)'
}

@test "no path of a developer's machine" {
	# The words are put together here so that this file does not hold them.
	[ -n "$(files)" ]
	run grep -nE "/wor""k/[a-z]|/roo""t/|/tmp/[a-z]+[./]" $(files)
	echo "$output"
	[ "$status" -eq 1 ]
}
