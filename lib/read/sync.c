#include "sync.h"
#include "../data/names.h"
#include "../data/text.h"
#include "../time/clock.h"

#include <math.h>
#include <stdlib.h>

#define MS INT64_C(1000000)

enum {
	LOOK_MS = 250,     /* a death is not always notified */
	BLIND_MS_MAX = 20, /* between looks, without notification */
	BUSY_MS = 10000
};

enum kind { NUMBER = 1, DATETIME, DATETIME_UTC, DURATION };

/* ---- the option ---- */

static bool next_part(struct pw_slice *rest, struct pw_slice *part)
{
	if (rest->data == NULL)
		return false;
	const char *comma = memchr(rest->data, ',', rest->length);
	const size_t n = comma != NULL ? (size_t)(comma - rest->data) : rest->length;

	*part = (struct pw_slice){rest->data, n};
	*rest = comma != NULL ? (struct pw_slice){comma + 1, rest->length - n - 1}
			      : (struct pw_slice){0};
	return true;
}

static int name_of(struct pw_sync *s, struct pw_slice part)
{
	s->name = pw_mem_copy(part.data, part.length);
	s->group.name = s->name;
	if (part.length == 0 || part.length > 100 || *s->name == '.' ||
	    strspn(s->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") !=
		    part.length)
		return pw_fail(PW_USAGE, "'%s' is not a name of letters, digits, _ . and -",
			       s->name);
	return 0;
}

/* Takes the column's name from the front of *rest, with the comma after it. */
static int find_column(struct pw_sync *s, struct pw_slice *rest, const struct pw_schema *schema)
{
	struct pw_name name = {0};
	const char *end = rest->data + rest->length, *at = rest->data;

	s->column = pw_names_take(&at, ",", &name) < 0 || pw_names_end(at, ",") < 0
			    ? -1
			    : pw_names_need(schema, &name, rest->data, ",");
	pw_names_release(&name);
	*rest = *at == ',' ? (struct pw_slice){at + 1, (size_t)(end - at - 1)}
			   : (struct pw_slice){0};
	return s->column < 0 ? -1 : 0;
}

static int column_of(struct pw_sync *s, struct pw_slice *rest, const struct pw_schema *schema)
{
	if (find_column(s, rest, schema) < 0)
		return -1;
	const struct pw_type type = schema->fields[s->column].type;
	s->floats = type.base == PW_FLOAT;
	s->group.terms.kind = type.depth > 0                                 ? 0
			      : type.base == PW_INT || type.base == PW_FLOAT ? NUMBER
			      : type.base == PW_DATETIME                     ? DATETIME
			      : type.base == PW_DATETIME_UTC                 ? DATETIME_UTC
			      : type.base == PW_DURATION                     ? DURATION
									     : 0;
	if (s->group.terms.kind == 0)
		return pw_fail(PW_USAGE,
			       "column '%s' is %s %s, expected a number, a datetime or a duration",
			       schema->fields[s->column].name, pw_type_article(type),
			       pw_type_name(type));
	return 0;
}

static int difference_of(struct pw_sync *s, struct pw_slice part)
{
	int64_t whole;
	double x;

	if (s->group.terms.kind == NUMBER && pw_text_int(part, &whole) == 0 && whole >= 0)
		s->group.terms.difference = whole;
	else if (s->group.terms.kind == NUMBER && pw_text_float(part, &x) == 0 && x >= 0 &&
		 isfinite(x))
		s->group.terms.difference = x;
	else if (s->group.terms.kind != NUMBER && pw_text_duration(part, &whole) == 0 && whole >= 0)
		s->group.terms.difference = whole;
	else
		return pw_fail(PW_USAGE,
			       "'%.*s' is not a difference of its column's values: expected a %s,"
			       " not below 0",
			       (int)part.length, part.data,
			       s->group.terms.kind == NUMBER ? "number" : "duration");
	return 0;
}

static int members_of(struct pw_sync *s, struct pw_slice part)
{
	int64_t n;

	if (pw_text_int(part, &n) < 0 || n < 1 || n > PW_SYNC_MEMBERS_MAX)
		return pw_fail(PW_USAGE, "'%.*s' is not a number of members, 1 to %d",
			       (int)part.length, part.data, PW_SYNC_MEMBERS_MAX);
	s->group.terms.members = (uint32_t)n;
	return 0;
}

static bool begins(struct pw_slice *part, const char *word)
{
	const size_t n = strlen(word);

	if (part->length < n || memcmp(part->data, word, n) != 0)
		return false;
	part->data += n;
	part->length -= n;
	return true;
}

static int extra_of(struct pw_sync *s, struct pw_slice part)
{
	const struct pw_slice all = part;

	if (begins(&part, "priority="))
		return pw_text_int(part, &s->group.priority) == 0
			       ? 0
			       : pw_fail(PW_USAGE, "'%.*s' is not an int", (int)all.length,
					 all.data);
	if (!begins(&part, "idle="))
		return pw_fail(PW_USAGE, "'%.*s': expected priority=N or idle=D", (int)all.length,
			       all.data);
	if (pw_text_duration(part, &s->group.idle) < 0 || s->group.idle <= 0)
		return pw_fail(PW_USAGE, "'%.*s' is not a duration above 0", (int)all.length,
			       all.data);
	return 0;
}

/* rest ends with a NUL. */
static int parse(struct pw_sync *s, struct pw_slice rest, const struct pw_schema *schema)
{
	static const char form[] = "expected NAME,COL,MAXDIFF,MEMBERS[,priority=N][,idle=D]";
	struct pw_slice part;

	if (!next_part(&rest, &part) || rest.data == NULL)
		return pw_fail(PW_USAGE, "%s", form);
	if (name_of(s, part) < 0 || column_of(s, &rest, schema) < 0)
		return -1;
	if (!next_part(&rest, &part) || rest.data == NULL)
		return pw_fail(PW_USAGE, "%s", form);
	if (difference_of(s, part) < 0)
		return -1;
	next_part(&rest, &part);
	if (members_of(s, part) < 0)
		return -1;
	while (next_part(&rest, &part))
		if (extra_of(s, part) < 0)
			return -1;
	return 0;
}

int pw_sync_open(struct pw_sync *s, const char *option, const struct pw_schema *schema)
{
	*s = (struct pw_sync){.patience = MS};
	return parse(s, pw_slice_of(option), schema) < 0 ? pw_fail_at("--sync") : 0;
}

/* ---- waiting ---- */

static void wait_until(struct pw_sync *s, int64_t deadline, bool idle)
{
	if (pw_tool_wait_until(s->tool, s->group.watch, deadline, idle) == PW_WAITED_STOP)
		pw_tool_stopped(s->tool);
}

static void say_who_is_missing(struct pw_sync *s, int64_t now)
{
	if (s->said || s->answer.complete || now - s->waiting < pw_tool_patience() * MS)
		return;
	s->said = true;
	pw_tool_say(s->tool, "--sync %s: waiting: %" PRIu32 " of %" PRIu32 " readers %s there",
		    s->name, s->answer.present, s->group.terms.members,
		    s->answer.present == 1 ? "is" : "are");
}

int64_t pw_sync_between_looks(struct pw_sync *s, int *watch)
{
	const int64_t now = pw_clock_boot();
	int64_t deadline = now + LOOK_MS * MS;

	if (s->waiting == 0)
		s->waiting = now;
	say_who_is_missing(s, now);
	if (s->group.watch < 0) {
		deadline = now + s->patience;
		s->patience =
			s->patience * 2 < BLIND_MS_MAX * MS ? s->patience * 2 : BLIND_MS_MAX * MS;
	}
	*watch = s->group.watch;
	return deadline < s->answer.deadline ? deadline : s->answer.deadline;
}

void pw_sync_looked(struct pw_sync *s)
{
	pw_sync_group_drain(&s->group);
}

int pw_sync_wait(struct pw_sync *s, bool idle)
{
	int watch;

	wait_until(s, pw_sync_between_looks(s, &watch), idle);
	pw_sync_looked(s);
	return 0;
}

/* ---- joining and leaving ---- */

int pw_sync_join(struct pw_sync *s, struct pw_tool *t, const char *directory, uint64_t run)
{
	const int64_t begun = pw_clock_boot();
	bool said = false;
	int rc;

	s->tool = t;
	s->group.terms.run = run;
	s->group.place.silent = begun;
	while ((rc = pw_sync_group_join(&s->group, directory)) > 0) {
		const int64_t now = pw_clock_boot();
		if (now - begun > BUSY_MS * MS)
			return pw_fail(PW_BUSY,
				       "--sync %s: has its %" PRIu32 " member%s already: is another"
				       " pipeline with this name running?",
				       s->name, s->group.terms.members,
				       s->group.terms.members == 1 ? "" : "s");
		if (!said && now - begun > pw_tool_patience() * MS) {
			pw_tool_say(t, "--sync %s: waiting for an earlier pipeline to end",
				    s->name);
			said = true;
		}
		wait_until(s, now + BLIND_MS_MAX * MS, true);
		pw_sync_group_drain(&s->group);
	}
	return rc;
}

/* What the others may rely on is told with the next question. */
static void publish(struct pw_sync *s)
{
	struct pw_sync_group *g = &s->group;
	const int64_t silent = g->place.silent;

	if (!g->over && !s->loading) {
		g->load = s->has_load ? s->load : s->place;
		g->load.time = 0;
		g->over = true;
		if (s->has_past && (!s->place.has_last || s->past > s->place.last)) {
			s->place.has_last = true;
			s->place.last = s->past;
		}
	}
	if (s->hidden)
		return;
	g->place = s->place;
	g->place.silent = silent;
}

/* A reader that does not follow has no commit that would end its load: the others wait no longer for it. */
int pw_sync_silent(struct pw_sync *s)
{
	struct pw_sync_group *g = &s->group;

	if (g->place.silent != 0 && g->over)
		return 0;
	if (g->place.silent == 0)
		g->place.silent = pw_clock_boot();
	if (g->live) {
		s->place.has_next = false;
		publish(s);
	} else if (!g->over) {
		g->load = g->place;
		g->over = true;
	} else if (g->idle == 0) {
		return 0;
	}
	return pw_sync_group_ask(g, &s->answer);
}

int pw_sync_end(struct pw_sync *s)
{
	for (;;) {
		if (pw_sync_group_end(&s->group, &s->answer) < 0)
			return -1;
		if (s->answer.complete)
			break;
		if (pw_sync_wait(s, false) < 0)
			return -1;
	}
	pw_sync_group_leave(&s->group);
	return 0;
}

void pw_sync_close(struct pw_sync *s)
{
	pw_sync_group_leave(&s->group);
	free(s->name);
	*s = (struct pw_sync){0};
}

/* ---- rows ---- */

/* Rows [from, i) are those not above the bound; *last becomes their greatest value, if it is above it or !*any. */
static uint32_t scan_ints(const struct pw_column *c, uint32_t from, uint32_t rows, int64_t bound,
			  int64_t *last, bool *any)
{
	uint32_t i = from;

	for (; i < rows; i++) {
		if (pw_column_null(c, i))
			continue;
		const int64_t x = pw_column_int(c, i);
		if (x > bound)
			break;
		*last = !*any || x > *last ? x : *last;
		*any = true;
	}
	return i;
}

static uint32_t scan_floats(const struct pw_column *c, uint32_t from, uint32_t rows, double bound,
			    double *last, bool *any)
{
	uint32_t i = from;

	for (; i < rows; i++) {
		if (pw_column_null(c, i) || isnan(pw_column_float(c, i)))
			continue;
		const double x = pw_column_float(c, i);
		if (x > bound)
			break;
		*last = !*any || x > *last ? x : *last;
		*any = true;
	}
	return i;
}

/* The greatest int64 not above x. */
static int64_t int_below(long double x)
{
	if (x >= (long double)INT64_MAX)
		return INT64_MAX;
	return x <= (long double)INT64_MIN ? INT64_MIN : (int64_t)floorl(x);
}

/* The greatest double not above x. */
static double float_below(long double x)
{
	const double near = (double)x;

	return (long double)near > x ? nextafter(near, -INFINITY) : near;
}

/* Rows [from, i) are those not above the bound; place has sent them. */
static uint32_t scan(const struct pw_sync *s, const struct pw_batch *batch, uint32_t from,
		     long double bound, struct pw_sync_place *place)
{
	const struct pw_column *c = &batch->columns[s->column];
	bool any = false;
	long double last;
	uint32_t i;

	if (s->floats) {
		double x = 0;
		i = scan_floats(c, from, batch->rows, float_below(bound), &x, &any);
		last = x;
	} else {
		int64_t x = 0;
		i = scan_ints(c, from, batch->rows, int_below(bound), &x, &any);
		last = x;
	}
	if (any && (!place->has_last || last > place->last)) {
		place->has_last = true;
		place->last = last;
	}
	return i;
}

static bool has_value(const struct pw_sync *s, const struct pw_column *c, uint32_t i)
{
	return !pw_column_null(c, i) && !(s->floats && isnan(pw_column_float(c, i)));
}

/* The next value from row i on is what this member wants to send. */
static void want(const struct pw_sync *s, const struct pw_batch *batch, uint32_t i,
		 struct pw_sync_place *place)
{
	const struct pw_column *c = &batch->columns[s->column];

	while (i < batch->rows && !has_value(s, c, i))
		i++;
	place->has_next = i < batch->rows;
	if (place->has_next)
		place->next = s->floats ? (long double)pw_column_float(c, i)
					: (long double)pw_column_int(c, i);
}

/* The first row from i on that has a value, or all rows. */
static uint32_t next_value(const struct pw_sync *s, const struct pw_batch *batch, uint32_t i)
{
	while (i < batch->rows && !has_value(s, &batch->columns[s->column], i))
		i++;
	return i;
}

static int64_t passed(struct pw_sync *s, int64_t rows)
{
	if (rows > 0) {
		s->waiting = 0;
		s->patience = MS;
	}
	return rows;
}

int64_t pw_sync_pass(struct pw_sync *s, const struct pw_batch *batch, uint32_t from)
{
	struct pw_sync_place *place = &s->group.place;
	uint32_t i = next_value(s, batch, from);

	if (i > from)
		return i - from;
	place->silent = 0;
	want(s, batch, from, place);
	if (pw_sync_group_ask(&s->group, &s->answer) < 0)
		return -1;
	while (s->answer.may && place->has_next && place->next <= s->answer.bound) {
		i = scan(s, batch, i, s->answer.bound, place);
		want(s, batch, i, place);
		if (pw_sync_group_ask(&s->group, &s->answer) < 0)
			return -1;
	}
	return passed(s, i - from);
}

/* ---- live ---- */

void pw_sync_live(struct pw_sync *s, bool journalled, bool loads)
{
	s->group.live = true;
	s->journalled = journalled;
	s->loading = loads;
	s->place = s->group.place;
}

int pw_sync_played(struct pw_sync *s, const struct pw_batch *batch, pw_time time)
{
	struct pw_sync_group *g = &s->group;
	const bool first = g->place.silent != 0 && g->idle != 0;

	s->loading = false;
	if (time > 0 && !s->has_load) {
		want(s, batch, 0, &s->place);
		s->load = s->place;
		s->has_load = true;
	}
	s->place.has_next = false;
	if (scan(s, batch, 0, INFINITY, &s->place) < batch->rows)
		pw_bug("a value is above infinity");
	s->place.time = time;
	g->place.silent = 0;
	return first ? pw_sync_group_ask(g, &s->answer) : 0; /* it is not idle */
}

void pw_sync_resumed(struct pw_sync *s, long double greatest, pw_time time)
{
	s->has_past = true;
	s->past = greatest;
	if (time > s->place.time)
		s->place.time = time;
}

bool pw_sync_greatest(const struct pw_sync *s, long double *greatest)
{
	const bool past = s->has_past && (!s->place.has_last || s->past > s->place.last);

	*greatest = past ? s->past : s->place.last;
	return past || s->place.has_last;
}

static int tell(struct pw_sync *s)
{
	publish(s);
	return pw_sync_group_ask(&s->group, &s->answer);
}

/* Rows [from, i) are in a commit of that time. */
static int went(struct pw_sync *s, const struct pw_batch *batch, uint32_t i, pw_time time)
{
	s->place.time = time;
	want(s, batch, i, &s->place);
	s->hidden = s->journalled && !s->loading;
	return s->hidden ? 0 : tell(s);
}

static bool may_go(const struct pw_sync *s)
{
	return s->answer.may && s->place.has_next && s->place.next <= s->answer.bound;
}

int64_t pw_sync_let_go(struct pw_sync *s, const struct pw_batch *batch, uint32_t from, bool whole,
		       const struct pw_sync_times *times, pw_time *time)
{
	uint32_t i = next_value(s, batch, from);

	*time = times->wish;
	if (whole)
		i = scan(s, batch, from, INFINITY, &s->place);
	if (whole || i > from)
		return whole && went(s, batch, i, *time) < 0 ? -1 : passed(s, i - from);
	s->group.place.silent = 0;
	want(s, batch, from, &s->place);
	if (tell(s) < 0)
		return -1;
	if (s->answer.time >= times->least && !times->fixed)
		*time = s->answer.time;
	while (may_go(s) && s->answer.time <= *time) {
		const uint32_t begun = i;
		i = scan(s, batch, i, s->answer.bound, &s->place);
		if (went(s, batch, i, *time) < 0)
			return -1;
		if (i == begun || s->hidden)
			break;
	}
	return passed(s, i - from);
}

int pw_sync_committed(struct pw_sync *s)
{
	s->hidden = s->loading = false;
	return tell(s);
}
