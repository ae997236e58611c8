#include "grouped_internal.h"

#include <stdlib.h>

enum {
	FIRST_CHUNK = 64,
	AHEAD = 16 /* groups whose memory is asked for in advance */
};

static void results_init(const struct pw_grouped *g, struct pw_grouped_results *r)
{
	r->vectors = pw_mem_zero(g->calls.aggregates.count + 1, sizeof *r->vectors);
	r->columns = pw_mem_zero(g->calls.aggregates.count + 1, sizeof *r->columns);
	for (size_t i = 0; i < g->calls.aggregates.count; i++)
		pw_vector_init(&r->vectors[i], pw_aggregates_type(&g->calls.aggregates, (int)i));
}

void pw_grouped_show_open(struct pw_grouped *g)
{
	g->columns = pw_mem_zero(g->op.schema.count + 1, sizeof *g->columns);
	g->chunk = FIRST_CHUNK;
	results_init(g, &g->before);
	results_init(g, &g->after);
	pw_builder_init(&g->shown, &g->calls.shown);
	pw_builder_init(&g->rest, &g->op.schema);
}

static void results_release(const struct pw_grouped *g, struct pw_grouped_results *r)
{
	for (size_t i = 0; r->vectors != NULL && i < g->calls.aggregates.count; i++)
		pw_vector_release(&r->vectors[i]);
	free(r->vectors);
	free(r->columns);
	free(r->reasons.why);
}

void pw_grouped_show_release(struct pw_grouped *g)
{
	results_release(g, &g->before);
	results_release(g, &g->after);
	pw_builder_release(&g->shown);
	pw_builder_release(&g->rest);
	free(g->columns);
	free(g->reasons.why);
}

/* ---- row errors ---- */

static void reasons_set(struct pw_grouped_reasons *r, size_t row, const char *why)
{
	const size_t before = r->count;

	if (row >= before) {
		r->why = pw_mem_grow(r->why, &r->capacity, row + 1, sizeof *r->why);
		memset(r->why + before, 0, (row + 1 - before) * sizeof *r->why);
		r->count = row + 1;
	}
	r->why[row] = why;
}

static const char *reason_of(const struct pw_grouped_reasons *r, size_t row)
{
	return row < r->count ? r->why[row] : NULL;
}

/* ", group city 'Oslo'" */
static void describe_group(struct pw_grouped *g, struct pw_slice key, struct pw_bytes *b)
{
	if (g->key_count == 0)
		return;
	pw_bytes_text(b, ": group ");
	pw_roworder_describe(&g->key_order, key, b);
}

_Noreturn static void fail_group(struct pw_grouped *g, struct pw_slice key, pw_time time,
				 const char *what)
{
	struct pw_bytes place = {0}, t = {0};

	describe_group(g, key, &place);
	pw_time_print(&t, time);
	pw_fail(PW_DATA, "time %s%s: %s", pw_bytes_string(&t), pw_bytes_string(&place), what);
	pw_op_fail(&g->op);
}

_Noreturn static void fail_slot(struct pw_grouped *g, uint32_t slot, const char *what)
{
	fail_group(g, pw_arrangement_key(&g->groups, slot), g->op.commit.time, what);
}

/* Treats errors of results as --on-error says: a fault, nothing, or reasons to be remembered. */
static void take_errors(struct pw_grouped *g, struct pw_grouped_results *r, uint32_t first,
			const uint32_t *slots)
{
	struct pw_aggregates *c = &g->calls.aggregates;

	if (c->error_count > 0 && g->op.host->reject->policy == PW_REJECT_STOP) {
		const struct pw_aggregate_error *e = &c->errors[0];
		struct pw_bytes what = {0};

		pw_bytes_print(&what, "%s: %s", g->calls.shown.fields[g->key_count + e->call].name,
			       e->reason);
		fail_slot(g, slots[e->row], pw_bytes_string(&what));
	}
	for (size_t i = 0; i < c->error_count && g->op.host->reject->policy != PW_REJECT_NULL; i++)
		reasons_set(&r->reasons, first + c->errors[i].row, c->errors[i].reason);
	c->error_count = 0;
}

/* Appends the results of groups that have rows. */
static void append_results(struct pw_grouped *g, struct pw_grouped_results *r,
			   const uint32_t *slots, uint32_t count)
{
	for (size_t i = 0; i < g->calls.aggregates.count; i++)
		pw_aggregates_results(&g->calls.aggregates, &g->groups, (int)i, slots, count,
				      &r->vectors[i]);
	take_errors(g, r, r->rows, slots);
	r->rows += count;
}

