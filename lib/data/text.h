/*
 * pw_text - values to and from text, as DESIGN's formats have them
 *
 * Reading:  the whole slice must be the value, no blanks around it; 0, or -1
 *           without a message: the caller knows the file, line and column and
 *           says "'zzz' is not an int".
 * Writing:  appends the one canonical text of the value, which reads back the
 *           same: floats as the shortest such text, with a point or exponent.
 */
#ifndef PW_DATA_TEXT_H
#define PW_DATA_TEXT_H

#include "column.h"
#include "vector.h"

int pw_text_bool(struct pw_slice s, bool *x);      /* true false t f yes no y n on off 1 0 */
int pw_text_int(struct pw_slice s, int64_t *x);    /* -7, +7, 007; not 7.0 */
int pw_text_float(struct pw_slice s, double *x);   /* 1.5e3, nan, inf, -infinity */
int pw_text_duration(struct pw_slice s, int64_t *ns); /* 1h30m, -5m, 1.5s, 0s; ns us ms s m h d w */
int pw_text_size(struct pw_slice s, uint64_t *bytes); /* 64K, 1G, 512 */
int pw_text_uuid(struct pw_slice s, uint8_t x[16]);
int pw_text_base64(struct pw_slice s, struct pw_bytes *x); /* appends */

/* YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]]]; digits beyond ns must be 0 */
int pw_text_datetime(struct pw_slice s, int64_t *ns);
/* the same with Z or +HH[:]MM behind it (required) */
int pw_text_datetime_utc(struct pw_slice s, int64_t *ns);
/*
 * By a strptime-like format: %Y %m %d %H %M %S %f (fraction) %y %b %B %e %j %I %p %z %s (epoch)
 * %% and plain characters. With utc, a text without %z is taken as UTC.
 */
int pw_text_datetime_format(struct pw_slice s, const char *format, bool utc, int64_t *ns);
/* Is it a format that pw_text_datetime_format knows? 0, or fails (PW_USAGE). */
int pw_text_datetime_format_check(const char *format);

void pw_text_add_int(struct pw_bytes *b, int64_t x);
void pw_text_add_float(struct pw_bytes *b, double x); /* 3.0, 1e+100, nan, inf, -inf */
void pw_text_add_duration(struct pw_bytes *b, int64_t ns);
void pw_text_add_datetime(struct pw_bytes *b, int64_t ns, bool utc);
void pw_text_add_uuid(struct pw_bytes *b, const uint8_t x[16]);
void pw_text_add_base64(struct pw_bytes *b, const void *data, size_t length);
void pw_text_add_json_string(struct pw_bytes *b, const char *data, size_t length);

/* The value as a cell of text (csv without its quoting; lists as JSON). Not null. */
void pw_text_add(struct pw_bytes *b, const struct pw_column *c, uint32_t row);

/* The value as JSON: texts quoted, null, nan and inf as strings; json as it is. */
void pw_text_add_json(struct pw_bytes *b, const struct pw_column *c, uint32_t row);

/*
 * Appends the value that the text means to the vector: any type, lists and
 * json through jansson. 0, or -1 without a message and nothing appended.
 */
int pw_text_read(struct pw_vector *v, struct pw_slice s);

#endif
