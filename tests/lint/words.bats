# Prose of the code: what a search can tell of it. HACKING holds the glossary.

setup() {
	cd "$TOP" || return 1
}

none() { # WHY: the command that was run has found nothing
	[ "$status" -eq 1 ] && return
	echo "$1"
	echo "$output"
	return 1
}

@test "a comment can be read alone" {
	run grep -nE '/\* *\.\.\.' lib/*/*.[ch] bin/*.c
	none "begins with dots, and goes on with the comment above:"
}

@test "a sentence begins with its subject" {
	run grep -nE '^(/\*| \*) (Of what|What is) ' lib/*/*.h HACKING README man/*.[1-9]
	none "begins with 'Of what' or 'What is':"
}

@test "a word that another has replaced does not come back" {
	run grep -nwiE 'keepers?|settle[sd]?|unsettled' lib/*/*.[ch] bin/*.c man/*.[1-9] README HACKING
	none "say checkpointer, or register, publish, apply:"
	run grep -nwiE '(a|the) line (with state|has one directory|goes on)|lines with state' lib/*/*.[ch] bin/*.c man/*.[1-9] README HACKING
	none "say pipeline:"
	run grep -nwE 'behind' lib/*/*.[ch] bin/*.c
	none "say after, downstream or beyond:"
}
