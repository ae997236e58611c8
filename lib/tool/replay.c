#include "replay.h"

#include <math.h>
#include <stdlib.h>

struct pw_replay_lane {
	struct pw_reader *reader;
	struct pw_builder rows;
	const struct pw_batch *view;
	pw_time times[PW_BATCH_ROWS]; /* of the view's rows, as their column says */
	uint32_t at;                  /* rows below it have been handed out */
	bool ended;
	bool own;                     /* the reader is ours to release */
};

static int unit_of(const char *text, int64_t *ns)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(units[i].name, text) == 0) {
			*ns = units[i].ns;
			return 0;
		}
	return pw_fail(PW_USAGE, "--unit: '%s' is not s, ms, us or ns", text);
}

int pw_replay_open(struct pw_replay *p, const struct pw_replay_wish *wish,
		   const struct pw_schema *schema)
{
	*p = (struct pw_replay){.schema = schema, .unit = 1, .step = 2};
	p->column = pw_schema_need(schema, pw_slice_of(wish->column));
	if (p->column < 0)
		return pw_fail_at("--replay");
	const struct pw_type type = schema->fields[p->column].type;
	const bool number = type.base == PW_INT || type.base == PW_FLOAT;
	const bool time = type.base == PW_DATETIME || type.base == PW_DATETIME_UTC;
	if (type.depth > 0 || (!number && !time))
		return pw_fail(PW_USAGE, "--replay: column '%s' is %s %s, expected a datetime, int or float",
			       wish->column, pw_type_article(type), pw_type_name(type));
	if (number && wish->unit == NULL)
		return pw_fail(PW_USAGE, "--replay: column '%s' is %s %s and needs --unit s, ms, us or ns",
			       wish->column, pw_type_article(type), pw_type_name(type));
	if (time && wish->unit != NULL)
		return pw_fail(PW_USAGE, "--unit is for an int or float column, and '%s' is %s %s",
			       wish->column, pw_type_article(type), pw_type_name(type));
	if (wish->unit != NULL && unit_of(wish->unit, &p->unit) < 0)
		return -1;
	if (wish->autocommit < 0)
		return pw_fail(PW_USAGE, "--autocommit: below 0");
	p->scale = (double)p->unit / 1e6;
	if (wish->autocommit > 2000000)
		p->step = ((pw_time)wish->autocommit + 1999999) / 2000000 * 2;
	return 0;
}

/* ---- a lane: one file ---- */

static int bad_time(const struct pw_replay *p, const char *file, const char *what)
{
	return pw_fail(PW_DATA, "%s: column '%s': %s, and --replay needs a time", file,
		       p->schema->fields[p->column].name, what);
}

static pw_time round_up(const struct pw_replay *p, pw_time ms)
{
	return (ms + p->step - 1) / p->step * p->step;
}

/* ms from a count of units, rounded up */
static pw_time of_int(const struct pw_replay *p, int64_t x)
{
	const int64_t ms = 1000000;

	if (p->unit >= ms)
		return (pw_time)x * (pw_time)(p->unit / ms);
	const int64_t per = ms / p->unit;
	return (pw_time)(x / per + (x % per != 0));
}

/* The same. A count written in decimal is often a bit off, and its product a bit above a whole ms. */
static double of_float(const struct pw_replay *p, double x)
{
	const double ms = nearbyint(x * p->scale);

	return ms / p->scale == x ? ms : ceil(x * p->scale);
}

static int lane_times(struct pw_replay *p, struct pw_replay_lane *lane)
{
	const struct pw_column *c = &lane->view->columns[p->column];
	const char *file = lane->reader->parser->file;

	for (uint32_t i = 0; i < lane->view->rows; i++) {
		if (pw_column_null(c, i))
			return bad_time(p, file, "is null");
		if (c->type.base == PW_FLOAT) {
			const double ms = of_float(p, pw_column_float(c, i));
			if (!(ms >= 0 && ms < 9e18))
				return bad_time(p, file, "is before 1970 or no time");
			lane->times[i] = round_up(p, (pw_time)ms);
			continue;
		}
		const int64_t x = pw_column_int(c, i);
		if (x < 0 || (p->unit > 1000000 && x > INT64_MAX / 1000))
			return bad_time(p, file, "is before 1970 or no time");
		lane->times[i] = round_up(p, of_int(p, x));
	}
	return 0;
}

/* Rows to hand out, unless the file has ended. */
static int lane_fill(struct pw_replay *p, struct pw_replay_lane *lane)
{
	while (!lane->ended && (lane->view == NULL || lane->at == lane->view->rows)) {
		pw_builder_clear(&lane->rows);
		lane->at = 0;
		const int more = pw_reader_next(lane->reader, &lane->rows);
		if (more < 0)
			return -1;
		lane->ended = more == 0;
		lane->view = pw_builder_view(&lane->rows);
		if (lane_times(p, lane) < 0)
			return -1;
	}
	return 0;
}