void pw_grouped_show_before(struct pw_grouped *g, const uint32_t *slots, uint32_t count)
{
	append_results(g, &g->before, slots, count);
}

/* Makes views of the results, once all rows are there: a view costs a look at each row. */
static void view_results(struct pw_grouped *g, struct pw_grouped_results *r)
{
	for (size_t i = 0; i < g->calls.aggregates.count; i++)
		r->columns[i] = pw_vector_view(&r->vectors[i]);
}

static void clear_results(struct pw_grouped *g, struct pw_grouped_results *r)
{
	for (size_t i = 0; i < g->calls.aggregates.count; i++)
		pw_vector_clear(&r->vectors[i]);
	r->rows = 0;
	r->reasons.count = 0;
}

/* ---- output ---- */

/* The reason why row i of the outputs is rejected; NULL if it is not. */
static const char *why_not(struct pw_grouped *g, uint32_t i, struct pw_bytes *text)
{
	const char *why = reason_of(&g->reasons, i);

	for (size_t k = 0; !why && k < g->calls.outputs.output_count; k++) {
		const uint8_t *errors = pw_expr_errors(&g->calls.outputs, (int)k);

		if (errors && pw_bit(errors, i)) {
			pw_bytes_clear(text);
			pw_expr_reason(&g->calls.outputs, (int)k, i, text);
			why = pw_bytes_string(text);
		}
	}
	return why;
}

static bool outputs_fail(struct pw_grouped *g)
{
	for (size_t k = 0; k < g->calls.outputs.output_count; k++)
		if (pw_expr_errors(&g->calls.outputs, (int)k))
			return true;
	return false;
}

_Noreturn static void fail_output(struct pw_grouped *g, const struct pw_batch *b, uint32_t row,
				  const char *why)
{
	struct pw_bytes key = {0}, what = {0};

	for (size_t i = 0; i < g->key_count; i++)
		pw_rowkey_add(&key, &b->columns[i], row, false);
	pw_bytes_text(&what, why);
	fail_group(g, (struct pw_slice){key.data, key.length}, pw_batch_time(b, row),
		   pw_bytes_string(&what));
}

/* Are rows i and i + 1 an old and a new answer of one group that look the same? */
static bool pair_is_equal(struct pw_grouped *g, const struct pw_batch *b, uint32_t i)
{
	if (!b->diffs || i + 1 >= b->rows || b->diffs[i] != -1 || b->diffs[i + 1] != 1)
		return false;
	for (size_t c = 0; c < g->op.schema.count; c++)
		if (pw_column_compare(&b->columns[c], i, &b->columns[c], i + 1) != 0)
			return false;
	return pw_batch_time(b, i) == pw_batch_time(b, i + 1);
}

/* Emits the rows that are not rejected, where some are. */
static void send_some(struct pw_grouped *g, const struct pw_batch *shown,
		      const struct pw_batch *out, bool failing)
{
	struct pw_bytes text = {0};
	uint32_t n = 0;

	g->rows = pw_mem_grow(g->rows, &g->row_capacity, out->rows, sizeof *g->rows);
	for (uint32_t i = 0; i < out->rows; i++) {
		const char *why = failing ? why_not(g, i, &text) : NULL;

		if (why && g->op.host->reject->policy == PW_REJECT_STOP)
			fail_output(g, shown, i, why);
		if (why && g->op.host->reject->policy != PW_REJECT_NULL)
			pw_op_must(&g->op,
				   pw_reject_row(g->op.host->reject, pw_slice_of(why), shown, i));
		else if (pair_is_equal(g, out, i))
			i++;
		else
			g->rows[n++] = i;
	}
	pw_builder_gather(&g->rest, out, g->rows, n);
	if (n > 0)
		pw_op_emit(&g->op, pw_builder_view(&g->rest));
	pw_builder_clear(&g->rest);
	pw_bytes_release(&text);
}

