#include "pace.h"
#include "../time/clock.h"
#include "stored.h"

#include <math.h>
#include <stdlib.h>

static int bad_speed(const char *text)
{
	return pw_fail(PW_USAGE,
		       "--speed: '%s' is not max or a number above 0 and an x, as in 60x or 0.5x",
		       text);
}

static int speed_of(const char *text, double *speed)
{
	const size_t whole = strspn(text, "0123456789");
	const size_t part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") + 1 : 0;

	*speed = 0;
	if (strcmp(text, "max") == 0)
		return 0;
	if (whole + part == (part > 0) || strcmp(text + whole + part, "x") != 0)
		return bad_speed(text);
	*speed = strtod(text, NULL);
	return *speed > 0 && isfinite(*speed) ? 0 : bad_speed(text);
}

int pw_pace_open(struct pw_pace *p, const char *speed, const char *from)
{
	*p = (struct pw_pace){.has_from = from != NULL};
	if (speed != NULL && speed_of(speed, &p->speed) < 0)
		return -1;
	return from != NULL && pw_stored_time(from, &p->from) < 0 ? pw_fail_at("--from") : 0;
}

void pw_pace_start(struct pw_pace *p, pw_time first)
{
	if (p->started)
		return;
	p->started = true;
	p->origin = pw_clock_boot();
	if (!p->has_from)
		p->from = first;
}

int64_t pw_pace_due(const struct pw_pace *p, pw_time time)
{
	if (p->speed == 0 || time <= p->from)
		return p->origin;
	const double after = ceil((double)(time - p->from) / p->speed * 1e6);
	return after >= (double)(INT64_MAX / 2) ? INT64_MAX : p->origin + (int64_t)after;
}

/* The product may be off by one ms, so that pw_pace_due decides. */
pw_time pw_pace_now(const struct pw_pace *p)
{
	if (p->speed == 0)
		return PW_TIME_END;
	const int64_t clock = pw_clock_boot();
	const double passed = (double)(clock - p->origin) / 1e6 * p->speed;
	if (passed >= (double)(PW_TIME_END - p->from))
		return PW_TIME_END;
	const pw_time time = p->from + (pw_time)passed;
	return pw_pace_due(p, time + 1) <= clock ? time + 1 : time;
}
