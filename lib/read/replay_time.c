#include "replay_time_internal.h"

#include "../data/names.h"

#include <math.h>

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

static int check_column(const struct pw_schema *schema, int column, const char *unit)
{
	const struct pw_type type = schema->fields[column].type;
	const char *name = schema->fields[column].name;
	const bool number = type.base == PW_INT || type.base == PW_FLOAT;
	const bool time = type.base == PW_DATETIME || type.base == PW_DATETIME_UTC;

	if (type.depth > 0 || (!number && !time))
		return pw_fail(PW_USAGE,
			       "--replay: column '%s' is %s %s, expected a datetime, int or float",
			       name, pw_type_article(type), pw_type_name(type));
	if (number && unit == NULL)
		return pw_fail(PW_USAGE,
			       "--replay: column '%s' is %s %s and needs --unit s, ms, us or ns",
			       name, pw_type_article(type), pw_type_name(type));
	if (time && unit != NULL)
		return pw_fail(PW_USAGE, "--unit is for an int or float column, and '%s' is %s %s",
			       name, pw_type_article(type), pw_type_name(type));
	return 0;
}

int pw_replay_time_open(struct pw_replay_time *r, const struct pw_schema *schema,
			const char *column, const char *unit, int64_t autocommit)
{
	*r = (struct pw_replay_time){.unit = 1, .step = 2};
	r->column = pw_names_column(schema, column);
	if (r->column < 0)
		return pw_fail_at("--replay");
	r->name = schema->fields[r->column].name;
	if (check_column(schema, r->column, unit) < 0)
		return -1;
	if (unit != NULL && unit_of(unit, &r->unit) < 0)
		return -1;
	if (autocommit < 0)
		return pw_fail(PW_USAGE, "--autocommit: below 0");
	r->scale = (double)r->unit / 1e6;
	if (autocommit > 2000000)
		r->step = ((pw_time)autocommit + 1999999) / 2000000 * 2;
	return 0;
}

/* ms from a count of units, rounded up; false: it is no time */
static bool of_int(const struct pw_replay_time *r, int64_t x, pw_time *time)
{
	const int64_t ms = 1000000;

	if (x < 0 || (r->unit >= ms && (uint64_t)x > PW_TIME_MOST / (uint64_t)(r->unit / ms)))
		return false;
	if (r->unit >= ms) {
		*time = pw_replay_time_up(r, (pw_time)x * (pw_time)(r->unit / ms));
		return true;
	}
	const int64_t per = ms / r->unit;
	*time = pw_replay_time_up(r, (pw_time)(x / per + (x % per != 0)));
	return true;
}

/*
 * ms from a float count, as of_int. A float written in decimal is often a bit off, and
 * its product a bit above a whole ms.
 */
static bool of_float(const struct pw_replay_time *r, double x, pw_time *time)
{
	const double near = nearbyint(x * r->scale);
	const double ms = near / r->scale == x ? near : ceil(x * r->scale);

	if (!(ms >= 0 && ms <= (double)PW_TIME_MOST))
		return false;
	*time = pw_replay_time_up(r, (pw_time)ms);
	return true;
}

uint32_t pw_replay_time_rows(const struct pw_replay_time *r, const struct pw_batch *batch,
			     uint32_t from, pw_time *times)
{
	const struct pw_column *c = &batch->columns[r->column];
	uint32_t i = from;

	if (c->type.base == PW_FLOAT)
		while (i < batch->rows && !pw_column_null(c, i) &&
		       of_float(r, pw_column_float(c, i), &times[i]))
			i++;
	else
		while (i < batch->rows && !pw_column_null(c, i) &&
		       of_int(r, pw_column_int(c, i), &times[i]))
			i++;
	return i;
}

int pw_replay_time_fail(const struct pw_replay_time *r, const struct pw_batch *batch, uint32_t row)
{
	const bool null = pw_column_null(&batch->columns[r->column], row);

	return pw_fail(PW_DATA, "column '%s': %s, and --replay needs a time", r->name,
		       null ? "is null" : "is before 1970 or no time");
}
