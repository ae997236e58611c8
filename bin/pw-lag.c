/*
 * pw-lag - each row's previous and next values within its group
 *
 * What goes out for a row follows from the row, the rows before and behind it
 * in its group, and (of an interpolated null) the nearest rows that have a
 * value. When a commit is complete, the stretch of rows around its changes is
 * looked at as it was before and as it is after, and the rows for which that
 * gives something else go out, old with -1 and new with +1, in the order of the
 * groups' keys and then of the rows.
 *
 *   changes -> h.rows -> h.near -> shots -> h.out
 *              (groups)  (rows)    (row, previous, next, fills)
 */
#include "../lib/data/between.h"
#include "../lib/state/stretch.h"
#include "../lib/tool/ordering.h"
#include "../lib/tool/reject.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

static struct options {
	const char *keys, *order, *differences, *interpolate;
} options;

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, offsetof(struct options, keys), true,
	 "columns whose values make a group (default: all rows are one)"},
	{'o', "order", "COLS", PW_OPTION_TEXT, offsetof(struct options, order), true,
	 "columns that rows are ordered by; COL:desc from high to low"},
	{0, "diff", "COLS", PW_OPTION_TEXT, offsetof(struct options, differences), true,
	 "adds diff_COL: the value minus the previous row's"},
	{0, "interpolate", "COLS", PW_OPTION_TEXT, offsetof(struct options, interpolate), true,
	 "fills nulls on a straight line between the nearest values"},
	{0}};

static const struct pw_program program = {
	.name = "pw-lag",
	.summary = "each row's previous and next values",
	.synopsis = "[-k COLS] -o COL[:desc][,COL]... [--diff COLS] [--interpolate COLS] [VALUE]...",
	.examples = "  pw-read trips.csv | pw-lag -k bus -o at stop | pw-write\n"
		    "  pw-read meter.csv | pw-lag -o ts --diff kwh kwh | pw-write\n"
		    "  pw-read probe.csv | pw-lag -k probe -o ts --interpolate temp temp | pw-write\n",
	.options = option_table,
};

enum { SHOTS = 8192 }; /* rows sent at once */

/* A row's value in an interpolated column: as it came (a word), or as it goes out. */
struct fill {
	bool null;
	uint64_t word;
};

/* A row to go out; places are rows of h.decoded, 0 is no row. */
struct shot {
	uint32_t self, previous, next;
	pw_diff diff;
};

/* Where a row of the stretch lies in h.decoded: place, if round is that of now. */
struct place {
	uint32_t place, round;
};

/* What an interpolated column is made of. */
struct filled {
	int column;
	bool real; /* goes out as a float, else as a whole word */
};

static struct {
	struct pw_tool tool;
	struct pw_reject reject;
	struct pw_schema schema;     /* of the input */
	struct pw_schema rows_schema; /* the same, all columns may be null */
	struct pw_schema schema_out;
	bool is_static;

	int *values, *differences; /* columns */
	size_t value_count, difference_count;
	bool *in_previous, *in_next; /* per column: does what goes out show a neighbour's? */
	bool shows_all;              /* of every column: different rows look different */
	struct filled *filled;
	size_t filled_count;
	int line; /* the column that is interpolated along */

	struct pw_ordered rows;
	struct pw_ordering loop;
	struct pw_stretch near;
	size_t walked;   /* rows since wants began, */
	size_t missing;  /* interpolated columns without a value yet, */
	bool *met;       /* ... and those with one; */
	bool beyond;     /* the second round of them */

	/* of near's rows */
	struct fill *known;     /* points: per row the line's, then each column's */
	struct fill *fills[2];  /* before, after: per row and column */
	struct place *places;
	size_t known_capacity, fill_capacity[2], place_capacity;
	struct pw_vector word;

	struct pw_builder decoded; /* row 0 is all nulls */
	uint32_t round;
	struct shot *shots; /* SHOTS of them, with filled_count fills each */
	struct fill *shot_fills;
	uint32_t shot_count;
	uint32_t *numbers;
	bool *wrong; /* shots in error, of which there are some */
	bool any_wrong;
	struct pw_builder out, sound;
} h;

