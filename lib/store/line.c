#include "line.h"
#include "../base/hash.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIGITS = 16 };

static void close_line(struct pw_bytes *text, struct pw_line_chain *chain, size_t from)
{
	struct pw_bytes chained = {0};

	pw_bytes_text(&chained, chain->digits);
	pw_bytes_add(&chained, text->data + from, text->length - from);
	const uint64_t sum = pw_hash_checksum(chained.data, chained.length);
	pw_bytes_release(&chained);
	snprintf(chain->digits, sizeof chain->digits, "%016" PRIx64, sum);
	pw_bytes_print(text, " %s\n", chain->digits);
}

void pw_line_add_text(struct pw_bytes *text, struct pw_line_chain *chain, struct pw_slice json,
		      uint64_t durable)
{
	const size_t from = text->length;

	pw_bytes_add(text, json.data, json.length);
	pw_bytes_print(text, " %" PRIu64, durable);
	close_line(text, chain, from);
}

void pw_line_add(struct pw_bytes *text, struct pw_line_chain *chain, const json_t *value,
		 uint64_t durable)
{
	char *json = json_dumps(value, JSON_COMPACT);

	if (json == NULL)
		pw_bug("an entry can't be written as JSON");
	pw_line_add_text(text, chain, pw_slice_of(json), durable);
	free(json);
}

/* The number at the end of a text, after a blank, without leading zeros; the blank's place, or NULL. */
static const char *number_at_end(const char *from, const char *end, uint64_t *x)
{
	const char *p = end;
	uint64_t unit = 1;

	*x = 0;
	while (p > from && p[-1] >= '0' && p[-1] <= '9' && end - p < 19) {
		*x += (uint64_t)(*--p - '0') * unit;
		unit *= 10;
	}
	if (p == end || p == from || p[-1] != ' ' || (*p == '0' && end - p > 1))
		return NULL;
	return p - 1;
}

int pw_line_next(struct pw_slice text, size_t *at, struct pw_line_chain *chain,
		 struct pw_line *line)
{
	const char *from = text.data + *at, *end;
	struct pw_line_chain is = *chain;
	struct pw_bytes again = {0};

	if (*at == text.length)
		return 0;
	end = memchr(from, '\n', text.length - *at);
	if (end == NULL)
		return pw_fail(PW_STATE, "it has no end");
	if (end - from < DIGITS + 1 || end[-DIGITS - 1] != ' ')
		return pw_fail(PW_STATE, "it does not end with its check");
	const char *blank = number_at_end(from, end - DIGITS - 1, &line->durable);
	if (blank == NULL)
		return pw_fail(PW_STATE, "it does not end with a number and its check");
	line->json = (struct pw_slice){from, (size_t)(blank - from)};
	pw_bytes_add(&again, from, (size_t)(end - DIGITS - 1 - from));
	close_line(&again, &is, 0);
	pw_bytes_release(&again);
	/* the next line is chained to the check that stands here, be this line damaged or not */
	memcpy(chain->digits, end - DIGITS, DIGITS);
	if (memcmp(is.digits, chain->digits, DIGITS) != 0)
		return pw_fail(PW_STATE, "its check is %.16s, expected %s", chain->digits,
			       is.digits);
	line->from = *at;
	line->to = *at += (size_t)(end - from) + 1;
	return 1;
}
