/*
 * pw_magic - what a file is, by its first bytes or by its name
 *
 * For messages alone: formats that are not read, and the command that makes of
 * one of them a text that is.
 *
 * Use:      pw_magic_of with the first bytes, PW_MAGIC_BYTES of them if there are
 *           so many; or pw_magic_of_path; then pw_magic_advice.
 * Promises: a text in UTF-8 without NULs is no binary format, whatever its first
 *           letters are.
 */
#ifndef PW_BASE_MAGIC_H
#define PW_BASE_MAGIC_H

#include "bytes.h"
#include "packing.h"

PW_C_BEGIN

#define PW_MAGIC_BYTES 512

struct pw_magic {
	const char *name; /* "bzip2": "it is bzip2" can be said */
	const char
		*command;  /* writes what is in it; FILE stands for the file; NULL: none is known */
	const char *piped; /* likewise, from standard input; NULL: it needs a file */
	const char *format; /* of what the command writes; NULL: that of the text that is in it */
	bool text;          /* a text, which some formats can hold */
};

/* NULL: no such format. */
const struct pw_magic *pw_magic_of(const char *data, size_t n);

/* By the suffix of a path, in letters of any case; NULL: it has none of theirs. */
const struct pw_magic *pw_magic_of_path(const char *path);

/* Is it one format within a compression, of which alone the first bytes tell? */
bool pw_magic_is_nested(const struct pw_magic *m);

/* The length of a path without that suffix. */
size_t pw_magic_stem(const char *path);

/*
 * Appends "bzcat FILE | pw-read -f csv -", FILE as a shell takes it; format is
 * that of the text in it. file NULL: standard input, "... | bzcat | pw-read -f
 * csv -". Nothing is appended where no command is known. packing: FILE is
 * decompressed first, since m is what is in it.
 */
void pw_magic_advice(const struct pw_magic *m, const char *file, enum pw_packing packing,
		     const char *format, struct pw_bytes *b);

/* Appends a path as a word of a shell, which is no option. */
void pw_magic_add_word(struct pw_bytes *b, const char *path);

PW_C_END

#endif