static int must(int x)
{
	return pw_must(&h.tool, x);
}

/* ---- what is asked for ---- */

static bool has_line(struct pw_type t)
{
	return t.depth == 0 && (t.base == PW_INT || t.base == PW_FLOAT || t.base == PW_DATETIME ||
				t.base == PW_DATETIME_UTC || t.base == PW_DURATION);
}

static void bind_values(void)
{
	int *list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *list);
	bool *taken = pw_mem_zero(h.schema.count + 1, sizeof *taken);

	h.values = pw_mem_alloc(h.schema.count + 1, sizeof *h.values);
	for (int a = 0; a < h.tool.arg_count; a++) {
		const struct pw_slice text = pw_slice_of(h.tool.args[a]);
		int count = 1;

		list[0] = pw_schema_find(&h.schema, text);
		if (list[0] < 0)
			count = must(pw_schema_list(&h.schema, text.data, list));
		for (int i = 0; i < count; i++) {
			if (taken[list[i]])
				must(pw_fail(PW_USAGE, "'%s' is named twice",
					     h.schema.fields[list[i]].name));
			taken[list[i]] = true;
			h.values[h.value_count++] = list[i];
		}
	}
	if (h.tool.arg_count == 0)
		for (; h.value_count < h.schema.count; h.value_count++)
			h.values[h.value_count] = (int)h.value_count;
	free(taken);
	free(list);
}

static void bind_differences(void)
{
	h.differences = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *h.differences);
	if (options.differences)
		h.difference_count = (size_t)must(
			pw_schema_list(&h.schema, options.differences, h.differences));
	for (size_t i = 0; i < h.difference_count; i++) {
		const struct pw_field *f = &h.schema.fields[h.differences[i]];

		if (!has_line(f->type))
			must(pw_fail(PW_USAGE, "--diff: column '%s' is %s %s, not a number or time",
				     f->name, pw_type_article(f->type), pw_type_name(f->type)));
	}
}

static void check_line(int column, const char *what)
{
	const struct pw_field *f = &h.schema.fields[column];

	if (!has_line(f->type))
		must(pw_fail(PW_USAGE, "--interpolate: %s '%s' is %s %s, not a number or time", what,
			     f->name, pw_type_article(f->type), pw_type_name(f->type)));
}

static void bind_filled(void)
{
	const struct pw_roworder *order = &h.rows.order;
	int *list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *list);

	if (options.interpolate)
		h.filled_count =
			(size_t)must(pw_schema_list(&h.schema, options.interpolate, list));
	h.filled = pw_mem_zero(h.filled_count + 1, sizeof *h.filled);
	if (h.filled_count > 0 && h.rows.sort_count == 0)
		must(pw_fail(PW_USAGE, "--interpolate: the order has only columns of -k"));
	if (h.filled_count > 0)
		check_line(h.line = order->list[h.rows.group_count], "the order column");
	for (size_t i = 0; i < h.filled_count; i++) {
		const uint8_t base = h.schema.fields[list[i]].type.base;

		check_line(list[i], "column");
		for (size_t k = 0; k <= h.rows.group_count; k++)
			if (order->list[k] == list[i])
				must(pw_fail(PW_USAGE, "--interpolate: '%s' is %s",
					     h.schema.fields[list[i]].name,
					     k < h.rows.group_count
						     ? "a column of -k"
						     : "what is interpolated along (-o)"));
		h.filled[i] = (struct filled){list[i], base == PW_INT || base == PW_FLOAT};
	}
	free(list);
}

static void add_column(const char *prefix, int column, struct pw_type type)
{
	char *name = pw_mem_print("%s%s", prefix, h.schema.fields[column].name);

	type.required = false;
	must(pw_schema_add(&h.schema_out, pw_slice_of(name), type, false));
	free(name);
}

