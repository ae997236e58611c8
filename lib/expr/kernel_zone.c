#include "kernel_internal.h"

#include "../base/fail.h"

#include "../data/civil.h"
#include "../data/zone.h"

#include <stdlib.h>

/* The zone that was last loaded, and its name. */
struct zone_state {
	struct pw_zone zone;
	struct pw_bytes name;
	bool known, good;
};

static bool use_zone(struct zone_state *z, struct pw_slice name)
{
	if (z->known && pw_slice_equal(name, (struct pw_slice){z->name.data, z->name.length}))
		return z->good;
	pw_zone_release(&z->zone);
	pw_bytes_clear(&z->name);
	pw_bytes_add(&z->name, name.data, name.length);
	z->known = true;
	z->good = pw_zone_load(&z->zone, name) == 0;
	return z->good;
}

static int zone_prepare(struct pw_step *s)
{
	const struct pw_column *name = &s->args[0]->out;
	s->state = pw_mem_zero(1, sizeof(struct zone_state));
	if (!s->args[0]->done || pw_column_null(name, 0))
		return 0;
	return use_zone(s->state, pw_column_text(name, 0)) ? 0 : -1;
}

static void zone_release(struct pw_step *s)
{
	struct zone_state *z = s->state;
	pw_zone_release(&z->zone);
	pw_bytes_release(&z->name);
	free(z);
}

static void convert(struct pw_step *s, uint32_t n, bool to_utc)
{
	const struct pw_text_view names = pw_text_view_of(s->in[0]);
	struct zone_state *z = s->state;
	int64_t *r = s->values;

	for (uint32_t i = 0; i < n; i++) {
		const int64_t ns = pw_int_at(s->in[1], i);
		r[i] = 0;
		if (pw_step_dead(s, i))
			continue;
		if (!use_zone(z, pw_text_view_at(&names, i))) {
			pw_fail_clear();
			pw_step_error(s, i);
			continue;
		}
		const int64_t seconds = ns / PW_NS_SECOND - (ns % PW_NS_SECOND < 0);
		const int64_t shift = to_utc ? pw_zone_utc(&z->zone, seconds) - seconds
					     : pw_zone_offset(&z->zone, seconds);
		if (__builtin_add_overflow(ns, shift * PW_NS_SECOND, &r[i]))
			pw_step_error(s, i);
	}
}

static void local_to_utc(struct pw_step *s, uint32_t n)
{
	convert(s, n, true);
}

static void utc_to_local(struct pw_step *s, uint32_t n)
{
	convert(s, n, false);
}

#define BAD "there is no such time zone, or the time is out of range"

static const struct pw_function table[] = {
	{"timezone", "datetime_utc(str,datetime)", 0, local_to_utc, zone_prepare, zone_release,
	 .reason = BAD, .help = "a local time of the zone as the moment it is",
	 .example = "timezone('Europe/Warsaw', datetime '2023-03-26T03:30:00')",
	 .result = "2023-03-26T01:30:00Z"},
	{"timezone", "datetime(str,datetime_utc)", 0, utc_to_local, zone_prepare, zone_release,
	 .reason = BAD, .help = "a moment as the zone's local time",
	 .example = "timezone('Europe/Warsaw', datetime_utc '2023-03-26T01:30:00Z')",
	 .result = "2023-03-26T03:30:00"},
};

const struct pw_functions pw_kernel_zone = {table, sizeof table / sizeof *table, "time zones"};
