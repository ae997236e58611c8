/*
 * Which delimiter divides a file, if none is declared and the header is one cell
 *
 * The header and the first rows are looked at. Another delimiter is found if it
 * divides all of them into the same number of cells, more than one, and the one
 * that was taken for granted divides no row. If no row is divided by any, the
 * file has one column. Everything else is for the user to decide: a decimal
 * comma in a row of semicolons, say, also where the header has a comma too.
 */
#include "csv_internal.h"

enum { ROWS = 100 }; /* that are looked at, at most */

struct looked {
	size_t rows;
	bool divided; /* each row has as many cells as the header */
	bool fits;    /* each row has, and the delimiter taken for granted divides none */
	bool single;  /* each row is one cell */
};

const char *pw_csv_delimiter_shown(char delimiter)
{
	return delimiter == ';' ? ";" : delimiter == '|' ? "|" : delimiter == '\t' ? "\\t" : ",";
}

static size_t read_record(struct pw_csv_file *c, const char *data, size_t n, bool last, char d)
{
	return pw_csv_record_read(&c->record, data, n, last, d, c->p.options->quote);
}

/* Does the delimiter that was taken for granted leave the record whole, or break on its quotes? */
static bool is_whole(struct pw_csv_file *c, const char *data, size_t n, bool last)
{
	return read_record(c, data, n, last, c->delimiter) > 0 &&
	       (c->record.count == 1 || c->record.fault != PW_CSV_FINE);
}

static struct looked look_at_rows(struct pw_csv_file *c, const char *data, size_t n, bool last,
				  char d, size_t width)
{
	struct looked l = {0, true, true, true};
	const uint64_t line = c->p.line;
	size_t at = 0;

	while (at < n && l.rows < ROWS) {
		bool more = false;
		size_t used = pw_csv_header_skip(c, data + at, n - at, last, &more);
		if (used == 0 && !more) {
			const bool whole = is_whole(c, data + at, n - at, last);
			used = read_record(c, data + at, n - at, last, d);
			if (used > 0) {
				const bool fine = c->record.fault == PW_CSV_FINE;
				l.rows++;
				l.divided &= fine && c->record.count == width;
				l.fits &= whole && l.divided;
				l.single &= fine && c->record.count == 1;
			}
		}
		if (used == 0)
			break;
		at += used;
	}
	c->p.line = line;
	return l;
}

/* The header as it stands; of a long one, its beginning. */
static void add_header(struct pw_bytes *b, const char *data, size_t length)
{
	while (length > 0 && (data[length - 1] == '\n' || data[length - 1] == '\r'))
		length--;
	const size_t most = length < 60 ? length : 60;
	pw_bytes_add(b, data, most);
	if (most < length)
		pw_bytes_text(b, "...");
}

static int fail_ambiguous(struct pw_csv_file *c, const char *data, size_t length, char d)
{
	struct pw_bytes b = {0};

	add_header(&b, data, length);
	pw_parser_fail(&c->p, c->p.line,
		       "'%s' divides the header '%s' into one cell, and the rows do not say"
		       " whether '%s' divides them: say it with --delimiter '%s', or with"
		       " --delimiter '%s' if there is one column",
		       pw_csv_delimiter_shown(c->delimiter), pw_bytes_string(&b),
		       pw_csv_delimiter_shown(d), pw_csv_delimiter_shown(d),
		       pw_csv_delimiter_shown(c->delimiter));
	pw_bytes_release(&b);
	return -1;
}

int pw_csv_delimiter_find(struct pw_csv_file *c, const char *data, size_t n, bool last)
{
	static const char candidates[] = {';', '\t', '|', ','};
	char found = 0, likely = 0;
	size_t cells = 1, count = 0, header = 0;
	bool single = true;

	for (size_t i = 0; i < sizeof candidates; i++) {
		const char d = candidates[i];
		if (d == c->delimiter || d == c->p.options->quote || d == c->p.options->comment)
			continue;
		const size_t used = read_record(c, data, n, last, d), width = c->record.count;
		if (used == 0 || c->record.fault != PW_CSV_FINE || width == 1)
			continue;
		const struct looked l = look_at_rows(c, data + used, n - used, last, d, width);
		if (l.rows == 0 && !last)
			return PW_CSV_MORE;
		if (width > cells) {
			cells = width;
			likely = d;
			header = used;
		}
		single &= l.rows > 0 && l.single;
		if (l.fits) {
			found = d;
			count++;
		}
	}
	if (likely == 0 || single)
		return PW_CSV_KEEP;
	if (count != 1)
		return fail_ambiguous(c, data, header, likely);
	c->delimiter = c->p.delimiter = found;
	return PW_CSV_FOUND;
}

static int fail_rival(struct pw_csv_file *c, const char *data, size_t length, char d, size_t width)
{
	struct pw_bytes b = {0};

	add_header(&b, data, length);
	pw_parser_fail(&c->p, c->p.line,
		       "'%s' divides the header '%s' into %zu cells, and '%s' divides it and the "
		       "rows into %zu: say it with --delimiter '%s', or with --delimiter '%s'",
		       pw_csv_delimiter_shown(c->delimiter), pw_bytes_string(&b), c->record.count,
		       pw_csv_delimiter_shown(d), width, pw_csv_delimiter_shown(d),
		       pw_csv_delimiter_shown(c->delimiter));
	pw_bytes_release(&b);
	return -1;
}

int pw_csv_delimiter_compare(struct pw_csv_file *c, const char *data, size_t n, bool last)
{
	static const char rivals[] = {';', '\t'};
	const size_t used = read_record(c, data, n, last, c->delimiter), cells = c->record.count;

	for (size_t i = 0; i < sizeof rivals; i++) {
		const char d = rivals[i];
		if (d == c->delimiter || d == c->p.options->quote || d == c->p.options->comment ||
		    memchr(data, d, used) == NULL)
			continue;
		const size_t end = read_record(c, data, n, last, d), width = c->record.count;
		if (end != used || c->record.fault != PW_CSV_FINE || width < cells || width == 1)
			continue;
		const struct looked l = look_at_rows(c, data + used, n - used, last, d, width);
		if (l.rows == 0 && !last)
			return PW_CSV_MORE;
		if (l.rows > 0 && l.divided) {
			read_record(c, data, n, last, c->delimiter);
			return fail_rival(c, data, used, d, width);
		}
	}
	read_record(c, data, n, last, c->delimiter);
	return PW_CSV_KEEP;
}

char pw_csv_delimiter_likely(const struct pw_csv_file *c, const struct pw_schema *s)
{
	const char *name = s->count == 1 ? s->fields[0].name : "";

	for (const char *d = ";\t|,"; *d != '\0'; d++)
		if (*d != c->delimiter && strchr(name, *d) != NULL)
			return *d;
	return 0;
}
