/*
 * pw_text - values to and from text
 *
 * Reading:  the whole slice must be the value, no blanks around it; 0, or -1
 *           without a message: the caller knows the file, line and column and
 *           says "'zzz' is not an int".
 * Writing:  appends the one canonical text of the value, which reads back the
 *           same: floats with the fewest digits that do, with a point or
 *           exponent (the latter below 0.0001 and from 1e16 on).
 */
#ifndef PW_DATA_TEXT_H
#define PW_DATA_TEXT_H

#include "column.h"
#include "vector.h"

PW_C_BEGIN

int pw_text_bool(struct pw_slice s, bool *x);   /* true false t f yes no y n on off 1 0 */
int pw_text_int(struct pw_slice s, int64_t *x); /* -7, +7, 007; not 7.0 */
/* 1.5e3, .5, nan, inf, -infinity: the nearest double, canonical; 1e999 is none, 1e-999 is 0 */
int pw_text_float(struct pw_slice s, double *x);
/* 1h30m, -5m, 1.5s, 0s: units w d h m s ms us ns, descending; a whole number of ns */
int pw_text_duration(struct pw_slice s, int64_t *ns);
int pw_text_size(struct pw_slice s, uint64_t *bytes); /* 512, 64K, 1G: K M G T, in either case */
int pw_text_uuid(struct pw_slice s, uint8_t x[16]);   /* 8-4-4-4-12, in either case */
/* RFC 4648, section 4, padded, nothing else between; appends, nothing when it fails */
int pw_text_base64(struct pw_slice s, struct pw_bytes *x);

/*
 * YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]]], 1677-09-21 to 2262-04-11; digits beyond ns must be 0.
 * Readers of times return PW_TEXT_BEYOND instead of -1 if it is a time, but one that is
 * out of that range or finer than ns.
 */
#define PW_TEXT_BEYOND        (-2)
#define PW_TEXT_BEYOND_REASON "is out of range: a datetime holds ns from 1677-09-21 to 2262-04-11"
int pw_text_datetime(struct pw_slice s, int64_t *ns);
/* A datetime with its time of day and a zone after it: Z, +HH, +HHMM or +HH:MM */
int pw_text_datetime_utc(struct pw_slice s, int64_t *ns);
/* The zone at the start of the text: its length (0: there is none) and its seconds east. */
size_t pw_text_zone(struct pw_slice s, int64_t *seconds);
/*
 * By a strptime-like format: %Y %y %m %b %B %d %e %j %a %A %H %I %M %S %f (fraction) %p
 * %z (zone) %s (seconds since the epoch) %F (%Y-%m-%d) %T (%H:%M:%S) %% and plain characters.
 * Names are English, whole or of three letters; numbers take leading zeros or blanks, or
 * neither, and any blanks stand for any number of them, as in strptime(3).
 * What the format leaves out is 1970, January, the 1st, 0. With %z the moment is
 * that of UTC. The format must have passed the check.
 */
int pw_text_datetime_format(struct pw_slice s, const char *format, int64_t *ns);
/*
 * Is it such a format, for a datetime_utc or else for a datetime, which takes
 * no %z? 0, or fails (PW_USAGE).
 */
int pw_text_datetime_format_check(const char *format, bool utc);

void pw_text_add_int(struct pw_bytes *b, int64_t x);
void pw_text_add_float(struct pw_bytes *b, double x); /* 3.0 0.0001 1e-5 1e100 nan inf */
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
 * Appends the value that the text means to the vector: any type. 0, or -1
 * without a message and nothing appended. Lists and json are what jansson
 * takes (so at most 2048 deep; of doubled members the last counts), json loses
 * its blanks and nothing else. Elements of lists are as strict as JSON: numbers and bools
 * bare (nan and inf as strings), all other types strings in their text form.
 */
int pw_text_read(struct pw_vector *v, struct pw_slice s);

PW_C_END

#endif