static void make_schema(void)
{
	pw_schema_copy(&h.schema_out, &h.schema);
	for (size_t i = 0; i < h.filled_count; i++) {
		struct pw_field *f = &h.schema_out.fields[h.filled[i].column];

		if (f->key) /* rows with the keys of others may come to be */
			for (size_t c = 0; c < h.schema.count; c++)
				h.schema_out.fields[c].key = false;
		if (h.filled[i].real)
			f->type.base = PW_FLOAT;
	}
	for (size_t i = 0; i < h.value_count; i++)
		add_column("prev_", h.values[i], h.schema.fields[h.values[i]].type);
	for (size_t i = 0; i < h.value_count; i++)
		add_column("next_", h.values[i], h.schema.fields[h.values[i]].type);
	for (size_t i = 0; i < h.difference_count; i++) {
		const struct pw_type type = h.schema.fields[h.differences[i]].type;
		const bool number = type.base == PW_INT || type.base == PW_FLOAT;

		add_column("diff_", h.differences[i], number ? type : PW_TYPE(PW_DURATION));
	}
	h.schema_out.append_only = h.schema_out.is_static = h.is_static;
}

/* Which columns of its neighbours a row shows. */
static void note_shown(void)
{
	h.in_previous = pw_mem_zero(h.schema.count + 1, sizeof *h.in_previous);
	h.in_next = pw_mem_zero(h.schema.count + 1, sizeof *h.in_next);
	for (size_t i = 0; i < h.value_count; i++)
		h.in_previous[h.values[i]] = h.in_next[h.values[i]] = true;
	for (size_t i = 0; i < h.difference_count; i++)
		h.in_previous[h.differences[i]] = true;
	h.shows_all = h.value_count == h.schema.count;
}

static bool wants(void *context, const struct pw_slice *row);

static void bind(void)
{
	if (!options.order)
		must(pw_fail(PW_USAGE, "the order is missing: give -o COL, or -o COL:desc"));
	pw_schema_copy(&h.schema, &pw_tool_head(&h.tool, 0)->schema);
	pw_schema_copy(&h.rows_schema, &h.schema);
	for (size_t i = 0; i < h.schema.count; i++)
		h.rows_schema.fields[i].type.required = false;
	h.is_static = h.schema.is_static;
	must(pw_ordered_init(&h.rows, &h.schema, options.keys, options.order));
	bind_values();
	bind_differences();
	bind_filled();
	make_schema();
	note_shown();
}

static void restart_decoded(void)
{
	pw_builder_clear(&h.decoded);
	for (size_t i = 0; i < h.rows_schema.count; i++)
		pw_vector_null(&h.decoded.vectors[i]);
	pw_builder_row(&h.decoded, 0, 1);
	h.round++;
}

static void open_state(void)
{
	h.near.wants = wants;
	h.met = pw_mem_zero(h.filled_count + 1, sizeof *h.met);
	h.shots = pw_mem_alloc(SHOTS, sizeof *h.shots);
	h.shot_fills = pw_mem_zero(SHOTS * h.filled_count + 1, sizeof *h.shot_fills);
	h.numbers = pw_mem_alloc(SHOTS, sizeof *h.numbers);
	h.wrong = pw_mem_zero(SHOTS, sizeof *h.wrong);
	pw_vector_init(&h.word, PW_TYPE(PW_INT));
	pw_builder_init(&h.decoded, &h.rows_schema);
	pw_builder_init(&h.out, &h.schema_out);
	pw_builder_init(&h.sound, &h.schema_out);
	restart_decoded();
}

/* ---- single values of row keys ---- */

/* Reads columns of a row key, from a first one on. */
struct walk {
	const char *at, *end;
	size_t next; /* of the order's list */
};

static struct walk walk_row(struct pw_slice row)
{
	return (struct walk){row.data, row.data + row.length, h.rows.group_count};
}

/* The column's bytes; columns are asked for in the order of the list. */
static struct pw_slice take(struct walk *w, struct pw_vector *v)
{
	const struct pw_roworder *order = &h.rows.order;
	const char *start = w->at;

