/*
 * pw_utf8 - is it valid UTF-8, and how long is it
 *
 * Valid means RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */
#ifndef PW_BASE_UTF8_H
#define PW_BASE_UTF8_H

#include "lang.h"

#include <stdbool.h>
#include <stddef.h>

PW_C_BEGIN

bool pw_utf8_valid(const char *text, size_t length);

/* Length of the longest valid prefix (a place for a message). */
size_t pw_utf8_valid_prefix(const char *text, size_t length);

/* Code points in a valid text. */
size_t pw_utf8_count(const char *text, size_t length);

/* Columns of a terminal that a valid text takes. */
size_t pw_utf8_width(const char *text, size_t length);

/* ---- for the pieces: pw_utf8_valid where the processor has AVX2, and whether this one does ---- */

bool pw_utf8_avx2_valid(const char *text, size_t length);
bool pw_utf8_avx2_here(void);

PW_C_END

#endif