static struct pw_reader *reader_of_path(const struct pw_reader *first, size_t i,
					const struct pw_parser_layout *layout)
{
	struct pw_reader *r = pw_mem_zero(1, sizeof *r);

	*r = (struct pw_reader){
		.tool = first->tool,
		.kind = first->kind,
		.options = first->options,
		.paths = first->paths + i,
		.path_count = 1,
	};
	if (pw_reader_bind(r, layout) < 0) {
		free(r);
		return NULL;
	}
	return r;
}

int pw_replay_start(struct pw_replay *p, struct pw_reader *first,
		    const struct pw_parser_layout *layout)
{
	const size_t n = first->path_count;

	p->lanes = pw_mem_zero(n + 1, sizeof *p->lanes);
	for (size_t i = 0; i < n; i++) {
		struct pw_replay_lane *lane = &p->lanes[i];
		lane->reader = i == 0 ? first : reader_of_path(first, i, layout);
		if (lane->reader == NULL)
			return -1;
		lane->own = i > 0;
		pw_builder_init(&lane->rows, p->schema);
		pw_builder_intern(&lane->rows);
		p->lane_count++;
	}
	if (n > 0)
		first->path_count = 1;
	for (size_t i = 0; i < n; i++)
		if (lane_fill(p, &p->lanes[i]) < 0)
			return -1;
	return 0;
}

/* ---- merging ---- */

static bool has_rows(const struct pw_replay_lane *lane)
{
	return lane->at < lane->view->rows;
}

/* The lane with the least next time, the first of equals; *limit: the least of the others. */
static struct pw_replay_lane *least(struct pw_replay *p, pw_time *limit)
{
	struct pw_replay_lane *best = NULL;

	*limit = UINT64_MAX;
	for (size_t i = 0; i < p->lane_count; i++) {
		struct pw_replay_lane *lane = &p->lanes[i];
		if (!has_rows(lane))
			continue;
		const pw_time t = lane->times[lane->at];
		if (best == NULL) {
			best = lane;
		} else if (t < best->times[best->at]) {
			*limit = best->times[best->at];
			best = lane;
		} else if (t < *limit) {
			*limit = t;
		}
	}
	return best;
}

static void add_run(struct pw_replay *p, struct pw_batch *b, pw_time time, uint32_t rows)
{
	if (b->run_count > 0 && p->runs[b->run_count - 1].time == time) {
		p->runs[b->run_count - 1].rows += rows;
		return;
	}
	p->runs = pw_mem_grow(p->runs, &p->run_capacity, b->run_count + 1, sizeof *p->runs);
	p->runs[b->run_count++] = (struct pw_run){time, rows, 0};
}

/* Rows of one lane up to the others' next time, late ones among them, with their commit times. */
static void take(struct pw_replay *p, struct pw_replay_lane *lane, pw_time limit,
		 struct pw_builder *out)
{
	struct pw_batch b = *lane->view;
	const uint32_t from = lane->at;
	uint32_t i = from;

	b.run_count = 0;
	if (from > 0)
		add_run(p, &b, 0, from); /* they are behind us; only their number counts */
	for (; i < b.rows && (i == from || lane->times[i] <= limit); i++) {
		if (lane->times[i] > p->now)
			p->now = lane->times[i];
		add_run(p, &b, p->now, 1);
	}
	if (i < b.rows)
		add_run(p, &b, PW_TIME_END, b.rows - i);
	b.runs = p->runs;
	pw_builder_append(out, &b, from, i - from);
	lane->at = i;
}

int pw_replay_next(struct pw_replay *p, struct pw_builder *out)
{
	struct pw_replay_lane *lane;
	pw_time limit;

	for (size_t i = 0; i < p->lane_count; i++)
		if (lane_fill(p, &p->lanes[i]) < 0)
			return -1;
	while ((lane = least(p, &limit)) != NULL) {
		take(p, lane, limit, out);
		if (!has_rows(lane) || pw_builder_full(out))
			return 1;
	}
	return 0;
}

void pw_replay_close(struct pw_replay *p)
{
	for (size_t i = 0; i < p->lane_count; i++) {
		pw_builder_release(&p->lanes[i].rows);
		if (p->lanes[i].own) {
			pw_reader_close(p->lanes[i].reader);
			free(p->lanes[i].reader);
		}
	}
	free(p->lanes);
	free(p->runs);
	*p = (struct pw_replay){0};
}