	pw_rowkey_take(&w->at, w->end, h.schema.fields[order->list[w->next]].type,
		       order->descending[w->next], v);
	w->next++;
	return (struct pw_slice){start, (size_t)(w->at - start)};
}

/* A number or time of a row key. */
static struct fill word_of(struct pw_slice row, int column)
{
	struct walk w = walk_row(row);

	while (h.rows.order.list[w.next] != column)
		take(&w, NULL);
	pw_vector_clear(&h.word);
	h.word.type = h.schema.fields[column].type;
	take(&w, &h.word);
	const struct pw_column *c = pw_vector_view(&h.word);

	if (pw_column_null(c, 0))
		return (struct fill){.null = true};
	return (struct fill){false, (uint64_t)pw_column_int(c, 0)};
}

/* Where a row lies on the line; null where that is nowhere. */
static struct fill place_of(struct pw_slice row)
{
	struct fill x = word_of(row, h.line);
	const uint8_t base = h.schema.fields[h.line].type.base;

	x.null |= base == PW_FLOAT && !isfinite(pw_between_real(x.word, base));
	return x;
}

/*
 * Rows on each side of a change that matter: the next one, whose neighbour
 * changes, and one more, which it shows. To interpolate, all those whose nearest value
 * may change: up to where each column has had one; and what these take
 * theirs from: up to where each has had one again.
 */
static bool wants(void *context, const struct pw_slice *row)
{
	(void)context;
	if (!row) {
		h.walked = 0;
		h.missing = h.filled_count;
		memset(h.met, 0, h.filled_count);
		h.beyond = false;
		return true;
	}
	h.walked++;
	const bool placed = h.filled_count > 0 && !place_of(*row).null;

	for (int round = 0; round < 2 && h.missing > 0; round++) {
		for (size_t i = 0; placed && i < h.filled_count; i++) {
			if (h.met[i] || word_of(*row, h.filled[i].column).null)
				continue;
			h.met[i] = true;
			h.missing--;
		}
		if (h.missing > 0 || h.beyond)
			break;
		h.beyond = true;
		h.missing = h.filled_count;
		memset(h.met, 0, h.filled_count);
	}
	return h.walked < 2 || h.missing > 0;
}

/* ---- interpolation ---- */

static void read_points(void)
{
	const size_t width = h.filled_count + 1;

	h.known = pw_mem_grow(h.known, &h.known_capacity, h.near.count * width, sizeof *h.known);
	for (size_t r = 0; r < h.near.count; r++) {
		struct fill *point = h.known + r * width;

		point[0] = place_of(h.near.rows[r].row);
		for (size_t i = 0; i < h.filled_count; i++)
			point[i + 1] = word_of(h.near.rows[r].row, h.filled[i].column);
	}
}

/* The value that goes out for column i of a row, with the nearest rows that have one. */
static struct fill fill_between(size_t i, uint32_t row, uint32_t before, uint32_t behind)
{
	const size_t width = h.filled_count + 1;
	const struct fill *x = h.known + row * width;
	const struct fill *a = before == PW_STRETCH_NONE ? NULL : h.known + before * width;
	const struct fill *b = behind == PW_STRETCH_NONE ? NULL : h.known + behind * width;
	const uint8_t base = h.schema.fields[h.filled[i].column].type.base;
	const uint8_t along = h.schema.fields[h.line].type.base;
	const bool real = h.filled[i].real;
	const size_t v = i + 1;

	if (!x[v].null)
		return real ? (struct fill){false, pw_between_word(pw_between_real(x[v].word, base))} : x[v];
	if (x->null || (!a && !b))
		return (struct fill){.null = true};
	if (!a || !b) {
		const uint64_t word = a ? a[v].word : b[v].word;

		return (struct fill){false, real ? pw_between_word(pw_between_real(word, base)) : word};
	}
	if (real)
		return (struct fill){false,
				     pw_between_float(pw_between_real(a[v].word, base),
						      pw_between_real(b[v].word, base), a->word,
						      x->word, b->word, along)};
	return (struct fill){false, pw_between_whole((int64_t)a[v].word, (int64_t)b[v].word,
						     a->word, x->word, b->word, along)};
}

