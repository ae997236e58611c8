#include "csv_record_internal.h"

#include <stdlib.h>

static void add_cell(struct pw_csv_record *r, const char *from, const char *to)
{
	if (r->count == r->capacity)
		r->cells = pw_mem_grow(r->cells, &r->capacity, r->count + 1, sizeof *r->cells);
	r->cells[r->count++] = (struct pw_csv_cell){from, (uint32_t)(to - from), 0};
}

/*
 * The end of a quoted cell that begins at p, which is after its closing quote.
 * NULL: it is not within the bytes.
 */
static const char *quoted_end(const char *p, const char *end, char quote, uint32_t *newlines)
{
	for (p++; p < end; p++) {
		if (*p == quote) {
			if (p + 1 == end || p[1] != quote)
				return p + 1;
			p++;
		} else if (*p == '\n') {
			++*newlines;
		}
	}
	return NULL;
}

/* Where an unquoted cell ends: at a delimiter, an LF, a CR, a quote or the end. */
static const char *plain_end(const char *p, const char *end, char delimiter, char quote)
{
	while (p < end && *p != delimiter && *p != '\n' && *p != '\r' &&
	       (*p != quote || quote == 0))
		p++;
	return p;
}

/* A fault at p: the record takes all up to the next LF. */
static size_t fault(struct pw_csv_record *r, enum pw_csv_fault what, const char *data,
		    const char *p, const char *end, bool last)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	if (lf == NULL && !last)
		return 0;
	r->fault = what;
	r->fault_at = (size_t)(p - data);
	r->newlines += lf != NULL;
	return (size_t)((lf == NULL ? end : lf + 1) - data);
}

static void unquote_all(struct pw_csv_record *r, size_t bytes, char quote)
{
	bool any = false;

	for (size_t i = 0; i < r->count; i++)
		any |= r->cells[i].quoted != 0;
	if (!any)
		return;
	pw_bytes_clear(&r->scratch);
	pw_bytes_room(&r->scratch, bytes);
	for (size_t i = 0; i < r->count; i++)
		if (r->cells[i].quoted)
			pw_csv_record_unquote(&r->cells[i], quote, &r->scratch);
}

size_t pw_csv_record_read(struct pw_csv_record *r, const char *data, size_t n, bool last,
			  char delimiter, char quote)
{
	const char *p = data, *const end = data + n;

	r->count = 0;
	r->fault = PW_CSV_FINE;
	r->newlines = 0;
	for (;;) {
		const char *from = p;
		const bool quoted = quote != 0 && p < end && *p == quote;
		if (quoted) {
			p = quoted_end(p, end, quote, &r->newlines);
			if (p == NULL && !last)
				return 0;
			if (p == NULL) {
				r->fault = PW_CSV_UNCLOSED;
				r->fault_at = (size_t)(from - data);
				return n;
			}
		} else {
			p = plain_end(p, end, delimiter, quote);
		}
		if (p == end && !last)
			return 0;
		if (p < end && *p == '\r' && p + 1 == end && !last)
			return 0;
		if (p < end && quote != 0 && *p == quote)
			return fault(r, PW_CSV_BARE_QUOTE, data, p, end, last);
		if (p < end && *p == '\r' && p + 1 < end && p[1] != '\n')
			return fault(r, PW_CSV_BARE_CR, data, p, end, last);
		if (quoted && p < end && *p != delimiter && *p != '\n' && *p != '\r')
			return fault(r, PW_CSV_AFTER_QUOTE, data, p, end, last);
		add_cell(r, from, p);
		r->cells[r->count - 1].quoted = quoted;
		if (p == end || *p != delimiter)
			break;
		p++;
	}
	unquote_all(r, (size_t)(p - data), quote);
	p += p < end && *p == '\r';
	r->newlines += p < end && *p == '\n';
	p += p < end && *p == '\n';
	return (size_t)(p - data);
}

int pw_csv_record_fail(const struct pw_csv_record *r, struct pw_parser *parser, const char *data)
{
	uint64_t line = parser->line;

	for (const char *p = data; p < data + r->fault_at; p++)
		line += *p == '\n';
	switch (r->fault) {
	case PW_CSV_BARE_QUOTE:
		return pw_parser_fail(
			parser, line,
			"a quote within an unquoted cell, number %zu of the line"
			" (double it and quote the cell, or --quote '' if quotes are text)",
			r->count + 1);
	case PW_CSV_AFTER_QUOTE:
		return pw_parser_fail(parser, line, "text after the closing quote of cell %zu",
				      r->count + 1);
	case PW_CSV_BARE_CR:
		return pw_parser_fail(parser, line,
				      "a carriage return within cell %zu, outside quotes",
				      r->count + 1);
	default:
		return pw_parser_fail(parser, line, "the quote that opens cell %zu is never closed",
				      r->count + 1);
	}
}

void pw_csv_record_release(struct pw_csv_record *r)
{
	free(r->cells);
	pw_bytes_release(&r->scratch);
	*r = (struct pw_csv_record){0};
}