/* Calculates the outputs of the rows of g->shown, and emits them. */
void pw_grouped_show_send(struct pw_grouped *g)
{
	if (g->shown.rows == 0)
		return;
	const struct pw_batch *shown = pw_builder_view(&g->shown);
	struct pw_batch out = *shown;

	if (g->calls.outputs.output_count > 0)
		pw_expr_run(&g->calls.outputs, shown);
	for (size_t i = 0; i < g->key_count; i++)
		g->columns[i] = shown->columns[i];
	for (size_t i = 0; i < g->calls.outputs.output_count; i++)
		g->columns[g->key_count + i] = *pw_expr_column(&g->calls.outputs, (int)i);
	out.schema = &g->op.schema;
	out.columns = g->columns;
	const bool failing = g->reasons.count > 0 || outputs_fail(g);

	if (failing || (g->calls.computes && out.diffs))
		send_some(g, shown, &out, failing);
	else
		pw_op_emit(&g->op, &out);
	pw_builder_clear(&g->shown);
	g->reasons.count = 0;
}

static void append_key(struct pw_grouped *g, uint32_t slot)
{
	const struct pw_slice key = pw_arrangement_key(&g->groups, slot);
	const char *at = key.data, *const end = key.data + key.length;

	for (size_t i = 0; i < g->key_count; i++)
		pw_rowkey_take(&at, end, g->key_schema.fields[i].type, false, &g->shown.vectors[i]);
}

static void show_row(struct pw_grouped *g, uint32_t slot, const struct pw_grouped_results *from,
		     uint32_t row, pw_diff diff)
{
	const char *why = reason_of(&from->reasons, row);

	append_key(g, slot);
	for (size_t i = 0; i < g->calls.aggregates.count; i++)
		pw_vector_copy(&g->shown.vectors[g->key_count + i], from->columns[i], row);
	if (why)
		reasons_set(&g->reasons, g->shown.rows, why);
	pw_builder_row(&g->shown, g->op.commit.time, diff);
}

static bool same_results(struct pw_grouped *g, uint32_t before, uint32_t after)
{
	for (size_t i = 0; i < g->calls.aggregates.count; i++)
		if (pw_column_compare(g->before.columns[i], before, g->after.columns[i], after) !=
		    0)
			return false;
	return true;
}

/* ---- the end of a commit ---- */

_Noreturn static void fail_unsound(struct pw_grouped *g, uint32_t slot)
{
	const pw_diff rows = pw_aggregates_rows(&g->groups, slot);
	struct pw_bytes what = {0};

	if (rows < 0)
		pw_bytes_print(&what, "the rows of the group have %lld copies", (long long)rows);
	else
		pw_bytes_text(&what, "some rows of the group have less than 0 copies");
	pw_bytes_text(&what, ": more are taken away than were added");
	fail_slot(g, slot, pw_bytes_string(&what));
}

static void check_sound(struct pw_grouped *g, const uint32_t *slots, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!pw_aggregates_sound(&g->calls.aggregates, &g->groups, slots[i]))
			fail_unsound(g, slots[i]);
}

static size_t results_bytes(struct pw_grouped *g, const struct pw_grouped_results *r)
{
	size_t bytes = 0;

	for (size_t i = 0; i < g->calls.aggregates.count; i++)
		bytes += pw_vector_bytes(&r->vectors[i]);
	return bytes;
}

/* Sets the size of the next chunk, after a chunk of so many bytes. */
static void adapt_chunk(struct pw_grouped *g, size_t bytes)
{
	if (bytes > 1 << 20)
		g->chunk = g->chunk > 4 ? g->chunk / 4 : 1;
	else if (bytes < 128 << 10)
		g->chunk = g->chunk * 4 < PW_GROUPED_CHUNK ? g->chunk * 4 : PW_GROUPED_CHUNK;
}

/* A group without aggregates is shown as often as it has rows. */
static void show_copies(struct pw_grouped *g, uint32_t slot, pw_diff before, bool shown)
{
	const pw_diff after = shown ? pw_aggregates_rows(&g->groups, slot) : 0;

	if (after == before)
		return;
	append_key(g, slot);
	pw_builder_row(&g->shown, g->op.commit.time, after - before);
	if (pw_builder_full(&g->shown))
		pw_grouped_show_send(g);
}