static bool is_there(size_t row, bool after)
{
	const struct pw_stretch_row *r = &h.near.rows[row];

	return (after ? r->after.copies : r->before.copies) > 0;
}

/* The row's number, if it has a value of column i to interpolate from; else what was. */
static uint32_t nearest(size_t row, size_t i, uint32_t was)
{
	const struct fill *point = h.known + row * (h.filled_count + 1);

	return point->null || point[i + 1].null ? was : (uint32_t)row;
}

/* Fills all rows as they are before, or after. On the first way the words hold row numbers. */
static void fill_side(bool after)
{
	const size_t width = h.filled_count;

	h.fills[after] = pw_mem_grow(h.fills[after], &h.fill_capacity[after],
				     h.near.count * width + 1, sizeof *h.fills[after]);
	for (size_t i = 0; i < width; i++) {
		uint32_t last = PW_STRETCH_NONE;

		for (size_t r = 0; r < h.near.count; r++) {
			h.fills[after][r * width + i].word = last;
			if (is_there(r, after))
				last = nearest(r, i, last);
		}
		last = PW_STRETCH_NONE;
		for (size_t r = h.near.count; r-- > 0;) {
			struct fill *f = &h.fills[after][r * width + i];

			*f = fill_between(i, (uint32_t)r, (uint32_t)f->word, last);
			if (is_there(r, after))
				last = nearest(r, i, last);
		}
	}
}

static bool same_fills(size_t row)
{
	const struct fill *a = h.fills[0] + row * h.filled_count;
	const struct fill *b = h.fills[1] + row * h.filled_count;

	for (size_t i = 0; i < h.filled_count; i++)
		if (a[i].null != b[i].null || a[i].word != b[i].word)
			return false;
	return true;
}

/* ---- rows on their way out ---- */

static void append_difference(struct pw_vector *v, const struct pw_column *c, uint32_t shot)
{
	const uint32_t self = h.shots[shot].self, previous = h.shots[shot].previous;
	int64_t difference;

	if (pw_column_null(c, self) || pw_column_null(c, previous)) {
		pw_vector_null(v);
	} else if (c->type.base == PW_FLOAT) {
		pw_vector_float(v, pw_column_float(c, self) - pw_column_float(c, previous));
	} else if (__builtin_sub_overflow(pw_column_int(c, self), pw_column_int(c, previous),
					  &difference)) {
		h.wrong[shot] = h.any_wrong = true;
		pw_vector_null(v);
	} else {
		pw_vector_word(v, difference);
	}
}

static void append_fills(struct pw_vector *v, size_t i)
{
	for (uint32_t s = 0; s < h.shot_count; s++) {
		const struct fill *f = &h.shot_fills[s * h.filled_count + i];

		if (f->null)
			pw_vector_null(v);
		else
			pw_vector_word(v, (int64_t)f->word);
	}
}

static void append_columns(const struct pw_batch *rows)
{
	struct pw_vector *v = h.out.vectors;

	for (uint32_t s = 0; s < h.shot_count; s++)
		h.numbers[s] = h.shots[s].self;
	for (size_t c = 0; c < h.schema.count; c++) {
		size_t i = 0;

		while (i < h.filled_count && h.filled[i].column != (int)c)
			i++;
		if (i < h.filled_count)
			append_fills(v++, i);
		else
			pw_vector_gather(v++, &rows->columns[c], h.numbers, h.shot_count);
	}
	for (uint32_t s = 0; s < h.shot_count; s++)
		h.numbers[s] = h.shots[s].previous;
	for (size_t i = 0; i < h.value_count; i++)
		pw_vector_gather(v++, &rows->columns[h.values[i]], h.numbers, h.shot_count);
	for (uint32_t s = 0; s < h.shot_count; s++)
		h.numbers[s] = h.shots[s].next;
	for (size_t i = 0; i < h.value_count; i++)
		pw_vector_gather(v++, &rows->columns[h.values[i]], h.numbers, h.shot_count);
	for (size_t i = 0; i < h.difference_count; i++, v++)
		for (uint32_t s = 0; s < h.shot_count; s++)
			append_difference(v, &rows->columns[h.differences[i]], s);
}

