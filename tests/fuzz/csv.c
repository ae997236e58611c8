/*
 * csv - the CSV parser against itself and against libcsv
 *
 * The first byte of the input chooses; the rest is the text, without a header.
 * As texts, its rows are those that libcsv finds, or both refuse. Whatever the
 * types, reading whole (blocks of records), in pieces and a byte at a time
 * (single records) gives the same rows, or the same message. Both index
 * variants find the same places.
 */
#include "../unit/csv_referee.h"
#include "../unit/parse.h"
#include "must.h"

#include "../../lib/base/hash.h"
#include "../../lib/fmt/csv_index_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WIDTH_MAX = 16 };

static struct parse reading(uint8_t choice, const struct pw_parser_column *columns, size_t count)
{
	return (struct parse){.kind = &pw_csv,
			      .plain = true,
			      .columns = columns,
			      .count = count,
			      .options = {.delimiter = choice & 1 ? ';' : ',',
					  .quote = '"',
					  .comment = choice & 2 ? '#' : 0,
					  .no_header = true,
					  .policy = choice & 4   ? PW_PARSER_SKIP
						    : choice & 8 ? PW_PARSER_NULL
								 : PW_PARSER_STOP,
					  .meta = columns == NULL ? false : (choice & 16) != 0,
					  .infer_rows = choice & 32 ? 2 : 100}};
}

static void against_libcsv(uint8_t choice, const char *text, size_t n)
{
	static const char *const names[WIDTH_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h",
						     "i", "j", "k", "l", "m", "n", "o", "p"};
	struct pw_parser_column columns[WIDTH_MAX];
	struct referee r = {0};
	referee_read(&r, text, n, choice & 1 ? ';' : ',');
	if (r.width > 0 && r.width <= WIDTH_MAX) {
		for (size_t i = 0; i < r.width; i++)
			columns[i] = (struct pw_parser_column){
				.name = names[i], .type = PW_TYPE(PW_STR), .declared = true};
		struct parse t = reading(choice & 1, columns, r.width);
		const int status = parse_text(&t, text, n, n);
		if ((status < 0) != r.refused)
			printf("# libcsv %s, we: %s\n", r.refused ? "refuses" : "takes it",
			       status < 0 ? pw_fail_text() : "take it");
		MUST((status < 0) == r.refused);
		MUST(status < 0 ||
		     (t.out.length == r.out.length &&
		      (t.out.length == 0 || memcmp(t.out.data, r.out.data, t.out.length) == 0)));
		pw_fail_clear();
		parse_release(&t);
	}
	referee_release(&r);
}

struct answer {
	struct pw_bytes out, message;
	int status;
	uint64_t rejected, nulled;
};

static struct answer answer(uint8_t choice, const char *text, size_t n, size_t chunk)
{
	struct parse t = reading(choice, NULL, 0);
	struct answer a = {.status = parse_text(&t, text, n, chunk)};
	if (a.status < 0)
		pw_bytes_text(&a.message, pw_fail_text());
	else
		pw_bytes_add(&a.out, t.out.data, t.out.length);
	a.rejected = t.rejected;
	a.nulled = t.nulled;
	pw_fail_clear();
	parse_release(&t);
	return a;
}

static bool same_bytes(const struct pw_bytes *a, const struct pw_bytes *b)
{
	return a->length == b->length &&
	       (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

static void against_itself(uint8_t choice, const char *text, size_t n)
{
	struct answer whole = answer(choice, text, n, n);
	const size_t chunks[] = {1, 7, 100};
	for (size_t i = 0; i < 3; i++) {
		struct answer a = answer(choice, text, n, chunks[i]);
		MUST(a.status == whole.status);
		MUST(same_bytes(&a.message, &whole.message));
		MUST(same_bytes(&a.out, &whole.out));
		MUST(a.status < 0 || (a.rejected == whole.rejected && a.nulled == whole.nulled));
		pw_bytes_release(&a.out);
		pw_bytes_release(&a.message);
	}
	pw_bytes_release(&whole.out);
	pw_bytes_release(&whole.message);
}

static void indexes(uint8_t choice, const char *text, size_t n)
{
	uint32_t *const places = malloc(4 * (n + 64) * sizeof *places);
	struct pw_csv_index a = {.delimiters = places, .newlines = places + (n + 64)};
	struct pw_csv_index b = {.delimiters = places + 2 * (n + 64),
				 .newlines = places + 3 * (n + 64)};
	a.delimiter_room = a.newline_room = b.delimiter_room = b.newline_room = n + 1;
	pw_csv_index_base(&a, text, n, choice & 1 ? ';' : ',', choice & 2 ? 0 : '"');
	if (pw_csv_index_has_avx2())
		pw_csv_index_avx2(&b, text, n, choice & 1 ? ';' : ',', choice & 2 ? 0 : '"');
	else
		pw_csv_index_base(&b, text, n, choice & 1 ? ';' : ',', choice & 2 ? 0 : '"');
	MUST(a.done == b.done && a.quotes == b.quotes && a.cr == b.cr && a.high == b.high &&
	     a.nul == b.nul);
	MUST(a.delimiter_count == b.delimiter_count && a.newline_count == b.newline_count);
	MUST(memcmp(a.delimiters, b.delimiters, a.delimiter_count * sizeof *places) == 0);
	MUST(memcmp(a.newlines, b.newlines, a.newline_count * sizeof *places) == 0);
	free(places);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	if (!started)
		pw_hash_start();
	started = true;
	if (size < 1)
		return 0;
	/* a copy of its own size: reading behind its end is found */
	char *const text = malloc(size);
	memcpy(text, data + 1, size - 1);
	char *const exact = realloc(text, size > 1 ? size - 1 : 1);
	indexes(data[0], exact, size - 1);
	against_libcsv(data[0], exact, size - 1);
	if (size < 1 << 16)
		against_itself(data[0], exact, size - 1);
	free(exact);
	return 0;
}
