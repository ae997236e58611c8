/* Which join the options ask for, and whether they go together. */
#include "../base/fail.h"
#include "../data/names.h"
#include "join.h"
#include "join_watermark.h"

enum kind {
	TABLES = 1, /* by keys alone */
	ASOF = 2,
	INTERVAL = 4,
	TUMBLING = 8,
	SLIDING = 16,
	SESSION = 32
};

#define WINDOWS  (TUMBLING | SLIDING | SESSION)
#define BY_TIME  (ASOF | INTERVAL | WINDOWS)
#define BEHAVIOR (ASOF | INTERVAL)

static const char *const by_time = "--asof, --interval, --tumbling, --sliding or --session";

/* The kinds of join by time that are asked for; TABLES: none. */
static int kinds_of(const struct pw_join_wish *w)
{
	const int kinds = (w->asof ? ASOF : 0) | (w->interval ? INTERVAL : 0) |
			  (w->tumbling ? TUMBLING : 0) | (w->sliding ? SLIDING : 0) |
			  (w->session ? SESSION : 0);

	return kinds != 0 ? kinds : TABLES;
}

static int check_options(const struct pw_join_wish *w, int kind)
{
	const struct {
		const char *option;
		bool given;
		int kinds;
		const char *with;
	} rules[] = {
		{"-t", w->time != NULL, BY_TIME, by_time},
		{"--tolerance", w->tolerance != NULL, ASOF, "--asof"},
		{"--every", w->every != NULL, SLIDING, "--sliding"},
		{"--origin", w->origin != NULL, TUMBLING | SLIDING, "--tumbling or --sliding"},
		{"--zone", w->zone != NULL, TUMBLING | SLIDING, "--tumbling or --sliding"},
		{"--delay", w->delay != NULL, BEHAVIOR, "--asof or --interval"},
		{"--cutoff", w->cutoff != NULL, BEHAVIOR, "--asof or --interval"},
		{"--keep", w->keep, BEHAVIOR, "--asof or --interval"},
		{"--no-keep", w->no_keep, BEHAVIOR, "--asof or --interval"},
		{"--late", w->late != NULL, BEHAVIOR, "--asof or --interval"},
		{"--max-step", w->max_step != NULL, BEHAVIOR, "--asof or --interval"},
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].given && !(rules[i].kinds & kind))
			return pw_fail(PW_USAGE, "%s goes with %s", rules[i].option, rules[i].with);
	return 0;
}

/* Options that want, or rule out, one another. */
static int check_pairs(const struct pw_join_wish *w)
{
	if (w->sliding != NULL && w->every == NULL)
		return pw_fail(PW_USAGE, "--sliding: --every H is missing: a window starts each H");
	if (w->keep && w->no_keep)
		return pw_fail(PW_USAGE, "--keep and --no-keep rule each other out");
	if (w->no_keep && w->cutoff == NULL)
		return pw_fail(PW_USAGE,
			       "--no-keep goes with --cutoff: without it nothing is forgotten");
	if (w->late != NULL && w->cutoff == NULL)
		return pw_fail(PW_USAGE, "--late goes with --cutoff: without it no row is late");
	if (w->max_step != NULL && w->delay == NULL && w->cutoff == NULL)
		return pw_fail(PW_USAGE,
			       "--max-step goes with --delay or --cutoff: without them there is "
			       "no clock");
	return 0;
}

static const char *name_of(enum pw_join_kind kind)
{
	return kind == PW_JOIN_SEMI ? "--semi" : kind == PW_JOIN_ANTI ? "--anti" : "--cross";
}

static int check_by_time(const struct pw_join_wish *w)
{
	if (w->time == NULL)
		return pw_fail(PW_USAGE, "-t COL is missing: the event time (LEFT,RIGHT where the "
					 "names differ)");
	if (w->now)
		return pw_fail(PW_USAGE, "--now answers left rows by commit, and does not go with "
					 "a join by event time");
	if (w->kind == PW_JOIN_CROSS || (!pw_join_pairs(w->kind) && w->interval == NULL))
		return pw_fail(PW_USAGE,
			       "%s does not go with this join by event time: all have --inner, "
			       "--left, --right and --full, and --interval has --semi and --anti",
			       name_of(w->kind));
	return check_pairs(w);
}

const struct pw_op_kind *pw_join_kind_of(const struct pw_join_wish *w)
{
	const int kind = kinds_of(w);

	if ((kind & (kind - 1)) != 0) {
		pw_fail(PW_USAGE, "1 of %s expected, several are given", by_time);
		return NULL;
	}
	if (check_options(w, kind) < 0 || (kind != TABLES && check_by_time(w) < 0))
		return NULL;
	if (w->delay != NULL || w->cutoff != NULL)
		return &pw_join_watermark_op;
	return kind == ASOF       ? &pw_asof_op
	       : kind == INTERVAL ? &pw_interval_op
	       : kind == TABLES   ? &pw_join_op
				  : &pw_window_join_op;
}

int pw_join_times(const char *text, char *names[2])
{
	const char *at = text;

	names[0] = names[1] = NULL;
	for (int side = 0; side < 2; side++) {
		struct pw_name name = {0};
		struct pw_bytes plain = {0};

		if (side == 1 && *at == ',')
			at++;
		else if (side == 1)
			at = text; /* one name is that of both */
		if (pw_names_take(&at, ",", &name) < 0) {
			pw_names_release(&name);
			return pw_fail_at("-t");
		}
		pw_names_add(&plain, (struct pw_slice){name.text.data, name.text.length});
		names[side] = pw_mem_copy(plain.data, plain.length);
		pw_names_release(&name);
		pw_bytes_release(&plain);
	}
	return 0;
}