#define TOO_FAR "overflow: the difference does not fit in 64 bits"

/* "time 4: the row (a 1, b 'x'): overflow: ..." */
_Noreturn static void fail_shot(const struct pw_batch *out, uint32_t row)
{
	struct pw_bytes text = {0}, when = {0};
	struct pw_roworder order;

	must(pw_roworder_init(&order, &h.schema_out, NULL));
	struct pw_rowkeys keys = {0};
	pw_roworder_encode(&order, &keys, out);
	pw_roworder_describe(&order, pw_rowkeys_at(&keys, row), &text);
	pw_time_print(&when, h.loop.time);
	pw_fail(PW_DATA, "time %s: the row (%s): " TOO_FAR, pw_bytes_string(&when),
		pw_bytes_string(&text));
	pw_tool_fail(&h.tool);
}

/* Rows with an error are rejected, or end us. */
static const struct pw_batch *without_errors(const struct pw_batch *out)
{
	uint32_t n = 0;

	if (!h.any_wrong || h.reject.policy == PW_REJECT_NULL)
		return out;
	for (uint32_t i = 0; i < out->rows; i++) {
		if (!h.wrong[i])
			h.numbers[n++] = i;
		else if (h.reject.policy == PW_REJECT_STOP)
			fail_shot(out, i);
		else
			must(pw_reject_row(&h.reject, PW_SLICE(TOO_FAR), out, i));
	}
	pw_builder_clear(&h.sound);
	pw_builder_gather(&h.sound, out, h.numbers, n);
	return pw_builder_view(&h.sound);
}

static void send(void)
{
	if (h.shot_count == 0)
		return;
	append_columns(pw_builder_view(&h.decoded));
	for (uint32_t s = 0; s < h.shot_count; s++)
		pw_builder_row(&h.out, h.loop.time, h.shots[s].diff);
	const struct pw_batch *out = without_errors(pw_builder_view(&h.out));

	if (out->rows > 0)
		pw_tool_batch(&h.tool, out);
	pw_builder_clear(&h.out);
	memset(h.wrong, 0, h.shot_count);
	h.any_wrong = false;
	h.shot_count = 0;
	restart_decoded();
}

/* Where the row lies in h.decoded; puts it there if need be. */
static uint32_t decoded(uint32_t slot, uint32_t row)
{
	if (row == PW_STRETCH_NONE)
		return 0;
	struct place *p = &h.places[row];

	if (p->round != h.round) {
		*p = (struct place){h.decoded.rows, h.round};
		pw_ordered_decode(&h.rows, slot, h.near.rows[row].row, &h.decoded);
		pw_builder_row(&h.decoded, 0, 1);
	}
	return p->place;
}

/* ---- what changes ---- */

/* Copies of a row that have the same neighbours. */
struct kin {
	uint32_t previous, next;
	int64_t copies;
};

static void shoot(uint32_t slot, uint32_t row, const struct kin *k, bool after)
{
	if (k->copies == 0)
		return;
	if (h.shot_count == SHOTS || pw_builder_full(&h.decoded))
		send();
	if (h.filled_count > 0)
		memcpy(h.shot_fills + h.shot_count * h.filled_count,
		       h.fills[after] + row * h.filled_count,
		       h.filled_count * sizeof *h.shot_fills);
	struct shot *s = &h.shots[h.shot_count++];

	s->self = decoded(slot, row);
	s->previous = decoded(slot, k->previous);
	s->next = decoded(slot, k->next);
	s->diff = after ? k->copies : -k->copies;
}

