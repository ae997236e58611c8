# Streams: what pw writes and a second decoder, written from pws(5) alone, reads; and damage.

bats_require_minimum_version 1.5.0

setup() {
	make=$BUILD/helpers/pws_make
	hop=$BUILD/helpers/pws_hop
	cd "$BATS_TEST_TMPDIR"
}

decode() {
	PYTHONDONTWRITEBYTECODE=1 python3 "$TOP/tests/helpers/pws_decode.py" "$@"
}

# The lines, without those that only say when to send.
plain() {
	grep -v '^{"flush"' "$1"
}

agrees() { # LINES OPTION...
	"$make" "${@:2}" <"$1" >stream
	decode stream >out
	diff <(plain "$1") out
	# A hop may say a frontier later, or several as one.
	"$hop" pass <stream >again
	decode again >out
	diff <(plain "$1" | grep -v '^{"frontier"') <(grep -v '^{"frontier"' out)
}

@test "a second decoder agrees on streams of every kind" {
	for lines in "$TOP"/tests/tools/streams/*.jsonl; do
		for options in '' -i -z '-i -z'; do
			agrees "$lines" $options || {
				echo "$lines $options"
				return 1
			}
		done
	done
}

@test "encodings are used: constants, dictionaries, nulls, many commits in a frame" {
	"$make" -i <"$TOP/tests/tools/streams/dictionary.jsonl" >s
	run -0 decode -l s
	[ "$output" = "600 6  d p c cn d p p p d p dn p" ]
	"$make" <"$TOP/tests/tools/streams/commits.jsonl" >s
	run -0 decode -l s
	[[ ${lines[0]} == "300 300 "* ]]
	"$make" -i -z <"$TOP/tests/tools/streams/dictionary.jsonl" >s
	run -0 decode -l s
	[[ $output == "600 6 z "* ]]
}

@test "long streams pass unharmed, compressed ones too" {
	"$hop" -c 100 make 40 >stream
	"$hop" pass <stream | "$hop" pass >again
	[ "$("$hop" sink <again)" -eq $((40 * 16384)) ]
	"$hop" -r 5000 -c 3 make 2 >stream
	"$hop" pass <stream | decode | grep -v frontier >out
	cmp <(decode stream | grep -v frontier) out
	"$hop" -r 1 -f make 3000 | "$hop" pass >small
	[ "$("$hop" sink <small)" -eq 3000 ]
}

@test "a stream without END, a damaged or cut one, and other bytes are refused" {
	"$make" <"$TOP/tests/tools/streams/types.jsonl" >stream
	run -3 "$hop" sink </dev/null
	[[ $output == *"closed without END: the program upstream has died or writes no stream" ]]
	run -3 "$hop" sink < <(head -c -128 stream)
	[[ $output == *"frame "*": closed without END: the program upstream has died" ]]
	run -3 "$hop" sink < <(head -c 1000 stream)
	[[ $output == *"frame 1: closed in the middle of the frame, without END" ]]
	run -3 "$hop" sink < <(echo a,b,c)
	[[ $output == *": not a pw stream" ]]
	run -3 "$hop" sink < <(head -c 1100 stream; printf x; tail -c +1102 stream)
	[[ $output == *"frame 1: checksum is "*", expected "* ]]
	cat stream stream >twice
	run -3 "$hop" sink <twice
	[[ $output == *"bytes after END" ]]
	run -3 "$hop" sink < <(cat twice) # one write: in a pipe only what has come is seen
	[[ $output == *"bytes after END" ]]
}

@test "a reader that goes away is one failed write" {
	run bash -c "'$hop' make 400 | head -c 100000 >part; echo \${PIPESTATUS[0]}"
	[[ $output == *141* || $output == *"the reader has gone"*5 ]]
}
