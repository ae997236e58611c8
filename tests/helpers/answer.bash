# What a `run` has shown.

same() { # EXPECTED: the output is that
	echo "found: $output"
	[ "$status" -eq 0 ] && [ "$output" = "$1" ]
}

says() { # STATUS PATTERN: that status, and one line, of the tool that the file is named after, that matches
	echo "$status: $output"
	[ "$status" -eq "$1" ] && [ "${#lines[@]}" -eq 1 ] &&
		[[ $output == "pw-$(basename "$BATS_TEST_FILENAME" .bats)":\ $2 ]]
}