/* The first copy of a row, those in the middle, and the last: how many kins it makes. */
static int kins_of(uint32_t row, const struct pw_stretch_side *side, struct kin kins[3])
{
	if (side->copies <= 1) {
		kins[0] = (struct kin){side->previous, side->next, side->copies};
		return (int)side->copies;
	}
	kins[0] = (struct kin){side->previous, row, 1};
	kins[1] = (struct kin){row, row, side->copies - 2};
	kins[2] = (struct kin){row, side->next, 1};
	return 3;
}

/* Do two rows look the same in the columns that are shown of a neighbour? */
static bool looks_same(uint32_t a, uint32_t b, const bool *columns)
{
	if (a == b)
		return true;
	if (a == PW_STRETCH_NONE || b == PW_STRETCH_NONE || h.shows_all)
		return false;
	struct walk x = walk_row(h.near.rows[a].row), y = walk_row(h.near.rows[b].row);

	while (x.next < h.rows.order.count) {
		const bool counts = columns[h.rows.order.list[x.next]];
		const struct pw_slice left = take(&x, NULL), right = take(&y, NULL);

		if (counts && !pw_slice_equal(left, right))
			return false;
	}
	return true;
}

static void cancel(struct kin *a, struct kin *b)
{
	const int64_t both = a->copies < b->copies ? a->copies : b->copies;

	if (both == 0 || !looks_same(a->previous, b->previous, h.in_previous) ||
	    !looks_same(a->next, b->next, h.in_next))
		return;
	a->copies -= both;
	b->copies -= both;
}

static void show_row(uint32_t slot, uint32_t row)
{
	const struct pw_stretch_row *r = &h.near.rows[row];
	struct kin before[3], after[3];
	const int old = kins_of(row, &r->before, before);
	const int new = kins_of(row, &r->after, after);

	if (old > 0 && new > 0 && same_fills(row))
		for (int i = 0; i < old; i++)
			for (int j = 0; j < new; j++)
				cancel(&before[i], &after[j]);
	for (int i = 0; i < old; i++)
		shoot(slot, row, &before[i], false);
	for (int j = 0; j < new; j++)
		shoot(slot, row, &after[j], true);
}

static void close_group(const struct pw_ordered_run *run)
{
	const size_t known = h.place_capacity;

	must(pw_stretch_find(&h.near, &h.rows, run, h.loop.time));
	h.places = pw_mem_grow(h.places, &h.place_capacity, h.near.count, sizeof *h.places);
	if (h.place_capacity > known)
		memset(h.places + known, 0, (h.place_capacity - known) * sizeof *h.places);
	if (h.filled_count > 0) {
		read_points();
		fill_side(false);
		fill_side(true);
	}
	for (size_t r = 0; r < h.near.count; r++)
		show_row(run->slot, (uint32_t)r);
	for (size_t r = 0; r < h.near.count; r++)
		h.places[r].round = 0; /* they are the next group's */
}

static void close_commit(void)
{
	must(pw_ordered_sum(&h.rows));
	for (size_t r = 0; r < h.rows.run_count; r++)
		close_group(&h.rows.runs[r]);
	send();
	if (h.is_static)
		pw_ordered_clear(&h.rows); /* nothing follows: no groups are built */
	else
		must(pw_ordered_apply(&h.rows, h.loop.time));
}

int main(int argc, char **argv)
{
	h.loop = (struct pw_ordering){.tool = &h.tool, .rows = &h.rows, .close = close_commit};
	pw_tool_start(&h.tool, &program, argc, argv, &options);
	pw_tool_input(&h.tool);
	bind();
	pw_ordering_keep(&h.loop);
	pw_tool_output(&h.tool, &h.schema_out,
		       h.is_static ? "all rows, until they are sorted; grows with the rows"
				   : "all rows, in order; grows with the different rows");
	must(pw_reject_open(&h.reject, &h.tool));
	open_state();
	pw_ordering_run(&h.loop);
	must(pw_reject_close(&h.reject, &h.tool));
	return pw_tool_finish(&h.tool);
}