/* Shows the changes of groups, in the order given. */
static void show_changes(struct pw_grouped *g, const uint32_t *slots, uint32_t count)
{
	uint32_t living[PW_GROUPED_CHUNK], n = 0;

	for (uint32_t i = 0; i < count; i++)
		if (pw_aggregates_rows(&g->groups, slots[i]) > 0 &&
		    (g->whose == NULL || g->whose->is_shown(g, slots[i])))
			living[n++] = slots[i];
	clear_results(g, &g->after);
	append_results(g, &g->after, living, n);
	adapt_chunk(g, results_bytes(g, &g->after));
	view_results(g, &g->after);
	for (uint32_t i = 0, next = 0; i < count; i++) {
		const uint32_t slot = slots[i];
		const struct pw_grouped_touched *touched = &g->touched[g->mark[slot] - 1];
		const uint32_t before = touched->before;
		const uint32_t after =
			next < n && living[next] == slot ? next++ : PW_GROUPED_NO_ROW;

		if (g->copies) {
			show_copies(g, slot, touched->copies, after != PW_GROUPED_NO_ROW);
			continue;
		}
		if (before != PW_GROUPED_NO_ROW && after != PW_GROUPED_NO_ROW &&
		    same_results(g, before, after))
			continue;
		if (before != PW_GROUPED_NO_ROW)
			show_row(g, slot, &g->before, before, -1);
		if (after != PW_GROUPED_NO_ROW)
			show_row(g, slot, &g->after, after, 1);
		if (pw_builder_full(&g->shown))
			pw_grouped_show_send(g);
	}
}

void pw_grouped_show_changes(struct pw_grouped *g)
{
	const uint32_t count = (uint32_t)g->touched_count;

	g->rows = pw_mem_grow(g->rows, &g->row_capacity, count, sizeof *g->rows);
	uint32_t *sorted = pw_mem_alloc(count + 1, sizeof *sorted);

	for (uint32_t i = 0; i < count; i++)
		sorted[i] = g->touched[i].slot;
	pw_arrangement_sort(&g->groups, sorted, count);
	check_sound(g, sorted, count);
	view_results(g, &g->before);
	for (uint32_t from = 0, n; from < count; from += n) {
		n = count - from < g->chunk ? count - from : g->chunk;
		show_changes(g, sorted + from, n);
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t slot = g->touched[i].slot;

		g->mark[slot] = 0;
		pw_dirty_mark(&g->dirty, slot);
		if (pw_aggregates_rows(&g->groups, slot) > 0)
			continue;
		g->dying = pw_mem_grow(g->dying, &g->dying_capacity, g->dying_count + 1,
				       sizeof *g->dying);
		g->dying[g->dying_count++] = slot;
	}
	free(sorted);
	clear_results(g, &g->before);
	g->touched_count = 0;
}

/* Results straight into the rows to be shown: nothing was shown before. */
static void show_all(struct pw_grouped *g, const uint32_t *slots, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			pw_arrangement_prefetch(&g->groups, slots[i + AHEAD]);
		append_key(g, slots[i]);
		if (g->copies)
			pw_builder_row(&g->shown, g->op.commit.time,
				       pw_aggregates_rows(&g->groups, slots[i]));
	}
	for (size_t i = 0; i < g->calls.aggregates.count; i++)
		pw_aggregates_results(&g->calls.aggregates, &g->groups, (int)i, slots, count,
				      &g->shown.vectors[g->key_count + i]);
	take_errors(g, &g->after, 0, slots);
	for (size_t i = 0; i < g->after.reasons.count; i++)
		if (g->after.reasons.why[i])
			reasons_set(&g->reasons, i, g->after.reasons.why[i]);
	g->after.reasons.count = 0;
	if (!g->copies)
		pw_builder_rows(&g->shown, g->op.commit.time, count);
	adapt_chunk(g, pw_builder_bytes(&g->shown));
	pw_grouped_show_send(g);
}

void pw_grouped_show_in_order(struct pw_grouped *g, const uint32_t *slots, uint32_t count)
{
	if (!g->in->append_only)
		check_sound(g, slots, count);
	for (uint32_t from = 0; from < count;) {
		uint32_t n = 0;

		for (; from + n < count && n < g->chunk; n++)
			if (pw_aggregates_rows(&g->groups, slots[from + n]) == 0)
				break;
		if (n > 0)
			show_all(g, slots + from, n);
		else
			n = 1; /* a group without rows */
		from += n;
	}
}

void pw_grouped_show_all(struct pw_grouped *g,
			 bool (*is_shown)(const struct pw_grouped *g, uint32_t slot))
{
	uint32_t *slots = pw_mem_alloc((size_t)g->groups.live + 1, sizeof *slots), count = 0;

	for (uint32_t s = 0; s < g->groups.slots; s++)
		if (pw_arrangement_live(&g->groups, s) && (is_shown == NULL || is_shown(g, s)))
			slots[count++] = s;
	pw_arrangement_sort(&g->groups, slots, count);
	pw_grouped_show_in_order(g, slots, count);
	free(slots);
}
